"""What a page shows of a long list: cut to what fits, with a sentence about the rest."""

from collections.abc import Sequence
from dataclasses import dataclass

from build.site.charts import figures
from build.site.labels import brief
from quality import wording
from quality.model.entities import SEVERITIES, Severity
from quality.views.shapes import (
    Change,
    HeatRow,
    Kpi,
    Measure,
    PortfolioRow,
    ProductView,
    ReportView,
    StoryCounts,
    TestRow,
    TrendPoint,
)

TESTS_SHOWN = 10
TEST_COLUMNS = (
    "bug_count", "critical_bugs", "overall_acceptance_rate", "auto_acceptance_rate", "rejection_rate",
    "review_rate",
)  # fmt: skip
TREND_COLUMNS = (
    "test_count", "bug_count", "overall_acceptance_rate", "auto_acceptance_rate", "rejection_rate",
    "review_rate",
)  # fmt: skip
PORTFOLIO_COLUMNS = ("test_count", "bug_count", "overall_acceptance_rate", "rejection_rate", "review_rate")
PORTFOLIO_TOTALS = (
    "test_count", "bug_count", "overall_acceptance_rate", "auto_acceptance_rate", "rejection_rate",
    "review_rate",
)  # fmt: skip
COMPARED = (
    "test_count", "bug_count", "bugs_per_test", "features_tested", "active_testers", "critical_bugs",
    "high_bugs", "overall_acceptance_rate", "active_acceptance_rate", "auto_acceptance_rate",
    "rejection_rate", "review_rate", "story_pass_rate", "median_review_days",
)  # fmt: skip
_MONTHS_SHOWN = 18
_FEATURES_SHOWN = 16
_UNTESTED_SHOWN = 20
_ALWAYS: tuple[Severity, ...] = ("critical", "high", "low")


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of texts: column labels, and rows of a name and its cells."""

    labels: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]


def kpi_months(kpis: Sequence[Kpi], trend: Sequence[TrendPoint]) -> Grid | None:
    """The numbers of the sparklines; None when the trend's table has them all."""
    months = kpis[0].months if kpis else ()
    shown = {point.month for point in trend}
    if shown.issuperset(months) and {kpi.measure.key for kpi in kpis} <= set(TREND_COLUMNS):
        return None
    return Grid(
        tuple(wording.month(month) for month in months),
        tuple(
            (kpi.measure.title, tuple(figures.value_text(kpi.measure.unit, value) for value in kpi.spark))
            for kpi in kpis
        ),
    )


def portfolio_months(rows: Sequence[PortfolioRow], spark: Measure) -> Grid:
    """The numbers of the portfolio's sparklines."""
    months = rows[0].months if rows else ()
    return Grid(
        tuple(wording.month(month) for month in months),
        tuple(
            (brief(row.product.name), tuple(figures.value_text(spark.unit, value) for value in row.spark))
            for row in rows
        ),
    )


@dataclass(frozen=True, slots=True)
class Compared:
    """A measure in the period before and now."""

    before: Measure
    now: Measure
    change: Change | None


def compared(report: ReportView) -> tuple[Compared, ...]:
    """The measures that either period has; empty without a period before."""
    previous = report.previous
    if previous is None:
        return ()
    return tuple(
        Compared(previous[key], report.measures[key], report.changes.get(key))
        for key in COMPARED
        if previous[key].value is not None or report.measures[key].value is not None
    )


def shown_trend(trend: Sequence[TrendPoint]) -> tuple[tuple[TrendPoint, ...], str]:
    """The newest months, and a sentence when older ones are left out."""
    shown = tuple(trend[-_MONTHS_SHOWN:])
    return shown, f"The newest {len(shown)} of {len(trend)} months." if len(shown) < len(trend) else ""


@dataclass(frozen=True, slots=True)
class HeatCell:
    """How many bugs, and how dark that is (0-5)."""

    text: str
    heat: int


@dataclass(frozen=True, slots=True)
class ShownHeatRow:
    """A feature; `cells` is empty when it was not tested."""

    feature: str
    tests: str
    cells: tuple[HeatCell, ...]
    total: str


@dataclass(frozen=True, slots=True)
class Heat:
    """The heat table; `span` is how many columns follow the tests."""

    severities: tuple[Severity, ...]
    span: int
    rows: tuple[ShownHeatRow, ...]
    note: str


def shown_heat(rows: Sequence[HeatRow]) -> Heat:
    """The features with the most bugs first, as the view has them, and the severities that occur."""
    found = {severity for row in rows for severity, count in (row.counts or {}).items() if count}
    severities = tuple(severity for severity in SEVERITIES if severity in found or severity in _ALWAYS)
    most = max((count for row in rows for count in (row.counts or {}).values()), default=0)
    shown = tuple(
        ShownHeatRow(
            brief(row.feature),
            wording.number(row.test_count),
            tuple(_heat_cell(row.counts.get(severity, 0), most) for severity in severities)
            if row.counts is not None
            else (),
            wording.number(row.total),
        )
        for row in rows[:_FEATURES_SHOWN]
    )
    note = f"The first {_FEATURES_SHOWN} of {len(rows)} features." if len(rows) > _FEATURES_SHOWN else ""
    return Heat(severities, len(severities) + 1, shown, note)


def _heat_cell(count: int, most: int) -> HeatCell:
    return HeatCell(wording.number(count), figures.heat(count, most))


@dataclass(frozen=True, slots=True)
class Untested:
    """Names of features without a test."""

    names: tuple[str, ...]
    more: str
    empty: str


def shown_untested(view: ProductView) -> Untested:
    """The features that no test of the period covered."""
    every = tuple(brief(feature.name or f"Feature {feature.id}") for feature in view.untested_features)
    rest = len(every) - _UNTESTED_SHOWN
    empty = "Every feature of the catalogue was tested." if view.heat else "The product has no features."
    return Untested(every[:_UNTESTED_SHOWN], f"and {rest} more" if rest > 0 else "", empty)


def story_figures(stories: StoryCounts | None) -> tuple[tuple[str, str], ...]:
    """The results of the user stories; empty when no test gave any."""
    if stories is None or not stories.total:
        return ()
    every = (
        ("All", stories.total), ("Tested", stories.tested), ("Passed", stories.passed),
        ("Failed", stories.failed), ("Blocked", stories.blocked),
    )  # fmt: skip
    return tuple((name, wording.number(count)) for name, count in every if count is not None)


@dataclass(frozen=True, slots=True)
class TestList:
    """Rows of tests under the columns of some measures."""

    columns: tuple[Measure, ...]
    rows: tuple[TestRow, ...]
    note: str


def list_tests(rows: Sequence[TestRow], limit: int | None = None) -> TestList:
    """The first rows, with a sentence when there are more."""
    shown = tuple(rows[:limit])
    columns = (
        tuple(shown[0].measures[key] for key in TEST_COLUMNS if key in shown[0].measures) if shown else ()
    )
    note = (
        f"The newest {len(shown)} of {wording.counted(len(rows), 'test')}." if len(shown) < len(rows) else ""
    )
    return TestList(columns, shown, note)
