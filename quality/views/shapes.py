"""What one page, tool answer or Markdown report shows: plain data, already worded and counted.

A template or tool only lays these out. Every text is plain text (not HTML, not Markdown).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from quality.model.entities import Gap, Named, Product, ReviewState, Severity, Test

Level = Literal["healthy", "warning", "critical", "unknown"]
Unit = Literal["count", "ratio", "score", "rate", "days"]


@dataclass(frozen=True, slots=True)
class Measure:
    """One metric's value.

    Attributes:
        value: The number (a rate as 0-1), or None where there is nothing to divide or no data.
        numerator: With `denominator`, the counts behind a rate or ratio, else None.
        low: With `high`, the 95 % Wilson interval of a rate, else None.
        text: The value alone, as shown: `86.1 %`, `2.5`, `12`, `–` for None.
        detail: The value with its counts first: `62 of 72 (86.1 %)`; else the same as `text`. A rate of
            a small divisor says so (`5 of 8 (62.5 %, small sample)`), and a count or rate of accepted
            bugs names the automatic ones among them.
        small_sample: A rate whose divisor is under 20.
        note: What the number alone would hide: `12 of them auto-accepted`, `small sample`.
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
        better: Whether the change is good news; None for a neutral metric or no change.
        text: `up 5.1 points from 81.0 % (47 of 58)`.
    """

    direction: Literal["up", "down", "same"]
    better: bool | None
    text: str


@dataclass(frozen=True, slots=True)
class Kpi:
    """A card: a measure, its change, and its value in each of 12 months (oldest first)."""

    measure: Measure
    change: Change | None
    months: tuple[str, ...]
    spark: tuple[float | None, ...]

    @property
    def anchor(self) -> str:
        """Where the about page says how this is counted."""
        return f"metric-{self.measure.key}"


@dataclass(frozen=True, slots=True)
class Indicator:
    """One health indicator; `text` is its sentence with counts."""

    measure: Measure
    level: Level
    small_sample: bool
    text: str


@dataclass(frozen=True, slots=True)
class Health:
    """A product's health: its worst indicator that is not unknown, and why."""

    level: Level
    reason: str
    indicators: tuple[Indicator, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a person would say first in the meeting, with its evidence.

    Attributes:
        key: Stable name of the rule: `review_deadline`, `noisy_cycle`, `change`.
        text: The signal in one sentence, with counts.
        action: The recommended action in one sentence.
        bug_ids: The bugs that are the evidence (at most 50).
        test_ids: The tests that are the evidence (at most 50).
    """

    key: str
    title: str
    level: Level
    text: str
    action: str
    bug_ids: tuple[int, ...] = ()
    test_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class BugRow:
    """A bug in a list."""

    id: int
    title: str
    severity: Severity
    review: ReviewState
    known: bool
    test_id: int
    test_title: str
    product_id: int
    product: str
    feature_id: int | None
    feature: str | None
    tester: str | None
    rejection_reason: str | None
    reported_at: datetime | None


@dataclass(frozen=True, slots=True)
class DeadlineDay:
    """Open bugs whose review days end on `day` (UTC).

    Attributes:
        days_left: Days from now; negative when overdue.
        overdue: The review days are over and the snapshot still has these bugs open.
        text: `24 Nov 2026, 14:00 UTC, in 3 days: 5 open bugs will be auto-accepted`.
        first_at: When the first of them is auto-accepted; others may follow later that day.
    """

    day: date
    days_left: int
    bugs: tuple[BugRow, ...]
    overdue: bool = False
    text: str = ""
    first_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TestRow:
    """A test in a list.

    Attributes:
        measures: By metric key.
        copied_at: When the older copy was taken that is counted, or None for a fresh one.
    """

    __test__ = False

    id: int
    title: str
    product_id: int
    status: str | None
    testing_type: str | None
    start_at: datetime | None
    end_at: datetime | None
    measures: Mapping[str, Measure]
    copied_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class BreakdownRow:
    """One value of a dimension; `name` None is shown as "none".

    Attributes:
        share: Of the true total.
        exposure: For platforms and browsers, the selected tests that asked for this one, whether a bug
            was found there or not.
    """

    id: int | str | None
    name: str | None
    measures: Mapping[str, Measure]
    share: Measure | None = None
    exposure: Measure | None = None


@dataclass(frozen=True, slots=True)
class Breakdown:
    """Measures by one dimension.

    Attributes:
        columns: Metric keys in the order of the columns; the first one sorts.
        total: The true total beside the rows (rows of a many-valued dimension may exceed it).
        note: Why rows may not add up, or what was cut; empty otherwise.
    """

    dimension: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[BreakdownRow, ...]
    total: Mapping[str, Measure]
    note: str = ""


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """One calendar month, `2026-11`; `running` when it has not ended ("so far").

    Attributes:
        releases: Releases that the titles of the products' tests named in this month for the first time.
    """

    month: str
    running: bool
    measures: Mapping[str, Measure]
    releases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HeatRow:
    """A feature against the severities; `counts` None means not tested (0 means none found)."""

    feature_id: int | None
    feature: str
    test_count: int
    counts: Mapping[Severity, int] | None
    total: int


@dataclass(frozen=True, slots=True)
class StoryCounts:
    """User stories by outcome over the selected tests; None where the upstream gave none."""

    total: int | None
    tested: int | None
    passed: int | None
    failed: int | None
    blocked: int | None


@dataclass(frozen=True, slots=True)
class PeriodLink:
    """One of the report periods; `key` is also its folder (`last-90-days`).

    Attributes:
        current: It is the period of this view.
        running: It has not ended ("so far").
        text: Its first and last day: `23 Aug 2026 to 20 Nov 2026 (UTC)`; empty for all time.
    """

    key: str
    title: str
    start: datetime | None
    end: datetime | None
    current: bool
    default: bool
    running: bool = False
    text: str = ""


@dataclass(frozen=True, slots=True)
class Freshness:
    """Where the numbers come from; `gaps` are those that these numbers depend on."""

    snapshot_id: str
    as_of: datetime
    text: str
    gaps: tuple[Gap, ...]
    gap_texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReportView:
    """The quality report of one or several products over one selection of tests.

    Attributes:
        selection: Which tests count, in words.
        headline: Two or three sentences: direction, cause, what is asked of the reader.
        measures: Every metric of the catalogue by key.
        previous: The same for the previous period of the same length; None without one.
        previous_text: The first and last day of that period; empty without one.
        deadlines: Of all tests of the products, whatever the period: they are about now.
        trend: Whole calendar months, oldest first; `trend_note` says which and why they may add up to
            more than the period.
        tests: The selected tests, newest first.
        notes: Warnings such as a running period or a small sample.
    """

    title: str
    products: tuple[Named, ...]
    period: PeriodLink
    selection: str
    headline: tuple[str, ...]
    measures: Mapping[str, Measure]
    previous: Mapping[str, Measure] | None
    changes: Mapping[str, Change]
    kpis: tuple[Kpi, ...]
    health: Health
    findings: tuple[Finding, ...]
    deadlines: tuple[DeadlineDay, ...]
    trend: tuple[TrendPoint, ...]
    severity: Breakdown
    reasons: Breakdown
    by_product: Breakdown
    tests: tuple[TestRow, ...]
    freshness: Freshness
    notes: tuple[str, ...] = ()
    previous_text: str = ""
    trend_note: str = ""


@dataclass(frozen=True, slots=True)
class SinceSnapshot:
    """What one product's snapshot has that an earlier one had not.

    Attributes:
        text: One sentence with the counts and the earlier snapshot's time.
        new_tests: Listed now and not then.
        moved_tests: Tests whose status is another one: (test, status then).
        gone_test_ids: Tests that only the earlier snapshot has.
        new_bugs: Bugs that only this snapshot has.
        reviewed_bugs: Bugs that were open then and are not any more.
    """

    snapshot_id: str
    as_of: datetime
    text: str
    new_tests: tuple[TestRow, ...]
    moved_tests: tuple[tuple[TestRow, str | None], ...]
    gone_test_ids: tuple[int, ...]
    new_bugs: tuple[BugRow, ...]
    reviewed_bugs: tuple[BugRow, ...]


@dataclass(frozen=True, slots=True)
class ProductView:
    """The product quality report: the report and the detail that only its page shows.

    Attributes:
        top_testers: The three who found most: their bugs of all bugs with a named tester.
        untested_features: Features of the catalogue that no selected test had.
        since: What changed since an earlier snapshot; None when none was given.
    """

    product: Product
    slug: str
    periods: tuple[PeriodLink, ...]
    report: ReportView
    heat: tuple[HeatRow, ...]
    platforms: Breakdown
    browsers: Breakdown
    testers: Breakdown
    top_testers: Measure
    untested_features: tuple[Named, ...]
    stories: StoryCounts
    since: SinceSnapshot | None = None


@dataclass(frozen=True, slots=True)
class PortfolioRow:
    """A product in the portfolio, over the default period; `spark` is its bugs by month."""

    product: Product
    slug: str
    health: Health
    measures: Mapping[str, Measure]
    changes: Mapping[str, Change]
    months: tuple[str, ...]
    spark: tuple[float | None, ...]
    last_test: TestRow | None


@dataclass(frozen=True, slots=True)
class PortfolioView:
    """All products over the default period, those that need attention first."""

    headline: tuple[str, ...]
    period: PeriodLink
    rows: tuple[PortfolioRow, ...]
    total: Mapping[str, Measure]
    deadlines: tuple[DeadlineDay, ...]
    freshness: Freshness
    changes: Mapping[str, Change] = field(default_factory=dict)
    previous_text: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TestView:
    """One test with all of its bugs (in `test.bugs`, newest first).

    Attributes:
        health: None while the test runs, since its bugs need not be reviewed yet.
        deadline: When its open bugs will be auto-accepted; None when nothing waits.
        notes: Warnings such as a running test or a small sample.
    """

    __test__ = False

    test: Test
    product: Product
    slug: str
    measures: Mapping[str, Measure]
    severity: Breakdown
    review: Breakdown
    findings: tuple[Finding, ...]
    freshness: Freshness
    health: Health | None = None
    stories: StoryCounts | None = None
    deadline: DeadlineDay | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MetricHelp:
    """How one metric is counted; `anchor` is its id on the about page."""

    key: str
    title: str
    unit: Unit
    formula: str
    help: str
    anchor: str


@dataclass(frozen=True, slots=True)
class AboutView:
    """How everything is counted, and what the snapshot holds.

    Attributes:
        dimensions: (key, help) in display order.
        thresholds: (metric's title, healthy, warning, critical), the last three in words.
        findings: (title, signal, action) of every rule.
    """

    metrics: tuple[MetricHelp, ...]
    dimensions: tuple[tuple[str, str], ...]
    thresholds: tuple[tuple[str, str, str, str], ...]
    counts: Mapping[str, int]
    freshness: Freshness
    findings: tuple[tuple[str, str, str], ...] = ()
