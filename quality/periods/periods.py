"""Spans of time by which tests are selected, in UTC and inclusive at both ends."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from dateutil.relativedelta import relativedelta

from base.errors import InvalidInput
from base.text import closest
from quality.model.entities import Test
from quality.periods.words import MILLISECOND, end_of_day, folded, span, start_of_day


@dataclass(frozen=True, slots=True)
class Period:
    """A span of time, or the tests of a release; an end that is None is open.

    Attributes:
        key: Its stable name, also a folder of the site: `last-90-days`; `custom` for dates.
        title: For a heading.
        tests: The ids of exactly the tests that belong to it, whatever their end; None for a span of time.
        before: What stands before such a period, as no span of time does.
        said: When that is, in words.
    """

    key: str
    title: str
    start: datetime | None = None
    end: datetime | None = None
    tests: frozenset[int] | None = None
    before: "Period | None" = None
    said: str = ""

    def holds(self, moment: datetime | None) -> bool:
        """Return whether a time lies in the period; an unknown time lies only in all time."""
        if self.start is None and self.end is None:
            return True
        if moment is None:
            return False
        whole = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
        return (self.start is None or whole >= self.start) and (self.end is None or whole <= self.end)

    def running(self, now: datetime) -> bool:
        """Return whether days of the period are still to come after today: its numbers are "so far"."""
        return self.end is not None and self.end > end_of_day(now)


ALL_TIME = Period("all", "All time")


def contains(period: Period, test: Test) -> bool:
    """Return whether a test, and with it its bugs, belongs to the period: by its end, or as it is named."""
    return period.holds(test.end_at) if period.tests is None else test.id in period.tests


def report_key(text: str) -> str | None:
    """Return the key of the report period that the words name: `Last 90 days` is `last-90-days`."""
    return _KEYS.get(folded(text))


def period(words: str, now: datetime) -> Period:
    """Return one of the report periods, by its key or the same words without hyphens.

    Raises:
        InvalidInput: For another one, naming the known ones.
    """
    key = report_key(words)
    found = span(key, now) if key else None
    if key is None or found is None:
        near = closest(words, REPORT_PERIODS, 1)
        raise InvalidInput(
            f"{words[:80]!r} is not a report period.",
            f"Possible values: {', '.join(REPORT_PERIODS)}.",
            f"Did you mean {near[0]}?" if near else "Choose one of them.",
        )
    if found.first is None:
        return ALL_TIME
    title, named = _PERIODS[key]
    return Period(key, f"{title} ({named(found.first)})" if named else title, found.first, found.last)


def previous(period: Period) -> Period | None:
    """Return the period of the same length directly before, of a release that of the one before.

    Whole months of the calendar, as a quarter is, have as many months before them, whatever their days.
    None if an end is open or the calendar ends, and before the first release.
    """
    if period.tests is not None:
        return period.before
    if period.start is None or period.end is None:
        return None
    months = _whole_months(period)
    try:
        start = (
            period.start - relativedelta(months=months)
            if months
            else period.start - (period.end - period.start) - MILLISECOND
        )
    except (OverflowError, ValueError):
        return None
    return Period(f"before-{period.key}", f"Before: {period.title}", start, period.start - MILLISECOND)


def _whole_months(period: Period) -> int:
    """Return how many months of the calendar the period is; 0 for days that end with today, and others."""
    first, last = period.start, period.end
    if first is None or last is None or not (period.key == "custom" or period.key.endswith("quarter")):
        return 0
    if first != start_of_day(first).replace(day=1) or last != end_of_day(last + relativedelta(day=31)):
        return 0
    return (last.year - first.year) * 12 + last.month - first.month + 1


def month_key(moment: datetime) -> str:
    """`2025-07`."""
    return f"{moment.year:04}-{moment.month:02}"


def week_key(moment: datetime) -> str:
    """Return the ISO week: `2025-W07`."""
    year, week, _ = moment.isocalendar()
    return f"{year:04}-W{week:02}"


def quarter_key(moment: datetime) -> str:
    """`2025-Q3`."""
    return f"{moment.year:04}-Q{(moment.month - 1) // 3 + 1}"


def last_months(now: datetime, number: int = 12) -> tuple[str, ...]:
    """Return the keys of the last months, oldest first; the last one is the running month."""
    first = start_of_day(now).replace(day=1)
    return tuple(month_key(first - relativedelta(months=back)) for back in range(number - 1, -1, -1))


_PERIODS: Mapping[str, tuple[str, Callable[[datetime], str] | None]] = {
    "last-30-days": ("Last 30 days", None),
    "last-90-days": ("Last 90 days", None),
    "this-quarter": ("This quarter", quarter_key),
    "last-quarter": ("Last quarter", quarter_key),
    "ytd": ("Year to date", lambda first: f"{first.year}"),
    "last-365-days": ("Last 365 days", None),
    ALL_TIME.key: (ALL_TIME.title, None),
}
"""The title of each, and what of the calendar it names."""
REPORT_PERIODS = tuple(_PERIODS)
_KEYS = {folded(key): key for key in REPORT_PERIODS} | {
    "all time": ALL_TIME.key,
    "previous quarter": "last-quarter",
    "year to date": "ytd",
}
