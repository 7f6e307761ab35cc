"""What earlier builds left in a site's folder: their list of it, and whether it is still as they wrote it."""

import hashlib
import json
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from base import folders
from base.bounds import SITE_LIST_BYTES
from base.folders import Folder, below, holding
from build.site.marks import carries_mark, is_unaltered

LIST = ".pages.json"
"""The list, inside the site, of the files that builds wrote, and of what the last one was made of."""
SEEN = ".pages.seen"
"""Size and times of these files when they were written: a file that has them still is as it was."""

_TICK = 0.02
"""More seconds than pass between two times that a file system gives to files."""
Stamp = tuple[int, int, int]
"""Size in bytes, and the times of the last change of content and of anything, in nanoseconds."""


@dataclass(frozen=True, slots=True)
class Made:
    """The pages of a part of the site: the hash of what they were made of, and their paths."""

    made_of: str
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Earlier:
    """The files that earlier builds left.

    Attributes:
        key: Of what the last build was made of; empty when it did not finish.
        digests: SHA-256 by path, relative with forward slashes, of the files that builds wrote.
        parts: What the parts of the site were made of, by their names.
    """

    key: str
    digests: Mapping[str, str]
    parts: Mapping[str, Made] = field(default_factory=dict)


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
            return unaltered(site, earlier, earlier.digests).keys() == earlier.digests.keys()
    except OSError:
        return False


def unaltered(site: Folder, earlier: Earlier, paths: Iterable[str]) -> dict[str, Stamp]:
    """Return those of the paths whose files are there as they were written, with their stamps.

    A file with the stamp that was noted is not read. Stamps were noted at a later time than they tell: what
    changes afterwards has another one.
    """
    noted = _noted(site)
    found: dict[str, Stamp] = {}
    for folder, names in _by_folder(paths).items():
        with suppress(FileNotFoundError, folders.LeadsElsewhere), below(site, folder) as inside:
            for name in names:
                path, stamp = "/".join((*folder, name)), stamp_of(inside, name)
                if stamp is None:
                    continue
                if stamp == noted.get(path) or folders.digest(inside, name) == earlier.digests.get(path, ""):
                    found[path] = stamp
    return found


def noted_stamps(stamps: Mapping[str, Stamp]) -> bytes:
    """Return the note of files' stamps, for when the clock that they come from has gone on.

    One short pause in a build that wrote something, and no wait for another one, for which there is a lock: a
    file that changed within the same tick would have the noted stamp, and would count as unaltered for ever.
    """
    time.sleep(_TICK)
    return msgspec.msgpack.encode(stamps)


def digest(site: Folder, path: str) -> str | None:
    """Return the SHA-256 of a file of the site; None when there is none."""
    *parents, name = path.split("/")
    try:
        with below(site, parents) as folder:
            return folders.digest(folder, name)
    except FileNotFoundError:
        return None


def listed(key: str, digests: Mapping[str, str], parts: Mapping[str, Made]) -> bytes:
    """Return the content of the list."""
    made = {name: [part.made_of, *part.paths] for name, part in parts.items()}
    return (
        json.dumps({"key": key, "files": digests, "parts": made}, indent=0, sort_keys=True).encode() + b"\n"
    )


def carries_its_mark(site: Folder, path: str) -> bool:
    """Return whether a build wrote what stands in a page's place, whatever was done to it since."""
    *parents, name = path.split("/")
    try:
        with below(site, parents) as folder:
            return carries_mark(path, folders.read(folder, name))
    except OSError:
        return False


def _by_folder(paths: Iterable[str]) -> dict[tuple[str, ...], list[str]]:
    found: dict[tuple[str, ...], list[str]] = {}
    for path in paths:
        *parents, name = path.split("/")
        found.setdefault(tuple(parents), []).append(name)
    return found


def stamp_of(folder: Folder, name: str) -> Stamp | None:
    """Return the stamp of what has a name in a folder; None when nothing has."""
    found = folders.look(folder, name)
    return None if found is None else (found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def _noted(site: Folder) -> dict[str, Stamp]:
    """Return the noted stamps that are older than the note itself."""
    try:
        noted = msgspec.msgpack.decode(folders.read(site, SEEN, SITE_LIST_BYTES), type=dict[str, Stamp])
        at = folders.look(site, SEEN)
    except (OSError, msgspec.DecodeError, RecursionError):
        return {}
    return {path: stamp for path, stamp in noted.items() if at is not None and stamp[2] < at.st_mtime_ns}


def _listed(site: Folder) -> Earlier | None:
    try:
        found = json.loads(folders.read(site, LIST, SITE_LIST_BYTES))
        files = {path: str(digest) for path, digest in found["files"].items() if _is_inside(path)}
        parts = {
            name: Made(str(part[0]), tuple(map(str, part[1:])))
            for name, part in found.get("parts", {}).items()
        }
        return Earlier(str(found["key"]), files, parts)
    except (OSError, ValueError, TypeError, LookupError, AttributeError, RecursionError):
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
