"""Files that a tool writes: inside the reports folder, and nowhere else."""

import logging
import re
from pathlib import Path, PurePosixPath

from base.errors import InvalidInput, Unavailable
from base.text import shorten
from snapshot.errors import NotWritten
from snapshot.storage.files import write_loosely

log = logging.getLogger(__name__)

REPORTS = PurePosixPath("reports")
"""The folder's name, in the folder that the server was started in."""

_PART = re.compile(r"(?!(?:con|prn|aux|nul|com\d|lpt\d) *(?:\.|$))[\w(][\w .()+,=@-]{0,119}", re.IGNORECASE)
"""A name that is a file everywhere: Windows takes some for devices."""
_HINT = "Give a name such as 'halo-shop.md' or 'november/halo-shop.json'."


def place(name: str, endings: tuple[str, ...], shelf: PurePosixPath = REPORTS) -> PurePosixPath:
    """The path inside the reports folder that a name asks for; it may begin with the folder's own.

    Args:
        name: As a caller wrote it.
        endings: Those that a file may have.
        shelf: The folder as an answer names it, such as `reports/acme`.

    Raises:
        InvalidInput: For an absolute path, one that climbs (`..`), a hidden or odd name, or
            another ending than one of `endings`.
    """
    shown = shorten(name, 100)
    parts = name.strip().split("/")
    for folder in (shelf.parts, shelf.parts[:1]):
        if parts[: len(folder)] == [*folder] and len(parts) > len(folder):
            parts = parts[len(folder) :]
            break
    if name.strip().startswith("/") or "\\" in name or re.match(r"\s*[A-Za-z]:", name) or ".." in parts:
        raise InvalidInput(
            f"output_file={shown!r} leaves the reports folder.",
            "Files are written inside the reports folder only, under a relative name.",
            _HINT,
        )
    if len(parts) > 5 or not all(_PART.fullmatch(part) and not part.endswith((".", " ")) for part in parts):  # noqa: PLR2004 - folders below folders
        raise InvalidInput(
            f"output_file={shown!r} is not a usable file name.",
            "A name is made of letters, digits, blanks and .-_()+,=@, with at most four folders before it.",
            _HINT,
        )
    path = PurePosixPath(*parts)
    if path.suffix.lower() not in endings:
        raise InvalidInput(
            f"output_file={shown!r} does not end in {' or '.join(endings)}.",
            "The ending says what the file holds.",
            _HINT,
        )
    return path


def write(root: Path, path: PurePosixPath, text: str) -> int:
    """Write a report whole, replacing an older one of the same name.

    Args:
        root: The reports folder; made when it is not there.
        path: As `place` gives it.
        text: What to write, as UTF-8.

    Returns:
        The size in bytes.

    Raises:
        InvalidInput: When a link stands on the way, or a folder where the file should be.
        Unavailable: When the folder cannot be written.
    """
    raw = text.encode("utf-8", "replace")
    try:
        root.mkdir(parents=True, exist_ok=True)
        folder = root.resolve()
        for part in path.parts[:-1]:
            folder = folder / part
            _refuse_link(folder, path)
            folder.mkdir(exist_ok=True)
        target = folder / path.name
        _refuse_link(target, path)
        write_loosely(target, raw)
    except (OSError, NotWritten) as error:
        log.warning("A report was not written: %s", error)
        raise Unavailable(
            f"{path} could not be written.",
            "The reports folder does not take it.",
            "Leave output_file out, or start the server where it may write a folder named reports.",
        ) from None
    return len(raw)


def _refuse_link(path: Path, asked: PurePosixPath) -> None:
    if path.is_symlink():
        raise InvalidInput(
            f"output_file='{asked}' leaves the reports folder.",
            f"{path.name!r} is a link to somewhere else.",
            _HINT,
        )
