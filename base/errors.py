"""Errors that a person can act on: one tree, whose branches stand in the rooms that raise them.

UserError
├── InvalidInput       a setting, argument or date that cannot be used as it is
│   └── Alike            a name that several products have               [mcp_reader.lookup.names]
├── NotFound           an id that nothing known has
├── Unavailable        something needed is not there now (no index, no token)
│   └── NoUpstream       no token, or settings that cannot be used       [mcp_reader.sources.upstream]
├── CannotWrite        the site's folder does not take the pages         [build.site.writer]
├── Unreadable         too much of a version is damaged                  [build.facts.loss]
├── TooManyCredentials  more than can be searched for                   [fetch.redaction.secrets]
├── Forbidden          more than a caller over HTTP may see or do       [mcp_reader.http.calls]
├── NotPosted          a webhook that did not take the digest            [fetch.api.webhook]
├── NotPublished       a refresh that ended without a new version        [fetch.api.errors]
├── UpstreamError      a request that gave no usable answer              [fetch.api.errors]
│   ├── Unauthorized     401, 403
│   ├── Missing          404, 410
│   ├── Declined         any other 4xx, and a redirect
│   ├── RateLimited      429, after all tries
│   ├── Unreachable      no connection, or one that broke
│   │   ├── Distrusted     a certificate that is not trusted
│   │   └── TimedOut       no answer in time
│   ├── BadAnswer        an HTML page, a cut body, another JSON than expected
│   │   └── TooLarge       a body without end
│   ├── ServerError      5xx
│   └── CircuitOpen      the API fails wholesale; nothing more is asked
└── SnapshotError      what can be wrong with a snapshot folder          [snapshot.errors]
    ├── NoSnapshot       the folder holds no (such) version
    ├── NewerFormat      written by a later release than this one
    ├── DamagedManifest  a version's list of documents, or CURRENT, cannot be read
    ├── DamagedDocument  one document is missing, cut or altered
    ├── Refused          a name or file that must not be followed or taken in
    │   └── LinkInside     a link below the snapshot folder
    ├── NotWritten       the disk is full, the folder is read-only, …
    ├── StoreFailed      an object store or web server refused, or could not be reached
    └── Locked           another writer is at work

Whoever speaks to a person catches the root.
"""

from typing import ClassVar


class UserError(Exception):
    """An error in three parts, none of which may hold a secret or a stack trace.

    Attributes:
        code: The kind of error as a word that programs may rely on.
        what: What went wrong, naming the value.
        why: The reason.
        hint: What to do next.
    """

    code: ClassVar[str] = "FAILED"

    def __init__(self, what: str, why: str = "", hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.hint = hint

    def __str__(self) -> str:
        return " ".join(part for part in (self.what, self.why, self.hint) if part)


class InvalidInput(UserError):
    """A setting, argument or date that cannot be used as it is."""

    code = "INVALID_INPUT"


class NotFound(UserError):
    """An id that nothing known has."""

    code = "NOT_FOUND"


class Unavailable(UserError):
    """Something needed that is not there now."""

    code = "UNAVAILABLE"
