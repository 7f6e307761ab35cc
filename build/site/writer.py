"""Files of a built site: only what changed is written, and only what an earlier build wrote is removed."""

import hashlib
import json
import os
import re
import secrets
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from filelock import FileLock, Timeout

from base import folders
from base.bounds import SITE_LIST_BYTES, SITE_WAIT_SECONDS
from base.errors import UserError
from base.folders import Folder, LeadsElsewhere, below, holding
from build.site.marks import carries_mark, is_unaltered, marked

LIST = ".pages.json"
"""The list, inside the site, of the files that builds wrote, and of what the last one was made of."""
LOCK = ".pages.lock"
"""Held by the build that is writing."""

File = tuple[str, bytes]
"""A path relative to the site, with forward slashes, and the content."""

_STAGING = re.compile(r"\.testio-staging-[0-9a-f]{16}")
_WAITING = re.compile(r"[0-9]+|list")


@dataclass(frozen=True, slots=True)
class BuildReport:
    """The changes of a build in the site's folder: file counts."""

    written: int
    unchanged: int
    removed: int


class CannotWrite(UserError):
    """The site's folder cannot be written; the earlier pages are still there."""

    code = "SITE_NOT_WRITTEN"


@dataclass(slots=True)
class _Plan:
    digests: dict[str, str] = field(default_factory=dict)
    changed: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Earlier:
    """The files that earlier builds left.

    Attributes:
        key: Of what the last build was made of; empty when it did not finish.
        digests: SHA-256 by path, relative with forward slashes, of the files that builds wrote.
    """

    key: str
    digests: Mapping[str, str]


def earlier_build(root: Path) -> Earlier:
    """Return what earlier builds left in the folder: by their list, or else by marks of unaltered pages."""
    try:
        with holding(root) as site:
            return _listed(site) or Earlier("", dict(_marked_pages(site)))
    except OSError:
        return Earlier("", {})


def is_whole(root: Path, earlier: Earlier) -> bool:
    """Return whether every file of the earlier build is there as it was written."""
    try:
        with holding(root) as site:
            return all(_digest(site, path) == digest for path, digest in earlier.digests.items())
    except OSError:
        return False


def write_site(root: Path, pages: Iterable[File], key: str = "") -> BuildReport:
    """Make the site at `root` hold exactly these pages, beside any file that builds did not write.

    Changed pages are kept aside until the last one has been made; then they move into place
    in the given order, so an error leaves the earlier pages. Two builds of one site take turns.

    Args:
        root: The site's folder; made when it is missing.
        pages: Relative paths with forward slashes, and contents; each path once. Pages that
            others need (a stylesheet) come before those, a start page last.
        key: Of what the pages are made of, for `earlier_build`.

    Raises:
        CannotWrite: The disk is full, the folder does not permit writing, another build does not
            finish, a link leads out of the folder, or a page would replace a file that no build wrote.
    """
    with _turn(root), _told(root), holding(root) as site:
        _collect_abandoned(site)
        earlier = earlier_build(root).digests
        with _staging(site) as staging:
            plan = _stage(site, staging, pages, earlier)
            removed = _publish(site, staging, plan, earlier, key)
    return BuildReport(len(plan.changed), len(plan.digests) - len(plan.changed), removed)


@contextmanager
def _turn(root: Path) -> Iterator[None]:
    with _told(root):
        root.mkdir(parents=True, exist_ok=True)
    lock = FileLock(root / LOCK, timeout=SITE_WAIT_SECONDS)
    try:
        with _told(root):
            lock.acquire()
    except Timeout:
        raise CannotWrite(
            f"Another build has been writing to {root} for more than {SITE_WAIT_SECONDS // 60} minutes.",
            "Two builds of one site take turns.",
            "Stop the other build, or wait for it.",
        ) from None
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _staging(site: Folder) -> Iterator[Folder]:
    name = f".testio-staging-{secrets.token_hex(8)}"
    try:
        with below(site, [name], make=True) as staging:
            yield staging
    finally:
        _clear(site, name)


def _stage(site: Folder, staging: Folder, pages: Iterable[File], earlier: Mapping[str, str]) -> _Plan:
    plan = _Plan()
    for path, plain in pages:
        content = marked(path, plain)
        plan.digests[path] = hashlib.sha256(content).hexdigest()
        if _digest(site, path) == plan.digests[path]:
            continue
        if not _is_ours(site, path, earlier):
            raise CannotWrite(
                f"{site.path / path} is in the way.",
                "No earlier build wrote it, so it is not replaced.",
                "Move it away, or choose another folder with TESTIO_SITE_DIR.",
            )
        waiting = str(len(plan.changed))
        _write(staging, waiting, content)
        plan.changed.append((path, waiting))
    return plan


