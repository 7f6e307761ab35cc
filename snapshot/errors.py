"""What can be wrong with a snapshot folder.

SnapshotError
├── NoSnapshot        the folder holds no (such) version
├── NewerFormat       written by a later release than this one
├── DamagedManifest   a version's list of documents, or CURRENT, cannot be read
├── DamagedDocument   one document is missing, cut or altered
├── Refused           a name or file that must not be followed or taken in
├── NotWritten        the disk is full, the folder is read-only, …
└── Locked            another writer is at work
"""

from datetime import datetime
from pathlib import Path


class SnapshotError(Exception):
    """An error in three parts, none of which may hold a secret or a stack trace.

    Attributes:
        what: What went wrong, naming the file or id.
        why: The reason.
        hint: What to do next.
    """

    def __init__(self, what: str, why: str = "", hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.hint = hint

    def __str__(self) -> str:
        return " ".join(part for part in (self.what, self.why, self.hint) if part)


class NoSnapshot(SnapshotError):
    """The folder holds no version, or not the one that was asked for."""


class NewerFormat(SnapshotError):
    """Written by a later release than this one."""


class DamagedManifest(SnapshotError):
    """A version's list of documents, or CURRENT, cannot be read."""


class DamagedDocument(SnapshotError):
    """One document is missing, cut or altered; the others are not affected.

    Attributes:
        kind: The document's kind, when it is known.
        id: The document's id, when it is known.
        path: The file, when it is known.
    """

    def __init__(
        self,
        what: str,
        why: str = "",
        hint: str = "",
        *,
        kind: str | None = None,
        id: int | None = None,  # noqa: A002 - the field's name in the document
        path: Path | None = None,
    ) -> None:
        super().__init__(what, why, hint)
        self.kind = kind
        self.id = id
        self.path = path


class Refused(SnapshotError):
    """A name or a file that must not be followed or taken in."""


class NotWritten(SnapshotError):
    """A file could not be written; what was published before is untouched."""


class Locked(SnapshotError):
    """Another writer is at work.

    Attributes:
        owner: Who it is, in words.
        since: Since when, or None when the owner left no readable note.
    """

    def __init__(
        self, what: str, why: str = "", hint: str = "", *, owner: str, since: datetime | None
    ) -> None:
        super().__init__(what, why, hint)
        self.owner = owner
        self.since = since
