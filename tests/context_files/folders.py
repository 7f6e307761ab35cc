"""Context folders for tests: files by name, written as they are."""

from collections.abc import Mapping
from pathlib import Path

RELEASE = "version: 4.2\ndate: 2026-11-12\nstatus: shipped\n"


def write_context(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files into a context folder, and return the folder."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root
