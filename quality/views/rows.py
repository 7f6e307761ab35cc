"""Rows of lists, and where their numbers come from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from quality.metrics import columns
from quality.metrics.measures import Measure, measures
from quality.metrics.tally import tally
from quality.model.entities import Bug, ReviewState, Severity, Test
from quality.model.facts import Facts
from quality.views.table import Amount, Column, Day, Figure, Reference, Row, Table, Term, Text, metric_column


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


def bug_row(facts: Facts, bug: Bug) -> BugRow:
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
        test_title=test.title if test else f"Test {bug.test_id}",
        product_id=bug.product_id,
        product=product.name if product else f"Product {bug.product_id}",
        feature_id=bug.feature_id,
        feature=bug.feature,
        tester=bug.tester,
        rejection_reason=bug.rejection_reason,
        reported_at=bug.reported_at,
    )


def test_row(facts: Facts, test: Test) -> TestRow:
    """Return a test in a list, with the measures of `columns.TEST`."""
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
