"""The quality report over a selection of tests: what pages, Markdown and tools show alike."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from base.text import shorten
from quality.compared import changes_of, product_changes
from quality.context.cases import case_of
from quality.context.release_periods import release_pages
from quality.deadlines import facts_at
from quality.findings.finding import Finding
from quality.findings.rules import findings
from quality.metrics.columns import KPIS, OF_NOW
from quality.metrics.measures import Change, Measure, measures
from quality.metrics.tally import tally
from quality.model.entities import Named, Test
from quality.model.facts import Facts
from quality.options import QualityOptions
from quality.periods.periods import last_months
from quality.products import named
from quality.scope import Scope, scope, verdicts
from quality.selection import Selection, describe
from quality.verdicts import Verdict
from quality.views import breakdowns, headline, periods, trend
from quality.views.breakdowns import Breakdown
from quality.views.deadlines import DeadlineDay, deadline_days
from quality.views.freshness import Freshness, freshness
from quality.views.notes import before_text, notes
from quality.views.periods import PeriodLink
from quality.views.rows import TestRow, test_row
from quality.views.table import Amount, Column, Comparison, Figure, Reference, Row, Table, Text
from quality.views.todo import Todo, todo
from quality.views.trend import TrendPoint
from quality.wording import capital, month


@dataclass(frozen=True, slots=True)
class Kpi:
    """A card: a measure, its change, and its value in each of 12 months (oldest first).

    Attributes:
        so_far: For each month whether its value can still change.
    """

    measure: Measure
    change: Change | None
    months: tuple[str, ...]
    spark: tuple[float | None, ...]
    so_far: tuple[bool, ...] = ()

    @property
    def anchor(self) -> str:
        """Return where the about page says how this is counted."""
        return f"metric-{self.measure.key}"


@dataclass(frozen=True, slots=True)
class ReportView:
    """Make the quality report of one or several products over one selection of tests.

    Attributes:
        selection: Which tests count, in words.
        headline: A few sentences: the verdict on the product, what became of the bugs, what is asked of the
            reader.
        volume: How many tests found how many bugs, or when the last test ended.
        waits: What the open ones of these bugs wait for; empty when all are to be reviewed.
        todo: Everything that there is to do, with which the headline ends.
        verdicts: Those on the product and on the review, by the product's id.
        measures: Every metric of the catalogue by key.
        previous: The same for the previous period of the same length; None without one.
        previous_text: The first and last day of that period; empty without one.
        product_changes: The changes of each product of several, by its id; empty without a period before.
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
    product_verdict: Verdict
    review_verdict: Verdict
    verdicts: Mapping[int, tuple[Verdict, Verdict]]
    findings: tuple[Finding, ...]
    deadlines: tuple[DeadlineDay, ...]
    todo: Todo
    trend: tuple[TrendPoint, ...]
    severity: Breakdown
    reasons: Breakdown
    by_product: Breakdown
    product_changes: Mapping[int, Mapping[str, Change]]
    tests: tuple[TestRow, ...]
    freshness: Freshness
    notes: tuple[str, ...] = ()
    volume: str = ""
    waits: str = ""
    previous_text: str = ""
    trend_note: str = ""

    @property
    def why(self) -> str:
        """Return the heading of the findings: they are the reason for a verdict, or are to be watched."""
        bad = {self.product_verdict.level, self.review_verdict.level} & {"act_now", "watch"}
        return "Why" if bad else "Also to watch"


def report_view(
    facts: Facts, selection: Selection, options: QualityOptions, now: datetime | None = None
) -> ReportView:
    """Make the quality report of the selected tests.

    Args:
        facts: The snapshot.
        selection: Which tests count.
        options: Thresholds, weights and the default period.
        now: For deadlines and what is "so far"; by default the snapshot's own time.

    Raises:
        NotFound: For a product or test that the snapshot does not know.
        InvalidInput: For an unknown status.
    """
    facts = facts_at(facts, now)
    at = now or facts.as_of
    return report_of(facts, selection, scope(facts, selection, at), options, at)


