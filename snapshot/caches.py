"""Where what can be made again from a snapshot folder lies: in it, or in the user's cache."""

import hashlib
import os
from pathlib import Path

from platformdirs import user_cache_path

OWN = ("index", "facts")
"""The names of the folders in a snapshot folder that hold nothing but such things."""


def own(root: Path, name: str) -> Path:
    """Return the folder of this name in the snapshot folder."""
    return root / name


def cached(root: Path, name: str) -> Path:
    """Return the folder of this name in the user's cache, for a snapshot folder that cannot be written."""
    place = hashlib.sha256(os.fsencode(root.resolve())).hexdigest()[:16]
    return user_cache_path("testio-reports", appauthor=False) / place / name


def is_writable(root: Path, name: str) -> bool:
    """Return whether the folder of this name in the snapshot folder can be written, or made."""
    folder = own(root, name)
    as_now = os.access in os.supports_effective_ids
    return os.access(folder if folder.exists() else root, os.W_OK | os.X_OK, effective_ids=as_now)
