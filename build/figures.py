"""The pieces of a page that are drawn: from a view's shapes to charts, classes and marks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from build import charts, labels
from quality import wording
from quality.views.shapes import (
    Breakdown,
    BreakdownRow,
    Change,
    Kpi,
    Level,
    Measure,
    PortfolioRow,
    StoryCounts,
    TrendPoint,
    Unit,
)

ARROWS: Mapping[str, str] = {"up": "▲", "down": "▼", "same": "■"}
LEVEL_SHAPES: Mapping[Level, str] = {
    "healthy": "M6 0a6 6 0 1 0 0 12a6 6 0 1 0 0-12zM5.2 9L2.4 6.2l1-1 1.8 1.8L8.6 3.6l1 1z",
    "warning": "M6 .6L12 11.4H0zM5.3 4.4v3.4h1.4V4.4zM5.3 8.8v1.4h1.4V8.8z",
    "critical": "M3.5 0h5L12 3.5v5L8.5 12h-5L0 8.5v-5zM5.2 2.5v4.3h1.6V2.5zM5.2 8v1.5h1.6V8z",
    "unknown": "M6 0a6 6 0 1 0 0 12a6 6 0 1 0 0-12zM6 1.8a4.2 4.2 0 1 1 0 8.4a4.2 4.2 0 1 1 0-8.4z",
}
"""Outlines of the marks before a level's name; holes by the even-odd rule."""


@dataclass(frozen=True, slots=True)
class LegendItem:
    """A series of the rates chart: its name, the end of its classes, and the outline of its mark."""

    name: str
    style: str
    mark: str


_RATES = (
    ("overall_acceptance_rate", "Acceptance rate", "accepted"),
    ("review_rate", "Review rate", "reviewed"),
    ("rejection_rate", "Rejection rate", "rejected"),
)
RATE_LEGEND = tuple(
    LegendItem(name, style, mark) for (_, name, style), mark in zip(_RATES, charts.MARKS, strict=False)
)
_STORY_PARTS = (("passed", "Passed"), ("failed", "Failed"), ("blocked", "Blocked"))


def value_text(unit: Unit, value: float | None) -> str:
    """A metric's value alone, as in `Measure.text`, for a value that has no measure of its own."""
    if value is None:
        return wording.NONE
    return wording.percent(value) if unit == "rate" else wording.number(value)


def change_class(change: Change) -> str:
    """The class of a change: good news, bad news, or neither."""
    return {True: "good", False: "bad", None: "neutral"}[change.better]


def kpi_spark(kpi: Kpi) -> Markup:
    """The last months of a key figure."""
    return _spark(f"spark-{kpi.measure.key}", kpi.measure.title, kpi.measure.unit, kpi.months, kpi.spark)


def portfolio_spark(row: PortfolioRow, title: str, unit: Unit) -> Markup:
    """The last months of a product."""
    return _spark(f"spark-{row.product.id}", f"{row.product.name}: {title}", unit, row.months, row.spark)


def _spark(key: str, name: str, unit: Unit, months: Sequence[str], values: Sequence[float | None]) -> Markup:
    known = [(month, value) for month, value in zip(months, values, strict=True) if value is not None]
    if not known:
        return Markup('<p class="muted">No data in 12 months.</p>')
    low, high = (pick(known, key=lambda pair: pair[1]) for pick in (min, max))
    first, last = known[0], known[-1]
    said = "; ".join(
        f"{word} {value_text(unit, value)} in {wording.month(month)}"
        for word, (month, value) in (("first", first), ("lowest", low), ("highest", high), ("last", last))
    )
    return charts.sparkline(key, f"{name}, last {len(values)} months", f"{said}.", values)


