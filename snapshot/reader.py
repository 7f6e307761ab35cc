"""Reading a version. Takes no lock: CURRENT is read once, and everything else never changes."""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path

from base.bounds import MANIFEST_BYTES
from snapshot.damage import note
from snapshot.errors import DamagedDocument, DamagedManifest, NewerFormat, NoSnapshot, Refused
from snapshot.format.documents import Document, decode, ending, fingerprint
from snapshot.format.kinds import Kind, document_name
from snapshot.format.manifest import Entry, Manifest, decode_manifest
from snapshot.storage import files
from snapshot.storage.layout import created, current_path, document_path, is_version_id, manifest_path, new_id
from snapshot.storage.links import refuse_links

_CURRENT_LIMIT = 1024
_REFRESH = "Take a snapshot with the task `refresh`, or name another folder in TESTIO_SNAPSHOT_DIR."


@dataclass(frozen=True)
class Snapshot:
    """One version, as it was published.

    Attributes:
        root: The snapshot folder.
        manifest: The version's list of documents.
    """

    root: Path
    manifest: Manifest

    @property
    def id(self) -> str:
        """Return the version's id."""
        return self.manifest.id

    def entry(self, kind: Kind, id: int) -> Entry | None:  # noqa: A002 - the field's name in the document
        """Return the entry of one document, or None when the version does not hold it."""
        return self._index.get((kind, id))

    def entries(self, kind: Kind) -> tuple[Entry, ...]:
        """Return the entries of one kind, in the manifest's order."""
        return tuple(entry for entry in self.manifest.entries if entry.kind == kind)

    def read(self, entry: Entry) -> Document:
        """Read a document, checked against its hash. Its `fetched_at` is when it was last confirmed.

        Raises:
            DamagedDocument: when it is missing, cut or altered.
            NewerFormat: when a later release wrote it.
            NoSnapshot: when this version was pruned since it was opened.
        """
        return replace(self.read_stored(entry), fetched_at=entry.fetched_at)

    def read_stored(self, entry: Entry) -> Document:
        """Read a document as `read` does. Its `fetched_at` is when exactly this was fetched first."""
        try:
            return stored_document(self.root, entry)
        except DamagedDocument:
            if not manifest_path(self.root, self.id).exists():
                raise NoSnapshot(
                    f"Version {self.id} was pruned while it was being read.", hint="Open the snapshot again."
                ) from None
            note(self.root, entry.sha256)
            raise

    @cached_property
    def _index(self) -> dict[tuple[Kind, int], Entry]:
        return {(entry.kind, entry.id): entry for entry in self.manifest.entries}


def current_id(root: Path) -> str | None:
    """Return the published version's id, or None when nothing was published yet.

    Raises:
        DamagedManifest: when CURRENT does not hold a version's id.
    """
    path = current_path(root)
    try:
        text = files.read(path, root, limit=_CURRENT_LIMIT).decode("ascii", "replace").strip()
    except FileNotFoundError:
        return None
    except (OSError, Refused) as error:
        raise _damaged(root, path, _reason(error)) from None
    if not is_version_id(text):
        raise _damaged(root, path, "It does not hold a version's id.")
    return text


def next_id(root: Path, now: datetime) -> str:
    """Return a new version's id, which sorts after the published one whatever the clock says.

    After the last second that an id can name comes the clock's own again.
    """
    try:
        published = current_id(root)
    except DamagedManifest:
        published = None
    made = new_id(now)
    if published is None or made > published:
        return made
    after = new_id(created(published) + timedelta(seconds=1))
    return after if is_version_id(after) else made


def open_snapshot(root: Path, version: str | None = None) -> Snapshot:
    """Open a version for reading.

    Args:
        root: The snapshot folder.
        version: A version's id; None takes the published one.

    Raises:
        NoSnapshot: when there is no (such) version.
        Refused: when `version` is not a version's id, or a link stands in the folder.
        DamagedManifest: when the manifest or CURRENT cannot be read.
        NewerFormat: when a later release wrote it.
    """
    with suppress(PermissionError):  # the next read says why it cannot be listed
        refuse_links(root)
    wanted = version or current_id(root)
    while wanted is not None:
        try:
            return Snapshot(root, read_manifest(root, wanted))
        except NoSnapshot:
            # Between reading CURRENT and its manifest, another may be published and this one pruned.
            newer = None if version else current_id(root)
            if newer in {None, wanted}:
                raise
            wanted = newer
    raise NoSnapshot(f"There is no snapshot in {root}.", hint=_REFRESH, folder=_place(root))


