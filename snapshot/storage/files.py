"""The one place that touches the disk: every write of this room, and every read, passes through here.

A file is written under a temporary name, flushed to the disk and then renamed, so that at any instant its
name leads to nothing or to a whole file. Each step is a function of its own.
"""

import os
import re
import secrets
import stat
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from base import folders
from snapshot.errors import NotWritten, Refused

TEMPORARY = ".tmp"
_TEMPORARY_NAME = re.compile(r"\..+\.[0-9a-f]{8}\.tmp")
_FLUSHING_THREADS = 8
_PLAIN = 0
for _flag in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"):
    _PLAIN |= getattr(os, _flag, 0)  # not every platform has, or needs, all of them
_READING = os.O_RDONLY | _PLAIN
_APPENDING = os.O_WRONLY | os.O_APPEND | os.O_CREAT | _PLAIN


def write_atomically(path: Path, content: bytes) -> None:
    """Put a whole file in place, surviving a power cut once this returns. Missing folders are made.

    Raises:
        NotWritten: when the disk is full, the folder is read-only, …; an older file is then untouched.
    """
    with replacing(path) as file:
        write(file, content)


def write_loosely(path: Path, content: bytes) -> None:
    """Put a whole file in place, surviving a kill but not a power cut: `flush` it before something names it.

    Raises:
        NotWritten: when the disk is full, the folder is read-only, …; an older file is then untouched.
    """
    with _explained(path):
        make_folder(path.parent)
        with _in_place(path) as file:
            write(file, content)


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Yield a new file to write into, put in place as a whole at the end and safe from power cuts then.

    Raises:
        NotWritten: when the disk is full, the folder is read-only, …; an older file is then untouched.
    """
    with _explained(path):
        make_folder(path.parent)
        with _in_place(path) as file:
            yield file
            file.flush()
            flush_descriptor(file.fileno())
        flush_folder(path.parent)


def append(path: Path, content: bytes) -> None:
    """Add to the end of a file, in one step and without waiting for the disk; the file is made when missing.

    Raises:
        NotWritten: when the disk is full, the folder is read-only, …; a part may then have been added.
    """
    with _explained(path), open(os.open(path, _APPENDING, 0o666), "ab", buffering=0) as file:  # noqa: PTH123 - of a descriptor
        write(file, content)


def flush(paths: Iterable[Path]) -> None:
    """Make whole files that were written loosely survive a power cut, and their names too.

    Raises:
        NotWritten: when one of them cannot be flushed.
    """
    files = list(paths)
    if not files:
        return
    folders = {path.parent for path in files}
    folders |= {folder.parent for folder in folders}
    with _explained(files[0].parent), ThreadPoolExecutor(_FLUSHING_THREADS) as pool:
        for step, names in ((flush_file, files), (flush_folder, sorted(folders))):
            for _ in pool.map(step, names):
                pass


def read(path: Path, root: Path, *, limit: int) -> bytes:
    """Read the bytes of a regular file inside `root`, following no symbolic link below it.

    Args:
        path: The file.
        root: The snapshot folder, which may itself be reached through a link.
        limit: The most bytes that it may have.

    Raises:
        FileNotFoundError: when there is no such file.
        Refused: when it, or a folder on the way to it, is a link, when it is no file, or too large.
        OSError: when it cannot be read.
    """
    with _opened(path, root, limit) as file:
        return file.read()


def lines(path: Path, root: Path, *, limit: int) -> Iterator[bytes]:
    """Read a file as `read` does, line by line, so that not all of it is in memory."""
    with _opened(path, root, limit) as file:
        yield from file


@contextmanager
def _opened(path: Path, root: Path, limit: int) -> Iterator[BinaryIO]:
    inner = path.relative_to(root)
    place = os.fspath(root)
    for part in inner.parts:
        place = os.path.join(place, part)  # noqa: PTH118 - thousands of documents: paths as objects take longer
        if os.path.islink(place):  # noqa: PTH114 - likewise
            link = Path(place).relative_to(root).as_posix()
            raise Refused(f"{link} is a symbolic link.", "Links in a snapshot folder are not followed.")
    with open(os.open(path, _READING), "rb") as file:  # noqa: PTH123 - of a descriptor - a descriptor, not a path
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise Refused(f"{inner.as_posix()} is not a file.")
        if found.st_size > limit:
            raise Refused(
                f"{inner.as_posix()} has {found.st_size:,} bytes.", f"More than {limit:,} are not read."
            )
        yield file


def remove(path: Path) -> None:
    """Remove a file; one that is gone already is no error.

    Raises:
        NotWritten: when it cannot be removed.
    """
    with _explained(path):
        if not _make_way(path):
            path.unlink(missing_ok=True)


def remove_if_empty(folder: Path) -> None:
    """Remove a folder unless it holds anything."""
    with suppress(OSError):
        folder.rmdir()


def move(source: Path, target: Path) -> None:
    """Give a folder its new place in one step, surviving a power cut once this returns.

    Raises:
        NotWritten: when that is not allowed.
    """
    with _explained(target):
        make_folder(target.parent)
        rename(source, target)
        flush_folder(target.parent)
        flush_folder(source.parent)


def touch(path: Path) -> None:
    """Set a file's or folder's time to now.

    Raises:
        NotWritten: when that is not allowed.
    """
    with _explained(path):
        os.utime(path)


def is_temporary(path: Path) -> bool:
    """Return whether a file has the name of one that was being written."""
    return _TEMPORARY_NAME.fullmatch(path.name) is not None


def prepare(folder: Path) -> None:
    """Make a folder and those above it where they are missing.

    Raises:
        NotWritten: when that is not allowed.
    """
    with _explained(folder):
        make_folder(folder)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, so that they survive a power cut."""
    if folder.is_dir():
        return
    missing = [part for part in (folder, *folder.parents) if not part.exists()]
    folders.make_folder(folder)
    for part in missing:
        flush_folder(part.parent)


def flush_file(path: Path) -> None:
    """Wait until a file's bytes are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        flush_descriptor(descriptor)
    finally:
        os.close(descriptor)


def flush_descriptor(descriptor: int) -> None:
    """Wait until an open file's bytes are on the disk."""
    os.fsync(descriptor)


def flush_folder(folder: Path) -> None:
    """Wait until a folder's names are on the disk, where the platform can."""
    if hasattr(os, "O_DIRECTORY"):
        flush_file(folder)


def rename(source: Path, target: Path) -> None:
    """Give a file or folder its new name in one step, replacing a file of that name."""
    source.replace(target)


def write(file: BinaryIO, content: bytes) -> None:
    """Write bytes, without waiting for the disk."""
    file.write(content)


def _make_way(path: Path) -> bool:
    """Set a folder aside that stands where a file belongs, as a sick disk or a person may leave it."""
    if path.is_symlink() or not path.is_dir():
        return False
    try:
        path.rmdir()
    except OSError:
        path.rename(path.with_name(f"{path.name}.aside-{secrets.token_hex(4)}"))
    return True


@contextmanager
def _in_place(path: Path) -> Iterator[BinaryIO]:
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}{TEMPORARY}")
    try:
        with temporary.open("xb") as file:
            yield file
        _make_way(path)
        rename(temporary, path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise NotWritten(
            f"{error.filename or path} could not be written.",
            f"{error.strerror or error}.",
            "Free space or fix the folder's permissions; the last published version is untouched.",
        ) from error
