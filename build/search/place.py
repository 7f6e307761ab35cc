"""Where the search index of a snapshot folder lies: in it, or where that cannot be written, in a cache."""

from pathlib import Path

from build.search.index_files import stamp
from snapshot.caches import cached, is_writable, own

_NAME = "index"


def writable_index(root: Path) -> Path:
    """Return the folder that a build writes the index into."""
    return own(root, _NAME) if is_writable(root, _NAME) else cached(root, _NAME)


def readable_index(root: Path) -> Path:
    """Return the folder that the newest index is in, as far as there is one."""
    if is_writable(root, _NAME):
        return own(root, _NAME)
    return max((own(root, _NAME), cached(root, _NAME)), key=_written_at)


def _written_at(folder: Path) -> int:
    found = stamp(folder)
    return 0 if found is None else found[1]
