"""The quality report over a selection of tests: what pages, Markdown and tools show alike."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from base.text import shorten
from quality.deadlines import facts_at
from quality.findings import Case, Finding, findings
from quality.metrics.catalogue import METRICS
from quality.metrics.columns import KPIS
from quality.metrics.measures import Change, Measure, change, measures
from quality.metrics.rates import SMALL_SAMPLE
from quality.metrics.tally import Tally, tally
from quality.model.entities import Named, Test
from quality.model.facts import Facts
from quality.options import QualityOptions
from quality.periods.periods import ALL_TIME, last_months, previous
from quality.products import all_products, named
from quality.selection import Selection, describe, select
from quality.views import breakdowns, headline, periods, trend
from quality.views.breakdowns import Breakdown
from quality.views.deadlines import DeadlineDay, deadline_days
from quality.views.freshness import Freshness, freshness
from quality.views.health import Health, health
from quality.views.periods import PeriodLink
from quality.views.rows import TestRow, test_row
from quality.views.table import Amount, Column, Comparison, Figure, Reference, Row, Table, Text
from quality.views.trend import TrendPoint
from quality.wording import counted, day_utc, month


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
class Scope:
    """What a report counts.

    Attributes:
        tests: The selected ones, newest first.
        ever: The same selection over all time.
        before: The previous period of the same length; None where there is none.
    """

    product_ids: tuple[int, ...]
    tests: tuple[Test, ...]
    ever: tuple[Test, ...]
    found: Tally
    before: Tally | None
    before_text: str


def scope(facts: Facts, selection: Selection) -> Scope:
    """Select and count.

    Raises:
        NotFound: For a product or test that the snapshot does not know.
        InvalidInput: For an unknown status.
    """
    tests = select(facts, selection)
    if selection.test_ids is not None:
        product_ids = tuple(dict.fromkeys(test.product_id for test in tests))
        return Scope(product_ids, tests, tests, tally(tests), None, "")
    chosen = selection.product_ids
    product_ids = tuple(all_products(facts)) if chosen is None else tuple(dict.fromkeys(chosen))
    earlier = previous(selection.period)
    return Scope(
        product_ids=product_ids,
        tests=tests,
        ever=select(facts, replace(selection, period=ALL_TIME)),
        found=tally(tests),
        before=None if earlier is None else tally(select(facts, replace(selection, period=earlier))),
        before_text="" if earlier is None else periods.in_words(earlier),
    )


def report_view(
    facts: Facts, selection: Selection, options: QualityOptions, now: datetime | None = None
) -> ReportView:
    """The quality report of the selected tests.

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
    return report_of(facts, selection, scope(facts, selection), options, now or facts.as_of)


def report_of(
    facts: Facts, selection: Selection, scoped: Scope, options: QualityOptions, now: datetime
) -> ReportView:
    """The report of a scope that is counted already; see `report_view`."""
    weights = options.weights
    span = selection.period
    period = periods.link(span, now, current=True, default=span.key == options.default_period)
    if selection.test_ids is not None:
        period = replace(period, title="Chosen tests")
    found, before = scoped.found, scoped.before
    values = measures(found, weights)
    earlier = None if before is None else measures(before, weights)
    changes = changes_of(values, earlier, so_far=period.running)
    judged = health(found, options.thresholds, weights)
    waiting = (
        scoped.tests if selection.test_ids is not None else tests_of(facts, scoped.product_ids, selection)
    )
    stated = findings(Case(now, options, found, before, waiting, period.running))
    deadlines = deadline_days(facts, waiting, now)
    by_month = trend.months_of(scoped.ever)
    points, trend_note = trend.trend(scoped.ever, by_month, span, now, weights)
    months = last_months(now)
    origin = freshness(facts, scoped.product_ids)
    first = headline.direction(headline.lead(period), found, before, values, changes)
    if found.test_count:
        second = headline.cause(judged, found, before, changes, breakdowns.reason_names(facts))
    else:
        second = headline.nothing_ended(scoped.ever[0] if scoped.ever else None, now)
    apart = found.tests.keys().isdisjoint(bug.test_id for day in deadlines for bug in day.bugs)
    asked = headline.ask(deadlines, stated, origin.gaps, apart=apart)
    return ReportView(
        title=_title(facts, selection, scoped),
        products=named(facts, scoped.product_ids),
        period=period,
        selection=describe(facts, selection),
        headline=tuple(text for text in (first, second, asked) if text),
        measures=values,
        previous=earlier,
        changes=changes,
        kpis=tuple(
            Kpi(values[key], changes.get(key), months, trend.spark(by_month, months, key, weights))
            for key in KPIS
        ),
        health=judged,
        findings=stated,
        deadlines=deadlines,
        trend=points,
        severity=breakdowns.by_severity(facts, scoped.tests, weights),
        reasons=breakdowns.by_reason(facts, scoped.tests, weights),
        by_product=breakdowns.by_product(facts, scoped.tests, scoped.product_ids, weights),
        tests=tuple(test_row(facts, test) for test in scoped.tests),
        freshness=origin,
        notes=notes(facts, period, scoped, now),
        previous_text=scoped.before_text,
        trend_note=trend_note,
    )


