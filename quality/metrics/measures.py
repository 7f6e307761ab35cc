"""A metric with its value, counts and words, and its change against an earlier period."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from quality.metrics.catalogue import METRICS
from quality.metrics.metric import Unit, Weights
from quality.metrics.rates import SMALL_SAMPLE, SURE_BELOW, Rate, Ratio, two_proportion_p
from quality.metrics.tally import Tally
from quality.wording import NONE, counted, decimal, number, percent, points


@dataclass(frozen=True, slots=True)
class Measure:
    """One metric's value.

    Attributes:
        value: The number (a rate as 0-1), or None where there is nothing to divide or no data.
        numerator: With `denominator`, the counts behind a rate or ratio, else None.
        low: With `high`, the 95 % Wilson interval of a rate, else None.
        text: The value alone, as shown: `86 %`, `2.5`, `12`, `–` for None; `5 of 8` for a small sample.
        detail: The value with its counts first: `62 of 72 (86 %)`; else the same as `text`. A count or
            rate of accepted bugs names the automatic ones among them.
        small_sample: A rate whose divisor is under 20: counts, and no share.
        note: What the number alone would hide: `12 auto-accepted`.
    """

    key: str
    title: str
    unit: Unit
    value: float | None
    numerator: int | None
    denominator: int | None
    low: float | None
    high: float | None
    text: str
    detail: str
    small_sample: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """A measure against the previous period of the same length.

    Attributes:
        direction: Of the value.
        better: Whether the change is good news; None unless it is settled and more than chance.
        text: `before 81 % (47 of 58)`.
        step: `up 5 points`.
        before: The value of the earlier one alone: `81 %`.
    """

    direction: Literal["up", "down", "same"]
    better: bool | None
    text: str
    step: str
    before: str = ""


_LEAST = 0.005
"""A difference of two rates from which on it is shown: half a point."""


def measure(key: str, tally: Tally, weights: Weights | None = None) -> Measure:
    """Measure one metric of a tally, with its counts, its interval and its words."""
    metric = METRICS[key]
    value = metric.value(tally, weights or _WEIGHTS)
    note = metric.note(tally)
    if isinstance(value, Ratio):
        return _of_counts(key, metric.title, value, note)
    text = NONE if value is None else f"{number(value)} days" if metric.unit == "days" else number(value)
    detail = f"{text} ({note})" if note else text
    plain = None if value is None else float(value)
    return Measure(key, metric.title, metric.unit, plain, None, None, None, None, text, detail, note=note)


def no_value(key: str) -> Measure:
    """Return a metric where it says nothing."""
    metric = METRICS[key]
    return Measure(key, metric.title, metric.unit, None, None, None, None, None, NONE, NONE)


def measures(
    tally: Tally, weights: Weights | None = None, keys: Iterable[str] | None = None
) -> dict[str, Measure]:
    """Measure the metrics of a tally by key; all of the catalogue unless some are named."""
    return {key: measure(key, tally, weights) for key in (METRICS if keys is None else keys)}


def share(part: int, whole: int, title: str = "Share") -> Measure:
    """Measure a part of a count that has been counted already, with the key `share`."""
    return _of_counts("share", title, Rate(part, whole))


def plain_count(key: str, title: str, count: int) -> Measure:
    """Measure a count that is no metric of the catalogue."""
    text = number(count)
    return Measure(key, title, "count", float(count), None, None, None, None, text, text)


def sentence(shown: Measure) -> str:
    """Write a measure as a clause, counts first: `62 of 72 accepted (86 %, 12 auto-accepted)`."""
    if shown.value is None:
        return f"{_lower(shown.title)}: no data"
    if shown.unit == "rate":
        known = METRICS.get(shown.key)
        verb = (known and known.verb) or _lower(shown.title)
        aside = _aside("" if shown.small_sample else shown.text, shown.note)
        return f"{shown.numerator:,} of {shown.denominator:,} {verb}{f' ({aside})' if aside else ''}"
    return f"{_lower(shown.title)}: {shown.detail}"


def of_whole(rate: Rate, noun: str = "") -> str:
    """Write a rate as counts with their share: `12 of 26 rejections (46 %)`; of few the counts alone."""
    counts = f"{rate.numerator:,} of {rate.denominator:,}{f' {noun}' if noun else ''}"
    return counts if rate.denominator < SMALL_SAMPLE else f"{counts} ({percent(rate.value)})"


def share_sentence(shown: Measure) -> str:
    """Write a rate as a clause, its share alone: `47 % of decided bugs rejected`; the counts of few."""
    if shown.value is None or shown.unit != "rate" or shown.small_sample:
        return sentence(replace(shown, note=""))
    return f"{shown.text} of {METRICS[shown.key].verb}"


def change(
    now: Measure, before: Measure, better: Literal["up", "down"] | None = None, *, so_far: bool = False
) -> Change | None:
    """Compare a measure with the one before; None when one of them has no value.

    Args:
        now: The measure of the period.
        before: The same metric in the period before.
        better: Which direction is good news.
        so_far: Whether either period can still change, which must be said and is never good or bad news.
    """
    if now.value is None or before.value is None or now.small_sample or before.small_sample:
        return None
    origin = before.text
    if before.numerator is not None and before.denominator is not None:
        origin = f"{before.text} ({_counted(before.key, Ratio(before.numerator, before.denominator))})"
    text = f"{'so far, ' if so_far else ''}before {origin}"
    difference = now.value - before.value
    if difference == 0 or (now.unit == "rate" and abs(difference) < _LEAST):
        step = "the same" if difference == 0 else "about the same"
        return Change("same", None, text, step, before.text)
    direction: Literal["up", "down"] = "up" if difference > 0 else "down"
    sure = not so_far and is_sure(now, before)
    good = direction == better if better is not None and sure else None
    return Change(direction, good, text, f"{direction} {_step(now, abs(difference))}", before.text)


def is_sure(now: Measure, before: Measure) -> bool:
    """Return whether two rates differ by more than chance."""
    rates = [_rate_of(one) for one in (now, before)]
    p = two_proportion_p(*rates) if now.unit == "rate" else None
    return p is not None and p < SURE_BELOW


def _rate_of(one: Measure) -> Rate:
    return Rate(one.numerator or 0, one.denominator or 0)


def _step(now: Measure, difference: float) -> str:
    """Say how far apart two values are that differ."""
    if now.unit == "rate":
        return points(difference)
    return number(difference) + (" days" if now.unit == "days" else "")


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
    text = _counted(key, counts) if small else percent(value)
    aside = _aside("" if small else text, note)
    detail = text if value is None else f"{_counted(key, counts)}{f' ({aside})' if aside else ''}"
    return Measure(
        key, title, "rate", value, counts.numerator, counts.denominator, low, high, text, detail, small, note
    )


def _counted(key: str, counts: Ratio) -> str:
    """`62 of 72`; for a ratio `10 bugs in 4 tests`."""
    metric = METRICS.get(key)
    if metric is not None and metric.unit == "ratio":
        return f"{counted(counts.numerator, metric.noun)} in {counted(counts.denominator, metric.divisor)}"
    return f"{counts.numerator:,} of {counts.denominator:,}"


def _aside(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def _lower(title: str) -> str:
    return title[:1].lower() + title[1:]


_WEIGHTS = Weights()
