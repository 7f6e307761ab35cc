"""Spans of time by which tests are selected, in UTC and inclusive at both ends."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from dateutil.relativedelta import relativedelta

from base.errors import InvalidInput
from base.text import closest
from quality.model.entities import Test

MILLISECOND = timedelta(milliseconds=1)
_LAST_MOMENT = timedelta(days=1) - MILLISECOND


@dataclass(frozen=True, slots=True)
class Period:
    """A span of time; an end that is None is open.

    Attributes:
        key: Its stable name, also a folder of the site: `last-90-days`; `custom` for dates.
        title: For a heading.
    """

    key: str
    title: str
    start: datetime | None = None
    end: datetime | None = None

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
    """Return whether a test, and with it its bugs, belongs to the period: by its end."""
    return period.holds(test.end_at)


def period(key: str, now: datetime) -> Period:
    """Return one of the report periods.

    Raises:
        InvalidInput: For another key, naming the known ones.
    """
    if key not in _PERIODS:
        near = closest(key, REPORT_PERIODS, 1)
        raise InvalidInput(
            f"{key[:80]!r} is not a report period.",
            f"Possible values: {', '.join(REPORT_PERIODS)}.",
            f"Did you mean {near[0]}?" if near else "Choose one of them.",
        )
    return _PERIODS[key](now.astimezone(UTC))


def previous(period: Period) -> Period | None:
    """Return the period of the same length directly before; None if an end is open or the calendar ends."""
    if period.start is None or period.end is None:
        return None
    try:
        start = period.start - (period.end - period.start) - MILLISECOND
    except OverflowError:
        return None
    return Period(f"before-{period.key}", f"Before: {period.title}", start, period.start - MILLISECOND)


def start_of_day(moment: datetime) -> datetime:
    """00:00:00 UTC of the moment's day."""
    return datetime.combine(moment.astimezone(UTC).date(), time(), UTC)


def end_of_day(moment: datetime) -> datetime:
    """23:59:59.999 UTC of the moment's day."""
    return start_of_day(moment) + _LAST_MOMENT


def start_of_quarter(moment: datetime) -> datetime:
    """Return the first moment of the calendar quarter."""
    return start_of_day(moment).replace(month=(moment.astimezone(UTC).month - 1) // 3 * 3 + 1, day=1)


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


def _last_days(days: int) -> Callable[[datetime], Period]:
    def build(now: datetime) -> Period:
        start = start_of_day(now) - timedelta(days=days)
        return Period(f"last-{days}-days", f"Last {days} days", start, end_of_day(now))

    return build


def _this_quarter(now: datetime) -> Period:
    start = start_of_quarter(now)
    end = start + relativedelta(months=3) - MILLISECOND
    return Period("this-quarter", f"This quarter ({quarter_key(start)})", start, end)


def _last_quarter(now: datetime) -> Period:
    this = start_of_quarter(now)
    start = this - relativedelta(months=3)
    return Period("last-quarter", f"Last quarter ({quarter_key(start)})", start, this - MILLISECOND)


def _year_to_date(now: datetime) -> Period:
    start = start_of_day(now).replace(month=1, day=1)
    return Period("ytd", f"Year to date ({start.year})", start, end_of_day(now))


_PERIODS: Mapping[str, Callable[[datetime], Period]] = {
    "last-30-days": _last_days(30),
    "last-90-days": _last_days(90),
    "this-quarter": _this_quarter,
    "last-quarter": _last_quarter,
    "ytd": _year_to_date,
    "last-365-days": _last_days(365),
    "all": lambda _: ALL_TIME,
}
REPORT_PERIODS = tuple(_PERIODS)
