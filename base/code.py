"""The code of an installation as a part of what is made with it: another version makes it anew."""

import hashlib
import sys
from collections.abc import Iterable
from pathlib import Path

INSTALLED = Path(__file__).parents[1]
"""The folder that holds the rooms: a checkout, or the `app` of a wheel."""


def code_files(rooms: Iterable[str], root: Path = INSTALLED) -> dict[str, Path]:
    """Return the files of rooms or their folders by their paths: modules, and all that is in `templates`."""
    found = (
        path
        for room in rooms
        for path in (root / room).rglob("*.*" if room == "templates" else "*.py")
        if path.is_file()
    )
    return {path.relative_to(root).as_posix(): path for path in sorted(found)}


def code_digest(rooms: Iterable[str], root: Path = INSTALLED) -> str:
    """Hash these files, and the Python that runs them, as 64 hexadecimal digits."""
    lines = [f"Python {sys.version}"]
    lines += [
        f"{name} {hashlib.sha256(path.read_bytes()).hexdigest()}"
        for name, path in code_files(rooms, root).items()
    ]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
