"""What a page adds to a table: how much of it fits, the classes of its cells, the bars of its rows."""

from collections.abc import Sequence
from dataclasses import replace
from types import NoneType

from markupsafe import Markup

from build.site.charts import stacks
from build.site.labels import brief
from quality.metrics.columns import BY_DEVICE_SHOWN, GRAVE_ACCEPTED, STORIES, TESTS
from quality.views.breakdowns import Breakdown
from quality.views.lists.bug_parts import MOST_SHOWN
from quality.views.lists.counts import led_breakdown
from quality.views.lists.cut import first_rows
from quality.views.lists.features import report_features
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
    few,
    noted,
    select,
)
from quality.wording import quoted

ROWS_SHOWN = 5
_COLUMNS = range(2, 6)
"""How many numbers of a row stand side by side on a phone; one fits as it is, more become lines."""
_MANY = 7
"""Columns for which even a tablet is too narrow."""
_LABELLED = "labelled"
_LONGEST_NAME = 40
_NUMBERS = (Amount, Comparison, Figure, NoneType)
_UNTESTED_NAMED = 2
OF_FEATURES = {
    "feature": "Feature",
    **dict(zip(GRAVE_ACCEPTED, ("Accepted critical", "Accepted high"), strict=True)),
    TESTS: "In tests",
    "last_tested": "Last tested",
    "outcome": "Outcome",
    STORIES: "Stories passed",
}
"""Columns of the features of a report → their titles there."""
PRODUCTS, TREND, FEATURES = "products", "trend", "features"
"""Tables with rules of their own in the style sheet; in it stand the names of the columns of a trend, and of
the features of a report."""


def breakdown(shown: Breakdown, most: int = ROWS_SHOWN) -> Table:
    """Return the first rows of a breakdown, noted with what was cut and exposed."""
    table = first_rows(shown, most)
    helps = [f"{column.title}: {column.help}." for column in table.columns if column.help]
    return noted(table, table.note, *helps)


def led(view: ProductView, shown: Breakdown, most: int = ROWS_SHOWN) -> Table:
    """Likewise, with links from the counts to their bugs."""
    return led_breakdown(breakdown(shown, most), shown, view.product.id, view.report.period.key)


def by_device(view: ProductView, shown: Breakdown) -> Table:
    """Return the first platforms or browsers of a report against severities, with links to their bugs."""
    table = breakdown(shown, MOST_SHOWN[shown.dimension])
    kept = select(table, (shown.dimension, "exposure", *BY_DEVICE_SHOWN))
    return led_breakdown(kept, shown, view.product.id, view.report.period.key)


def features(view: ProductView, most: int, keys: Sequence[str] = tuple(OF_FEATURES)) -> Table:
    """Return the first tested features of a report, noted how many more there are, and which were not tested.

    Args:
        view: The report.
        most: So many features.
        keys: Of the columns.
    """
    tested = [one for one in view.features if one.found is not None]
    named = ", ".join(quoted(name, _LONGEST_NAME) for name in view.untested_features[:_UNTESTED_NAMED])
    others = len(view.untested_features) - _UNTESTED_NAMED
    table = report_features(tested, view.product.id, view.report.period.key)
    shown = few(select(table, keys), most)
    return noted(
        replace(
            shown,
            columns=tuple(replace(one, title=OF_FEATURES[one.key], short="") for one in shown.columns),
        ),
        shown.note,
        f"Not tested: {named}{f' and {others:,} more' if others > 0 else ''}." if named else "",
    )


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
    if FEATURES in layout or (layout != PRODUCTS and _LABELLED not in layout):
        return _NONE
    return Markup(' data-label="{}"').format(brief(column.short or column.title, _LONGEST_NAME))


def cell_class(cell: Cell | None, column: Column) -> Markup:
    """Return the class attribute of a text's cell; empty for a number."""
    if column.is_number:
        return _NONE
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


_PREFIXES = {"severity": "sev", "review": "rev"}
_NONE = Markup()
_TEXT, _DAY, _WHY = Markup(' class="t"'), Markup(' class="t day"'), Markup(' class="t why"')
