"""Pushing a version to an object store, and pulling one: documents, then the manifest, then the pointer.

The history of reviews travels with it: what either side knows, both know then.

Only documents that are missing travel. Killed at any instant, readers on both sides see a whole version, and
the next attempt goes on. Of two that push at once neither loses a version: the pointer is written only if it
is as it was read, and names the newest.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from base.bounds import CLOCK_SLACK, HISTORY_BYTES, MANIFEST_BYTES
from snapshot.archive import damaged, see_reasonable
from snapshot.errors import (
    DamagedManifest,
    NewerFormat,
    NoSnapshot,
    Refused,
    SnapshotError,
    StoreFailed,
)
from snapshot.format.manifest import Entry, Manifest, decode_manifest, encode_manifest
from snapshot.gate import Way, newest_readable, see_no_loss, see_plausible, see_same_customer
from snapshot.history import continued, decode, encode, extended, merged, read_history, seen_in
from snapshot.reader import open_snapshot, read_bytes, read_manifest
from snapshot.storage import files
from snapshot.storage.layout import (
    current_path,
    document_path,
    history_path,
    is_version_id,
    manifest_path,
)
from snapshot.storage.links import refuse_links
from snapshot.storage.lock import writing
from snapshot.storage.objects import Objects, Stored, opened_objects
from snapshot.store import add, point, present, publish, whole
from snapshot.transfer import Clean, Imported, published_id, taken, with_entries
from snapshot.versions import version_ids

log = logging.getLogger(__name__)
PUSH = Way("pushed", "Push to a URL of its own.", "push")
PULL = Way("pulled", "Pull into a folder of its own: set TESTIO_SNAPSHOT_DIR, or TESTIO_ACCOUNT.", "pull")
AT_ONCE = 16
"""Documents that travel at the same time."""
_TRIES = 20
_POINTER = current_path(Path()).as_posix()
_POINTER_BYTES = 1024
_HISTORY = history_path(Path()).as_posix()
_Done = TypeVar("_Done")


@dataclass(frozen=True)
class Pushed:
    """The outcome of a push.

    Attributes:
        id: The version.
        published: Whether readers there see it now; None of a newer one there loses anything.
        written: How many documents travelled.
    """

    id: str
    published: bool
    written: int


def push(root: Path, url: str, *, accept_loss: bool = False, now: datetime | None = None) -> Pushed:
    """Write the published version to where a URL leads, and let readers there see it unless a newer one is.

    Args:
        root: The snapshot folder.
        url: As `opened_objects` takes it.
        accept_loss: Publish even if more than a fifth of the tests that are known there is lost.
        now: The present time; the clock's when left out.

    Raises:
        NoSnapshot, DamagedManifest, NewerFormat, Refused: as `open_snapshot`.
        Refused: when another customer's version is there, too much would be lost, or the URL is unusable.
        DamagedDocument: when a document is not whole; readers there see what they saw before.
        StoreFailed, NotWritten, Locked: when something cannot be written.
    """
    manifest = open_snapshot(root).manifest
    name = f"Version {manifest.id}"
    see_reasonable(manifest, name)
    see_plausible(manifest, name, now or datetime.now(UTC), PUSH)
    with opened_objects(url, to_write=True) as objects:
        before = _pointer(objects)
        there = _fitting(objects, before, manifest, accept_loss=accept_loss)
        again = there is not None and there.id == manifest.id
        known = {entry.sha256 for entry in there.entries} if there and not again else set()
        sending = [entry for entry in manifest.entries if entry.sha256 not in known]
        written = sum(_each(lambda entry: _send(objects, root, entry), sending))
        _list(objects, manifest)
        _send_history(objects, root)
        for _ in range(_TRIES):
            there = _fitting(objects, before, manifest, accept_loss=accept_loss)
            if there is not None and there.id >= manifest.id:
                return Pushed(manifest.id, there.id == manifest.id, written)
            if objects.replace(_POINTER, f"{manifest.id}\n".encode(), before):
                return Pushed(manifest.id, True, written)
            before = _pointer(objects)
        raise StoreFailed(
            f"Version {manifest.id} is listed in {objects.shown}, but is not the one that readers see.",
            "Others wrote the pointer each time.",
            "Push again.",
        )


def published_there(url: str) -> str | None:
    """Return the id of the version that is published where a URL leads; None when there is none.

    Raises:
        Refused, DamagedManifest, StoreFailed: when the URL cannot be used, or the place not be read.
    """
    with opened_objects(url) as objects:
        return _named(objects, _pointer(objects))


def pull(
    root: Path,
    url: str,
    *,
    clean: Clean | None = None,
    accept_loss: bool = False,
    now: datetime | None = None,
) -> Imported:
    """Take in the version that is published where a URL leads, and publish it unless a newer one is here.

    Args:
        root: The snapshot folder; made when it is missing.
        url: As `opened_objects` takes it.
        clean: What a refresh applies to everything that it stores.
        accept_loss: Publish even if more than a fifth of the known tests is lost.
        now: The present time; the clock's when left out.

    Raises:
        NoSnapshot: when nothing is published there.
        Refused: as of an import, and when the URL cannot be used.
        DamagedManifest, DamagedDocument, NewerFormat: when a part is missing, altered or of a later release.
        StoreFailed: when it cannot be reached.
        Locked: when another writer is at work here.
        NotWritten: when something cannot be written; nothing is published then.
    """
    refuse_links(root)
    with opened_objects(url) as objects:
        version = _named(objects, _pointer(objects))
        if version is None:
            raise NoSnapshot(f"There is no snapshot in {objects.shown}.", "", "Push one: invoke push URL")
        listed = _listed(root, version)
        if listed and version <= (published_id(root) or "") and _all(present, root, listed):
            return Imported(version, True, version == published_id(root), 0)
        manifest = _manifest(objects, version)
        see_reasonable(manifest, objects.shown)
        see_plausible(manifest, objects.shown, now or datetime.now(UTC), PULL)
        latest = (now or datetime.now(UTC)) + CLOCK_SLACK
        with writing(root, "pull"):
            return _take_in(root, objects, manifest, clean, latest, accept_loss=accept_loss)


def _take_in(
    root: Path,
    objects: Objects,
    manifest: Manifest,
    clean: Clean | None,
    latest: datetime,
    *,
    accept_loss: bool,
) -> Imported:
    here, listed = newest_readable(root), _listed(root, manifest.id)
    newest = manifest.id >= max(published_id(root) or "", here.id if here else "")
    if here is not None:
        see_same_customer(here, manifest, objects.shown, PULL)
        if newest and not accept_loss:
            see_no_loss(here, manifest, objects.shown, PULL)
    trusted = {entry.sha256 for entry in here.entries} if here and listed is None else set()

    def fetched(entry: Entry) -> tuple[Entry, bool]:
        if (present if entry.sha256 in trusted else whole)(root, entry):
            return entry, False
        stored, raw = taken(entry, _document(objects, entry), clean)
        files.write_loosely(document_path(root, stored.sha256), raw)
        return stored, True

    done = list(_each(fetched, manifest.entries))
    files.flush(document_path(root, entry.sha256) for entry, written in done if written)
    stored = with_entries(manifest, (entry for entry, _ in done), clean)
    _take_history(root, objects, manifest.api_host, latest)
    if listed is None:
        (publish if newest else add)(root, stored)
    elif listed not in (stored, manifest):
        raise Refused(
            f"{objects.shown} holds another version {manifest.id} than the snapshot folder.",
            "Versions are never changed.",
        )
    elif newest:
        point(root, manifest.id)
    return Imported(manifest.id, listed is not None, newest, sum(written for _, written in done))


def _each(work: Callable[[Entry], _Done], entries: Iterable[Entry]) -> Iterable[_Done]:
    """Do the work for all entries, some at once; the first that fails ends it."""
    pool = ThreadPoolExecutor(AT_ONCE)
    try:
        yield from pool.map(work, entries)
    finally:
        pool.shutdown(cancel_futures=True)


def _send(objects: Objects, root: Path, entry: Entry) -> bool:
    """Write a document unless one of its name and size is there, and return whether it was written."""
    name = document_path(Path(), entry.sha256).as_posix()
    if objects.size(name) == entry.size:
        return False
    objects.write(name, read_bytes(root, entry))
    return True


def _list(objects: Objects, manifest: Manifest) -> None:
    """Write the manifest under the version's name, unless exactly it is there."""
    name, raw = _manifest_name(manifest.id), encode_manifest(manifest)
    if not objects.replace(name, raw, None):
        found = objects.read(name, MANIFEST_BYTES)
        if found is None or found.content != raw:
            raise Refused(
                f"{objects.shown} holds another version {manifest.id}.", "Versions are never changed."
            )


