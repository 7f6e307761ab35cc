"""What a page adds to a table: how much of it fits, the classes of its cells, the bars of its rows."""

from types import NoneType

from markupsafe import Markup

from build.site.charts import stacks
from build.site.labels import brief
from quality.views.breakdowns import Breakdown
from quality.views.lists.counts import led_breakdown, led_features
from quality.views.lists.cut import features_shown, first_rows
from quality.views.product import ProductView
from quality.views.table import (
    Amount,
    Cell,
    Column,
    Comparison,
    Day,
    Figure,
    Outcome,
    Row,
    Table,
    Term,
    noted,
    select,
)

ROWS_SHOWN = 5
_COLUMNS = range(2, 6)
"""How many numbers of a row stand side by side on a phone; one fits as it is, more become lines."""
_MANY = 7
"""Columns for which even a tablet is too narrow."""
_LABELLED = "labelled"
_LONGEST_NAME = 40
_NUMBERS = (Amount, Comparison, Figure, NoneType)
PRODUCTS, TREND = "products", "trend"
"""Tables with rules of their own in the style sheet: the names of the columns of a trend stand in it."""


def breakdown(shown: Breakdown, most: int = ROWS_SHOWN) -> Table:
    """Return the first rows of a breakdown, noted with what was cut and exposed."""
    table = first_rows(shown, most)
    helps = [f"{column.title}: {column.help}." for column in table.columns if column.help]
    return noted(table, table.note, *helps)


def led(view: ProductView, shown: Breakdown, most: int = ROWS_SHOWN) -> Table:
    """Likewise, with links from the counts to their bugs."""
    return led_breakdown(breakdown(shown, most), shown, view.product.id, view.report.period.key)


def features(view: ProductView, most: int) -> Table:
    """Return the first features of a report, with links from their counts of bugs to them."""
    table = select(features_shown(view.heat, most), _OF_FEATURES)
    return led_features(table, view.heat, view.product.id, view.report.period.key)


def layout(table: Table, style: str = "") -> str:
    """Return the classes of a table: its style, and what becomes of its rows where they are too wide."""
    if style == PRODUCTS:
        return PRODUCTS
    if table.key == TREND:
        return f"{TREND} many"
    numbers = all(isinstance(cell, _NUMBERS) for row in table.rows for cell in row.cells[1:])
    beside = len(table.columns) - 1
    if numbers and beside in _COLUMNS:
        units = [column.unit for column in table.columns[1:]]
        return f"{style} columns{' rates' if (units[0], units[-1]) == ('count', 'rate') else ''}".strip()
    if beside < _COLUMNS.start:
        return style
    return f"{style} {_LABELLED}{' many' if len(table.columns) >= _MANY else ''}".strip()


def label(layout: str, column: Column) -> Markup:
    """Return the attribute by which a cell names its column where there is no head of the table."""
    if layout != PRODUCTS and _LABELLED not in layout:
        return _NONE
    return Markup(' data-label="{}"').format(brief(column.short or column.title, _LONGEST_NAME))


def cell_class(cell: Cell | None, column: Column) -> Markup:
    """Return the class attribute of a cell: a number's place and darkness, or a text's; empty without one."""
    if isinstance(cell, Amount) and cell.level is not None:
        return Markup(' class="heat-{}"').format(cell.level)
    if column.is_number:
        return _TOTAL if column.key == "total" else _NONE
    if isinstance(cell, Day) or column.unit == "day":
        return _DAY
    return _WHY if isinstance(cell, Term) and cell.of == "level" else _TEXT


def bar(table: Table, row: Row) -> Markup:
    """Draw the bar below a row's name, in the colour of what it names; nothing for a row without one."""
    name = row.cells[0]
    if row.bar is None:
        return Markup()
    if isinstance(name, Term) and name.of in _PREFIXES:
        return stacks.bar(row.bar, f"{_PREFIXES[name.of]}-{name.value}")
    return stacks.bar(row.bar, "rejected" if table.key == "rejection_reason" else "")


def outcome(cell: Outcome) -> Markup:
    """Draw what became of the bugs of a row."""
    return stacks.outcome(
        (
            (cell.by_person, "rev-active_accepted"),
            (cell.by_time, "rev-auto_accepted"),
            (cell.rejected, "rev-rejected"),
            (cell.open, "rev-open"),
        )
    )


_OF_FEATURES = ("feature", "tests", "critical", "high", "total")
_PREFIXES = {"severity": "sev", "review": "rev"}
_NONE, _TOTAL = Markup(), Markup(' class="total"')
_TEXT, _DAY, _WHY = Markup(' class="t"'), Markup(' class="t day"'), Markup(' class="t why"')
