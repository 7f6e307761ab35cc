"""What may be unpickled from an index: values, and the few classes that an index is made of.

Whoosh keeps parts of an index as pickles, and a pickle can call anything. The folder of a snapshot may be
shared, and nothing else in it is trusted either.
"""

import pickle
from collections.abc import Callable
from io import BytesIO
from typing import IO, Any

from whoosh import columns, formats
from whoosh.codec import whoosh3
from whoosh.filedb import structfile
from whoosh.legacy import toc_loaders

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


def _latin1(text: str, encoding: str) -> bytes:
    if encoding != "latin1":
        raise pickle.UnpicklingError("an index holds no text in other encodings")
    return text.encode("latin1")


_BYTES: dict[tuple[str, str], Callable[..., bytes]] = {
    ("_codecs", "encode"): _latin1,
    ("__builtin__", "bytes"): lambda: b"",
}
"""How a pickle of protocol 2 says what bytes are."""


class _Careful(pickle.Unpickler):
    def find_class(self, module_name: str, global_name: str, /) -> Any:
        if maker := _BYTES.get((module_name, global_name)):
            return maker
        if (module_name, global_name) not in _MADE_OF:
            raise pickle.UnpicklingError(f"an index holds no {module_name}.{global_name}"[:200])
        return super().find_class(module_name, global_name)


def load(file: IO[bytes]) -> Any:
    """Read the value of a pickle in a file.

    Raises:
        pickle.UnpicklingError: When it names anything that is no part of an index.
    """
    return _Careful(file).load()


def loads(raw: bytes) -> Any:
    """Read the value of a pickle.

    Raises:
        pickle.UnpicklingError: When it names anything that is no part of an index.
    """
    raw = bytes(raw)
    if any(code in raw for code in _CALLING):
        return load(BytesIO(raw))
    return pickle.loads(raw)  # noqa: S301 - there is nothing in it that could be called


def be_careful() -> None:
    """Let Whoosh read an index by these functions, and none of an older format."""
    toc_loaders.clear()
    setattr(structfile, "load", load)  # noqa: B010 - a name that the module imported
    for module in (columns, formats, whoosh3):
        setattr(module, "loads", loads)  # noqa: B010 - likewise
