"""Lead from the counts in the tables of reports and of tests to the bugs that they count."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from quality.metrics.columns import LISTED, TEST_PAGE, TESTS_PAGE
from quality.model.entities import Bug
from quality.views.breakdowns import Breakdown
from quality.views.lists.bug_parts import MOST_SHOWN, part_word
from quality.views.lists.bugs import fragment, span_word, words_of
from quality.views.table import Cell, Figure, Outcome, Reference, Row, Table

_OF_ROW = ("severity", *MOST_SHOWN)
BUGS_OF_TEST: Mapping[str, str] = {
    key: "".join(LISTED[key]) or "bugs" for key in (*TESTS_PAGE, *TEST_PAGE) if key in LISTED
}
"""Metric → the fragment of its bugs on the page of their test: a filter of severity or of review."""
FILTERS_OF_TEST = tuple(dict.fromkeys(word for word in BUGS_OF_TEST.values() if word != "bugs"))


def filters_of_bug(bug: Bug) -> tuple[str, ...]:
    """Return the filters of the page of a test that show a bug."""
    return tuple(word for word in words_of(bug) if word in FILTERS_OF_TEST)


def places_of_bugs(bugs: Sequence[Bug], a_page: int) -> dict[str, Counter[int]]:
    """Count what each filter of a test shows on each of its pages, of those that show any.

    Args:
        bugs: Those of the test, as its pages order them.
        a_page: How many bugs a page holds.
    """
    places: dict[str, Counter[int]] = {}
    for at, bug in enumerate(bugs):
        for word in filters_of_bug(bug):
            places.setdefault(word, Counter())[at // a_page + 1] += 1
    return places


def led_figures(table: Table, product_id: int, period_key: str) -> Table:
    """Return the figures of a period beside those before with links from the counts of this one."""
    span = span_word(period_key)

    def led(row: Row) -> Row:
        cells = (_led(cell, product_id, span) if at == 1 else cell for at, cell in enumerate(row.cells))
        return replace(row, cells=tuple(cells))

    return replace(table, rows=tuple(map(led, table.rows)))


def led_breakdown(table: Table, shown: Breakdown, product_id: int, period_key: str) -> Table:
    """Return the first rows of a breakdown with links from the counts of those that links lead to.

    Args:
        table: Its first rows.
        shown: The breakdown.
        product_id: Of the product.
        period_key: Of the report.
    """
    key = shown.dimension
    if key not in _OF_ROW:
        return table
    span, most = span_word(period_key), MOST_SHOWN.get(key, len(table.rows))

    def led(at: int, row: Row) -> Row:
        value = shown.rows[at].id
        if at >= most or (value is None and key != "tester"):
            return row
        words = (str(value), "") if key == "severity" else ("", part_word(key, value))
        return replace(row, cells=tuple(_led(cell, product_id, span, *words) for cell in row.cells))

    return replace(table, rows=tuple(led(at, row) for at, row in enumerate(table.rows)))


def led_row(cells: Iterable[Cell | None], product_id: int, span: str, part: str) -> tuple[Cell | None, ...]:
    """Return the cells of a part of a product's bugs with links from its counts and its outcome."""
    return tuple(_led(cell, product_id, span, "", part) for cell in cells)


def _led(cell: Cell | None, product_id: int, span: str, severity: str = "", part: str = "") -> Cell | None:
    def to(severity: str, review: str) -> Reference:
        return Reference("bugs", product_id, which=fragment(span, severity, review, part))

    if isinstance(cell, Outcome):
        return replace(cell, to=tuple(to(severity, which) for _, which in cell.parts))
    words = LISTED.get(cell.measure.key) if isinstance(cell, Figure) else None
    if words is None or not isinstance(cell, Figure):
        return cell
    counted = cell.measure.numerator if cell.measure.unit == "rate" else cell.measure.value
    return replace(cell, to=to(severity or words[0], words[1])) if counted else cell
