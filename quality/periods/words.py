"""Words for time → its first and last moment in UTC: the one vocabulary of pages, tools and tasks."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from dateutil.relativedelta import relativedelta

from base.text import fold

FORMS = (
    "2025, 2025-Q3, 2025-07, 2025-W07, 2025-07-01, Q3 2025, July 2025, 1 Jan 2025, today, yesterday, "
    "tomorrow, 3 weeks ago, in 3 days, next 7 days, last 30 days (they end with today), last week, "
    "last month, last quarter, last year (the calendar's before this one; so is previous quarter), "
    "this week, this month, this quarter, this year, next week and so on, YTD, all-time"
)
NAMED = (
    "today", "yesterday", "tomorrow", "YTD", "all-time", "last 7 days", "last 30 days", "last 90 days",
    "last week", "last month", "last quarter", "last year", "this week", "this month", "this quarter",
    "this year",
)  # fmt: skip
"""Some of them, for what is meant by a slip."""
MILLISECOND = timedelta(milliseconds=1)
_UNIT = r"(day|week|month|year)s?"
_PART = r"(week|month|quarter|year)"
_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
    "november", "december",
)  # fmt: skip
_NAME = r"([a-z]{3,9})\.?"


class Span(NamedTuple):
    """The first and last moment that words name; None for an open side.

    `period` tells a period of its own (`2025-Q3`, `last 1 day`) from a single day (`yesterday`).
    """

    first: datetime | None
    last: datetime | None
    period: bool


def folded(text: str) -> str:
    """Return the words for comparing: no case, one blank for blanks and inner hyphens (`last 90 days`)."""
    return " ".join(re.sub(r"(?<=\w)[-_](?=\w)", " ", fold(text)).split())


def span(text: str, now: datetime) -> Span | None:
    """Return what the words name, in one of the forms of `FORMS` or as an ISO 8601 time (naive is UTC).

    Args:
        text: Case, blanks and hyphens do not matter.
        now: What "today" is; aware.

    Returns:
        None for any other text.
    """
    try:
        return next(_readings(text, start_of_day(now)), None)
    except (ValueError, OverflowError):
        return None


def start_of_day(moment: datetime) -> datetime:
    """Return 00:00:00 UTC of the moment's day."""
    return datetime.combine(moment.astimezone(UTC).date(), time(), UTC)


def end_of_day(moment: datetime) -> datetime:
    """Return 23:59:59.999 UTC of the moment's day."""
    return start_of_day(moment) + timedelta(days=1) - MILLISECOND


