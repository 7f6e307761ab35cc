"""The tables of the portfolio: its products side by side, and the review deadlines of all of them."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from base.text import shorten
from quality.metrics.catalogue import METRICS
from quality.metrics.columns import GRAVE, GRAVE_ACCEPTED, LISTED, PORTFOLIO, PORTFOLIO_RATES, TESTS
from quality.views.deadlines import DeadlineDay
from quality.views.lists.bugs import EVERY, counted_bugs, fragment, span_word
from quality.views.portfolio import PortfolioRow
from quality.views.rows import BugRow
from quality.views.table import (
    Amount,
    Cell,
    Column,
    Day,
    Figure,
    Reference,
    Row,
    Table,
    Term,
    Text,
    metric_column,
)
from quality.wording import counted, listing

_BEFORE = "_before"


def products_table(rows: Iterable[PortfolioRow], period_key: str) -> Table:
    """Return the products with both verdicts, their counts, their rates now and before, and what is due.

    Args:
        rows: The products, in their order.
        period_key: Of the portfolio: the counts lead to their bugs in that period.
    """
    return Table(
        key="products",
        title="Products",
        columns=(
            Column("product", "Product"),
            Column("product_verdict", "Product verdict"),
            Column("review_verdict", "Review verdict"),
            *(metric_column(key, short=True, linked=True) for key in PORTFOLIO),
            *(column for key in PORTFOLIO_RATES for column in _now_and_before(key)),
            Column("due", "Due (UTC)", "day"),
        ),
        rows=tuple(
            Row(
                (
                    _product(row, period_key),
                    Term("level", row.product_verdict.level, row.product_verdict.headline),
                    Term("level", row.review_verdict.level, row.review_verdict.headline),
                    *(_now(row, key, period_key) for key in PORTFOLIO),
                    *(
                        cell
                        for key in PORTFOLIO_RATES
                        for cell in (_now(row, key, period_key), _then(row, key))
                    ),
                    _due(row),
                )
            )
            for row in rows
        ),
    )


def shown_columns(counts: Iterable[str], rates: Iterable[str] = PORTFOLIO_RATES) -> tuple[str, ...]:
    """Return the keys of the columns that a page has room for, with these counts and rates."""
    rates = (column for key in rates for column in (key, key + _BEFORE))
    return ("product", "product_verdict", "review_verdict", *counts, *rates, "due")


def deadlines_table(deadlines: Iterable[DeadlineDay]) -> Table:
    """Return the tests whose review days end ahead, the next one first, with how many bugs wait in each.

    Who is to review them stands beside them where the context files say so.
    """
    by_test: dict[tuple[datetime, int], list[BugRow]] = {}
    for bug in (bug for day in deadlines if not day.overdue for bug in day.bugs):
        if bug.due_at is not None:
            by_test.setdefault((bug.due_at, bug.test_id), []).append(bug)
    owned = any(bug.reviewer for bugs in by_test.values() for bug in bugs)
    return Table(
        key="deadlines",
        title="Review deadlines",
        columns=(
            Column("due", "Due (UTC)", "day"),
            Column("product", "Product"),
            Column("test", "Test"),
            *((Column("reviewer", "Reviewer"),) if owned else ()),
            Column("bugs", "Bugs to review", "count"),
            Column("critical", "Critical", "count"),
            Column("high", "High", "count"),
        ),
        rows=tuple(
            Row(
                (
                    Day(due, exact=True),
                    Text(
                        bugs[0].product, Reference("bugs", bugs[0].product_id, which=fragment(review="open"))
                    ),
                    Text(bugs[0].test_title, Reference("test", test_id)),
                    *((_reviewers(bugs),) if owned else ()),
                    Amount(len(bugs)),
                    *(Amount(sum(bug.severity == one for bug in bugs)) for one in ("critical", "high")),
                )
            )
            for (due, test_id), bugs in sorted(by_test.items())
        ),
    )


def _reviewers(bugs: Iterable[BugRow]) -> Text | None:
    names = listing(dict.fromkeys(bug.reviewer for bug in bugs if bug.reviewer))
    return Text(names) if names else None


def untested_text(rows: Sequence[PortfolioRow], most: int) -> str:
    """Name the products without a test in the period; empty when there is none."""
    names = [
        shorten(row.product.name, 40) + (f" (to do {row.task})" if row.task else "")
        for row in rows
        if not row.tested
    ]
    if not names:
        return ""
    rest = [f"{len(names) - most} more"] if len(names) > most else []
    return f"{counted(len(names), 'product')} not tested in this period: {listing([*names[:most], *rest])}."


def _now_and_before(key: str) -> tuple[Column, Column]:
    title = METRICS[key].short or METRICS[key].title
    return metric_column(key, short=True, linked=True), Column(f"{key}{_BEFORE}", f"{title} before", "rate")


def _product(row: PortfolioRow, period_key: str) -> Text:
    return Text(row.product.name, Reference("product", row.product.id, which=period_key))


def _now(row: PortfolioRow, key: str, period_key: str) -> Figure:
    measure = row.measures[key]
    change = row.changes.get(key)
    judged = change if change is not None and change.better is not None else None
    counts = measure.numerator if measure.unit == "rate" else measure.value
    to = _bugs(row, key, period_key) if counts else None
    return Figure(measure, judged, to, _others(row, key, period_key) if key in GRAVE_ACCEPTED else ())


def _others(row: PortfolioRow, key: str, period_key: str) -> tuple[Text, ...]:
    """Say of how many found bugs of a severity those are that were accepted, and how many are open."""
    at = GRAVE_ACCEPTED.index(key)
    found, opened = row.measures[GRAVE[at]], row.open_grave[at]
    if found.value == row.measures[key].value:
        return ()
    which = fragment(span_word(period_key), LISTED[key][0], "open")
    return (
        Text(f"of {found.text}", _bugs(row, found.key, period_key)),
        *((Text(f"{opened:,} open", Reference("bugs", row.product.id, which=which)),) if opened else ()),
    )


def _bugs(row: PortfolioRow, key: str, period_key: str) -> Reference | None:
    """Return the list of what a figure counts."""
    if key == TESTS:
        return Reference("tests", row.product.id, which=period_key)
    which = counted_bugs(key, period_key)
    return Reference("bugs", row.product.id, which=which) if which else None


def _then(row: PortfolioRow, key: str) -> Figure | None:
    measure = row.previous and row.previous[key]
    return Figure(measure) if measure and measure.value is not None else None


def _due(row: PortfolioRow) -> Cell | None:
    """Return the first review deadline, and below it what is overdue and until when there is more to do."""
    at, overdue = (row.due.at, row.due.overdue) if row.due else (None, 0)
    over = Reference("bugs", row.product.id, which=fragment(EVERY, "", "overdue"))
    wait = Reference("bugs", row.product.id, which=fragment(EVERY, "", "open"))
    below = (
        *((Text(f"{overdue:,} overdue", over),) if overdue else ()),
        *((Text(f"to do {row.task}"),) if row.task else ()),
    )
    return Day(at, wait if at else None, exact=True, below=below) if at or below else None
