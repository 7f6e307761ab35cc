"""Files of a built site: only what changed is written, and only what an earlier build wrote is removed."""

import json
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from quality.errors import UserError

LIST = ".pages.json"
"""The list, inside the site, of the files that builds wrote."""

_STAGING = ".staging-"
_ABANDONED_AFTER_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did to the site's folder: file counts."""

    written: int
    unchanged: int
    removed: int


class CannotWrite(UserError):  # noqa: N818 - named as it is told
    """The site's folder does not take the pages; the pages of before are still there."""


@dataclass(slots=True)
class _Plan:
    paths: list[str] = field(default_factory=list)
    changed: list[tuple[str, Path]] = field(default_factory=list)


def earlier_files(root: Path) -> frozenset[str]:
    """The paths, relative to `root` with forward slashes, that earlier builds wrote and did not remove."""
    try:
        listed = json.loads((root / LIST).read_text(encoding="utf-8"))["files"]
        return frozenset(path for path in listed if isinstance(path, str) and _is_inside(path))
    except (OSError, ValueError, TypeError, KeyError):
        return frozenset()


def write_site(root: Path, pages: Iterable[tuple[str, bytes]]) -> BuildReport:
    """Make the site at `root` hold exactly these pages, beside any file that builds did not write.

    Changed pages are kept aside until the last one has been made; then they move into place
    in the given order, so an error leaves the pages of before.

    Args:
        root: The site's folder; made when it is missing.
        pages: Relative paths with forward slashes, and contents; each path once. Pages that
            others need (a stylesheet) come before those, a start page last.

    Raises:
        CannotWrite: The disk is full, the folder does not permit writing, or a page would
            replace a file that no build wrote.
    """
    with _told(root):
        root.mkdir(parents=True, exist_ok=True)
        _collect_abandoned(root)
        earlier = earlier_files(root)
        staging = Path(tempfile.mkdtemp(prefix=_STAGING, dir=root))
    try:
        plan = _stage(root, staging, pages, earlier)
        with _told(root):
            removed = _publish(root, staging, plan, earlier)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return BuildReport(len(plan.changed), len(plan.paths) - len(plan.changed), removed)


def _stage(root: Path, staging: Path, pages: Iterable[tuple[str, bytes]], earlier: frozenset[str]) -> _Plan:
    plan = _Plan()
    for path, content in pages:
        plan.paths.append(path)
        with _told(root):
            target = root / path
            if _holds(target, content):
                continue
            if path not in earlier and target.exists():
                raise CannotWrite(
                    f"{target} is in the way.",
                    "No earlier build wrote it, so it is not replaced.",
                    "Move it away, or choose another folder with TESTIO_SITE_DIR.",
                )
            waiting = staging / str(len(plan.changed))
            waiting.write_bytes(content)
            plan.changed.append((path, waiting))
    return plan


def _publish(root: Path, staging: Path, plan: _Plan, earlier: frozenset[str]) -> int:
    current = set(plan.paths)
    vanished = sorted(earlier - current)
    if plan.changed:
        _write_list(root, staging, current | earlier)
    for path, waiting in plan.changed:
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        waiting.replace(target)
    for path in vanished:
        (root / path).unlink(missing_ok=True)
        _remove_empty_folders(root, PurePosixPath(path).parent)
    _write_list(root, staging, current)
    return len(vanished)


def _write_list(root: Path, staging: Path, paths: set[str]) -> None:
    content = json.dumps({"files": sorted(paths)}, indent=0).encode() + b"\n"
    if not _holds(root / LIST, content):
        waiting = staging / LIST
        waiting.write_bytes(content)
        waiting.replace(root / LIST)


def _holds(path: Path, content: bytes) -> bool:
    try:
        return path.stat().st_size == len(content) and path.read_bytes() == content
    except (FileNotFoundError, NotADirectoryError):
        return False


def _remove_empty_folders(root: Path, folder: PurePosixPath) -> None:
    while folder.parts:
        try:
            (root / folder).rmdir()
        except OSError:
            return
        folder = folder.parent


def _is_inside(path: str) -> bool:
    parts = path.split("/")
    return all(parts) and ".." not in parts and not {"\\", ":"} & set(path)


def _collect_abandoned(root: Path) -> None:
    for folder in root.glob(f"{_STAGING}*"):
        if time.time() - folder.stat().st_mtime > _ABANDONED_AFTER_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _told(root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CannotWrite(
            f"The site cannot be written to {root}.",
            f"{error.strerror or type(error).__name__}{f': {error.filename}' if error.filename else ''}.",
            "The pages of before are still there; make room or permit writing, then build again.",
        ) from error