def changes_of(
    now: Mapping[str, Measure], before: Mapping[str, Measure] | None, *, so_far: bool
) -> dict[str, Change]:
    """The change of every measure that has a value in both periods."""
    found = {
        key: change(measure, before[key], METRICS[key].better, so_far=so_far)
        for key, measure in now.items()
        if before is not None
    }
    return {key: one for key, one in found.items() if one is not None}


def tests_of(facts: Facts, product_ids: Sequence[int], selection: Selection) -> tuple[Test, ...]:
    """All tests of the products whose open bugs can wait for a review, whatever the period."""
    by_product = facts.tests_by_product
    return tuple(
        test
        for product_id in product_ids
        for test in by_product.get(product_id, ())
        if not test.demo or selection.include_demo
    )


def notes(facts: Facts, period: PeriodLink, scoped: Scope, now: datetime) -> tuple[str, ...]:
    """What a reader must know before comparing the numbers."""
    found = []
    if period.running and period.start is not None and period.end is not None:
        length = (period.end - period.start).days + 1
        passed = (now - period.start).days + 1
        found.append(
            f"This period has not ended: its numbers are so far, after {passed} of {length} days, and stand"
            " beside a whole period before."
        )
    running = [test for test in scoped.tests if test.end_at is not None and test.end_at > now]
    if running and len(running) < len(scoped.tests):
        undecided = sum(bug.review == "open" for test in running for bug in test.bugs)
        have = "has" if len(running) == 1 else "have"
        found.append(
            f"{len(running):,} of these {counted(len(scoped.tests), 'test')} {have} not ended yet, with"
            f" {undecided:,} of the {counted(scoped.found.open, 'open bug')}."
        )
    copies = [facts.copies[test.id] for test in scoped.tests if test.id in facts.copies]
    if copies:
        are = "is" if len(copies) == 1 else "are"
        found.append(
            f"{len(copies):,} of these {counted(len(scoped.tests), 'test')} {are} counted from older copies,"
            f" the oldest of {day_utc(min(copies))}: what happened since is not known."
        )
    undated = sum(test.end_at is None for test in scoped.ever)
    if undated and (period.start is not None or period.end is not None):
        verb = "belongs" if undated == 1 else "belong"
        found.append(f"{counted(undated, 'test')} without a known end {verb} to no period but all time.")
    if 0 < scoped.found.bug_count < SMALL_SAMPLE:
        found.append(f"Small sample: {counted(scoped.found.bug_count, 'bug')}, so read counts, not shares.")
    dated = [test.end_at for test in scoped.ever if test.end_at is not None]
    if scoped.before is not None and dated and period.start is not None and scoped.before.test_count == 0:
        found.append(
            f"No test ended in the period before ({scoped.before_text}); the earliest that is known ended on"
            f" {day_utc(min(dated))}."
        )
    return tuple(found)


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
    before = report.previous or {}
    return Table(
        key="figures",
        title="What changed",
        columns=(
            Column("figure", "Figure"),
            Column("now", "This period", "mixed"),
            Column("before", "Period before", "mixed"),
            Column("change", "Change"),
        ),
        rows=tuple(
            Row(
                (
                    Text(report.measures[key].title, Reference("metric", key)),
                    Figure(report.measures[key]),
                    Figure(before[key]) if key in before else None,
                    Comparison(report.changes.get(key)),
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
