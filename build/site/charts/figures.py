"""The pieces of a page that are drawn: from a view's shapes to charts, classes and marks."""

from collections.abc import Callable, Sequence
from typing import Literal

from markupsafe import Markup, escape

from build.site import labels
from build.site.charts import stacks, svg
from quality import wording
from quality.metrics import columns
from quality.metrics.catalogue import METRICS
from quality.metrics.measures import Change, Measure
from quality.metrics.metric import Unit
from quality.metrics.rates import SMALL_SAMPLE as SMALL_SAMPLE_BELOW
from quality.verdicts import LEVEL_WORDS, Level
from quality.views.breakdowns import Breakdown
from quality.views.table import Outcome, Reference
from quality.views.trend import TrendPoint, month_text, tests_of, volumes_text, volumes_title

SMALL_SAMPLE = f"Counts under {SMALL_SAMPLE_BELOW} stand grey, without a share: too few to judge."
_JUDGED: tuple[Level, ...] = ("watch", "act_now")
_MOST_POINTS = 14
"""As many months as are 24 pixels apart, the least that a finger hits."""


def value_text(unit: Unit, value: float | None) -> str:
    """Write a metric's value alone, as in `Measure.text`, for a value without a measure of its own."""
    if value is None:
        return wording.NONE
    return wording.percent(value) if unit == "rate" else wording.number(value)


def value(measure: Measure) -> Markup:
    """Write a measure in a table's cell: counts first, then the share, then what has to be minded."""
    if measure.value is None or measure.unit != "rate":
        return escape(measure.detail)
    return _with_counts(measure, measure.note)


def short(measure: Measure, *, note: bool = True) -> Markup:
    """Write a measure in a table of many: like `value`, but counts and ratios alone."""
    if measure.value is None or measure.unit != "rate":
        return escape(measure.text)
    return _with_counts(measure, measure.note if note else "")


def _with_counts(measure: Measure, note: str) -> Markup:
    below = Markup('<span class="sub">{}</span>').format(note) if note else ""
    if measure.small_sample:
        return Markup('<span class="muted">{}</span>{}').format(counts(measure), below)
    return Markup("{} ({}){}").format(counts(measure), measure.text, below)


def measured(measure: Measure, show: Literal["whole", "short", "bare", "counts", "share"]) -> Markup:
    """Return a measure as a cell shows it: `bare`, `counts` without what to mind, `share` without counts."""
    if show == "share":
        text = large(measure)
        return Markup('<span class="muted">{}</span>').format(text) if measure.small_sample else escape(text)
    return value(measure) if show == "whole" else short(measure, note=show == "short")


def counts(measure: Measure) -> str:
    """`62 of 72`: what a rate is made of."""
    return f"{measure.numerator:,} of {measure.denominator:,}"


def large(measure: Measure) -> str:
    """Return what a card shows large: the value, or the counts of a small sample."""
    return counts(measure) if measure.small_sample else measure.text


def behind(measure: Measure) -> str:
    """Return what stands below the large text: the counts, and what has to be minded."""
    if measure.value is None or measure.detail == measure.text:
        return ""
    if measure.unit != "rate":
        return measure.detail
    return ", ".join(part for part in ("" if measure.small_sample else counts(measure), measure.note) if part)


def change_class(change: Change) -> str:
    """Return the class of a change: good news, bad news, or neither."""
    return {True: "good", False: "bad", None: "neutral"}[change.better]


def volumes(trend: Sequence[TrendPoint]) -> Markup:
    """Bugs above tests, by month."""
    panels = [_series(trend, key) for key in columns.VOLUMES]
    said = f"{_span(trend)}; {volumes_title(trend)}; at last {volumes_text(trend[-1])}."
    return svg.bars(
        "volumes", "Bugs and tests by month", said, _months(trend), panels,
        running=trend[-1].running, flags=_releases(trend),
    )  # fmt: skip


