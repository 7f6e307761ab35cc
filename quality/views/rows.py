"""Rows of lists, and where their numbers come from."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from quality.context.owners import reviewer_of
from quality.metrics import columns
from quality.metrics.measures import Measure, measures
from quality.metrics.tally import tally
from quality.model.entities import Bug, ReviewState, Severity, Test
from quality.model.facts import Facts
from quality.views.breakdowns import reason_names
from quality.views.table import (
    Amount,
    Column,
    Day,
    Figure,
    Reference,
    Row,
    Table,
    Term,
    Text,
    metric_column,
    select,
)
from quality.wording import capital


@dataclass(frozen=True, slots=True)
class BugRow:
    """A bug in a list.

    Attributes:
        test_title: The title of its test, with the id behind it where another of the product has the same.
        due_at: Until when an open bug can be reviewed, where that is known.
        reviewer: Who is to review it; empty where nobody says so, and without a date.
    """

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
    due_at: datetime | None = None
    reviewer: str = ""


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


def bug_row(facts: Facts, bug: Bug, due_at: datetime | None = None) -> BugRow:
    """Return a bug in a list, with the names of its test and product."""
    test = facts.tests.get(bug.test_id)
    product = facts.products.get(bug.product_id)
    return BugRow(
        id=bug.id,
        title=bug.title,
        severity=bug.severity,
        review=bug.review,
        known=bug.known,
        test_id=bug.test_id,
        test_title=_name(facts, test) if test else f"Test {bug.test_id}",
        product_id=bug.product_id,
        product=product.name if product else f"Product {bug.product_id}",
        feature_id=bug.feature_id,
        feature=bug.feature,
        tester=bug.tester,
        rejection_reason=bug.rejection_reason,
        reported_at=bug.reported_at,
        due_at=due_at,
        reviewer=reviewer_of(facts, bug.product_id, bug.feature_id) if due_at else "",
    )


def shared_title(facts: Facts, test: Test) -> bool:
    """Tell whether another test of the product has the same title."""
    titles: Counter[tuple[int, str]] | None = facts.made.get("titles of tests")
    if titles is None:
        titles = Counter((one.product_id, one.title) for one in facts.tests.values())
        facts.made["titles of tests"] = titles
    return titles[test.product_id, test.title] > 1


def _name(facts: Facts, test: Test) -> str:
    return f"{test.title} ({test.id})" if shared_title(facts, test) else test.title


def test_row(facts: Facts, test: Test) -> TestRow:
    """Return a test in a list, with the measures of `columns.TEST`."""
    if test is not facts.tests.get(test.id):
        return _test_row(facts, test)
    made = (test_row, test.id)
    if made not in facts.made:
        facts.made[made] = _test_row(facts, test)
    row: TestRow = facts.made[made]
    return row


def _test_row(facts: Facts, test: Test) -> TestRow:
    return TestRow(
        id=test.id,
        title=test.title,
        product_id=test.product_id,
        status=test.status,
        testing_type=test.testing_type,
        start_at=test.start_at,
        end_at=test.end_at,
        measures=measures(tally((test,)), keys=columns.TEST),
        copied_at=facts.copies.get(test.id),
    )


def table_of_tests(rows: Sequence[TestRow], title: str = "Tests") -> Table:
    """Return tests as a table, in the order given."""
    keys = tuple(rows[0].measures) if rows else ()
    return Table(
        key="tests",
        title=title,
        columns=(
            Column("id", "Id", "count"),
            Column("title", "Test"),
            Column("product_id", "Product", "count"),
            Column("status", "Status"),
            Column("testing_type", "Type"),
            Column("end_at", "End (UTC)", "day"),
            *(metric_column(key, short=True) for key in keys),
        ),
        rows=tuple(
            Row(
                (
                    Amount(row.id),
                    Text(row.title, Reference("test", row.id)),
                    Amount(row.product_id),
                    Term("status", row.status, copied_at=row.copied_at),
                    Term("word", row.testing_type),
                    Day(row.end_at),
                    *(Figure(row.measures[key]) for key in keys),
                )
            )
            for row in rows
        ),
    )


def grave_table(facts: Facts, tests: Iterable[Test]) -> Table:
    """Return the critical and high bugs of tests as a table, in the order of `grave_bugs`.

    Whether a bug was sent to the tracker is told where any bug of its product was, in whatever test.
    """
    reasons = reason_names(facts)
    grave = grave_bugs(facts, tests)
    exporting = _exporting(facts, {bug.product_id for bug in grave})

    def review(bug: Bug) -> Text | Term:
        if bug.rejection_reason is None:
            return Term("review", bug.review)
        return Text(f"Rejected: {reasons.get(bug.rejection_reason, bug.rejection_reason).lower()}")

    return Table(
        key="grave",
        title="Critical and high bugs",
        columns=(
            Column("bug", "Critical and high bugs"),
            Column("severity", "Severity"),
            Column("review", "Review"),
            Column("found_again", "Found again"),
            Column(_TRACKER, "Tracker"),
            Column("feature", "Feature"),
        ),
        rows=tuple(
            Row(
                (
                    Text(bug.title, Reference("bug", bug.id, bug.test_id), _marks(facts, bug)),
                    Term("severity", bug.severity),
                    review(bug),
                    Text("yes" if bug.id in facts.found_again else "no"),
                    Text("Sent" if bug.exported_at else "Not sent") if bug.product_id in exporting else None,
                    Text(bug.feature) if bug.feature else None,
                )
            )
            for bug in grave
        ),
    )


def grave_shown(table: Table, *more: str) -> Table:
    """Return what reports show of critical and high bugs: the tracker where there is one, else the feature.

    Args:
        table: As `grave_table` has it.
        more: Keys of other columns of it.
    """
    place = [column.key for column in table.columns].index(_TRACKER)
    last = _TRACKER if any(row.cells[place] for row in table.rows) else "feature"
    return select(table, ("bug", "severity", "review", *more, last))


def _exporting(facts: Facts, product_ids: Iterable[int]) -> set[int]:
    """Return the products of which a bug was sent to a tracker."""
    return {
        one
        for one in product_ids
        if any(bug.exported_at for test in facts.tests_by_product.get(one, ()) for bug in test.bugs)
    }


def _marks(facts: Facts, bug: Bug) -> tuple[Text, ...]:
    """Say of a bug what its review does not."""
    fixes = {"passed": "fix confirmed", "failed": "fix not confirmed"}
    marks = (
        facts.context.settled.get(bug.id, ""),
        "found again" if bug.id in facts.found_again else "",
        fixes.get(bug.confirmation or "", ""),
        "waits for the tester" if bug.waits_for_tester else "",
    )
    said = ", ".join(mark for mark in marks if mark)
    return (Text(capital(said)),) if said else ()


def grave_bugs(facts: Facts, tests: Iterable[Test]) -> tuple[Bug, ...]:
    """Return the critical and high bugs of tests, critical ones first, then settled, then rejected ones."""
    found = [bug for test in tests for bug in test.bugs if bug.severity in _GRAVE]
    settled = facts.context.settled
    return tuple(
        sorted(
            found,
            key=lambda bug: (
                bug.severity != _GRAVE[0],
                bug.review not in _UNDONE,
                bug.id in settled or bug.confirmation == "passed",
            ),
        )
    )


_TRACKER = "tracker"
_GRAVE: tuple[Severity, Severity] = ("critical", "high")
_UNDONE = frozenset({"open", "active_accepted", "auto_accepted"})
