"""A folder that is held open: what is in it is reached through it, and no link below it is followed.

This is the one way in which a file is written outside a snapshot folder: under a new name of its own, opened
only if nothing has that name, then renamed. Whoever swaps a folder for a link meanwhile changes nothing: the
folder is held, not looked up again. Windows cannot hold folders open; there the links are looked at first.
"""

import errno
import hashlib
import os
import re
import secrets
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from base.bounds import PAGE_BYTES

_HELD = os.open in os.supports_dir_fd and os.rename in os.supports_dir_fd
_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)
_SAME = getattr(os, "O_NOFOLLOW", 0)
_PLAIN = _SAME | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
_LEFT_OVER = re.compile(r"\.(?P<name>.+)\.[0-9a-f]{16}\.tmp")


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder.

    Attributes:
        path: Where it was when it was opened.
        descriptor: What holds it open; None where the platform cannot.
    """

    path: Path
    descriptor: int | None = None

    def named(self, name: str) -> Path | str:
        """Return what the functions of `os` take for a name in it, beside `descriptor`."""
        return self.path / name if self.descriptor is None else name


class LeadsElsewhere(OSError):
    """A link, or something else that is no folder, stands where a folder should be."""

    def __init__(self, path: Path) -> None:
        super().__init__(errno.ENOTDIR, "A link or a file stands where a folder should be", str(path))


class NotPlain(OSError):
    """A link, folder, device or too large file has the name of a plain file."""

    def __init__(self, path: Path) -> None:
        super().__init__(errno.EINVAL, "It is not a plain file, or it is too large", str(path))


@contextmanager
def holding(path: Path, *, make: bool = False) -> Iterator[Folder]:
    """Hold a folder open; it may itself be reached through a link, as its owner chose it.

    Raises:
        NotADirectoryError: When a file, or a link that leads nowhere, is to be made a folder.
        OSError: When it cannot be opened, or made.
    """
    if make:
        make_folder(path)
    if not _HELD:
        yield Folder(path)
        return
    descriptor = os.open(path, _FOLDER)
    try:
        yield Folder(path, descriptor)
    finally:
        os.close(descriptor)


def make_folder(path: Path) -> None:
    """Make a folder and those above it; one that is there, also through a link, is as good.

    Raises:
        NotADirectoryError: When a file, or a link that leads nowhere, is in its place.
        OSError: When it cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        what = "A file, or a link that leads nowhere, stands where the folder should be"
        raise NotADirectoryError(errno.ENOTDIR, what, error.filename) from None


@contextmanager
def below(folder: Folder, parts: Sequence[str], *, make: bool = False) -> Iterator[Folder]:
    """Hold a folder that lies below another one, following no link on the way.

    Raises:
        LeadsElsewhere: When a link or a file stands on the way.
        FileNotFoundError: When a folder is missing and not to be made.
        OSError: When one cannot be opened, or made.
    """
    if not parts:
        yield folder
        return
    inner = _step(folder, parts[0], make=make)
    try:
        with below(inner, parts[1:], make=make) as found:
            yield found
    finally:
        if inner.descriptor is not None:
            os.close(inner.descriptor)


def _step(folder: Folder, name: str, *, make: bool) -> Folder:
    path = folder.path / name
    if make:
        with suppress(FileExistsError):
            os.mkdir(folder.named(name), dir_fd=folder.descriptor)
    if folder.descriptor is None:
        if path.is_symlink() or (path.exists() and not path.is_dir()):
            raise LeadsElsewhere(path)
        return Folder(path)
    try:
        return Folder(path, os.open(name, _FOLDER | _SAME, dir_fd=folder.descriptor))
    except OSError as error:
        if error.errno in {errno.ENOTDIR, errno.ELOOP, errno.EMLINK}:
            raise LeadsElsewhere(path) from None
        raise


def look(folder: Folder, name: str) -> os.stat_result | None:
    """Return the status of what has a name in a folder, a link as itself; None when nothing has."""
    try:
        return os.stat(folder.named(name), dir_fd=folder.descriptor, follow_symlinks=False)
    except FileNotFoundError:
        return None


def names(folder: Folder) -> list[str]:
    """Return the names of everything in a folder."""
    return os.listdir(folder.path if folder.descriptor is None else folder.descriptor)  # noqa: PTH208 - of a descriptor


def read(folder: Folder, name: str, limit: int = PAGE_BYTES) -> bytes:
    """Read a plain file, and never wait for it.

    Raises:
        FileNotFoundError: When there is none.
        NotPlain: When it is a link, a folder, a device, a pipe or larger than `limit`.
        OSError: When it cannot be read.
    """
    path = folder.path / name
    found = look(folder, name)
    if found is None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
    if not stat.S_ISREG(found.st_mode):
        raise NotPlain(path)
    descriptor = os.open(folder.named(name), os.O_RDONLY | _PLAIN, dir_fd=folder.descriptor)
    with open(descriptor, "rb") as file:  # noqa: PTH123 - of a descriptor
        opened = os.fstat(descriptor)
        if not stat.S_ISREG(opened.st_mode) or opened.st_size > limit:
            raise NotPlain(path)
        return file.read(limit)


