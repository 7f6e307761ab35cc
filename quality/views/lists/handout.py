"""The lists of a hand-out: grave bugs of a period, its tests, the next ones, and what is to be decided."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from quality.context.shown import NoteLine, Said
from quality.findings.rules import decisions
from quality.metrics import columns
from quality.metrics.measures import Measure
from quality.metrics.tally import Tally, tally
from quality.model.entities import Severity, Test
from quality.model.facts import Facts
from quality.views.features import outcome
from quality.views.lists.outcomes import outcome_of
from quality.views.product import ProductView
from quality.views.table import Amount, Column, Day, Outcome, Reference, Row, Table, Term, Text
from quality.wording import day, grave

_GOALS = 3
_RELEASES = 3
_GRAVE: tuple[Severity, Severity] = ("critical", "high")


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of the hand-out and the same of the period before; it must not stand without `beside`."""

    measure: Measure
    before: Measure | None
    beside: str = ""


@dataclass(frozen=True, slots=True)
class Handout:
    """The lists of a hand-out, each whole: pages cut them to what fits.

    Attributes:
        decisions: Actions, the most urgent first.
        grave: Critical and high bugs, critical ones first, rejected ones last.
        tests: Those of the period, newest first.
        planned: Tests that have not ended, the next one first.
        notes: Published notes on the product and its features, the newest first.
        goals: Its first goals and how they stand, in a sentence; empty without any.
        releases: Its newest releases, likewise.
    """

    figures: tuple[Figure, ...]
    outcome: Outcome
    decisions: tuple[str, ...]
    grave: Table
    tests: Table
    planned: Table
    notes: tuple[NoteLine, ...]
    goals: str = ""
    releases: str = ""


def handout(facts: Facts, view: ProductView, now: datetime) -> Handout:
    """Return what a hand-out has beside the report of a product.

    Args:
        facts: The snapshot.
        view: The report over a period.
        now: Tests that end later are planned or running.
    """
    report = view.report
    tests = tuple(facts.tests[row.id] for row in report.tests if row.id in facts.tests)
    before = report.previous or {}
    return Handout(
        figures=tuple(
            Figure(report.measures[key], before.get(key), _beside(report.measures, key))
            for key in columns.HANDOUT
        ),
        outcome=outcome_of(report.measures),
        decisions=decisions(report.findings),
        grave=view.grave,
        tests=_tests_table(tests),
        planned=_planned_table(planned_tests(facts, view.product.id, now)),
        notes=_published(view.said.notes),
        goals=goals_text(view.said),
        releases=releases_text(view.said),
    )


def goals_text(said: Said) -> str:
    """Return the first goals in a sentence, each with where it stands; empty without one."""
    return _sentence(
        f"{one.measure.title} {one.measure.detail}, {one.target}: {one.outcome}"
        for one in said.goals[:_GOALS]
    )


def releases_text(said: Said) -> str:
    """Return the first releases in a sentence: `4.15, shipped 12 Nov 2026.`; empty without one."""
    return _sentence(
        f"{one.release.version}, {one.release.status.replace('_', ' ')} {day(one.release.date)}"
        for one in said.releases[:_RELEASES]
    )


def _beside(measures: Mapping[str, Measure], key: str) -> str:
    if key != columns.BUGS or not measures[key].value:
        return ""
    critical, high = (int(measures[one].value or 0) for one in columns.GRAVE)
    return grave(critical, high)


def _sentence(parts: Iterable[str]) -> str:
    text = "; ".join(parts)
    return f"{text}." if text else ""


def _published(notes: Sequence[NoteLine]) -> tuple[NoteLine, ...]:
    """Return the notes that everyone may read: a hand-out is given away, also where the site is not."""
    known = [line for line in notes if line.note.visibility == "published"]
    return tuple(sorted(known, key=lambda line: line.note.date or date.min, reverse=True))


def _tests_table(tests: Sequence[Test]) -> Table:
    return Table(
        key="tests",
        title="Tests of the period",
        columns=(
            Column("test", "Tests"),
            Column("ended", "End", "day"),
            Column("bugs", "Bugs", "count"),
            Column("critical", "Critical", "count"),
            Column("high", "High", "count"),
            Column("outcome", "Outcome"),
        ),
        rows=tuple(_test_row(test, tally((test,))) for test in tests),
    )


def _test_row(test: Test, found: Tally) -> Row:
    critical, high = (Amount(found.severities[severity]) for severity in _GRAVE)
    became = outcome(found).text
    return Row(
        (
            Text(test.title, Reference("test", test.id)),
            Day(test.end_at),
            Amount(found.bug_count),
            critical,
            high,
            Text(became) if became else None,
        )
    )


def _planned_table(tests: Sequence[Test]) -> Table:
    return Table(
        key="planned",
        title="Running and next tests",
        columns=(
            Column("test", "Running and next tests"),
            Column("status", "Status"),
            Column("starts", "Starts", "day"),
            Column("ends", "Ends", "day"),
        ),
        rows=tuple(
            Row(
                (
                    Text(test.title, Reference("test", test.id)),
                    Term("status", test.status),
                    Day(test.start_at),
                    Day(test.end_at),
                )
            )
            for test in tests
        ),
    )


def planned_tests(facts: Facts, product_id: int, now: datetime) -> tuple[Test, ...]:
    """Return the tests of a product that have not ended, the next one first; no demo test."""
    coming = [
        (test.end_at, test)
        for test in facts.tests_by_product.get(product_id, ())
        if test.end_at is not None and test.end_at > now and test.status != "cancelled" and not test.demo
    ]
    return tuple(test for _, test in sorted(coming, key=lambda pair: (pair[0], pair[1].id)))
