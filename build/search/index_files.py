"""The files of the search index: opening them, telling whether they are whole, clearing them away."""

import json
import os
import re
import shutil
from contextlib import suppress
from pathlib import Path
from zlib import crc32

from whoosh.index import Index, open_dir

from base import folders
from base.bounds import INDEX_LIST_BYTES
from build.search.schema import INDEX_NAME, search_schema
from build.search.unpickling import be_careful

be_careful()

_TOC = re.compile(rf"_{INDEX_NAME}_([0-9]+)\.toc")
_SUMS = "sums.json"
_DAMAGED = "damaged"
"""Left by a reader whose search failed: the next build makes the index anew."""
_OURS = re.compile(rf"_?search[0-9]+_.+|{re.escape(_SUMS)}|{_DAMAGED}")
_CHUNK = 2**20
_TRIES = 5


def open_files(index_dir: Path, *, readonly: bool) -> Index | None:
    """Open the index in a folder; None when there is none or its files are not those of the last commit."""
    for _ in range(_TRIES):
        before = stamp(index_dir)
        if before is None:
            return None
        try:
            if not altered(index_dir, sizes_only=readonly):
                index = open_dir(str(index_dir), INDEX_NAME, readonly=readonly, schema=search_schema())
                return index if _is_sound(index) else None
        except FileNotFoundError:
            pass
        except Exception:  # noqa: BLE001 - whatever the damage makes of the reading
            return None
        if stamp(index_dir) == before:
            return None
    return None


def stamp(index_dir: Path) -> tuple[int, int, int] | None:
    """Return what every commit and rebuild changes: generation, time and inode of the table of contents."""
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
    content = json.dumps(_sums(index_dir), indent=1, sort_keys=True) + "\n"
    with folders.holding(index_dir) as folder:
        folders.put(folder, _SUMS, content.encode())


def noted(index_dir: Path) -> dict[str, tuple[int, int]] | None:
    """Read size and check sum of the files of the last commit; None when a kill came before the note."""
    try:
        with folders.holding(index_dir) as folder:
            raw = folders.read(folder, _SUMS, INDEX_LIST_BYTES)
        sums = {name: (int(size), int(value)) for name, (size, value) in json.loads(raw).items()}
    except (OSError, ValueError, TypeError, AttributeError, RecursionError, OverflowError):
        return None
    current = stamp(index_dir)
    return sums if current is not None and f"_{INDEX_NAME}_{current[0]}.toc" in sums else None


def altered(index_dir: Path, *, sizes_only: bool = False) -> bool:
    """Return whether a file is not what was committed, as far as that was noted, or no plain file."""
    try:
        if (index_dir / _DAMAGED).exists() or not _is_plain(index_dir):
            return True
        return any(
            (index_dir / name).stat().st_size != size or (not sizes_only and _sum(index_dir / name) != value)
            for name, (size, value) in (noted(index_dir) or {}).items()
        )
    except OSError:
        return True


def _is_sound(index: Index) -> bool:
    """Return whether the numbers in its table of contents are numbers of its rows."""
    with index.reader() as reader:
        counts = [(reader.doc_count_all(), reader.doc_count())]
        for leaf, _ in reader.leaf_readers():
            segment = leaf.segment()
            if segment is None:
                return False
            rows = segment.doc_count_all()
            gone = set(segment.deleted_docs() if segment.has_deletions() else ())
            if not all(type(row) is int and 0 <= row < rows for row in gone):
                return False
            counts.append((rows, rows - len(gone)))
    return all(type(every) is int and 0 <= live <= every for every, live in counts)


def _is_plain(index_dir: Path) -> bool:
    with os.scandir(index_dir) as found:
        return all(one.is_file(follow_symlinks=False) for one in found if _OURS.fullmatch(one.name))


def clear(index_dir: Path) -> None:
    """Remove the files of an index, of any format; a reader that has them open keeps them.

    Raises:
        OSError: When one of them cannot be removed.
    """
    for path in sorted(index_dir.iterdir(), key=lambda path: not path.name.endswith(".toc")):
        if _OURS.fullmatch(path.name) and (path.is_symlink() or not path.is_dir()):
            path.unlink(missing_ok=True)


def mark_damaged(index_dir: Path) -> None:
    """Let the next build make the index anew, where the folder can be written."""
    with suppress(OSError), folders.holding(index_dir) as folder:
        os.close(folders.create(folder, _DAMAGED))


def clear_leftovers(index_dir: Path) -> None:
    """Remove what killed writers left behind and Whoosh does not collect; call it as the only writer."""
    linked = [path for path in index_dir.glob(f"*{INDEX_NAME}*") if path.is_symlink()]
    for path in (*index_dir.glob(f"_{INDEX_NAME}_*.toc.*"), *linked):
        path.unlink(missing_ok=True)
    shutil.rmtree(index_dir / f"{INDEX_NAME}.tmp", ignore_errors=True)


def _sums(index_dir: Path) -> dict[str, tuple[int, int]]:
    paths = sorted(
        path
        for path in index_dir.iterdir()
        if path.name.startswith((INDEX_NAME, f"_{INDEX_NAME}")) and path.suffix in {".toc", ".seg"}
    )
    return {path.name: (path.stat().st_size, _sum(path)) for path in paths}


def _sum(path: Path) -> int:
    value = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            value = crc32(chunk, value)
    return value
