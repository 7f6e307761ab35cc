"""The file that a report is written into."""

import re
from pathlib import Path

from base import folders
from base.errors import InvalidInput
from snapshot.errors import NotWritten

_TITLE = re.compile(rb"\A# [^\n]*|<title[^>]*>[^<]*</title>")
_HEAD_BYTES = 65_536


def write_report(place: Path, content: bytes) -> None:
    """Write a report; an older file is replaced only when it is a report with the same title.

    Raises:
        InvalidInput: When the place is a folder, a device, a pipe or another file.
        NotWritten: When the disk does not take it.
    """
    target = place.resolve()
    if target.exists() and not target.is_file():
        raise InvalidInput(f"{place} is not a plain file.", "", "Choose another name: --output.")
    try:
        if target.exists() and _title(_head(target)) != _title(content):
            raise InvalidInput(
                f"{place} already exists and is not this report.",
                "A report replaces only an older one with the same title.",
                "Choose another name with --output, or move that file.",
            )
        with folders.holding(target.parent) as folder, folders.replacing(folder, target.name) as file:
            file.write(content)
    except OSError as error:
        raise NotWritten(
            f"{place} could not be written.", f"{error.strerror or error}.", "Choose another folder."
        ) from error


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEAD_BYTES)


def _title(content: bytes) -> bytes:
    found = _TITLE.search(content[:_HEAD_BYTES])
    return found.group() if found else b""
