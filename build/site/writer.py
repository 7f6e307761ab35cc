"""Files of a built site: only what changed is written, and only what an earlier build wrote is removed."""

import hashlib
import re
import secrets
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from filelock import FileLock, Timeout

from base import folders
from base.bounds import SITE_WAIT_SECONDS
from base.errors import UserError
from base.folders import Folder, LeadsElsewhere, below, holding, make_folder
from build.site.kept import (
    LIST,
    SEEN,
    Earlier,
    Made,
    Stamp,
    carries_its_mark,
    digest,
    earlier_build,
    listed,
    noted_stamps,
    stamp_of,
    unaltered,
)
from build.site.marks import marked

LOCK = ".pages.lock"
"""Held by the build that is writing."""

File = tuple[str, bytes]
"""A path relative to the site, with forward slashes, and the content."""

_STAGING = re.compile(r"\.testio-staging-[0-9a-f]{16}")
_WAITING = re.compile(r"[0-9]+(-[0-9]+)*|list|seen")


@dataclass(frozen=True, slots=True)
class BuildReport:
    """The changes of a build in the site's folder: file counts."""

    written: int
    unchanged: int
    removed: int


@dataclass(frozen=True, slots=True)
class Staged:
    """A page that was made.

    Attributes:
        waiting: Its name in the staging folder; None when the file in its place says the same already.
    """

    path: str
    digest: str
    waiting: str | None


class CannotWrite(UserError):
    """The site's folder cannot be written; the earlier pages are still there."""

    code = "SITE_NOT_WRITTEN"


@dataclass(slots=True)
class _Plan:
    digests: dict[str, str] = field(default_factory=dict)
    changed: list[tuple[str, str]] = field(default_factory=list)
    parts: dict[str, Made] = field(default_factory=dict)
    stamps: dict[str, Stamp] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Writing:
    """The writing of one site by the only build that is at it.

    Attributes:
        site: The site's folder.
        staging: The folder in it that changed pages wait in.
        earlier: What earlier builds left.
    """

    site: Folder
    staging: Folder
    earlier: Earlier
    _plan: _Plan = field(default_factory=_Plan)

    def keep(self, made_of: Mapping[str, str]) -> set[str]:
        """Keep the pages of the parts that are made of the same as before and all stand as they were written.

        Args:
            made_of: The hash of what each part is made of now, by its name.

        Returns:
            The names of the parts that are kept.
        """
        same = {
            name: part
            for name, part in self.earlier.parts.items()
            if part.made_of == made_of.get(name) and self.earlier.digests.keys() >= set(part.paths)
        }
        found = unaltered(self.site, self.earlier, (path for part in same.values() for path in part.paths))
        kept = {name: part for name, part in same.items() if found.keys() >= set(part.paths)}
        for name, part in kept.items():
            self._plan.parts[name] = part
            for path in part.paths:
                self._plan.digests[path] = self.earlier.digests[path]
                self._plan.stamps[path] = found[path]
        return set(kept)

    def stage(self, pages: Iterable[File], batch: str = "0") -> Iterator[Staged]:
        """Put pages into the staging folder that say something else than the files in their places.

        Args:
            pages: Each path once.
            batch: A number that no other call is given.
        """
        for number, (path, plain) in enumerate(pages):
            content = marked(path, plain)
            said = hashlib.sha256(content).hexdigest()
            if digest(self.site, path) == said:
                yield Staged(path, said, None)
                continue
            if not _is_ours(self.site, path, self.earlier.digests):
                raise CannotWrite(
                    f"{self.site.path / path} is in the way.",
                    "No earlier build wrote it, so it is not replaced.",
                    "Move it away, or choose another folder with TESTIO_SITE_DIR.",
                )
            waiting = f"{batch}-{number}"
            _write(self.staging, waiting, content)
            yield Staged(path, said, waiting)

    def add(self, staged: Iterable[Staged], name: str = "", made_of: str = "") -> None:
        """Take pages that were staged into the site, in the order in which they are to be put in place.

        Args:
            staged: The pages, all of the part.
            name: Of the part; empty for pages of none, which are made each time.
            made_of: The hash of what it was made of.
        """
        paths = []
        for page in staged:
            paths.append(page.path)
            self._plan.digests[page.path] = page.digest
            if page.waiting is not None:
                self._plan.changed.append((page.path, page.waiting))
        if name:
            self._plan.parts[name] = Made(made_of, tuple(paths))

    @property
    def paths(self) -> frozenset[str]:
        """Return the paths of the pages that the site has so far."""
        return frozenset(self._plan.digests)

    def publish(self, key: str = "") -> BuildReport:
        """Put the pages in place, and remove those of earlier builds that the site has no more.

        Args:
            key: Of what the pages are made of, for `earlier_build`.
        """
        plan, earlier = self._plan, self.earlier.digests
        vanished = sorted(earlier.keys() - plan.digests.keys())
        if plan.changed:
            self._write_list(listed("", {**earlier, **plan.digests}, {}))
        for path, waiting in plan.changed:
            *parents, name = path.split("/")
            with below(self.site, parents, make=True) as folder:
                folders.rename(self.staging, waiting, folder, name)
                if stamp := stamp_of(folder, name):
                    plan.stamps[path] = stamp
        removed = sum(_remove(self.site, path, earlier[path]) for path in vanished)
        self._write_list(listed(key, plan.digests, plan.parts))
        if plan.changed or removed or folders.look(self.site, SEEN) is None:
            _write(self.staging, "seen", noted_stamps(plan.stamps))
            folders.rename(self.staging, "seen", self.site, SEEN)
        return BuildReport(len(plan.changed), len(plan.digests) - len(plan.changed), removed)

    def _write_list(self, content: bytes) -> None:
        if folders.digest(self.site, LIST) != hashlib.sha256(content).hexdigest():
            _write(self.staging, "list", content)
            folders.rename(self.staging, "list", self.site, LIST)


@contextmanager
def writing(root: Path) -> Iterator[Writing]:
    """Begin to write a site, as the only build that does.

    Changed pages are kept aside until all have been made; then they move into place in the given order, so an
    error leaves the earlier pages. Two builds of one site take turns.

    Args:
        root: The site's folder; made when it is missing.

    Raises:
        CannotWrite: The disk is full, the folder does not permit writing, another build does not
            finish, a link leads out of the folder, or a page would replace a file that no build wrote.
    """
    with _turn(root), _told(root), holding(root) as site:
        _collect_abandoned(site)
        with _staging(site) as staging:
            yield Writing(site, staging, earlier_build(root))


def write_site(root: Path, pages: Iterable[File], key: str = "") -> BuildReport:
    """Make the site at `root` hold exactly these pages, beside any file that builds did not write.

    Args:
        root: The site's folder; made when it is missing.
        pages: Relative paths with forward slashes, and contents; each path once. Pages that
            others need (a stylesheet) come before those, a start page last.
        key: Of what the pages are made of, for `earlier_build`.

    Raises:
        CannotWrite: As `writing`.
    """
    with writing(root) as site:
        site.add(site.stage(pages))
        return site.publish(key)


@contextmanager
def _turn(root: Path) -> Iterator[None]:
    with _told(root):
        make_folder(root)
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
        return carries_its_mark(site, path)
    starts = ("/".join((*parents, "index.html")), "index.html")
    return any(start != path and carries_its_mark(site, start) for start in starts)


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


def _write(folder: Folder, name: str, content: bytes) -> None:
    """Write a file without waiting for the disk: after a power cut, the next build finds it altered."""
    with open(folders.create(folder, name), "wb") as file:  # noqa: PTH123 - of a descriptor
        file.write(content)


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
