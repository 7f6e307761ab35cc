"""Parsing JSON whose size in memory is known before it is parsed."""

from typing import Any

import orjson

from base.bounds import PARSED_BYTES
from base.weight import weight


def parsed(raw: bytes, limit: int = PARSED_BYTES) -> Any:
    """Parse a JSON text.

    Raises:
        ValueError: when it is no JSON, or would take more than `limit` bytes of memory.
    """
    if (heavy := weight(raw)) > limit:
        raise ValueError(f"it would take {heavy:,} bytes of memory, and {limit:,} are the most")
    return orjson.loads(raw)
