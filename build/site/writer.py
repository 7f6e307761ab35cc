"""Files of a built site: only what changed is written, and only what an earlier build wrote is removed."""

import hashlib
import json
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from base.errors import UserError

LIST = ".pages.json"
"""The list, inside the site, of the files that builds wrote, and of what the last one was made of."""

File = tuple[str, bytes]
"""A path relative to the site, with forward slashes, and the content."""

_STAGING = ".staging-"
_ABANDONED_AFTER_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did to the site's folder: file counts."""

    written: int
    unchanged: int
    removed: int


class CannotWrite(UserError):
    """The site's folder does not take the pages; the pages of before are still there."""

    code = "SITE_NOT_WRITTEN"


@dataclass(slots=True)
class _Plan:
    digests: dict[str, str] = field(default_factory=dict)
    changed: list[tuple[str, Path]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Earlier:
    """What earlier builds left.

    Attributes:
        key: Of what the last build was made of; empty when it did not finish.
        digests: SHA-256 by path, relative with forward slashes, of the files that builds wrote.
    """

    key: str
    digests: Mapping[str, str]


def earlier_build(root: Path) -> Earlier:
    """What earlier builds left in the folder; nothing when the list is missing or damaged."""
    try:
        listed = json.loads((root / LIST).read_text(encoding="utf-8"))
        files = {path: str(digest) for path, digest in listed["files"].items() if _is_inside(path)}
        return Earlier(str(listed["key"]), files)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return Earlier("", {})


def is_whole(root: Path, earlier: Earlier) -> bool:
    """Whether every file of the earlier build is there as it was written."""
    try:
        return all(
            hashlib.sha256((root / path).read_bytes()).hexdigest() == digest
            for path, digest in earlier.digests.items()
        )
    except OSError:
        return False


def write_site(root: Path, pages: Iterable[File], key: str = "") -> BuildReport:
    """Make the site at `root` hold exactly these pages, beside any file that builds did not write.

    Changed pages are kept aside until the last one has been made; then they move into place
    in the given order, so an error leaves the pages of before.

    Args:
        root: The site's folder; made when it is missing.
        pages: Relative paths with forward slashes, and contents; each path once. Pages that
            others need (a stylesheet) come before those, a start page last.
        key: Of what the pages are made of, for `earlier_build`.

    Raises:
        CannotWrite: The disk is full, the folder does not permit writing, or a page would
            replace a file that no build wrote.
    """
    with _told(root):
        root.mkdir(parents=True, exist_ok=True)
        _collect_abandoned(root)
        earlier = earlier_build(root).digests
        staging = Path(tempfile.mkdtemp(prefix=_STAGING, dir=root))
    try:
        plan = _stage(root, staging, pages, earlier)
        with _told(root):
            removed = _publish(root, staging, plan, earlier, key)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return BuildReport(len(plan.changed), len(plan.digests) - len(plan.changed), removed)


def _stage(
    root: Path, staging: Path, pages: Iterable[tuple[str, bytes]], earlier: Mapping[str, str]
) -> _Plan:
    plan = _Plan()
    for path, content in pages:
        plan.digests[path] = hashlib.sha256(content).hexdigest()
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


def _publish(root: Path, staging: Path, plan: _Plan, earlier: Mapping[str, str], key: str) -> int:
    vanished = sorted(earlier.keys() - plan.digests.keys())
    if plan.changed:
        _write_list(root, staging, "", {**earlier, **plan.digests})
    for path, waiting in plan.changed:
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        waiting.replace(target)
    for path in vanished:
        (root / path).unlink(missing_ok=True)
        _remove_empty_folders(root, PurePosixPath(path).parent)
    _write_list(root, staging, key, plan.digests)
    return len(vanished)


def _write_list(root: Path, staging: Path, key: str, digests: Mapping[str, str]) -> None:
    content = json.dumps({"key": key, "files": digests}, indent=0, sort_keys=True).encode() + b"\n"
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