def _send_history(objects: Objects, root: Path) -> None:
    """Add to the history there what the history and the versions here say."""
    here = read_history(root)
    for _ in range(_TRIES):
        there = objects.read(_HISTORY, HISTORY_BYTES)
        known = merged(decode(there.content)[0], here) if there else here
        content = encode(extended(known, root, _manifests(root)))
        if (there and there.content == content) or objects.replace(_HISTORY, content, there):
            return
    raise StoreFailed(f"{objects.shown}/{_HISTORY} could not be written.", "Others wrote it.", "Push again.")


def _take_history(root: Path, objects: Objects, host: str, latest: datetime) -> None:
    """Add to the history here what the one there says of this upstream, of no time that is still to come."""
    try:
        there = objects.read(_HISTORY, HISTORY_BYTES)
        known = decode(there.content)[0] if there else {}
    except (StoreFailed, Refused, NewerFormat) as error:
        log.warning("The history of reviews was not pulled: %s", error)
        return
    fitting = {
        key: line
        for key, line in known.items()
        if key[0] == host and all(seen.at <= latest for seen in seen_in(line))
    }
    content = continued(root, (), fitting)
    if content is not None:
        files.write_atomically(history_path(root), content)


def _manifests(root: Path) -> Iterator[Manifest]:
    for version in version_ids(root):
        with suppress(SnapshotError):
            yield read_manifest(root, version)


