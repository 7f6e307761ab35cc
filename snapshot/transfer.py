"""Taking a version to another machine. What comes in passes what a refresh passes."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from snapshot.archive import Read, damaged, is_export, opened, write_json, write_zip
from snapshot.errors import DamagedManifest, NoSnapshot, Refused
from snapshot.format.documents import decode, encode, fingerprint
from snapshot.format.manifest import Entry, Manifest
from snapshot.gate import newest_readable, see_no_loss, see_plausible, see_same_customer
from snapshot.reader import current_id, open_snapshot, read_bytes, read_manifest
from snapshot.storage import files
from snapshot.storage.layout import document_path
from snapshot.storage.lock import writing
from snapshot.store import add, point, publish, whole
from snapshot.target import target_file

Clean = Callable[[Any], Any]
"""Cuts out of a document's data, or of a text in an object, what must not be stored."""


@dataclass(frozen=True)
class Imported:
    """The outcome of an import.

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


def export_version(
    root: Path, target: Path, version: str | None = None, *, replace: bool = False
) -> Manifest:
    """Write one version into a file: a JSON object when its name ends in `.json`, else a zip.

    Equal versions give equal bytes.

    Args:
        root: The snapshot folder.
        target: The file; an older export is replaced as a whole. Through a link its target is written.
        version: A version's id; None takes the published one.
        replace: Whether a file that is no export is replaced, too.

    Raises:
        Refused: when the target is a device, a pipe or a folder, or a file that is no export, or when the
            version is larger than an import takes.
        NoSnapshot, DamagedManifest, NewerFormat, Refused: as `open_snapshot`.
        DamagedDocument: when a document is not whole; nothing is written then.
        NotWritten: when the file cannot be written.
    """
    manifest = open_snapshot(root, version).manifest
    write = write_json if target.suffix == ".json" else write_zip
    with target_file(
        target,
        "export",
        ours=lambda older: replace or is_export(older),
        way_out="Choose another name, or replace it with --replace.",
    ) as file:
        write(file, manifest, lambda entry: read_bytes(root, entry))
    return manifest


def import_version(
    root: Path,
    source: Path,
    *,
    clean: Clean | None = None,
    accept_loss: bool = False,
    now: datetime | None = None,
) -> Imported:
    """Take in a version from a file that `export_version` wrote, and publish it unless a newer one is.

    Everything is checked before anything is written: names, sizes, hashes, formats, times, whose it is, and
    how much would be lost.

    Args:
        root: The snapshot folder; made when it is missing.
        source: The file.
        clean: What a refresh applies to everything that it stores.
        accept_loss: Publish even if more than a fifth of the known tests is lost.
        now: The present time; the clock's when left out.

    Raises:
        Refused: when it is no export, holds what its manifest does not name, is unreasonably large, is of a
            time that is still to come, comes from another API or customer than what the folder holds, or
            would lose too much.
        DamagedManifest, DamagedDocument: when a part is cut or altered.
        NewerFormat: when a later release wrote it.
        Locked: when another writer is at work.
        NotWritten: when something cannot be written; nothing is published then.
    """
    name = str(source)
    with opened(source) as (exported, read):
        see_plausible(exported, name, now or datetime.now(UTC))
        manifest, taking = _cleaned(exported, read, clean), _taking(exported, read, clean)
        with writing(root, "import"):
            try:
                present = read_manifest(root, manifest.id)
            except NoSnapshot:
                return _take_in(root, manifest, taking, name, accept_loss=accept_loss)
            if present not in (manifest, exported):
                raise Refused(
                    f"{source} holds another version {manifest.id} than the snapshot folder.",
                    "Versions are never changed.",
                )
            same = [entry for entry in manifest.entries if entry in present.entries]
            written = _store(root, same, taking)
            if manifest.id > (published_id(root) or ""):  # an import was killed before it came so far
                point(root, manifest.id)
            return Imported(manifest.id, True, manifest.id == published_id(root), written)


def _taking(exported: Manifest, read: Read, clean: Clean | None) -> Read:
    """Return a function that gives the bytes under which a document is stored here, by its entry here."""
    originals = {(entry.kind, entry.id): entry for entry in exported.entries}

    def taking(entry: Entry) -> bytes:
        original = originals[entry.kind, entry.id]
        return taken(original, read(original), clean)[1]

    return taking


def _take_in(root: Path, manifest: Manifest, read: Read, name: str, *, accept_loss: bool) -> Imported:
    here = newest_readable(root)
    newest = manifest.id > max(published_id(root) or "", here.id if here else "")
    if here is not None:
        see_same_customer(here, manifest, name)
        if newest and not accept_loss:
            see_no_loss(here, manifest, name)
    written = _store(root, manifest.entries, read)
    (publish if newest else add)(root, manifest)
    return Imported(manifest.id, False, newest, written)


def _store(root: Path, entries: Sequence[Entry], read: Read) -> int:
    missing = [entry for entry in entries if not whole(root, entry)]
    for entry in missing:
        files.write_loosely(document_path(root, entry.sha256), read(entry))
    files.flush(document_path(root, entry.sha256) for entry in missing)
    return len(missing)


def _cleaned(manifest: Manifest, read: Read, clean: Clean | None) -> Manifest:
    """Return the manifest as it is stored here: of cleaned documents, with cleaned reasons of problems."""
    return with_entries(manifest, [taken(entry, read(entry), clean)[0] for entry in manifest.entries], clean)


def with_entries(manifest: Manifest, entries: Iterable[Entry], clean: Clean | None) -> Manifest:
    """Return a manifest of entries as they are stored here, with cleaned reasons of problems."""
    changes: dict[str, Any] = {"entries": tuple(entries)}
    for name in ("problems", "cleared"):
        problems = getattr(manifest, name)
        if clean is not None and problems:
            changes[name] = tuple(
                one.model_copy(update={"reason": clean({"reason": one.reason})["reason"]}) for one in problems
            )
    return manifest.model_copy(update=changes)


def taken(entry: Entry, raw: bytes, clean: Clean | None) -> tuple[Entry, bytes]:
    """Return a document that came in as it is stored here, if it is exactly what its entry says."""
    if len(raw) != entry.size or fingerprint(raw) != entry.sha256:
        raise damaged(entry, "Its content does not match its size and hash.")
    document = decode(raw, f"{entry.kind} {entry.id}")
    if (document.kind, document.id) != (entry.kind, entry.id):
        raise damaged(entry, f"It calls itself {document.kind} {document.id}.")
    made = encode(document if clean is None else replace(document, data=clean(document.data)))
    if made == raw:
        return entry, raw
    return entry.model_copy(update={"sha256": fingerprint(made), "size": len(made)}), made


def published_id(root: Path) -> str | None:
    """Return the published version's id; None when there is none, or none that can be read."""
    try:
        return current_id(root)
    except DamagedManifest:
        return None