def volumes(trend: Sequence[TrendPoint]) -> Markup:
    """Bugs above tests, by month."""
    panels = [
        charts.Series(
            name,
            style,
            tuple(
                charts.Point(
                    point.measures[key].value, f"{_month(point)}: {point.measures[key].text} {name.lower()}"
                )
                for point in trend
            ),
        )
        for key, name, style in (("bug_count", "Bugs", "bugs"), ("test_count", "Tests", "tests"))
    ]
    said = "; ".join(
        f"{_month(point)}: {wording.counted(int(point.measures['bug_count'].value or 0), 'bug')} in"
        f" {wording.counted(int(point.measures['test_count'].value or 0), 'test')}"
        for point in trend
    )
    return charts.bars(
        "volumes", "Bugs and tests by month", f"{said}.", [wording.month(point.month) for point in trend], panels,
        running=trend[-1].running, flags=_releases(trend),
    )  # fmt: skip


def rates(trend: Sequence[TrendPoint]) -> Markup:
    """Acceptance, review and rejection rate, by month."""
    series = [
        charts.Series(
            name,
            style,
            tuple(
                charts.Point(
                    point.measures[key].value, f"{_month(point)}: {name.lower()} {point.measures[key].detail}"
                )
                for point in trend
            ),
        )
        for key, name, style in _RATES
    ]
    said = "; ".join(
        f"{name.lower()} from {trend[0].measures[key].text} to {trend[-1].measures[key].text}"
        for key, name, _ in _RATES
    )
    return charts.lines(
        "rates", "Rates by month", f"{_month(trend[0])} to {_month(trend[-1])}: {said}.",
        [wording.month(point.month) for point in trend], series,
        running=trend[-1].running, flags=_releases(trend),
    )  # fmt: skip


def _month(point: TrendPoint) -> str:
    return f"{wording.month(point.month)}{' so far' if point.running else ''}"


def _releases(trend: Sequence[TrendPoint]) -> list[str]:
    return [", ".join(point.releases[:2]) + (" …" if point.releases[2:] else "") for point in trend]


def severity_stack(breakdown: Breakdown) -> Markup:
    """The mix of severities as one bar."""
    segments = [
        charts.Segment(labels.severity(row.name), count, f"sev-{row.name}")
        for row in breakdown.rows
        if (count := _count(row.measures["bug_count"]))
    ]
    said = ", ".join(f"{segment.name} {segment.count}" for segment in segments)
    return charts.stack("mix", "Bugs by severity", f"{said}.", segments)


def story_stack(stories: StoryCounts) -> Markup:
    """The results of the user stories as one bar."""
    segments = [
        charts.Segment(name, count, f"story-{part}")
        for part, name in _STORY_PARTS
        if (count := getattr(stories, part))
    ]
    untested = (stories.total or 0) - (stories.tested or 0)
    if untested > 0:
        segments.append(charts.Segment("Not tested", untested, "story-untested"))
    said = ", ".join(f"{segment.name.lower()} {segment.count}" for segment in segments)
    return charts.stack("story-mix", "User stories by result", f"{said}.", segments)


def row_name(breakdown: Breakdown, row: BreakdownRow) -> str:
    """The name of a breakdown's row as it is shown."""
    if breakdown.dimension == "severity":
        return labels.severity(row.name)
    if breakdown.dimension == "review":
        return labels.review(row.name)
    return row.name if row.name is not None else "none"


def row_bar(breakdown: Breakdown, row: BreakdownRow, style: str) -> Markup:
    """The bar of a breakdown's row: its share, or its part of the largest value."""
    own = {"severity": f"sev-{row.name}", "review": f"rev-{row.name}"}.get(style, style)
    if row.share is not None:
        return charts.bar(row.share.value, own)
    first = breakdown.columns[0]
    most = max((other.measures[first].value or 0 for other in breakdown.rows), default=0)
    return charts.bar((row.measures[first].value or 0) / most if most else None, own)


def heat(count: int, most: int) -> int:
    """How dark a cell is: 0 for none, 1 to 5 by its part of the largest count."""
    return 0 if not count else 1 + min(4, 5 * count // (most + 1))


def _count(measure: Measure) -> int:
    return int(measure.value or 0)
