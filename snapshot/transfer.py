"""A version in one file, for another machine: a zip, or one JSON object. What comes in is trusted in nothing.

A zip holds `manifest.json` and `documents/<aa>/<sha256>.json`; the JSON object {format, manifest, documents}
holds the documents by their hash.
"""

import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from snapshot.errors import DamagedDocument, DamagedManifest, NoSnapshot, Refused, SnapshotError
from snapshot.format.documents import canonical, decode, fingerprint
from snapshot.format.manifest import Entry, Manifest, decode_manifest, encode_manifest
from snapshot.format.upgrade import FORMAT, upgraded
from snapshot.reader import MANIFEST_LIMIT, current_id, open_snapshot, read_bytes, read_manifest
from snapshot.storage import files
from snapshot.storage.layout import MANIFEST, document_path
from snapshot.storage.lock import writing
from snapshot.store import add, publish, whole

DOCUMENT_LIMIT = 64 * 2**20
"""The most bytes that one document may have; one with 1,000 bugs has about three million."""

TOTAL_LIMIT = 8 * 2**30
"""The most bytes that all documents of a version may have together."""

RATIO_LIMIT = 200
"""So many times larger than the file may its content be; documents shrink to a tenth."""

JSON_LIMIT = 2**30
"""The most bytes of a JSON file, which is read as a whole; a zip is read document by document."""

_EXPORT = "Name a file that invoke export wrote."

Read = Callable[[Entry], bytes]


@dataclass(frozen=True)
class Imported:
    """What an import did.

    Attributes:
        id: The version.
        known: Whether it was there already; its damaged documents, if any, were replaced then.
        published: Whether readers see it now; an older one than the published is only added to the list.
        written: How many documents were not there, or not whole.
    """

    id: str
    known: bool
    published: bool
    written: int


def export_version(root: Path, target: Path, version: str | None = None) -> Manifest:
    """Write one version into a file: a JSON object when its name ends in `.json`, else a zip.

    Equal versions give equal bytes.

    Args:
        root: The snapshot folder.
        target: The file; an older one is replaced as a whole.
        version: A version's id; None takes the published one.

    Raises:
        NoSnapshot, DamagedManifest, NewerFormat, Refused: as `open_snapshot`.
        DamagedDocument: when a document is not whole; nothing is written then.
        NotWritten: when the file cannot be written.
    """
    manifest = open_snapshot(root, version).manifest
    with files.replacing(target) as file:
        if target.suffix == ".json":
            for piece in _json_pieces(root, manifest):
                file.write(piece)
        else:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr(_member(MANIFEST), encode_manifest(manifest))
                for entry in manifest.entries:
                    archive.writestr(_member(_member_name(entry)), read_bytes(root, entry))
    return manifest


def import_version(root: Path, source: Path) -> Imported:
    """Take in a version from a file that `export_version` wrote, and publish it unless a newer one is.

    Everything is checked before anything is written: names, sizes, hashes, formats.

    Args:
        root: The snapshot folder; made when it is missing.
        source: The file.

    Raises:
        Refused: when it is no export, holds what its manifest does not name, is unreasonably large, or comes
            from another API or customer than what the folder holds.
        DamagedManifest, DamagedDocument: when a part is cut or altered.
        NewerFormat: when a later release wrote it.
        Locked: when another writer is at work.
        NotWritten: when something cannot be written; nothing is published then.
    """
    with _opened(source) as (manifest, read):
        for entry in manifest.entries:
            _checked(entry, read(entry))
        with writing(root, "import"):
            try:
                present = read_manifest(root, manifest.id)
            except NoSnapshot:
                _refuse_strangers(root, manifest, source)
                return _take_in(root, manifest, read)
            if present != manifest:
                raise Refused(
                    f"{source} holds another version {manifest.id} than the snapshot folder.",
                    "Versions are never changed.",
                )
            written = _store(root, manifest, read)
            return Imported(manifest.id, True, manifest.id == _published(root), written)


def _refuse_strangers(root: Path, manifest: Manifest, source: Path) -> None:
    """Refuse another customer's version: a product belongs to one customer, and its id to no other."""
    try:
        here = open_snapshot(root).manifest
    except SnapshotError:
        return
    hint = "Import it into a folder of its own: set TESTIO_SNAPSHOT_DIR, or TESTIO_ACCOUNT."
    if manifest.api_host != here.api_host:
        raise Refused(
            f"{source} comes from {manifest.api_host!r}, and what is in the folder from {here.api_host!r}.",
            "Nothing was taken in.",
            hint,
        )
    ours, theirs = _products(here), _products(manifest)
    if ours and theirs and ours.isdisjoint(theirs):
        raise Refused(
            f"{source} holds none of the products of this snapshot folder.",
            "It seems to be another customer's; nothing was taken in.",
            hint,
        )


def _products(manifest: Manifest) -> set[int]:
    return {entry.id for entry in manifest.entries if entry.kind == "product"}


def _take_in(root: Path, manifest: Manifest, read: Read) -> Imported:
    written = _store(root, manifest, read)
    newest = manifest.id > (_published(root) or "")
    (publish if newest else add)(root, manifest)
    return Imported(manifest.id, False, newest, written)


def _store(root: Path, manifest: Manifest, read: Read) -> int:
    missing = [entry for entry in manifest.entries if not whole(root, entry)]
    for entry in missing:
        files.write_loosely(document_path(root, entry.sha256), _checked(entry, read(entry)))
    files.flush(document_path(root, entry.sha256) for entry in missing)
    return len(missing)


def _published(root: Path) -> str | None:
    try:
        return current_id(root)
    except DamagedManifest:
        return None