def _place(root: Path) -> str:
    """Return a folder's name and that of the one it lies in, which say nothing more of the machine."""
    place = root.absolute()
    return f"{place.name!r} in {place.parent.name or place.anchor!r}" if place.name else repr(place.anchor)


def read_manifest(root: Path, version: str) -> Manifest:
    """Read one version's manifest.

    Raises:
        NoSnapshot: when there is no such version.
        Refused: when `version` is not a version's id.
        DamagedManifest: when it cannot be read.
        NewerFormat: when a later release wrote it.
    """
    try:
        return read_manifest_file(root, manifest_path(root, version), version)
    except FileNotFoundError:
        raise NoSnapshot(f"There is no version {version} in {root}.", hint=_REFRESH) from None


def read_manifest_file(root: Path, path: Path, version: str) -> Manifest:
    """Read a manifest, wherever in the folder it lies.

    Raises:
        FileNotFoundError: when there is none.
        DamagedManifest: when it cannot be read.
        NewerFormat: when a later release wrote it.
    """
    try:
        raw = files.read(path, root, limit=MANIFEST_BYTES)
    except FileNotFoundError:
        raise
    except (OSError, Refused) as error:
        raise _damaged(root, path, _reason(error)) from None
    manifest = decode_manifest(raw, f"The manifest of version {version}")
    if manifest.id != version:
        raise _damaged(root, path, f"It calls itself version {manifest.id}.")
    return manifest


def read_document(root: Path, entry: Entry) -> Document:
    """Read a document, checked against its entry. Its `fetched_at` is when it was last confirmed.

    Raises:
        DamagedDocument: when it is missing, cut or altered.
        NewerFormat: when a later release wrote it.
    """
    return replace(stored_document(root, entry), fetched_at=entry.fetched_at)


def stored_document(root: Path, entry: Entry) -> Document:
    """Read a document as it is stored: its `fetched_at` is when exactly this was fetched first.

    Raises:
        DamagedDocument: when it is missing, cut or altered.
        NewerFormat: when a later release wrote it.
    """
    return _decoded(root, entry, read_bytes(root, entry))


def _decoded(root: Path, entry: Entry, raw: bytes) -> Document:
    try:
        document = decode(raw, document_name(entry.kind, entry.id))
    except NewerFormat:
        raise
    except DamagedDocument as error:
        raise damaged(root, entry, error.why) from None
    if (document.kind, document.id) != (entry.kind, entry.id):
        raise damaged(root, entry, f"It calls itself {document.kind} {document.id}.")
    return document


def read_bytes(root: Path, entry: Entry) -> bytes:
    """Read a document's bytes, checked against size and hash, and for whose they are.

    Raises:
        DamagedDocument: when it is missing, cut, altered or another document.
        NewerFormat: when a later release wrote it.
    """
    try:
        raw = files.read(document_path(root, entry.sha256), root, limit=entry.size)
    except FileNotFoundError:
        raise damaged(root, entry, "The file is missing.") from None
    except (OSError, Refused) as error:
        raise damaged(root, entry, _reason(error)) from None
    if len(raw) != entry.size:
        raise damaged(root, entry, f"It has {len(raw):,} bytes instead of {entry.size:,}.")
    if fingerprint(raw) != entry.sha256:
        raise damaged(root, entry, "Its content does not match its hash.")
    if not raw.endswith(ending(entry.kind, entry.id)):  # another document, or a later format
        _decoded(root, entry, raw)
    return raw


def damaged(root: Path, entry: Entry, why: str) -> DamagedDocument:
    """Create the error for one document of a version."""
    path = document_path(root, entry.sha256)
    name = path.relative_to(root).as_posix()
    return DamagedDocument(
        f"The document of {document_name(entry.kind, entry.id)} is damaged ({name}).",
        why,
        "The next refresh fetches it again.",
        kind=entry.kind,
        id=entry.id,
        path=path,
    )


def _reason(error: OSError | Refused) -> str:
    """Say why a file cannot be read, without the path that the system's own text has."""
    return str(error) if isinstance(error, Refused) else f"{error.strerror or type(error).__name__}."


def _damaged(root: Path, path: Path, why: str) -> DamagedManifest:
    name = path.relative_to(root).as_posix()
    return DamagedManifest(
        f"{name} cannot be used.",
        why,
        "Name a version, or take a new snapshot.",
    )