def _publish(site: Folder, staging: Folder, plan: _Plan, earlier: Mapping[str, str], key: str) -> int:
    vanished = sorted(earlier.keys() - plan.digests.keys())
    if plan.changed:
        _write_list(site, staging, "", {**earlier, **plan.digests})
    for path, waiting in plan.changed:
        *parents, name = path.split("/")
        with below(site, parents, make=True) as folder:
            folders.rename(staging, waiting, folder, name)
    removed = sum(_remove(site, path, earlier[path]) for path in vanished)
    _write_list(site, staging, key, plan.digests)
    return removed


def _is_ours(site: Folder, path: str, earlier: Mapping[str, str]) -> bool:
    """Return whether nothing is in a page's place, or what an earlier build wrote there."""
    *parents, name = path.split("/")
    try:
        with below(site, parents) as folder:
            found = folders.look(folder, name)
            if found is None:
                return True
            if not stat.S_ISREG(found.st_mode):
                return False
            if path in earlier or name == ".nojekyll":  # made by hand, it says the same
                return True
    except FileNotFoundError:
        return True
    if path.endswith(".html"):
        return _carries_mark(site, path)
    starts = ("/".join((*parents, "index.html")), "index.html")
    return any(start != path and _carries_mark(site, start) for start in starts)


def _carries_mark(site: Folder, path: str) -> bool:
    *parents, name = path.split("/")
    try:
        with below(site, parents) as folder:
            return carries_mark(path, folders.read(folder, name))
    except OSError:
        return False


def _remove(site: Folder, path: str, digest: str) -> bool:
    """Remove a page that is as a build wrote it, and the folders that it leaves empty."""
    *parents, name = path.split("/")
    try:
        with below(site, parents) as folder:
            if folders.digest(folder, name) != digest:
                return False
            folders.remove(folder, name)
    except (FileNotFoundError, LeadsElsewhere):
        return False
    for depth in range(len(parents), 0, -1):
        with below(site, parents[: depth - 1]) as folder:
            if not folders.remove_if_empty(folder, parents[depth - 1]):
                break
    return True


def _write_list(site: Folder, staging: Folder, key: str, digests: Mapping[str, str]) -> None:
    content = json.dumps({"key": key, "files": digests}, indent=0, sort_keys=True).encode() + b"\n"
    if folders.digest(site, LIST) != hashlib.sha256(content).hexdigest():
        _write(staging, "list", content)
        folders.rename(staging, "list", site, LIST)


def _write(folder: Folder, name: str, content: bytes) -> None:
    """Write a file without waiting for the disk: after a power cut, the next build finds it altered."""
    with open(folders.create(folder, name), "wb") as file:  # noqa: PTH123 - of a descriptor
        file.write(content)


def _digest(site: Folder, path: str) -> str | None:
    *parents, name = path.split("/")
    try:
        with below(site, parents) as folder:
            return folders.digest(folder, name)
    except FileNotFoundError:
        return None


def _listed(site: Folder) -> Earlier | None:
    try:
        listed = json.loads(folders.read(site, LIST, SITE_LIST_BYTES))
        files = {path: str(digest) for path, digest in listed["files"].items() if _is_inside(path)}
        return Earlier(str(listed["key"]), files)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _marked_pages(site: Folder) -> Iterator[tuple[str, str]]:
    """Yield the pages that are as a build wrote them, when the list of them is lost: path and SHA-256."""
    for folder, _, names in os.walk(site.path):
        for name in names:
            if not name.endswith(".html"):
                continue
            path = (Path(folder) / name).relative_to(site.path).as_posix()
            with suppress(OSError), below(site, path.split("/")[:-1]) as found:
                content = folders.read(found, name)
                if is_unaltered(path, content):
                    yield path, hashlib.sha256(content).hexdigest()


def _is_inside(path: str) -> bool:
    parts = path.split("/")
    return all(parts) and ".." not in parts and not {"\\", ":", "\0"} & set(path)


def _collect_abandoned(site: Folder) -> None:
    """Remove what killed builds kept aside: no other build is at work."""
    for name in folders.names(site):
        if _STAGING.fullmatch(name):
            _clear(site, name)


def _clear(site: Folder, name: str) -> None:
    with suppress(OSError):
        with below(site, [name]) as staging:
            for waiting in folders.names(staging):
                if _WAITING.fullmatch(waiting):
                    folders.remove(staging, waiting)
        folders.remove_if_empty(site, name)


@contextmanager
def _told(root: Path) -> Iterator[None]:
    try:
        yield
    except LeadsElsewhere as error:
        raise CannotWrite(
            f"{error.filename} is a link or a file.",
            "A page would be written through it, to somewhere else.",
            "Move it away, or choose another folder with TESTIO_SITE_DIR.",
        ) from error
    except OSError as error:
        raise CannotWrite(
            f"The site cannot be written to {root}.",
            f"{error.strerror or type(error).__name__}{f': {error.filename}' if error.filename else ''}.",
            "Free space or fix permissions, then build again; the earlier pages are still there.",
        ) from error
