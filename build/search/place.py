"""Where the search index of a snapshot folder lies: in it, or where that cannot be written, in a cache."""

import hashlib
import os
from pathlib import Path

from platformdirs import user_cache_path

from build.search.index_files import stamp


def writable_index(root: Path) -> Path:
    """Return the folder that a build writes the index into."""
    return _own(root) if _is_writable(root) else _cached(root)


def readable_index(root: Path) -> Path:
    """Return the folder that the newest index is in, as far as there is one."""
    own, cached = _own(root), _cached(root)
    if _is_writable(root):
        return own
    return max((own, cached), key=_written_at)


def _written_at(folder: Path) -> int:
    found = stamp(folder)
    return 0 if found is None else found[1]


def _own(root: Path) -> Path:
    return root / "index"


def _cached(root: Path) -> Path:
    name = hashlib.sha256(os.fsencode(root.resolve())).hexdigest()[:16]
    return user_cache_path("testio-reports", appauthor=False) / name / "index"


def _is_writable(root: Path) -> bool:
    own = _own(root)
    as_now = os.access in os.supports_effective_ids
    return os.access(own if own.exists() else root, os.W_OK | os.X_OK, effective_ids=as_now)