def rates(trend: Sequence[TrendPoint], limits: tuple[float, float] | None = None) -> Markup:
    """Acceptance, review and rejection rate, by month, with the limits of rejection."""
    lines = [_series(trend, key) for key in columns.RATES]
    ends = (trend[0].measures, trend[-1].measures)
    said = "; ".join(
        f"{METRICS[key].title.lower()} from {' to '.join(large(one[key]) for one in ends)}"
        for key in columns.RATES
    )
    return svg.lines(
        "rates", "Rates by month", f"{_span(trend)}: {said}.", _months(trend), lines,
        so_far=[point.so_far for point in trend], flags=_releases(trend), limits=_limits(limits),
    )  # fmt: skip


def _limits(limits: tuple[float, float] | None) -> list[svg.Limit]:
    name = METRICS[columns.NOISE].short
    return [
        svg.Limit(f"{name}: {LEVEL_WORDS[level]} from {wording.limit(value)}", value, level)
        for level, value in zip(_JUDGED, limits or (), strict=False)
    ]


def volume_ways(trend: Sequence[TrendPoint], product_id: int, address: Callable[[Reference], str]) -> Markup:
    """Lead from each month of the chart of counts to its tests."""
    return svg.ways("Tests of each month", _ways(trend, product_id, address))


def rate_ways(trend: Sequence[TrendPoint], product_id: int, address: Callable[[Reference], str]) -> Markup:
    """Lead from each month of the chart of rates to its tests, unless they stand too close to be hit."""
    if len(trend) > _MOST_POINTS:
        return Markup()
    return svg.ways("Tests behind the rates", _ways(trend, product_id, address), beside_ends=True)


def _ways(
    trend: Sequence[TrendPoint], product_id: int, address: Callable[[Reference], str]
) -> list[tuple[str, str] | None]:
    """List for each month its address and name; None for a month without tests."""
    return [
        (address(to), month_text(point)) if (to := tests_of(product_id, point)) else None for point in trend
    ]


def series(key: str, shown: Sequence[Measure], style: str) -> svg.Series:
    """Return the values of a metric for a chart, the last one with its counts where it rests on few.

    Args:
        key: Of the metric.
        shown: Its measures, the earliest first.
        style: What ends the classes of its line or bars.
    """
    few = tuple(one.small_sample for one in shown)
    last = next((large(one) for one in reversed(shown) if one.value is not None), "")
    name = METRICS[key].short or METRICS[key].title
    return svg.Series(name, style, tuple(one.value for one in shown), few, last)


def _series(trend: Sequence[TrendPoint], key: str) -> svg.Series:
    return series(key, [point.measures[key] for point in trend], METRICS[key].style)


def _span(trend: Sequence[TrendPoint]) -> str:
    return f"{month_text(trend[0])} to {month_text(trend[-1])}"


def _months(trend: Sequence[TrendPoint]) -> list[str]:
    return [wording.month(point.month) for point in trend]


def _releases(trend: Sequence[TrendPoint]) -> list[str]:
    """List the first release of each month, with an ellipsis for others."""
    first = [point.releases[0] if point.releases else "" for point in trend]
    return [f"{name} …" if point.releases[1:] else name for name, point in zip(first, trend, strict=True)]


def severity_stack(breakdown: Breakdown) -> Markup:
    """Draw the mix of severities as one bar."""
    segments = [
        stacks.Segment(labels.severity(row.name), count, f"sev-{row.name}")
        for row in breakdown.rows
        if (count := _count(row.measures[columns.BUGS]))
    ]
    said = ", ".join(f"{segment.name} {segment.count}" for segment in segments)
    return stacks.stack("mix", "Bugs by severity", f"{said}.", segments)


def outcome_stack(shown: Outcome, key: str = "outcome", title: str = "Bugs by outcome") -> Markup:
    """Draw what became of the bugs as one bar; `key` is unique on the page."""
    segments = [
        stacks.Segment(name, count, f"rev-{review}")
        for name, count, review in (
            ("Accepted", shown.by_person, "active_accepted"),
            ("Auto-accepted", shown.by_time, "auto_accepted"),
            ("Rejected", shown.rejected, "rejected"),
            ("Open", shown.open, "open"),
        )
    ]
    return stacks.stack(key, title, f"{shown.text}.", segments)


def _count(measure: Measure) -> int:
    return int(measure.value or 0)
