"""Notes of documents that could not be read: the next refresh looks at these, wherever its check stands."""

from contextlib import suppress
from pathlib import Path

from snapshot.errors import NotWritten, Refused
from snapshot.storage import files
from snapshot.storage.layout import SHA256, damage_path

_MOST = 1000
"""Notes that are kept; where more is damaged, the check of each refresh meets the rest."""
_LINE = 65


def note(root: Path, sha256: str) -> None:
    """Note the hash of a document that is not as it was stored; where nothing can be written, nothing is."""
    known = noted(root)
    if sha256 not in known and len(known) < _MOST:
        with suppress(NotWritten, OSError):
            files.append(damage_path(root), f"{sha256}\n".encode())


def noted(root: Path) -> frozenset[str]:
    """Return the hashes that were noted since the last published version."""
    try:
        raw = files.read(damage_path(root), root, limit=2 * _MOST * _LINE)
    except (OSError, Refused):
        return frozenset()
    return frozenset(line for line in raw.decode("ascii", "replace").split() if SHA256.fullmatch(line))


def forget(root: Path) -> None:
    """Remove all notes.

    Raises:
        NotWritten: when the file cannot be removed.
    """
    files.remove(damage_path(root))
