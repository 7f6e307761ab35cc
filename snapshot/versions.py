"""The versions that a snapshot folder holds."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from snapshot.errors import NoSnapshot, SnapshotError
from snapshot.reader import Snapshot, current_id, read_manifest
from snapshot.storage.layout import VERSIONS, created, current_path, is_version_id, manifest_path
from snapshot.storage.links import refuse_links

__all__ = ["VersionSummary", "current_id", "list_versions", "version_ids"]


@dataclass(frozen=True)
class VersionSummary:
    """One version in a list.

    Attributes:
        id: Its id.
        created_at: When it was taken.
        published: Whether it is the one that readers see.
        documents: How many documents it names.
        bytes: The sum of their sizes; versions share documents, so sizes do not add up.
        problems: How many things could not be fetched.
        counts: What it holds, as the refresh counted it.
        fault: Why its manifest cannot be read, or None.
    """

    id: str
    created_at: datetime
    published: bool
    documents: int = 0
    bytes: int = 0
    problems: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    fault: str | None = None


def version_ids(root: Path) -> list[str]:
    """List the ids of all versions that have a manifest, newest first."""
    try:
        names = [path.name for path in (root / VERSIONS).iterdir()]
    except (FileNotFoundError, NotADirectoryError):
        return []
    return sorted(
        (name for name in names if is_version_id(name) and manifest_path(root, name).exists()), reverse=True
    )


def publishes(root: Path, path: Path) -> bool:
    """Return whether a change of this file publishes a version."""
    return path == current_path(root)


def versions_before(snapshot: Snapshot) -> Iterator[Snapshot]:
    """Yield the readable earlier versions of the same upstream, newest first."""
    for name in version_ids(snapshot.root):
        if name < snapshot.id:
            try:
                version = Snapshot(snapshot.root, read_manifest(snapshot.root, name))
            except SnapshotError:
                continue
            if version.manifest.api_host == snapshot.manifest.api_host:
                yield version


def list_versions(root: Path) -> list[VersionSummary]:
    """List all versions, newest first; one that cannot be read is listed with its fault.

    Raises:
        Refused: when a link stands in the folder.
    """
    refuse_links(root)
    try:
        published = current_id(root)
    except SnapshotError:
        published = None
    found = []
    for version in version_ids(root):
        try:
            found.append(_summary(root, version, published))
        except NoSnapshot:
            continue
    return found


def _summary(root: Path, version: str, published: str | None) -> VersionSummary:
    try:
        manifest = read_manifest(root, version)
    except NoSnapshot:
        raise
    except SnapshotError as error:
        return VersionSummary(version, created(version), version == published, fault=str(error))
    return VersionSummary(
        id=version,
        created_at=manifest.created_at,
        published=version == published,
        documents=len(manifest.entries),
        bytes=sum(entry.size for entry in manifest.entries),
        problems=len(manifest.problems),
        counts=manifest.counts,
    )
