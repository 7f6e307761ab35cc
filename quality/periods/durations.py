"""Spans of time as people write them for a limit: `90s`, `10m`, `1h30m`."""

import re

from base.errors import InvalidInput

_UNITS = {"h": 3600, "m": 60, "s": 1}
_PARTS = re.compile(r"(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?", re.ASCII)


def parse_duration(text: str) -> float:
    """Return the seconds that `10m`, `90s`, `1h30m` or a bare number of seconds stand for.

    Raises:
        InvalidInput: For anything else, and for nothing at all.
    """
    folded = "".join(text.split()).lower()
    if re.fullmatch(r"\d{1,6}", folded, re.ASCII):
        folded += "s"
    found = _PARTS.fullmatch(folded)
    seconds = (
        sum(int(count) * unit for count, unit in zip(found.groups(), _UNITS.values(), strict=True) if count)
        if found
        else 0
    )
    if not seconds:
        raise InvalidInput(
            f"{text!r} is not a duration.", "It must be in hours, minutes or seconds.", "Write 10m or 90s."
        )
    return float(seconds)
