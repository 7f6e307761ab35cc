"""Upstream text made safe and short for an answer: it is data, and a model reads it."""

from typing import Any

from base.text import clean, shorten

LIMIT = 5_900
"""Characters of a default answer: ids, dates, titles and rates in JSON have 3 to a token: 2,000 tokens."""

MOST_LETTERS = 60_000
"""Characters of an answer that was asked to be long: about 15,000 tokens, which most clients still take."""


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
