"""Upstream text made safe and short for an answer: it is data, and a model reads it."""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel

from base.text import clean, shorten

LIMIT = 15_700
"""Characters of a default answer: with a note or two under 4,000 tokens of four characters."""

MOST_LETTERS = 60_000
"""Characters of an answer that was asked to be long: about 15,000 tokens, which most clients still take."""

_NARROWEST = 24
_TELLING = 40


def clean_values(value: Any) -> Any:
    """Return the same JSON value with every text in it clean."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {key: clean_values(part) for key, part in value.items()}
    if isinstance(value, list):
        return [clean_values(part) for part in value]
    return value


def short(text: str | None) -> str | None:
    """Return a status, type or other word of the upstream, which may be anything; None when there is none."""
    return shorten(text, 40) or None


def excerpt(text: str | None, limit: int) -> str | None:
    """Return a longer text of at most `limit` characters and a note of its length; None without one."""
    whole = clean(text or "").strip()
    if not whole:
        return None
    if len(whole) <= limit:
        return whole
    return f"{whole[:limit].rstrip()}… [cut; {len(whole):,} characters in all]"


def fitting(answer: BaseModel, rows: Sequence[BaseModel], field: str, spare: str | None = None) -> bool:
    """Make an answer keep to `LIMIT` by shortening one text field of its rows, the longest texts first.

    Args:
        answer: What is sent.
        rows: Its rows.
        field: Their text; it keeps 24 characters in any case, so that very many rows may still take more.
        spare: A field that is given up before the texts get too short to tell the rows apart.

    Returns:
        Whether `spare` was given up.
    """
    texts = [str(getattr(row, field)) for row in rows]
    width = _width(sorted(map(len, texts)), sum(map(len, texts)) - _excess(answer))
    given_up = spare is not None and width < min(_TELLING, max(map(len, texts), default=0))
    if given_up and spare is not None:
        for row in rows:
            setattr(row, spare, None)
        width = _width(sorted(map(len, texts)), sum(map(len, texts)) - _excess(answer))
    for row, text in zip(rows, texts, strict=True):
        setattr(row, field, shorten(text, width))
    return given_up


def _excess(answer: BaseModel) -> int:
    return len(answer.model_dump_json(exclude_none=True)) - LIMIT


def _width(lengths: Sequence[int], room: int) -> int:
    """Return the greatest width to which texts of these lengths (ascending) can be cut to fit the room."""
    for place, length in enumerate(lengths):
        share = room // (len(lengths) - place)
        if length > share:
            return max(share, _NARROWEST)
        room -= length
    return max([*lengths, _NARROWEST])
