"""Periods as a page names them."""

from dataclasses import dataclass
from datetime import datetime

from quality.periods.periods import REPORT_PERIODS, Period, period
from quality.wording import day_utc, days


@dataclass(frozen=True, slots=True)
class PeriodLink:
    """One of the report periods; `key` is also its folder (`last-90-days`).

    Attributes:
        current: It is the period of this view.
        running: It has not ended ("so far").
        text: Its first and last day: `23 Aug 2026 to 20 Nov 2026 (UTC)`; empty for all time.
        release: It is the tests of a release, and what stands before it those of another.
        short: Its name in a row of them, right on any day: `2026-Q4 so far`.
    """

    key: str
    title: str
    start: datetime | None
    end: datetime | None
    current: bool
    default: bool
    running: bool = False
    text: str = ""
    release: bool = False
    short: str = ""


def link(span: Period, now: datetime, *, current: bool, default: bool) -> PeriodLink:
    """Return a period with its first and last day in words."""
    return PeriodLink(
        key=span.key,
        title=span.title,
        start=span.start,
        end=span.end,
        current=current,
        default=default,
        running=span.running(now),
        text=in_words(span),
        release=span.tests is not None,
        short=_short(span, now),
    )


def _short(span: Period, now: datetime) -> str:
    calendar = span.title.partition(" (")[2].rstrip(")") if span.key in REPORT_PERIODS else ""
    return f"{calendar}{' so far' if span.end and span.end >= now else ''}" if calendar else span.title


def links(now: datetime, current: str, default: str) -> tuple[PeriodLink, ...]:
    """Return all report periods in their order."""
    return tuple(
        link(period(key, now), now, current=key == current, default=key == default) for key in REPORT_PERIODS
    )


def in_words(span: Period) -> str:
    """`23 Aug 2026 to 20 Nov 2026 (UTC)`, `since …` or `until …`; nothing for all time."""
    if span.said:
        return span.said
    if span.start and span.end:
        return days(span.start, span.end)
    if span.start:
        return f"since {day_utc(span.start)}"
    return f"until {day_utc(span.end)}" if span.end else ""
