"""Numbers and dates as people read them: the one place that turns a value into text.

Counts first, shares second; points for rates, percent for counts; a date names its zone.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from quality.health import SMALL_SAMPLE
from quality.metrics.catalogue import METRICS, Weights
from quality.metrics.rates import Rate, Ratio
from quality.metrics.tally import Tally
from quality.views.shapes import Change, Measure

NONE = "–"
_LEAST = 0.0005
"""A difference of two rates from which on it is shown: a twentieth of a point."""
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def percent(value: float | None) -> str:
    """`86.1 %`; 0.0 % only for none and 100.0 % only for all, however close it comes."""
    if value is None:
        return NONE
    tenths = _half_up(value * 1000)
    if tenths <= 0 < value:
        tenths = 1
    if tenths >= 1000 and value < 1:  # noqa: PLR2004 - 100 %
        tenths = 999
    return f"{tenths / 10:,.1f} %"


def points(difference: float) -> str:
    """`5.1 points` for a difference of two rates (0-1)."""
    return f"{_half_up(abs(difference) * 1000) / 10:.1f} points"


def _half_up(value: float) -> int:
    """The nearest whole number of a value of at least 0; a half goes up, also one that is a float below."""
    return int(value + 0.5 + 1e-9)


def number(value: float) -> str:
    """A count or score: `1,204`; with one decimal when it is not whole, and 0 only for nothing."""
    return f"{value:,.0f}" if value == int(value) else decimal(value)


def decimal(value: float) -> str:
    """`2.5`, `3.0`; a value too small to show says so."""
    tenths = _half_up(value * 10)
    return f"{tenths / 10:,.1f}" if tenths or value <= 0 else "under 0.1"


def counted(count: int, noun: str, many: str | None = None) -> str:
    """`1 bug`, `12 bugs`, `0 bugs`; `many` is the plural when it is not the noun and an s."""
    return f"{count:,} {noun if count == 1 else many or noun + 's'}"


def spoken(age: timedelta) -> str:
    """How old something is: `less than an hour`, `1 hour`, `3 days`."""
    hours = int(age.total_seconds() // 3600)
    if hours < 1:
        return "less than an hour"
    return counted(hours, "hour") if hours < 48 else counted(hours // 24, "day")  # noqa: PLR2004 - two days


def listing(words: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    every = list(words)
    return " and ".join([", ".join(every[:-1]), every[-1]] if len(every) > 1 else every)


def flat(text: str, width: int = 60) -> str:
    """An upstream text on one line, cut to `width` characters."""
    line = " ".join(text.split())
    return line if len(line) <= width else f"{line[: width - 1].rstrip()}…"


def quoted(text: str, width: int = 60) -> str:
    """An upstream text on one line in quotation marks, cut to `width` characters."""
    return f"“{flat(text, width)}”"


def day(moment: datetime | date) -> str:
    """`21 Nov 2026`, the day in UTC; a sentence that stands alone uses `day_utc`."""
    at = moment.astimezone(UTC) if isinstance(moment, datetime) else moment
    return f"{at.day} {_MONTHS[at.month - 1]} {at.year}"


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


def time(at: datetime) -> str:
    """`14:00 UTC`."""
    return f"{at.astimezone(UTC):%H:%M} UTC"


def capital(text: str) -> str:
    """The text with a capital first letter."""
    return text[:1].upper() + text[1:]


def month(key: str) -> str:
    """`2026-11` as `Nov 2026`; anything else as it is."""
    year, _, at = key.partition("-")
    known = year.isdigit() and at.isdigit() and 1 <= int(at) <= len(_MONTHS)
    return f"{_MONTHS[int(at) - 1]} {year}" if known else key


def measure(key: str, tally: Tally, weights: Weights | None = None) -> Measure:
    """One metric of a tally, with its counts, its interval and its words."""
    metric = METRICS[key]
    value = metric.value(tally, weights or _WEIGHTS)
    note = f"{tally.auto_accepted:,} of them auto-accepted" if key in _HIDING and tally.auto_accepted else ""
    if isinstance(value, Ratio):
        return _of_counts(key, metric.title, value, note)
    text = NONE if value is None else f"{number(value)} days" if metric.unit == "days" else number(value)
    if metric.unit == "days" and value is not None:
        note = f"the median of {counted(len(tally.review_days), 'review')}"
    detail = f"{text} ({note})" if note else text
    plain = None if value is None else float(value)
    return Measure(key, metric.title, metric.unit, plain, None, None, None, None, text, detail, note=note)


def measures(
    tally: Tally, weights: Weights | None = None, keys: Iterable[str] = tuple(METRICS)
) -> dict[str, Measure]:
    """The metrics of a tally by key; all of the catalogue unless some are named."""
    return {key: measure(key, tally, weights) for key in keys}


def share(part: int, whole: int, title: str = "Share") -> Measure:
    """A part of a count that has been counted already, with the key `share`."""
    return _of_counts("share", title, Rate(part, whole))


def plain_count(key: str, title: str, count: int) -> Measure:
    """A count that is no metric of the catalogue."""
    text = number(count)
    return Measure(key, title, "count", float(count), None, None, None, None, text, text)


def sentence(shown: Measure) -> str:
    """A measure as a clause, counts first: `62 of 72 accepted (86.1 %, 12 of them auto-accepted)`."""
    if shown.value is None:
        return f"{_lower(shown.title)}: no data"
    if shown.unit == "rate":
        verb = _VERBS.get(shown.key, _lower(shown.title))
        return f"{shown.numerator:,} of {shown.denominator:,} {verb} ({_aside(shown.text, shown.note)})"
    return f"{_lower(shown.title)}: {shown.detail}"


def still_open(found: Tally) -> str:
    """`5 bugs are still open`, which every share of all bugs has to say."""
    return f"{counted(found.open, 'bug')} {'is' if found.open == 1 else 'are'} still open"


def change(
    now: Measure, before: Measure, better: Literal["up", "down"] | None, *, so_far: bool = False
) -> Change | None:
    """A measure against the one before; None when one of them has no value.

    Args:
        now: The measure of the period.
        before: The same metric in the period before.
        better: Which direction is good news.
        so_far: Whether the period is still running, which its counts must say.
    """
    if now.value is None or before.value is None:
        return None
    origin = before.text
    if before.numerator is not None and before.denominator is not None:
        counts = _counted(before.key, Ratio(before.numerator, before.denominator))
        origin = f"{before.text} ({_aside(counts, 'small sample' if before.small_sample else '')})"
    ending = ", so far" if so_far and now.unit != "rate" else ""
    difference = now.value - before.value
    if difference == 0:
        return Change("same", None, f"unchanged at {origin}{ending}")
    if now.unit == "rate" and abs(difference) < _LEAST:
        return Change("same", None, f"about the same as {origin}")
    direction: Literal["up", "down"] = "up" if difference > 0 else "down"
    good = None if better is None else direction == better
    return Change(
        direction, good, f"{direction} {_step(now, difference, before.value)} from {origin}{ending}"
    )


def _step(now: Measure, difference: float, before: float) -> str:
    """How far apart two values are that differ."""
    if now.unit == "rate":
        return points(difference)
    size = number(abs(difference)) + (" days" if now.unit == "days" else "")
    return f"{size} ({percent(abs(difference) / before)})" if before else size


def _of_counts(key: str, title: str, counts: Ratio, note: str = "") -> Measure:
    value = counts.value
    if not isinstance(counts, Rate):
        text = NONE if value is None else decimal(value)
        detail = text if value is None else f"{_counted(key, counts)} ({text})"
        return Measure(
            key, title, "ratio", value, counts.numerator, counts.denominator, None, None, text, detail
        )
    low, high = counts.interval or (None, None)
    small = 0 < counts.denominator < SMALL_SAMPLE
    note = _aside(note, "small sample" if small else "")
    text = percent(value)
    detail = text if value is None else f"{_counted(key, counts)} ({_aside(text, note)})"
    return Measure(
        key, title, "rate", value, counts.numerator, counts.denominator, low, high, text, detail, small, note
    )


def _counted(key: str, counts: Ratio) -> str:
    """`62 of 72`; for bugs per test `10 bugs in 4 tests`."""
    if key == "bugs_per_test":
        return f"{counted(counts.numerator, 'bug')} in {counted(counts.denominator, 'test')}"
    return f"{counts.numerator:,} of {counts.denominator:,}"


def _aside(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def _lower(title: str) -> str:
    return title[:1].lower() + title[1:]


_WEIGHTS = Weights()
_HIDING = frozenset({"total_accepted", "overall_acceptance_rate"})
_VERBS = {
    "overall_acceptance_rate": "accepted",
    "active_acceptance_rate": "accepted by a person",
    "auto_acceptance_rate": "accepted bugs auto-accepted",
    "rejection_rate": "rejected",
    "review_rate": "reviewed by a person",
    "story_pass_rate": "tested user stories passed",
    "story_coverage": "user stories tested",
}
