"""Dates as people write them → times and periods in UTC."""

from datetime import datetime

from base.errors import InvalidInput
from base.text import closest, shorten
from quality.periods.periods import ALL_TIME, Period, period, report_key
from quality.periods.words import FORMS, NAMED, Span, span


def parse_date(text: str, now: datetime, *, end: bool = False) -> datetime:
    """Return the first moment of the day, month, quarter or period that the text names; with `end` its last.

    Args:
        text: In one of the forms of `FORMS`, or an ISO 8601 time (naive is UTC).
        now: What "today" is; aware.
        end: Whether the text ends a period.

    Raises:
        InvalidInput: For anything else, and for all time, which has neither.
    """
    found = _span(text, now)
    moment = found.last if end else found.first
    if moment is None:
        raise InvalidInput(
            f"{_shown(text)} has no first and no last day.", "A date is needed here.", "Write 2025-07-01."
        )
    return moment


def parse_range(start: str | None, end: str | None, now: datetime) -> Period:
    """Return the period from one date to another; what is None or all time is open.

    A start that names a period of its own (`2025-Q3`, `2025`, `last …`, `this …`, `YTD`) ends with it when
    no end is given; a single day (`2025-07-01`, `yesterday`, `3 weeks ago`) does not. A report period is
    the same as on the pages, with its key and title.

    Raises:
        InvalidInput: For a text that is no date, and for an end before the start.
    """
    if start is not None and end is None and (key := report_key(start)):
        return period(key, now)
    begun = _span(start, now) if start is not None else None
    ended = _span(end, now) if end is not None else None
    first = begun.first if begun else None
    last = ended.last if ended else None
    if begun and begun.period and ended is None:
        last = begun.last
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


def _span(text: str, now: datetime) -> Span:
    found = span(text, now)
    if found is None:
        near = closest(text, NAMED, 1)
        raise InvalidInput(
            f"{_shown(text)} is not a date that can be read.",
            f"Known forms: {FORMS}.",
            f"Did you mean {near[0]}?" if near else "Write 2025-07-01.",
        )
    return found


def _shown(text: str | None) -> str:
    return repr(text if text is None else shorten(text, 60))
