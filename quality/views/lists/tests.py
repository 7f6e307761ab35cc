"""All tests of a product as a list: what each found, what became of it, and until when it can be reviewed."""

from collections.abc import Sequence
from datetime import datetime

from quality.deadlines import waiting
from quality.metrics import columns
from quality.metrics.measures import measures
from quality.metrics.tally import tally
from quality.model.entities import Test
from quality.model.facts import Facts
from quality.releases import releases
from quality.views.features import outcome
from quality.views.lists.counts import BUGS_OF_TEST
from quality.views.rows import shared_title
from quality.views.table import Amount, Column, Day, Figure, Reference, Row, Table, Term, Text, metric_column


def list_of_tests(facts: Facts, tests: Sequence[Test], now: datetime) -> Table:
    """Return tests with their bugs, in the order given; "due" is the end of the review of their open bugs.

    Args:
        facts: The snapshot.
        tests: Those of one product.
        now: Of deadlines.
    """
    due = {one.test.id: one.ends_at for one in waiting(tests, now)}
    return Table(
        key="tests",
        title="All tests",
        columns=(
            Column("id", "Id", "count"),
            Column("title", "Test"),
            Column("status", "Status"),
            Column("testing_type", "Type"),
            Column("ended", "End", "day"),
            Column("release", "Release"),
            *(metric_column(key, short=True) for key in columns.TESTS_PAGE),
            Column("outcome", "Outcome"),
            Column("due", "Due (UTC)", "day"),
        ),
        rows=tuple(_known_row(facts, test, due.get(test.id)) for test in tests),
    )


def _known_row(facts: Facts, test: Test, due: datetime | None) -> Row:
    if test is not facts.tests.get(test.id):
        return _row(facts, test, due)
    made = (list_of_tests, test.id, due)
    if made not in facts.made:
        facts.made[made] = _row(facts, test, due)
    row: Row = facts.made[made]
    return row


def _row(facts: Facts, test: Test, due: datetime | None) -> Row:
    found = tally((test,))
    status = Term("status", test.status, copied_at=facts.copies.get(test.id))
    figures = measures(found, keys=columns.TESTS_PAGE)
    number = (Text(f"Test {test.id}"),) if shared_title(facts, test) else ()
    below = (*number, status, Term("word", test.testing_type))
    return Row(
        (
            Amount(test.id),
            Text(test.title, Reference("test", test.id), below),
            status,
            Term("word", test.testing_type),
            Day(test.end_at),
            Text(", ".join(named)) if (named := releases(test.title)) else None,
            *(
                Figure(
                    figures[key],
                    to=Reference("test", test.id, which=BUGS_OF_TEST[key]) if figures[key].value else None,
                )
                for key in columns.TESTS_PAGE
            ),
            outcome(found),
            Day(due, exact=True) if due else None,
        )
    )