def digest(folder: Folder, name: str) -> str | None:
    """Return the SHA-256 (hex) of a plain file; None of anything else, and when there is none."""
    try:
        return hashlib.sha256(read(folder, name)).hexdigest()
    except OSError:
        return None


def begin(folder: Folder, name: str) -> tuple[str, int]:
    """Open a new file that will be renamed to `name`, locked until closed: its present name, its descriptor.

    Raises:
        OSError: When it cannot be made.
    """
    while True:
        temporary = f".{name}.{secrets.token_hex(8)}.tmp"
        descriptor = create(folder, temporary)
        mine = True
        with suppress(OSError):  # a file system without locks
            mine = lock(descriptor) and os.fstat(descriptor).st_nlink > 0
        if mine:
            return temporary, descriptor
        os.close(descriptor)  # another process collected it before it was locked
        remove(folder, temporary)


def create(folder: Folder, name: str) -> int:
    """Open a file that must not be there yet, not even as a link.

    Raises:
        FileExistsError: When something has that name.
        OSError: When it cannot be made.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _PLAIN
    return os.open(folder.named(name), flags, 0o666, dir_fd=folder.descriptor)


def put(folder: Folder, name: str, content: bytes) -> None:
    """Put a whole file in place, as `replacing` does.

    Raises:
        OSError: When it cannot be written; what had the name is untouched then.
    """
    with replacing(folder, name) as file:
        file.write(content)


@contextmanager
def replacing(folder: Folder, name: str) -> Iterator[BinaryIO]:
    """Yield a new file to write into, put in place as a whole at the end and safe from power cuts then.

    What has the name is replaced, a link itself and not what it leads to.

    Raises:
        OSError: When it cannot be written; what had the name is untouched then.
    """
    collect(folder, name)
    temporary, descriptor = begin(folder, name)
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123 - of a descriptor
            yield file
            file.flush()
            os.fsync(descriptor)
        rename(folder, temporary, folder, name)
    except BaseException:
        with suppress(OSError):
            remove(folder, temporary)
        raise
    flush(folder)


@contextmanager
def private(path: Path) -> Iterator[BinaryIO]:
    """Yield a file that only its owner may read, put in place as `replacing` does; a link is written through.

    Raises:
        NotPlain: When the name is a device's, a pipe's or a folder's, or that of a link to itself.
        OSError: When it cannot be written.
    """
    place = end_of_links(path)
    with holding(place.parent, make=True) as folder, replacing(folder, place.name) as file:
        os.fchmod(file.fileno(), 0o600)
        yield file


def end_of_links(path: Path) -> Path:
    """Return the name to write under, behind any links.

    Raises:
        NotPlain: When a device, a pipe or a folder has it, or a link that leads to itself.
    """
    place = Path(os.path.realpath(path))
    if place.is_symlink() or (place.exists() and not place.is_file()):
        raise NotPlain(path)
    return place


def rename(source: Folder, name: str, target: Folder, new_name: str) -> None:
    """Give a file its new name in one step, replacing a file or link of that name."""
    os.replace(
        source.named(name),
        target.named(new_name),
        src_dir_fd=source.descriptor,
        dst_dir_fd=target.descriptor,
    )


def remove(folder: Folder, name: str) -> None:
    """Remove a file, or a link itself; one that is gone already is no error."""
    with suppress(FileNotFoundError):
        os.unlink(folder.named(name), dir_fd=folder.descriptor)


def remove_if_empty(folder: Folder, name: str) -> bool:
    """Remove a folder in a folder unless it holds anything, and say whether it is gone."""
    try:
        os.rmdir(folder.named(name), dir_fd=folder.descriptor)
    except OSError:
        return False
    return True


def flush(folder: Folder) -> None:
    """Wait until a folder's names are on the disk, where the platform can."""
    if folder.descriptor is not None:
        os.fsync(folder.descriptor)


def collect(folder: Folder, name: str) -> None:
    """Remove what killed writers of this name left; what one is writing now is locked, and stays."""
    for left in names(folder):
        found = _LEFT_OVER.fullmatch(left)
        if found is None or found["name"] != name:
            continue
        with suppress(OSError):
            descriptor = os.open(folder.named(left), os.O_RDONLY | _PLAIN, dir_fd=folder.descriptor)
            try:
                if stat.S_ISREG(os.fstat(descriptor).st_mode) and lock(descriptor):
                    remove(folder, left)
            finally:
                os.close(descriptor)


def lock(descriptor: int) -> bool:
    """Lock an open file until it is closed; False when another process has it.

    Raises:
        OSError: When the file system has no locks.
    """
    try:
        import fcntl  # noqa: PLC0415 - Windows has none, and removes no file that is open
    except ImportError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
