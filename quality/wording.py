"""Numbers and dates as people read them: the one place that turns a value into text.

Counts first, shares second; points for rates, percent for counts; a date names its zone.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from base.text import shorten

NONE = "–"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def percent(value: float | None) -> str:
    """`86 %`, `under 1 %`; 0 % only for none and 100 % only for all, however close it comes."""
    if value is None:
        return NONE
    whole = _half_up(value * 100)
    if whole <= 0 < value:
        return "under 1 %"
    if whole >= 100 and value < 1:  # noqa: PLR2004 - 100 %
        return "over 99 %"
    return f"{whole:,} %"


def limit(share: float) -> str:
    """`35 %`, `12.5 %`: a limit that somebody chose, as it was chosen."""
    return f"{100 * share:.10g} %"


def points(difference: float) -> str:
    """`5 points` for a difference of two rates (0-1)."""
    whole = _half_up(abs(difference) * 100)
    return counted(whole, "point") if whole else "under 1 point"


def _half_up(value: float) -> int:
    """Round a value of at least 0 to a whole number; a half goes up, also one that is a float below."""
    return int(value + 0.5 + 1e-9)


def number(value: float) -> str:
    """Write a count or score: `1,204`; with one decimal when it is not whole, and 0 only for nothing."""
    return f"{value:,.0f}" if value == int(value) else decimal(value)


def decimal(value: float) -> str:
    """`2.5`, `3.0`; a value too small to show says so."""
    tenths = _half_up(value * 10)
    return f"{tenths / 10:,.1f}" if tenths or value <= 0 else "under 0.1"


def counted(count: int, noun: str, many: str | None = None) -> str:
    """`1 bug`, `12 bugs`, `0 bugs`; `many` is the plural when `plural` does not know it."""
    return f"{count:,} {noun if count == 1 else many or plural(noun)}"


def plural(noun: str) -> str:
    """`bug` as `bugs`, `user story` as `user stories`."""
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return f"{noun[:-1]}ies"
    return f"{noun}s"


def spoken(age: timedelta) -> str:
    """Say how old something is: `less than an hour`, `1 hour`, `3 days`."""
    hours = int(age.total_seconds() // 3600)
    if hours < 1:
        return "less than an hour"
    return counted(hours, "hour") if hours < 48 else counted(hours // 24, "day")  # noqa: PLR2004 - two days


def listing(words: Iterable[str]) -> str:
    """Write `a`, `a and b`, `a, b and c`."""
    every = list(words)
    return " and ".join([", ".join(every[:-1]), every[-1]] if len(every) > 1 else every)


def stopped(text: str) -> str:
    """End a sentence with its full stop; one that ends with a stop or an ellipsis has it."""
    return text if text.endswith((".", "…")) else f"{text}."


def grave(critical: int, high: int) -> str:
    """Say what must stand beside a count of bugs: `2 critical and 20 high`, or `none critical or high`."""
    counts = ((critical, "critical"), (high, "high"))
    return listing(f"{count:,} {severity}" for count, severity in counts if count) or "none critical or high"


def quoted(text: str, width: int = 60) -> str:
    """Write an upstream text on one line in quotation marks, its own single, cut to `width` characters."""
    return f"“{shorten(text, width).translate(_SINGLE)}”"


_SINGLE = str.maketrans({'"': "'", "“": "‘", "”": "’"})


def day(moment: datetime | date) -> str:
    """`21 Nov 2026`, the day in UTC; a sentence that stands alone uses `day_utc`."""
    at = moment.astimezone(UTC) if isinstance(moment, datetime) else moment
    return f"{at.day} {_MONTHS[at.month - 1]} {at.year}"


def near(at: datetime | date, now: datetime) -> str:
    """`21 Nov`, the day in UTC; with its year when that is not the one of `now`."""
    text, year = day(at), f" {now.astimezone(UTC).year}"
    return text.removesuffix(year)


def near_moment(at: datetime, now: datetime) -> str:
    """`21 Nov, 22:50 UTC`; with its year when that is not the one of `now`."""
    return f"{near(at, now)}, {time(at)}"


def day_utc(moment: datetime | date) -> str:
    """`21 Nov 2026 (UTC)`."""
    return f"{day(moment)} (UTC)"


def days(start: datetime, end: datetime) -> str:
    """`23 Aug 2026 to 20 Nov 2026 (UTC)`, or one day alone."""
    first, last = day(start), day(end)
    return f"{first} (UTC)" if first == last else f"{first} to {last} (UTC)"


def stamp(moment: datetime) -> str:
    """`2026-11-21 06:00 UTC`."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def moment(at: datetime) -> str:
    """`24 Nov 2026, 14:00 UTC`."""
    return f"{day(at)}, {time(at)}"


def hour(at: datetime) -> str:
    """`24 Nov, 14:00`, below a heading that names the zone."""
    return f"{near(at, at)}, {at.astimezone(UTC):%H:%M}"


def time(at: datetime) -> str:
    """`14:00 UTC`."""
    return f"{at.astimezone(UTC):%H:%M} UTC"


def state(status: str | None) -> str:
    """Return the status of a test in words: `customer_finalized` as `set-up handed in`; `–` for None."""
    return NONE if not status else _STATES.get(status, status.replace("_", " "))


_STATES = {
    "initialized": "being set up",
    "customer_finalized": "set-up handed in",
    "waiting": "waiting to start",
    "locked": "in review",
    "archived": "done",
}


def capital(text: str) -> str:
    """Return the text with a capital first letter."""
    return text[:1].upper() + text[1:]


def inside(title: str) -> str:
    """Return a title as it stands in a sentence: `Release 4.2 RC` as `release 4.2 RC`."""
    return title[:1].lower() + title[1:]


def month(key: str) -> str:
    """`2026-11` as `Nov 2026`; anything else as it is."""
    year, _, at = key.partition("-")
    known = year.isdigit() and at.isdigit() and 1 <= int(at) <= len(_MONTHS)
    return f"{_MONTHS[int(at) - 1]} {year}" if known else key