def report_of(
    facts: Facts, selection: Selection, scoped: Scope, options: QualityOptions, now: datetime
) -> ReportView:
    """Make the report of a scope that is counted already; see `report_view`."""
    weights = options.weights
    span = selection.period
    period = periods.link(span, now, current=True, default=span.key == options.default_period)
    if selection.test_ids is not None:
        period = replace(period, title="Chosen tests")
    found, before = scoped.found, scoped.before
    values = measures(found, weights)
    earlier = None if before is None else measures(before, weights)
    changes = changes_of(found, before, values, earlier, running=period.running)
    product, review = verdicts(scoped, options)
    waiting = (
        scoped.tests if selection.test_ids is not None else tests_of(facts, scoped.product_ids, selection)
    )
    goals = not selection.test_ids
    stated = findings(case_of(facts, scoped, span, options, now, every=waiting, goals=goals))
    deadlines = deadline_days(facts, waiting, now)
    by_month = trend.months_of(scoped.ever)
    points, trend_note = trend.trend(
        scoped.ever,
        by_month,
        span,
        now,
        weights,
        known=facts.context.shipped(scoped.product_ids),
        pages=release_pages(facts, scoped.product_ids),
    )
    months = last_months(now)
    origin = freshness(facts, scoped.product_ids)
    then = headline.judged_before(product, changes)
    outcome = headline.outcome(review, found, changes, before, running=period.running)
    volume = headline.volume(found) if found.test_count else ""
    if not volume:
        outcome = headline.nothing_ended(scoped.ever[0] if scoped.ever else None, now)
    several = len(scoped.product_ids) > 1
    unsettled = tally(test for test in waiting if any(bug.review == "open" for bug in test.bugs))
    elsewhere = tally(test for test in unsettled.tests.values() if test.id not in found.tests)
    opened = headline.opened(unsettled, elsewhere, now)
    apart = found.tests.keys().isdisjoint(bug.test_id for day in deadlines for bug in day.bugs)
    what = "release" if period.release else "period"
    asked = headline.ask(deadlines, stated, origin.gaps, now, apart=what if apart else "", several=several)
    return ReportView(
        title=_title(facts, selection, scoped),
        products=named(facts, scoped.product_ids),
        period=period,
        selection=describe(facts, selection),
        headline=tuple(text for text in (headline.judged(product, then), outcome, asked) if text),
        volume=volume,
        waits=headline.waits(found, now),
        measures=values,
        previous=earlier,
        changes=changes,
        kpis=tuple(
            Kpi(
                values[key],
                changes.get(key),
                months,
                trend.spark(by_month, months, key, weights),
                trend.changing(by_month, months, key),
            )
            for key in KPIS
        ),
        product_verdict=product,
        review_verdict=review,
        verdicts={one: verdicts(scoped.of_product(one), options) for one in scoped.product_ids},
        findings=stated,
        deadlines=deadlines,
        todo=todo(facts, stated, deadlines, several=several, opened=opened),
        trend=points,
        severity=breakdowns.by_severity(facts, scoped.tests, weights),
        reasons=breakdowns.by_reason(facts, scoped.tests, weights),
        by_product=breakdowns.by_product(facts, scoped.tests, scoped.product_ids, weights),
        product_changes=product_changes(scoped, options, running=period.running),
        tests=tuple(test_row(facts, test) for test in scoped.tests),
        freshness=origin,
        notes=notes(facts, period, scoped, now),
        previous_text=before_text(scoped),
        trend_note=trend_note,
    )


def tests_of(facts: Facts, product_ids: Sequence[int], selection: Selection) -> tuple[Test, ...]:
    """Return all tests of the products whose open bugs can wait for a review, whatever the period."""
    by_product = facts.tests_by_product
    return tuple(
        test
        for product_id in product_ids
        for test in by_product.get(product_id, ())
        if (not test.demo or selection.include_demo) and selection.about(test)
    )


def _title(facts: Facts, selection: Selection, scoped: Scope) -> str:
    if selection.test_ids is not None and len(scoped.tests) == 1:
        return shorten(scoped.tests[0].title, 100)
    names = [one.name or f"Product {one.id}" for one in named(facts, scoped.product_ids)]
    if len(names) == 1:
        return shorten(names[0], 100)
    if not names and selection.test_ids is not None:
        return "No tests"
    every = selection.product_ids is None and selection.test_ids is None
    return "All products" if every else f"{len(names)} products"


def figures_table(report: ReportView, keys: Iterable[str]) -> Table:
    """Return these metrics in the period and in the one before."""
    span = "release" if report.period.release else "period"
    return figures_of(report.measures, report.previous, report.changes, keys, span)


def figures_of(
    now: Mapping[str, Measure],
    previous: Mapping[str, Measure] | None,
    changes: Mapping[str, Change],
    keys: Iterable[str],
    span: str = "period",
) -> Table:
    """Return metrics beside those of a period before, and their changes; `span` names what they are of."""
    before = previous or {}
    return Table(
        key="figures",
        title="What changed",
        columns=(
            Column("figure", "Figure"),
            Column("now", f"This {span}", "mixed"),
            Column("before", f"{capital(span)} before", "mixed"),
            Column("change", "Change"),
        ),
        rows=tuple(
            Row(
                (
                    Text(now[key].title, Reference("metric", key)),
                    Figure(now[key]),
                    Figure(before[key]) if key in before and key not in OF_NOW else None,
                    Comparison(changes.get(key)),
                )
            )
            for key in keys
        ),
    )


def months_table(kpis: Sequence[Kpi]) -> Table:
    """Return the numbers of the sparklines."""
    return Table(
        key="months",
        title="The last 12 months in numbers",
        columns=(
            Column("figure", "Figure"),
            *(Column(key, month(key), "mixed") for key in (kpis[0].months if kpis else ())),
        ),
        rows=tuple(
            Row((Text(kpi.measure.title), *(Amount(value, kpi.measure.unit) for value in kpi.spark)))
            for kpi in kpis
        ),
    )
