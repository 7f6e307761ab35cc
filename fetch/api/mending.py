"""Reading JSON that is not quite JSON: what can be read of it is, and what cannot is left out."""

import json
import logging
import math
import re
from typing import Any

import orjson

from base.bounds import MENDED_BYTES

log = logging.getLogger(__name__)

_HALVES = re.compile("[\ud800-\udfff]")
_MOST_DIGITS = 20
"""Longer whole numbers are no ids and no counts."""


def parse(path: str, content: bytes) -> Any:
    """Return the value of a JSON text; one of up to `MENDED_BYTES` may hold what JSON cannot.

    Half an emoji (one of its two surrogates) or a byte of another encoding becomes a replacement character.
    A number that is none (NaN, Infinity, 1e999) becomes null, and the log says how many did: it costs
    neither the list nor the test around it.

    Raises:
        ValueError: when it is cut or broken.
        RecursionError: when it is nested too deep.
    """
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        if len(content) > MENDED_BYTES:
            raise
    dropped = 0

    def finite(digits: str) -> float | None:
        nonlocal dropped
        number = float(digits)
        dropped += not math.isfinite(number)
        return number if math.isfinite(number) else None

    def whole(digits: str) -> int | float | None:
        return int(digits) if len(digits) <= _MOST_DIGITS else finite(digits)

    text = content.decode("utf-8-sig", "replace")
    value = json.loads(text, parse_constant=finite, parse_float=finite, parse_int=whole)
    if dropped:
        log.warning("numbers that are none are left out", extra={"path": path, "numbers": dropped})
    return orjson.loads(_HALVES.sub("\ufffd", json.dumps(value, ensure_ascii=False)))
