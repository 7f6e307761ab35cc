"""Files of the facts cache: records by the hash of the document that they were made from.

A file is made again from the documents at any time. So one that is missing, cut, altered, of other code or
behind a link counts as empty, and one that cannot be written is left out.
"""

import hashlib
import re
from collections.abc import Collection, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path

import msgspec

from base import folders
from base.bounds import FACTS_BYTES
from base.code import code_digest
from snapshot.caches import cached, is_writable, own

_NAME = "facts"
_SUM = 32
_OURS = re.compile(r"(?P<product>[0-9]+)(-[0-9]+)?\.[a-z]+")
_MADE_BY = ("base", "quality", "build/facts")

Records = Mapping[str, msgspec.Raw]
"""Encoded records by hash."""


class _File(msgspec.Struct, frozen=True, array_like=True):
    code: str
    records: dict[str, msgspec.Raw]


_decoder = msgspec.msgpack.Decoder(_File)


def places(root: Path) -> tuple[Path, ...]:
    """Return the folders that a snapshot folder's facts are read from; the last one is written to."""
    inside = own(root, _NAME)
    return (inside,) if is_writable(root, _NAME) else (inside, cached(root, _NAME))


def read_records(root: Path, name: str, made_of: str = "") -> dict[str, msgspec.Raw]:
    """Return the records of a file; none when it cannot be used, or was made of something else."""
    found: dict[str, msgspec.Raw] = {}
    for place in places(root):
        with suppress(OSError), folders.holding(place.parent) as parent:
            with folders.below(parent, [place.name]) as folder:
                raw = folders.read(folder, name, FACTS_BYTES)
            found |= _records(raw, made_of)
    return found


def write_records(root: Path, name: str, records: Records, made_of: str = "") -> None:
    """Put a file in place, where that is possible, without waiting for the disk: its sum tells what was cut.

    Args:
        root: The snapshot folder.
        name: Of the file.
        records: By hash.
        made_of: What they depend on beside the documents and the code.
    """
    content = msgspec.msgpack.encode(_File(_code() + made_of, dict(records)))
    if len(content) + _SUM > FACTS_BYTES:
        return
    place = places(root)[-1]
    with (
        suppress(OSError),
        folders.holding(place.parent, make=True) as parent,
        folders.below(parent, [place.name], make=True) as folder,
    ):
        folders.collect(folder, name)
        temporary, descriptor = folders.begin(folder, name)
        with open(descriptor, "wb") as file:  # noqa: PTH123 - of a descriptor
            file.write(_sum(content) + content)
        folders.rename(folder, temporary, folder, name)


def keep_only(root: Path, product_ids: Collection[int]) -> None:
    """Remove the files of all other products."""
    place = places(root)[-1]
    with (
        suppress(OSError),
        folders.holding(place.parent) as parent,
        folders.below(parent, [place.name]) as folder,
    ):
        for name in folders.names(folder):
            found = _OURS.fullmatch(name)
            if found and int(found["product"]) not in product_ids:
                folders.remove(folder, name)


def _records(raw: bytes, made_of: str) -> dict[str, msgspec.Raw]:
    content = memoryview(raw)[_SUM:]
    if raw[:_SUM] != _sum(content):
        return {}
    try:
        read = _decoder.decode(content)
    except (msgspec.DecodeError, RecursionError):
        return {}
    return read.records if read.code == _code() + made_of else {}


def _sum(content: bytes | memoryview) -> bytes:
    return hashlib.blake2b(content, digest_size=_SUM).digest()


@cache
def _code() -> str:
    return f"{code_digest(_MADE_BY)} msgspec {msgspec.__version__} "
