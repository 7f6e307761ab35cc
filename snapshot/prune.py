"""Removing old versions, and the documents that no version needs any more.

What they said of the reviews of bugs is added to the history first.

Readers take no lock, so what one may have open stays for a while: a pruned version is set aside at once, and
its documents are removed by the first pruning after the grace has passed.
"""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from snapshot.errors import DamagedManifest, NotWritten, SnapshotError
from snapshot.format.manifest import Manifest
from snapshot.history import continued
from snapshot.journal import journalled
from snapshot.reader import current_id, read_manifest, read_manifest_file
from snapshot.storage import files
from snapshot.storage.layout import (
    DOCUMENTS,
    MANIFEST,
    PRUNED,
    SHA256,
    VERSIONS,
    created,
    history_path,
    is_version_id,
    manifest_path,
    tombstone_path,
)
from snapshot.storage.lock import writing
from snapshot.versions import version_ids

GRACE = timedelta(hours=1)
"""How long a reader may go on with a version that was pruned."""


@dataclass(frozen=True)
class Pruned:
    """The outcome of a pruning.

    Attributes:
        versions: The ids that are no longer listed, newest first.
        kept: The ids that still are, newest first.
        files: How many files were removed.
        bytes: Their sizes together.
        waiting: Bytes that the next pruning removes, once readers have had time to finish.
    """

    versions: tuple[str, ...]
    kept: tuple[str, ...]
    files: int
    bytes: int
    waiting: int


def prune(
    root: Path, *, keep_last: int = 0, keep_daily: int = 0, keep_monthly: int = 0, grace: timedelta = GRACE
) -> Pruned:
    """Remove the versions that no rule keeps. The published one always stays.

    Args:
        root: The snapshot folder.
        keep_last: So many of the newest versions stay.
        keep_daily: The newest version of each of the last so many days (UTC) that have one stays.
        keep_monthly: Likewise of months.
        grace: How long a reader may go on with what is removed.

    Raises:
        ValueError: for a negative number.
        Locked: when a refresh, or another writer, is at work.
        DamagedManifest, NewerFormat: when it cannot be known which documents are needed; nothing is removed.
        NotWritten: when something cannot be removed.
    """
    with writing(root, "prune"):
        listed = version_ids(root)
        times = {version: _taken(root, version) for version in listed}
        kept = choose(listed, current_id(root), keep_last, keep_daily, keep_monthly, times=times)
        needed = {entry.sha256 for entry in journalled(root)}
        for version in kept:
            needed |= _names(_readable(root, version))
        dropped = [version for version in listed if version not in kept]
        for version in dropped:
            with suppress(DamagedManifest):
                read_manifest(root, version)  # one of a later release stops the pruning
        going = dropped or _folders(root / PRUNED)
        history = continued(root, _remembered(root, listed)) if going else None
        written = history is None or _wrote(root, history)
        for version in dropped:
            _set_aside(root, version)
        before = time.time() - grace.total_seconds()
        held = _bury(root, before)
        sizes, waiting = [], 0
        for path in _unneeded(root, needed):
            found = path.lstat()
            if path.stem in held or found.st_mtime > before:
                waiting += found.st_size
            else:
                files.remove(path)
                sizes.append(found.st_size)
        _remove_empty(root, before)
        if history is not None and not written:  # the disk was full, and has room now
            files.write_atomically(history_path(root), history)
        remaining = tuple(version for version in listed if version in kept)
        return Pruned(tuple(dropped), remaining, len(sizes), sum(sizes), waiting)


