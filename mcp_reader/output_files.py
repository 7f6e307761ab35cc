"""Files that a tool writes: inside the reports folder, and nowhere else."""

import hashlib
import json
import logging
import re
import stat
from collections.abc import Container
from pathlib import Path, PurePosixPath

from base import folders
from base.bounds import REPORT_LIST_BYTES
from base.errors import InvalidInput, Unavailable
from base.folders import Folder, LeadsElsewhere, NotPlain, below, holding
from base.text import shorten

log = logging.getLogger(__name__)

REPORTS = PurePosixPath("reports")
"""The folder's name, in the folder that the server was started in."""

_LIST = ".written.json"
"""What was written here, by name and hash, so that nothing else is replaced."""

_PART = re.compile(r"(?!(?:con|prn|aux|nul|com\d|lpt\d) *(?:\.|$))[\w(][\w .()+,=@-]{0,119}", re.IGNORECASE)
"""A name that is a file everywhere: Windows takes some for devices."""
_HINT = "Give a name such as 'halo-shop.md' or 'november/halo-shop.json'."


def place(name: str, endings: tuple[str, ...], shelf: PurePosixPath = REPORTS) -> PurePosixPath:
    """Return the path inside the reports folder that a name asks for; it may begin with the folder's own.

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
    """Write a report whole, replacing an older one of the same name that is as it was written.

    Args:
        root: The reports folder; made when it is not there.
        path: As `place` gives it.
        text: What to write, as UTF-8.

    Returns:
        The size in bytes.

    Raises:
        InvalidInput: When a link stands on the way, or a file that this did not write has the name.
        Unavailable: When the folder cannot be written, or a folder has the name.
    """
    raw = text.encode("utf-8", "replace")
    digest = hashlib.sha256(raw).hexdigest()
    try:
        with holding(root, make=True) as reports, below(reports, path.parts[:-1], make=True) as folder:
            written = _written(reports)
            _see_replaceable(folder, path, {digest, written.get(str(path))})
            folders.put(folder, path.name, raw)
            folders.put(reports, _LIST, json.dumps({**written, str(path): digest}, indent=0).encode())
    except LeadsElsewhere as error:
        raise InvalidInput(
            f"output_file='{path}' leaves the reports folder.",
            f"{Path(error.filename).name!r} is a link to somewhere else, or no folder.",
            _HINT,
        ) from None
    except OSError as error:
        log.warning("A report was not written: %s", error)
        raise Unavailable(
            f"{path} could not be written.",
            "The reports folder cannot be written.",
            "Leave output_file out, or start the server where it may write a folder named reports.",
        ) from None
    return len(raw)


def _see_replaceable(folder: Folder, path: PurePosixPath, ours: Container[str | None]) -> None:
    """Check that nothing has the name, or a file of one of these hashes.

    Raises:
        LeadsElsewhere: When a link has it.
        NotPlain: When a folder, device or pipe has it.
        InvalidInput: When another file has it.
    """
    found = folders.look(folder, path.name)
    if found is None:
        return
    if stat.S_ISLNK(found.st_mode):
        raise LeadsElsewhere(folder.path / path.name)
    if not stat.S_ISREG(found.st_mode):
        raise NotPlain(folder.path / path.name)
    if folders.digest(folder, path.name) not in ours:
        raise InvalidInput(
            f"output_file='{path}' is there already.",
            "This server did not write it as it is now, so it is not replaced.",
            "Choose another name, or move that file away.",
        )


def _written(reports: Folder) -> dict[str, str]:
    """Return the SHA-256 of every report that was written here, by its path."""
    try:
        listed = json.loads(folders.read(reports, _LIST, REPORT_LIST_BYTES))
        return {str(path): str(digest) for path, digest in listed.items()}
    except (OSError, ValueError, AttributeError, RecursionError):
        return {}
