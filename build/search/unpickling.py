"""What may be unpickled from an index: values, and the few classes that an index is made of.

Whoosh keeps parts of an index as pickles, and a pickle can call anything. The folder of a snapshot may be
shared, and nothing else in it is trusted either.
"""

import pickle
import pickletools
import re
import zlib
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from types import SimpleNamespace
from typing import IO, Any

from whoosh import columns, formats
from whoosh.codec import whoosh3
from whoosh.filedb import structfile
from whoosh.legacy import toc_loaders

from base.bounds import PICKLED_BYTES, PICKLED_NAMES

_MADE_OF = frozenset(
    {
        ("builtins", "int"),
        ("collections", "defaultdict"),
        ("whoosh.codec.whoosh3", "W3Codec"),
        ("whoosh.codec.whoosh3", "W3Segment"),
    }
)
_CALLING = tuple(bytes([code]) for code in b"ci\x82\x83\x84\x93")
"""Of the operations of a pickle those that name a class or function; they may be data as well."""


_STOP, _LONG_BINPUT, _GLOBAL = b".rc"
_SHORT = b"|".join(b"X%b\\0\\0\\0.{%d}" % (re.escape(bytes([length])), length) for length in range(1, 40))
"""Texts of so few bytes, the most frequent operations of all."""
_OF_SIZE = re.compile(
    rb"(?:[()}\]NRabelsut\x81\x85\x86\x87\x88\x89\x93\x94]|[Khq\x80].|r..\0\0|M..|[Jj]....|[G\x95].{8}|"
    + _SHORT
    + rb")*+",
    re.DOTALL,
)
"""A run of operations that an index is written with (protocol 2 and later), with what belongs to them."""
_OF_LENGTH = {
    **dict.fromkeys(b"CU\x8a\x8c", 1),
    **dict.fromkeys(b"BTX\x8b", 4),
    **dict.fromkeys(b"\x8d\x8e\x96", 8),
}
"""Those of which so many bytes say how many follow."""
_FAR = re.compile(rb"r..(?:[\x10-\xff].|.[\x01-\xff])", re.DOTALL)
"""What may number a value with more than a million; text may look like it as well."""
_FIRST_BYTES = 2**13
"""Read of a file at first; a block of postings has some thousand."""


def _latin1(text: str, encoding: str) -> bytes:
    if encoding != "latin1":
        raise pickle.UnpicklingError("an index holds no text in other encodings")
    return text.encode("latin1")


_BYTES: dict[tuple[str, str], Callable[..., bytes]] = {
    ("_codecs", "encode"): _latin1,
    ("__builtin__", "bytes"): lambda: b"",
}
"""How a pickle of protocol 2 says what bytes are."""


def _end(raw: bytes) -> int | None:
    """Return where the first pickle in some bytes ends; None when it is cut.

    Raises:
        pickle.UnpicklingError: When it numbers its values far beyond their count: memory is set aside by it.
    """
    place, size = 0, len(raw)
    while place < size:
        if (run := _OF_SIZE.match(raw, place)) is not None and (place := run.end()) >= size:
            return None
        operation = raw[place]
        if operation == _STOP:
            return place + 1
        if operation in _OF_LENGTH:
            begin = place + 1 + _OF_LENGTH[operation]
            place = begin + int.from_bytes(raw[place + 1 : begin], "little")
        elif operation == _LONG_BINPUT:
            _see_bounded(int.from_bytes(raw[place + 1 : place + 5], "little"))
            place += 5
        elif operation == _GLOBAL:
            lines = raw.find(b"\n", raw.find(b"\n", place) + 1) + 1
            if not lines:
                return None
            place = lines
        else:
            return _end_of_any(raw)
    return None


def _end_of_any(raw: bytes) -> int | None:
    """Return where a pickle ends that was written in another way; None when it is cut, or none."""
    end = 0
    try:
        for operation, argument, place in pickletools.genops(raw):
            if operation.name in {"PUT", "LONG_BINPUT"}:
                _see_bounded(int(argument or 0))
            end = (place or 0) + 1
    except ValueError:
        return None
    return end


def _see_bounded(number: int) -> None:
    if not 0 <= number <= PICKLED_NAMES:
        raise pickle.UnpicklingError("an index holds no value of so many parts")


class _Careful(pickle.Unpickler):
    def find_class(self, module_name: str, global_name: str, /) -> Any:
        if maker := _BYTES.get((module_name, global_name)):
            return maker
        if (module_name, global_name) not in _MADE_OF:
            raise pickle.UnpicklingError(f"an index holds no {module_name}.{global_name}"[:200])
        return super().find_class(module_name, global_name)


def load(file: IO[bytes]) -> Any:
    """Read the value of a pickle in a file, which is left at its end.

    Raises:
        pickle.UnpicklingError: When it names anything that is no part of an index, or is too large.
        ValueError: When it is no pickle.
    """
    start, size = file.tell(), _FIRST_BYTES
    while True:
        raw = file.read(size)
        whole = len(raw) < size or size > PICKLED_BYTES
        with suppress(*() if whole else (EOFError, pickle.UnpicklingError)):  # cut, so more of it is read
            if _FAR.search(raw) or not raw.startswith(b"\x80"):
                raw = raw[: _end(raw)]
            held = BytesIO(raw)
            value = _Careful(held).load()
            file.seek(start + held.tell())
            return value
        file.seek(start)
        size *= 8


def loads(raw: bytes) -> Any:
    """Read the value of a pickle.

    Raises:
        pickle.UnpicklingError: When it names anything that is no part of an index, or is too large.
    """
    raw = bytes(raw)
    if (b"r" in raw and _FAR.search(raw)) or not raw.startswith(b"\x80"):
        _end(raw)
    if any(code in raw for code in _CALLING):
        return _Careful(BytesIO(raw)).load()
    return pickle.loads(raw)  # noqa: S301 - there is nothing in it that could be called


def decompress(raw: bytes) -> bytes:
    """Return the value of compressed bytes.

    Raises:
        pickle.UnpicklingError: When it is too large.
        zlib.error: When they are not compressed.
    """
    stream = zlib.decompressobj()
    value = stream.decompress(raw, PICKLED_BYTES)
    if stream.unconsumed_tail:
        raise pickle.UnpicklingError("an index holds no value of this size")
    return value


def be_careful() -> None:
    """Let Whoosh read an index by these functions, and none of an older format."""
    toc_loaders.clear()
    setattr(whoosh3, "zlib", SimpleNamespace(compress=zlib.compress, decompress=decompress))  # noqa: B010 - likewise
    setattr(structfile, "load", load)  # noqa: B010 - a name that the module imported
    for module in (columns, formats, whoosh3):
        setattr(module, "loads", loads)  # noqa: B010 - likewise