def choose(
    versions: Sequence[str],
    published: str | None,
    keep_last: int,
    keep_daily: int,
    keep_monthly: int,
    *,
    times: Mapping[str, datetime] | None = None,
) -> set[str]:
    """Choose the versions that stay.

    Args:
        versions: All ids, newest first.
        published: The one that always stays.
        keep_last: So many of the newest.
        keep_daily: The newest of each of the last so many days that have one.
        keep_monthly: Likewise of months.
        times: When each was taken; what its id says when left out. After a clock that was once in the
            future all ids are of that day.

    Raises:
        ValueError: for a negative number.
    """
    if min(keep_last, keep_daily, keep_monthly) < 0:
        raise ValueError("a number of versions to keep cannot be negative")
    kept = {version for version in versions if version == published} | set(versions[:keep_last])
    for amount, form in ((keep_daily, "%Y%m%d"), (keep_monthly, "%Y%m")):
        newest: dict[str, str] = {}
        for version in versions:
            moment = times[version] if times else created(version)
            newest.setdefault(moment.strftime(form), version)
        kept |= set(list(newest.values())[:amount])
    return kept


def _taken(root: Path, version: str) -> datetime:
    """Return when a version was taken; what its id says when its manifest cannot be read."""
    try:
        return read_manifest(root, version).created_at
    except SnapshotError:
        return created(version)


def _readable(root: Path, version: str) -> Manifest:
    try:
        return read_manifest(root, version)
    except DamagedManifest as error:
        raise DamagedManifest(
            f"Nothing was pruned: which documents version {version} needs cannot be known.",
            error.why,
            f"Restore {manifest_path(root, version)} or remove its folder, then prune again.",
        ) from None


def _remembered(root: Path, listed: Iterable[str]) -> Iterator[Manifest]:
    """Read the manifests of versions that are listed, and of those that wait to be removed."""
    for version in listed:
        with suppress(SnapshotError):
            yield read_manifest(root, version)
    for folder in _folders(root / PRUNED):
        with suppress(SnapshotError, FileNotFoundError):
            yield read_manifest_file(root, folder / MANIFEST, folder.name)


def _wrote(root: Path, history: bytes) -> bool:
    try:
        files.write_atomically(history_path(root), history)
    except NotWritten:
        return False
    return True


def _names(manifest: Manifest) -> set[str]:
    return {entry.sha256 for entry in manifest.entries}


def _set_aside(root: Path, version: str) -> None:
    """Hide a version from readers to come; its time there counts from now."""
    folder = manifest_path(root, version).parent
    files.touch(folder)
    files.move(folder, tombstone_path(root, version))


def _bury(root: Path, before: float) -> set[str]:
    """Remove what was set aside before a time (seconds since the epoch); name the documents of the rest."""
    held: set[str] = set()
    for folder in _folders(root / PRUNED):
        if not is_version_id(folder.name):
            continue
        if folder.stat().st_mtime <= before:
            files.remove(folder / MANIFEST)
            files.remove_if_empty(folder)
            continue
        with suppress(SnapshotError):
            held |= _names(read_manifest_file(root, folder / MANIFEST, folder.name))
    return held


def _unneeded(root: Path, needed: set[str]) -> Iterator[Path]:
    """Find the documents outside `needed` and what writers that died left; nothing that is not ours."""
    shelves = _folders(root / DOCUMENTS)
    for shelf in shelves:
        for path in shelf.glob("*.json"):
            if SHA256.fullmatch(path.stem) and path.stem not in needed:
                yield path
    for folder in (root, root / VERSIONS, *_folders(root / VERSIONS), *shelves, *_folders(root / PRUNED)):
        yield from (path for path in folder.glob(f".*{files.TEMPORARY}") if files.is_temporary(path))


def _remove_empty(root: Path, before: float) -> None:
    """Remove the folders of versions that were never finished, or are buried."""
    for folder in (*_folders(root / VERSIONS), *_folders(root / PRUNED)):
        if is_version_id(folder.name) and folder.stat().st_mtime <= before:
            files.remove_if_empty(folder)


def _folders(folder: Path) -> list[Path]:
    if not folder.is_dir() or folder.is_symlink():
        return []
    return sorted(path for path in folder.iterdir() if path.is_dir() and not path.is_symlink())
