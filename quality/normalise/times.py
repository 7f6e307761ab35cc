"""Reading a time as upstreams write it."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from base.bounds import FIRST_YEAR, LAST_YEAR

_LONGEST = 64
"""Letters that a time has at most; more are not looked at."""
_UTC = re.compile(r"[ \t]*\b(?:z|utc|gmt)$", re.IGNORECASE)
_UTC_BEFORE = re.compile(r"[ \t]*(?:utc|gmt)(?=[+-]\d)", re.IGNORECASE)
"""`UTC+02:00` is an offset from UTC."""
_ZONE = re.compile(r"(?<=\d)z$", re.IGNORECASE)
_PARTED = re.compile(r"(?<=\d)t(?=\d)", re.IGNORECASE)
_LAST_HOUR = re.compile(r"(?<=\d[T ])24(?=(?::?00){1,2}(?:[.,]0+)?(?:$|[ Zz+-]))")
_LEAP = re.compile(r"(?<=\d\d:59:)60")


def instant(value: Any) -> datetime | None:
    """Read a time in UTC from ISO 8601 with any offset (none is UTC); malformed or null is None.

    Also read: small `t` and `z`, `UTC` and `GMT` in place of an offset, the hour 24 as the next day's first
    and a leap second as the one after it. A year that no test can have been in is malformed.
    """
    if not isinstance(value, str) or len(value) > _LONGEST:
        return None
    text, later = value.strip(), timedelta(0)
    try:
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        text, later = _plain(text)
        try:
            moment = datetime.fromisoformat(text)
        except (ValueError, OverflowError):
            return None
    try:
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC) + later
    except (ValueError, OverflowError):
        return None
    return moment if FIRST_YEAR <= moment.year <= LAST_YEAR else None


def _plain(text: str) -> tuple[str, timedelta]:
    """Return the text as the standard library reads it, and what must be added to what it reads."""
    text = _PARTED.sub("T", _UTC_BEFORE.sub("", _ZONE.sub("Z", text)))
    text = _UTC.sub("Z", text)
    if _LAST_HOUR.search(text):
        return _LAST_HOUR.sub("00", text), timedelta(days=1)
    if _LEAP.search(text):
        return _LEAP.sub("59", text), timedelta(seconds=1)
    return text, timedelta(0)
