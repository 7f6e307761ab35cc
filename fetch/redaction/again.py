"""What was found out about small objects that come again and again: devices, authors, environments."""

from typing import Any, Generic, TypeVar

import orjson

T = TypeVar("T")

_PLACES = 2_000
_TRIES = 50
"""When so many more objects of a kind were new than came again, no more of them are remembered."""
_LARGEST = 600
"""Bytes of JSON of a remembered object, with all that is in it."""


class Room:
    """The places for remembered objects, of all kinds together: an attacker's would fill the memory."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Give all places back, when what was remembered is forgotten."""
        self.left = _PLACES


class Again(Generic[T]):
    """Remember what was found out about objects of one kind, each by its JSON, as long as it pays."""

    __slots__ = ("_found", "_misses", "_room")

    def __init__(self, room: Room) -> None:
        self._found: dict[bytes, tuple[int, T]] = {}
        self._misses = 0
        self._room = room

    def written(self, value: Any) -> bytes:
        """Return the JSON by which an object is remembered; nothing when it is not worth remembering."""
        if self._misses > _TRIES:
            return b""
        try:
            raw = orjson.dumps(value)
        except TypeError:  # of values that no JSON holds
            return b""
        if len(raw) > _LARGEST:
            self._misses += 1
            return b""
        return raw

    def find(self, raw: bytes, depth: int) -> T | None:
        """Return what was found out about the object when it was met at this depth; None when it was not."""
        known = self._found.get(raw)
        if known is None or known[0] != depth:
            self._misses += 1
            return None
        self._misses -= 1
        return known[1]

    def keep(self, raw: bytes, depth: int, found: T) -> None:
        """Remember what was found out about an object, if there is room."""
        if self._room.left > 0:
            self._room.left -= 1
            self._found[raw] = depth, found
