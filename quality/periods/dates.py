"""Dates as people write them → times in UTC."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta

from dateutil.relativedelta import relativedelta

from base.errors import InvalidInput
from base.text import fold
from quality.periods.periods import ALL_TIME, Period, end_of_day, start_of_day, start_of_quarter

FORMS = (
    "2025-07-01, 2025-07, 2025-Q3, today, yesterday, 3 weeks ago, last 30 days, last week, last month, "
    "last quarter, this week, this month, this quarter, this year, YTD"
)
_Span = tuple[datetime, datetime]
_UNIT = r"(day|week|month|year)s?"
_AGO = re.compile(rf"([0-9]{{1,6}}) {_UNIT} ago")
_LAST = re.compile(rf"last ([0-9]{{1,6}}) {_UNIT}")
_MONTH = re.compile(r"([0-9]{4})-([0-9]{2})")
_QUARTER = re.compile(r"([0-9]{4})-?q([1-4])")
_WEEK = re.compile(r"([0-9]{4})-?w([0-9]{2})")
_YEAR = re.compile(r"[0-9]{4}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SPANS = re.compile(rf"last |this |ytd|(?:{_MONTH.pattern}|{_QUARTER.pattern}|{_WEEK.pattern})$")


def parse_date(text: str, now: datetime, *, end: bool = False) -> datetime:
    """Return the first moment of the day, month, quarter or span that a text names; with `end` the last.

    Args:
        text: In one of the forms of `FORMS`, or an ISO 8601 time (naive is UTC).
        now: What "today" is; aware.
        end: Whether the text ends a period.

    Raises:
        InvalidInput: For anything else; a bare year is refused as ambiguous.
    """
    return _span(text, now)[1 if end else 0]


def parse_range(start: str | None, end: str | None, now: datetime) -> Period:
    """Read the period from one date to another; what is None is open.

    A start that names a span of its own (`2025-Q3`, `2025-07`, `last …`, `this …`, `YTD`) ends with it when
    no end is given; a single day (`2025-07-01`, `yesterday`, `3 weeks ago`) does not.

    Raises:
        InvalidInput: For a text that is no date, and for an end before the start.
    """
    first = parse_date(start, now) if start is not None else None
    last = parse_date(end, now, end=True) if end is not None else None
    if start is not None and end is None and _SPANS.match(fold(start)):
        last = parse_date(start, now, end=True)
    if first and last and first > last:
        raise InvalidInput(
            f"The period from {_shown(start)} to {_shown(end)} ends before it starts.",
            f"It would run from {first.date()} to {last.date()} (UTC).",
            "Swap the two dates.",
        )
    if first is None and last is None:
        return ALL_TIME
    return Period("custom", _title(first, last), first, last)


def _title(first: datetime | None, last: datetime | None) -> str:
    if first and last:
        return f"{first.date()} to {last.date()}"
    return f"Since {first.date()}" if first else f"Until {last.date()}" if last else ALL_TIME.title


def _span(text: str, now: datetime) -> _Span:
    words = fold(text)
    try:
        found = _relative(words, start_of_day(now)) or _calendar(words)
    except (ValueError, OverflowError):
        found = None
    if found is not None:
        return found
    if _YEAR.fullmatch(words):
        raise InvalidInput(
            f"{words!r} is ambiguous: a year is not a date.",
            "It could mean its first day or its last.",
            f"Write {words}-01-01 for the start of the year, or {words}-12-31 for its end.",
        )
    raise InvalidInput(
        f"{_shown(text)} is not a date that can be read.", f"Known forms: {FORMS}.", "Write 2025-07-01."
    )


def _relative(words: str, today: datetime) -> _Span | None:
    """Read a span that depends on today."""
    if words in _NAMED:
        return _NAMED[words](today)
    if match := _AGO.fullmatch(words):
        return _day(today - _back(match[1], match[2]))
    if match := _LAST.fullmatch(words):
        return today - _back(match[1], match[2]), end_of_day(today)
    return None


def _calendar(words: str) -> _Span | None:
    """Read a span of the calendar, or a time."""
    if match := _MONTH.fullmatch(words):
        return _months(datetime(int(match[1]), int(match[2]), 1, tzinfo=UTC), 1)
    if match := _QUARTER.fullmatch(words):
        return _months(datetime(int(match[1]), int(match[2]) * 3 - 2, 1, tzinfo=UTC), 3)
    if match := _WEEK.fullmatch(words):
        monday = date.fromisocalendar(int(match[1]), int(match[2]), 1)
        start = datetime.combine(monday, time(), UTC)
        return start, end_of_day(start + timedelta(days=6))
    if _DAY.fullmatch(words):
        return _day(datetime.fromisoformat(words).replace(tzinfo=UTC))
    if "t" not in words and ":" not in words:
        return None
    moment = datetime.fromisoformat(words.upper())
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return moment, moment


def _back(number: str, unit: str) -> relativedelta:
    days, months = {"day": (1, 0), "week": (7, 0), "month": (0, 1), "year": (0, 12)}[unit]
    return relativedelta(days=int(number) * days, months=int(number) * months)


def _day(start: datetime) -> _Span:
    return start, end_of_day(start)


def _months(start: datetime, number: int) -> _Span:
    return start, end_of_day(start + relativedelta(months=number - 1, day=31))


def _days_back(days: int) -> Callable[[datetime], _Span]:
    return lambda today: (today - timedelta(days=days), end_of_day(today))


def _this_week(today: datetime) -> _Span:
    monday = today - timedelta(days=today.weekday())
    return monday, end_of_day(monday + timedelta(days=6))


def _shown(text: str | None) -> str:
    return repr(text if text is None or len(text) <= 60 else f"{text[:59]}…")  # noqa: PLR2004 - about a line


_NAMED: Mapping[str, Callable[[datetime], _Span]] = {
    "today": _day,
    "yesterday": lambda today: _day(today - timedelta(days=1)),
    "last week": _days_back(7),
    "last month": _days_back(30),
    "last quarter": _days_back(90),
    "this week": _this_week,
    "this month": lambda today: _months(today.replace(day=1), 1),
    "this quarter": lambda today: _months(start_of_quarter(today), 3),
    "this year": lambda today: _months(today.replace(month=1, day=1), 12),
    "ytd": lambda today: (today.replace(month=1, day=1), end_of_day(today)),
}
