"""The files of the search index: opening them, telling whether they are whole, clearing them away."""

import json
import re
from contextlib import suppress
from pathlib import Path
from zlib import crc32

from whoosh.index import Index, open_dir

from build.schema import INDEX_NAME, search_schema

_TOC = re.compile(rf"_{INDEX_NAME}_([0-9]+)\.toc")
_OURS = re.compile(r"_?search[0-9]+_.+|sums\.json")
_SUMS = "sums.json"
_CHUNK = 2**20
_TRIES = 5


def open_files(index_dir: Path, *, readonly: bool) -> Index | None:
    """The index in a folder, or None when there is none or its table of contents cannot be read."""
    for _ in range(_TRIES):
        if stamp(index_dir) is None:
            return None
        try:
            return open_dir(str(index_dir), INDEX_NAME, readonly=readonly, schema=search_schema())
        except FileNotFoundError:
            continue  # a commit has just replaced it
        except Exception:  # noqa: BLE001 - whatever the damage makes of the reading
            return None
    return None


def stamp(index_dir: Path) -> tuple[int, int, int] | None:
    """What every commit and rebuild changes: generation, time and inode of the table of contents."""
    with suppress(OSError):
        found = [
            (int(match[1]), path) for path in index_dir.iterdir() if (match := _TOC.fullmatch(path.name))
        ]
        if found:
            generation, path = max(found)
            status = path.stat()
            return generation, status.st_mtime_ns, status.st_ino
    return None


def note_sums(index_dir: Path) -> None:
    """Write down the check sums of a committed index."""
    noted = index_dir / f"{_SUMS}.new"
    noted.write_text(json.dumps(_sums(index_dir), indent=1, sort_keys=True) + "\n", encoding="utf-8")
    noted.replace(index_dir / _SUMS)


def altered(index_dir: Path) -> bool:
    """Whether a file is not what was committed; after a kill before the sums were noted nobody knows."""
    try:
        noted = json.loads((index_dir / _SUMS).read_bytes())
        generations = {int(match[1]) for name in noted if (match := _TOC.fullmatch(name))}
    except (OSError, ValueError, TypeError):
        return False
    current = stamp(index_dir)
    return current is not None and current[0] in generations and _sums(index_dir) != noted


def clear(index_dir: Path) -> None:
    """Remove the files of an index, of any format; a reader that has them open keeps them.

    Raises:
        OSError: When one of them cannot be removed.
    """
    for path in sorted(index_dir.iterdir(), key=lambda path: not path.name.endswith(".toc")):
        if _OURS.fullmatch(path.name) and path.is_file():
            path.unlink(missing_ok=True)


def clear_leftovers(index_dir: Path) -> None:
    """Remove what killed writers left and Whoosh does not collect: tables of contents never renamed."""
    for path in index_dir.glob(f"_{INDEX_NAME}_*.toc.*"):
        path.unlink(missing_ok=True)


def _sums(index_dir: Path) -> dict[str, int]:
    names = sorted(
        path.name
        for path in index_dir.iterdir()
        if path.name.startswith((INDEX_NAME, f"_{INDEX_NAME}")) and path.suffix in {".toc", ".seg"}
    )
    return {name: _sum(index_dir / name) for name in names}


def _sum(path: Path) -> int:
    value = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            value = crc32(chunk, value)
    return value