@contextmanager
def _opened(source: Path) -> Iterator[tuple[Manifest, Read]]:
    """The manifest in a file, and a function that gives the bytes of a document which the manifest names."""
    with _reading(source):
        archive = zipfile.ZipFile(source) if zipfile.is_zipfile(source) else None
    if archive is None:
        yield _from_json(source)
    else:
        with archive:
            yield _from_zip(archive, source)


@contextmanager
def _reading(source: Path) -> Iterator[None]:
    """Refuse a file that cannot be read, whatever is wrong with its structure."""
    try:
        yield
    except OSError as error:
        raise Refused(f"{source} cannot be read.", f"{error.strerror or error}.", _EXPORT) from None
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, ValueError) as error:
        raise Refused(f"{source} is no whole export.", f"{error}.", _EXPORT) from None


def _from_zip(archive: zipfile.ZipFile, source: Path) -> tuple[Manifest, Read]:
    members = archive.infolist()
    by_name = {member.filename: member for member in members}
    if len(by_name) < len(members):
        raise Refused(f"{source} holds two files of one name.")
    if MANIFEST not in by_name:
        raise Refused(f"{source} is no exported version.", f"It holds no {MANIFEST}.", _EXPORT)

    def content(member: zipfile.ZipInfo, limit: int) -> bytes:
        if member.file_size > limit:
            raise Refused(
                f"{member.filename!r} in {source} has {member.file_size:,} bytes.", _too_many(limit)
            )
        if member.flag_bits & 1 or member.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise Refused(f"{member.filename!r} in {source} is encrypted, or packed in an unusual way.")
        with _reading(source), archive.open(member) as file:
            return file.read(limit + 1)

    manifest = decode_manifest(content(by_name[MANIFEST], MANIFEST_LIMIT), f"The manifest in {source}")
    names = {_member_name(entry): entry for entry in manifest.entries}
    for name in by_name:
        if name != MANIFEST and name not in names:
            raise Refused(f"{source} holds {name[:120]!r}, which its manifest does not name.")
    _reasonable(manifest, source)

    def read(entry: Entry) -> bytes:
        member = by_name.get(_member_name(entry))
        if member is None:
            raise _damaged(entry, "The file does not hold it.")
        return content(member, entry.size)

    return manifest, read


def _from_json(source: Path) -> tuple[Manifest, Read]:
    with _reading(source):
        size = source.stat().st_size
        if size > JSON_LIMIT:
            raise Refused(f"{source} has {size:,} bytes.", _too_many(JSON_LIMIT))
        raw = source.read_bytes()
    try:
        whole_file = upgraded(orjson.loads(raw), str(source))
        documents: Any = whole_file["documents"]
        raw_manifest = orjson.dumps(whole_file["manifest"])
    except (ValueError, KeyError, TypeError) as error:
        raise Refused(f"{source} is no exported version.", f"{error}.", _EXPORT) from None
    manifest = decode_manifest(raw_manifest, f"The manifest in {source}")
    if not isinstance(documents, dict) or set(documents) - {entry.sha256 for entry in manifest.entries}:
        raise Refused(f"{source} holds documents that its manifest does not name.")
    _reasonable(manifest, source)

    def read(entry: Entry) -> bytes:
        envelope = documents.get(entry.sha256)
        if not isinstance(envelope, dict):
            raise _damaged(entry, "The file does not hold it.")
        try:
            return canonical(envelope)
        except ValueError as error:
            raise _damaged(entry, f"{error}.") from None

    return manifest, read


def _json_pieces(root: Path, manifest: Manifest) -> Iterator[bytes]:
    yield b'{\n"documents": {\n'
    for place, entry in enumerate(manifest.entries):
        yield b",\n" * bool(place) + b'"%b": ' % entry.sha256.encode() + read_bytes(root, entry).rstrip()
    yield b'\n},\n"format": %d,\n"manifest": ' % FORMAT
    yield encode_manifest(manifest).rstrip() + b"\n}\n"


def _checked(entry: Entry, raw: bytes) -> bytes:
    """The bytes of a document that came in, if they are exactly what its entry says."""
    if len(raw) != entry.size or fingerprint(raw) != entry.sha256:
        raise _damaged(entry, "Its content does not match its size and hash.")
    document = decode(raw, f"{entry.kind} {entry.id}")
    if (document.kind, document.id) != (entry.kind, entry.id):
        raise _damaged(entry, f"It calls itself {document.kind} {document.id}.")
    return raw


def _reasonable(manifest: Manifest, source: Path) -> None:
    if len({(entry.kind, entry.id) for entry in manifest.entries}) < len(manifest.entries):
        raise Refused(f"{source} names a document twice.")
    largest = max((entry.size for entry in manifest.entries), default=0)
    total = sum(entry.size for entry in manifest.entries)
    if largest > DOCUMENT_LIMIT:
        raise Refused(f"{source} holds a document of {largest:,} bytes.", _too_many(DOCUMENT_LIMIT))
    limit = min(TOTAL_LIMIT, RATIO_LIMIT * source.stat().st_size)
    if total > limit:
        raise Refused(f"{source} would unpack to {total:,} bytes.", _too_many(limit))


def _too_many(limit: int) -> str:
    return f"More than {limit:,} are not taken in."


def _damaged(entry: Entry, why: str) -> DamagedDocument:
    return DamagedDocument(
        f"The document of {entry.kind} {entry.id} cannot be taken in.",
        why,
        "Export the version again.",
        kind=entry.kind,
        id=entry.id,
    )


def _member_name(entry: Entry) -> str:
    return document_path(Path(), entry.sha256).as_posix()


def _member(name: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name)
    member.compress_type = zipfile.ZIP_DEFLATED
    return member
