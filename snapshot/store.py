"""Writing: documents under the name of their content, and the publishing of a version."""

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import NamedTuple

from base.bounds import CHECKED_BYTES
from snapshot.errors import Refused, SnapshotError
from snapshot.format.documents import Document, encode, fingerprint, whole_seconds
from snapshot.format.manifest import Entry, Manifest, encode_manifest
from snapshot.reader import open_snapshot, read_bytes, read_manifest, stored_document
from snapshot.storage import files
from snapshot.storage.layout import current_path, document_path, manifest_path, new_id
from snapshot.versions import version_ids

__all__ = ["Altered", "add", "altered", "erase", "new_id", "present", "publish", "put", "readable", "whole"]


class Altered(NamedTuple):
    """The result of a check of stored documents.

    Attributes:
        hashes: The names of those that are not as they were stored.
        checked_to: The hash at which the check ended; empty when it saw all.
    """

    hashes: frozenset[str]
    checked_to: str


def put(root: Path, document: Document, *, product_id: int | None) -> Entry:
    """Store a document, unless exactly it is there already, and return its entry for the manifest.

    A damaged file under the document's name is replaced. The file survives a kill at once, and a power cut
    from `publish` on.

    Args:
        root: The snapshot folder; made when it is missing.
        document: What was fetched.
        product_id: The product that it belongs to.

    Raises:
        NotWritten: when it cannot be stored.
        ValueError: when its data cannot be held by JSON.
    """
    raw = encode(document)
    sha256 = fingerprint(raw)
    entry = Entry(
        kind=document.kind,
        id=document.id,
        product_id=product_id,
        sha256=sha256,
        size=len(raw),
        fetched_at=whole_seconds(document.fetched_at),
    )
    if not (present(root, entry) and whole(root, entry)):
        files.write_loosely(document_path(root, sha256), raw)
    return entry


def present(root: Path, entry: Entry) -> bool:
    """Return whether a document's file is there and has its size: quick, for thousands of them."""
    try:
        return document_path(root, entry.sha256).lstat().st_size == entry.size
    except OSError:
        return False


def whole(root: Path, entry: Entry) -> bool:
    """Return whether a document's file is there and unaltered to the last byte."""
    try:
        read_bytes(root, entry)
    except SnapshotError:
        return False
    return True


def readable(root: Path, entry: Entry) -> bool:
    """Return whether a document can be read as what its entry says."""
    try:
        stored_document(root, entry)
    except SnapshotError:
        return False
    return True


def altered(root: Path, entries: Iterable[Entry], after: str = "", limit: int = CHECKED_BYTES) -> Altered:
    """Read documents again and compare them with their hashes, as many as `limit` bytes hold.

    Args:
        root: The snapshot folder.
        entries: All documents that are known.
        after: The hash at which the check before this one ended; this one goes on behind it.
        limit: The most bytes that are read.
    """
    waiting = sorted(entries, key=lambda entry: (entry.sha256 <= after, entry.sha256))
    found: set[str] = set()
    for entry in waiting:
        if limit <= 0:
            return Altered(frozenset(found), after)
        limit -= entry.size
        if not whole(root, entry):
            found.add(entry.sha256)
        after = entry.sha256
    return Altered(frozenset(found), "")


def erase(root: Path, hashes: Collection[str]) -> int:
    """Remove the files of documents that are to be seen by nobody, and return how many versions still name.

    Those are left: a version that lacks a document is damaged. `prune` removes them with their versions.

    Raises:
        NotWritten: when one cannot be removed.
    """
    named: set[str] = set()
    for version in version_ids(root):
        try:
            named |= {entry.sha256 for entry in read_manifest(root, version).entries}
        except SnapshotError:
            return len(hashes)  # it cannot be known
    for sha256 in set(hashes) - named:
        files.remove(document_path(root, sha256))
    return len(named & set(hashes))


def publish(root: Path, manifest: Manifest) -> None:
    """Make a version the one that readers see: documents first, then its manifest, then CURRENT.

    Call it within `lock.writing`. Killed at any instant, the version published before stays whole.

    Raises:
        Refused: when a version of this id exists, or two entries name the same document.
        DamagedDocument: when a document that the version before did not name is not whole.
        NotWritten: when something cannot be written; nothing is published then.
    """
    add(root, manifest)
    point(root, manifest.id)


def point(root: Path, version: str) -> None:
    """Let CURRENT name a version that is listed: readers see it from now on."""
    files.write_atomically(current_path(root), f"{version}\n".encode())


def add(root: Path, manifest: Manifest) -> None:
    """Add a version to the list without making it the published one: as `publish`, but leaving CURRENT."""
    path = manifest_path(root, manifest.id)
    if path.exists():
        raise Refused(f"Version {manifest.id} already exists.", "Versions are never changed.")
    if len({(entry.kind, entry.id) for entry in manifest.entries}) < len(manifest.entries):
        raise Refused(f"Version {manifest.id} names a document twice.")
    secure(root, manifest.entries)
    files.write_atomically(path, encode_manifest(manifest))


def secure(root: Path, entries: Iterable[Entry]) -> None:
    """Check and flush the documents that the published version does not vouch for yet.

    Raises:
        DamagedDocument: when one of them is not whole.
        NotWritten: when one cannot be flushed.
    """
    known = _published_names(root)
    new = [entry for entry in entries if entry.sha256 not in known]
    for entry in new:
        read_bytes(root, entry)
    files.flush(sorted({document_path(root, entry.sha256) for entry in new}))


def _published_names(root: Path) -> set[str]:
    try:
        return {entry.sha256 for entry in open_snapshot(root).manifest.entries}
    except (SnapshotError, OSError):
        return set()
