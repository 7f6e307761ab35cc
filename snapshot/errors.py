"""What can be wrong with a snapshot folder: a branch of the tree in base.errors."""

from datetime import datetime
from pathlib import Path

from base.errors import UserError


class SnapshotError(UserError):
    """Something is wrong with a snapshot folder."""

    code = "SNAPSHOT_UNUSABLE"


class NoSnapshot(SnapshotError):
    """The folder holds no version, or not the one that was asked for.

    Attributes:
        folder: Where it was looked for: the folder's own name and the one it lies in, without the path to
            them; empty when the folder does hold versions.
    """

    code = "NO_SNAPSHOT"

    def __init__(self, what: str, why: str = "", hint: str = "", *, folder: str = "") -> None:
        super().__init__(what, why, hint)
        self.folder = folder


class NewerFormat(SnapshotError):
    """Written by a later release than this one."""

    code = "NEWER_FORMAT"


class DamagedManifest(SnapshotError):
    """A version's list of documents, or CURRENT, cannot be read."""

    code = "DAMAGED_MANIFEST"


class DamagedDocument(SnapshotError):
    """One document is missing, cut or altered; the others are not affected.

    Attributes:
        kind: The document's kind, when it is known.
        id: The document's id, when it is known.
        path: The file, when it is known.
    """

    code = "DAMAGED_DOCUMENT"

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

    code = "REFUSED"


class LinkInside(Refused):
    """A link stands in the folder by whose name something is read or written."""


class NotWritten(SnapshotError):
    """A file could not be written; what was published before is untouched."""

    code = "NOT_WRITTEN"


class StoreFailed(SnapshotError):
    """An object store or web server refused, or could not be reached; what is here is untouched."""

    code = "STORE_FAILED"


class Locked(SnapshotError):
    """Another writer is at work.

    Attributes:
        owner: Who it is, in words.
        since: Since when, or None when the owner left no readable note.
    """

    code = "LOCKED"

    def __init__(
        self, what: str, why: str = "", hint: str = "", *, owner: str, since: datetime | None
    ) -> None:
        super().__init__(what, why, hint)
        self.owner = owner
        self.since = since
