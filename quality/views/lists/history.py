"""The history of a product's reviews: how long they took, how many bugs were open, what was opened again."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil

from quality.deadlines import REVIEW_DAYS
from quality.metrics.rates import SMALL_SAMPLE
from quality.metrics.tally import Tally, tally
from quality.model.entities import Bug
from quality.model.facts import Facts
from quality.model.history import History
from quality.views.table import Amount, Cell, Column, Day, Reference, Row, Table, Term, Text
from quality.wording import day_utc, percent

_SLOWEST = 0.9


@dataclass(frozen=True, slots=True)
class ReviewHistory:
    """The history of a product's reviews; `begins` says since when it is known, in a sentence or two."""

    begins: str
    days: Table
    open_bugs: Table
    reopened: Table

    @property
    def tables(self) -> tuple[Table, ...]:
        """Return the tables that have rows."""
        return tuple(table for table in (self.days, self.open_bugs, self.reopened) if table.rows)


def review_history(facts: Facts, product_id: int, test_ids: Iterable[int]) -> ReviewHistory:
    """Return the history of a product's reviews.

    Args:
        facts: The snapshot, with what those before it said.
        product_id: Of the product.
        test_ids: Those of a period: how long the reviews of their bugs took, of which `median_review_days`
            is the median.
    """
    known = facts.history.get(product_id)
    found = tally(facts.tests[one] for one in test_ids if one in facts.tests)
    return ReviewHistory(_begins(known), _days_table(found), _open_table(known), _reopened(facts, known))


def _begins(known: History | None) -> str:
    """Say since when the history is known; of no moment that changes with every snapshot."""
    if known is None:
        return "History begins with this snapshot: how long reviews take is known from the next one on."
    since = day_utc(known.begins)
    return f"By the snapshots since {since}; times are as exact as snapshots are often."


def _days_table(found: Tally) -> Table:
    """Return how long a person took to review a bug, from the first snapshot with it open."""
    ordered = sorted(found.review_days)
    rows: list[tuple[str, Cell]] = []
    if ordered:
        within = sum(one <= REVIEW_DAYS for one in ordered)
        share = f" ({percent(within / len(ordered))})" if len(ordered) >= SMALL_SAMPLE else ""
        rows = [
            ("Reviews by a person", Amount(len(ordered))),
            ("Median days", Amount(found.median_review_days, "days")),
            ("Days of the slowest tenth, at least", Amount(_percentile(ordered), "days")),
            (f"Within {REVIEW_DAYS} days", Text(f"{within:,} of {len(ordered):,}{share}")),
        ]
    return Table(
        key="review_days",
        title="How long reviews took",
        columns=(Column("figure", "Figure"), Column("value", "In this period", "mixed")),
        rows=tuple(Row((Text(name), cell)) for name, cell in rows),
    )


def _percentile(ordered: list[float]) -> float:
    """Return the value that nine of ten do not exceed, by nearest rank."""
    return ordered[ceil(_SLOWEST * len(ordered)) - 1]


def _open_table(known: History | None) -> Table:
    points = () if known is None else known.open_bugs
    return Table(
        key="burn_down",
        title="Open bugs, where that changed",
        columns=(Column("since", "Since the snapshot of", "day"), Column("open", "Open bugs", "count")),
        rows=tuple(Row((Day(at, exact=True), Amount(number))) for at, number in points),
    )


def _reopened(facts: Facts, known: History | None) -> Table:
    bugs: list[Bug] = [facts.bugs[one] for one in (known.reopened if known else ()) if one in facts.bugs]
    return Table(
        key="reopened",
        title="Decided, then open again",
        columns=(Column("bug", "Bug"), Column("severity", "Severity"), Column("review", "Review now")),
        rows=tuple(
            Row(
                (
                    Text(bug.title, Reference("bug", bug.id, bug.test_id)),
                    Term("severity", bug.severity),
                    Term("review", bug.review),
                )
            )
            for bug in bugs
        ),
    )
