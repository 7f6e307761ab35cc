"""The files of the context folder: which there are, and their texts, within bounds and following no link."""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from base.bounds import CONTEXT_BYTES, CONTEXT_FILE_BYTES, CONTEXT_FILES
from base.folders import Folder, LeadsElsewhere, NotPlain, below, holding, look, names, read
from base.text import shorten
from quality.model.context import Fault, Place

ENDINGS = (".yaml", ".yml", ".md", ".json")
_DEPTH = 3
_UTF8_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class File:
    """A file: its parts below the folder, and its text, or what keeps it from being read."""

    parts: tuple[str, ...]
    text: str = ""
    digest: str = ""
    fault: str = ""
    line: int = 1

    @property
    def name(self) -> str:
        """Return its path as people write it, on one line."""
        return shorten("/".join(self.parts), 160)


def files(root: Path) -> Iterator[File]:
    """Yield every context file in the order of their names; none when there is no folder.

    Hidden files, READMEs and files of other kinds are left alone. What looks like a part of it and cannot be
    read comes with its fault.
    """
    taken = _Taken()
    try:
        with holding(root) as folder:
            yield from _within(folder, (), taken)
    except FileNotFoundError:
        if root.is_symlink():
            yield File((root.name,), fault="It is a link that leads nowhere.")
    except OSError:
        yield File((root.name,), fault="It is no folder that can be opened.")


def stamp(root: Path) -> str:
    """Return a text that changes when a context file does, without reading one."""
    seen = sha256(f"{root.is_dir()} {root.exists()}".encode())
    for path in sorted(root.rglob("*")):
        if path.suffix.lower() in ENDINGS or path.is_symlink():
            with suppress(OSError):
                found = path.lstat()
                seen.update(
                    f"{path}\0{found.st_size}\0{found.st_mtime_ns}\0{found.st_ino}\n".encode(
                        "utf-8", "replace"
                    )
                )
    return seen.hexdigest()


@dataclass(slots=True)
class _Taken:
    """Count what was read so far."""

    files: int = 0
    size: int = 0


def _within(folder: Folder, parts: tuple[str, ...], taken: _Taken) -> Iterator[File]:
    for name in sorted(names(folder)):
        here = (*parts, name)
        found = look(folder, name)
        if name.startswith(".") or found is None:
            continue
        if why := _odd(folder, here, found.st_mode):
            yield File(here, fault=why)
        elif stat.S_ISDIR(found.st_mode):
            try:
                with below(folder, (name,)) as inner:
                    yield from _within(inner, here, taken)
            except OSError:
                yield File(here, fault="The folder cannot be opened.")
        elif _is_read(name):
            taken.files += 1
            if taken.files > CONTEXT_FILES:
                if taken.files == CONTEXT_FILES + 1:
                    yield File(here, fault=f"This file and those after it are more than {CONTEXT_FILES:,}.")
                continue
            yield _read(folder, here, found.st_mode, taken)


def _is_read(name: str) -> bool:
    return name.endswith(ENDINGS) and name.upper() != "README.MD"


def _odd(folder: Folder, parts: tuple[str, ...], mode: int) -> str:
    """Say what keeps something from being read that looks as if it were; nothing of all else."""
    name = parts[-1]
    if stat.S_ISDIR(mode):
        if name.endswith(ENDINGS):
            return "It is a folder, and has the name of a file."
        return "Folders this deep are not read." if len(parts) > _DEPTH else ""
    if name.endswith(ENDINGS):
        return ""
    if stat.S_ISLNK(mode) and not _leads_to_a_file(folder, name):
        return "It is a link, and links are not followed; put the folder itself here."
    return "Its ending is not read; write it in small letters." if _is_read(name.lower()) else ""


def _leads_to_a_file(folder: Folder, name: str) -> bool:
    try:
        return stat.S_ISREG(os.stat(folder.named(name), dir_fd=folder.descriptor).st_mode)
    except OSError:
        return False


def _read(folder: Folder, parts: tuple[str, ...], mode: int, taken: _Taken) -> File:
    if stat.S_ISLNK(mode):
        return File(parts, fault="It is a link, and links are not followed; put the file itself here.")
    try:
        raw = read(folder, parts[-1], CONTEXT_FILE_BYTES)
    except (NotPlain, LeadsElsewhere):
        return File(parts, fault=f"It is no plain file of at most {CONTEXT_FILE_BYTES // 2**20} MB.")
    except OSError:
        return File(parts, fault="It cannot be read; fix its permissions.")
    taken.size += len(raw)
    if taken.size > CONTEXT_BYTES:
        return File(parts, fault=f"All files before it have {CONTEXT_BYTES // 2**20} MB already.")
    return decoded(parts, raw)


def decoded(parts: tuple[str, ...], raw: bytes) -> File:
    """Return a file with its text, without a byte order mark and with line feeds alone."""
    try:
        text = raw.removeprefix(_UTF8_MARK).decode()
    except UnicodeDecodeError as error:
        line = 1 + raw.count(b"\n", 0, error.start)
        return File(parts, fault="It is not UTF-8 text; save it as UTF-8.", line=line)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return File(parts, text, sha256(raw).hexdigest())


def fault(file: File, text: str, line: int = 1) -> Fault:
    """Return what is wrong with a file."""
    return Fault(Place(file.name, line), text)