def _fitting(
    objects: Objects, pointer: Stored | None, manifest: Manifest, *, accept_loss: bool
) -> Manifest | None:
    """Return the manifest that readers there see now, if ours may follow it; None when there is none."""
    version = _named(objects, pointer)
    if version is None:
        return None
    there = _manifest(objects, version)
    name = f"Version {manifest.id}"
    see_same_customer(there, manifest, name, PUSH)
    if there.id < manifest.id and not accept_loss:
        see_no_loss(there, manifest, name, PUSH)
    return there


def _pointer(objects: Objects) -> Stored | None:
    return objects.read(_POINTER, _POINTER_BYTES)


def _named(objects: Objects, pointer: Stored | None) -> str | None:
    """Return the version that a pointer names."""
    if pointer is None:
        return None
    text = pointer.content.decode("ascii", "replace").strip()
    if not is_version_id(text):
        raise DamagedManifest(
            f"{objects.shown}/{_POINTER} cannot be used.",
            "It does not hold a version's id.",
            "Correct the URL, or remove the file and push again.",
        )
    return text


def _manifest(objects: Objects, version: str) -> Manifest:
    name = _manifest_name(version)
    found = objects.read(name, MANIFEST_BYTES)
    if found is None:
        raise DamagedManifest(f"{objects.shown} lacks {name}.", "CURRENT names it.", "Push a newer version.")
    manifest = decode_manifest(found.content, f"The manifest of version {version} in {objects.shown}")
    if manifest.id != version:
        raise DamagedManifest(f"{objects.shown}/{name} calls itself version {manifest.id}.")
    return manifest


def _document(objects: Objects, entry: Entry) -> bytes:
    found = objects.read(document_path(Path(), entry.sha256).as_posix(), entry.size)
    if found is None:
        raise damaged(entry, f"{objects.shown} does not hold it.")
    return found.content


def _manifest_name(version: str) -> str:
    return manifest_path(Path(), version).as_posix()


def _listed(root: Path, version: str) -> Manifest | None:
    try:
        return read_manifest(root, version)
    except SnapshotError:
        return None


def _all(check: Callable[[Path, Entry], bool], root: Path, manifest: Manifest) -> bool:
    return all(check(root, entry) for entry in manifest.entries)
