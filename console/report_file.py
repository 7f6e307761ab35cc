"""The file that a report is written into."""

import re
from pathlib import Path

from snapshot.target import target_file

_TITLE = re.compile(rb"\A# [^\n]*|<title[^>]*>[^<]*</title>")
_HEAD_BYTES = 65_536


def write_report(path: Path, content: bytes) -> None:
    """Write a report; an older file is replaced only when it is a report with the same title.

    Raises:
        Refused: When the path is a folder's, a device's, a pipe's or another file's.
        NotWritten: When the disk does not take it.
    """
    title = _title(content)
    way_out = "Choose another name with --output, or move that file."
    with target_file(
        path, "report", ours=lambda older: _title(_head(older)) == title, way_out=way_out
    ) as file:
        file.write(content)


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEAD_BYTES)


def _title(content: bytes) -> bytes:
    found = _TITLE.search(content[:_HEAD_BYTES])
    return found.group() if found else b""