def start_of_quarter(moment: datetime) -> datetime:
    """Return the first moment of the calendar quarter."""
    return start_of_day(moment).replace(month=(moment.astimezone(UTC).month - 1) // 3 * 3 + 1, day=1)


def _readings(text: str, today: datetime) -> Iterator[Span]:
    for words, forms in ((fold(text), _ISO), (folded(text), _WORDS)):
        for form, read in forms:
            if match := form.fullmatch(words):
                yield read(match, today)


def _day(first: datetime) -> Span:
    return Span(first, end_of_day(first), period=False)


def _period(first: datetime, last_day: datetime) -> Span:
    return Span(first, end_of_day(last_day), period=True)


def _calendar(part: str, inside: datetime) -> Span:
    """Return the calendar's week, month, quarter or year with the day inside."""
    if part == "week":
        monday = start_of_day(inside) - timedelta(days=inside.weekday())
        return _period(monday, monday + timedelta(days=6))
    if part == "quarter":
        return _months(start_of_quarter(inside), 3)
    month = start_of_day(inside).replace(day=1)
    return _months(month, 1) if part == "month" else _months(month.replace(month=1), 12)


def _months(first: datetime, number: int) -> Span:
    return _period(first, first + relativedelta(months=number - 1, day=31))


def _previous(part: str, today: datetime) -> Span:
    this = _calendar(part, today).first or today
    return _calendar(part, this - timedelta(days=1))


def _following(part: str, today: datetime) -> Span:
    this = _calendar(part, today).last or today
    return _calendar(part, this + timedelta(days=1))


def _last(number: int, unit: str, today: datetime) -> Span:
    if number < 1:
        raise ValueError("no days")
    return _period(today - _length(number, unit) + timedelta(days=1), today)


def _next(number: int, unit: str, today: datetime) -> Span:
    if number < 1:
        raise ValueError("no days")
    return _period(today, today + _length(number, unit))


def _length(number: int, unit: str) -> relativedelta:
    days, months = {"day": (1, 0), "week": (7, 0), "month": (0, 1), "year": (0, 12)}[unit]
    return relativedelta(days=number * days, months=number * months)


def _month(name: str) -> int:
    """Return the number of `july`, `jul` or `sept`."""
    found = [place for place, month in enumerate(_MONTHS, 1) if month.startswith(name)]
    if not found:
        raise ValueError(name)
    return found[0]


def _at(year: str, month: int | str, day: int | str = 1) -> datetime:
    return datetime(int(year), int(month), int(day), tzinfo=UTC)


def _week(year: str, week: str) -> Span:
    monday = datetime.combine(date.fromisocalendar(int(year), int(week), 1), time(), UTC)
    return _calendar("week", monday)


def _time(text: str) -> Span:
    moment = datetime.fromisoformat(text.upper())
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return Span(moment, moment, period=False)


_Form = tuple[re.Pattern[str], Callable[[re.Match[str], datetime], Span]]
_ISO: tuple[_Form, ...] = (
    (re.compile(r"([0-9]{4})"), lambda m, _: _calendar("year", _at(m[1], 1))),
    (re.compile(r"([0-9]{4})-([0-9]{2})"), lambda m, _: _calendar("month", _at(m[1], m[2]))),
    (re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})"), lambda m, _: _day(_at(m[1], m[2], m[3]))),
    (re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[t ].+"), lambda m, _: _time(m[0])),
)
_WORDS: tuple[_Form, ...] = (
    (re.compile(r"today"), lambda _, today: _day(today)),
    (re.compile(r"yesterday"), lambda _, today: _day(today - timedelta(days=1))),
    (re.compile(r"tomorrow"), lambda _, today: _day(today + timedelta(days=1))),
    (re.compile(rf"in ?([0-9]{{1,6}}) ?{_UNIT}"), lambda m, today: _day(today + _length(int(m[1]), m[2]))),
    (re.compile(rf"next ?([0-9]{{1,6}}) ?{_UNIT}"), lambda m, today: _next(int(m[1]), m[2], today)),
    (re.compile(rf"([0-9]{{1,6}}) ?{_UNIT} ?ago"), lambda m, today: _day(today - _length(int(m[1]), m[2]))),
    (re.compile(rf"last ?([0-9]{{1,6}}) ?{_UNIT}"), lambda m, today: _last(int(m[1]), m[2], today)),
    (re.compile(rf"(?:last|previous) ?{_PART}"), lambda m, today: _previous(m[1], today)),
    (re.compile(rf"next ?{_PART}"), lambda m, today: _following(m[1], today)),
    (re.compile(rf"this ?{_PART}"), lambda m, today: _calendar(m[1], today)),
    (re.compile(r"ytd|year ?to ?date"), lambda _, today: _period(today.replace(month=1, day=1), today)),
    (re.compile(r"all(?: ?time)?"), lambda _, __: Span(None, None, period=True)),
    (
        re.compile(r"([0-9]{4}) ?q ?([1-4])"),
        lambda m, _: _calendar("quarter", _at(m[1], int(m[2]) * 3)),
    ),
    (
        re.compile(r"q ?([1-4]) ?([0-9]{4})"),
        lambda m, _: _calendar("quarter", _at(m[2], int(m[1]) * 3)),
    ),
    (re.compile(r"([0-9]{4}) ?w ?([0-9]{2})"), lambda m, _: _week(m[1], m[2])),
    (re.compile(rf"{_NAME} ?([0-9]{{4}})"), lambda m, _: _calendar("month", _at(m[2], _month(m[1])))),
    (
        re.compile(rf"([0-9]{{1,2}})\.? ?{_NAME} ?([0-9]{{4}})"),
        lambda m, _: _day(_at(m[3], _month(m[2]), m[1])),
    ),
)
