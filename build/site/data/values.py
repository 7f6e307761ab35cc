"""What a table's cell is to a program: a plain value, and no word of a page."""

from collections.abc import Callable
from datetime import UTC
from typing import Any

from base.text import shorten
from quality.metrics.numbers import shown
from quality.views.table import Amount, Cell, Comparison, Day, Figure, Month, Outcome, Table, Term, Text

LONGEST_TEXT = 1000
LONGEST_TERM = 40

Value = str | int | float | None


def value(cell: Cell | None) -> Value:
    """Return a cell as a value: a moment in UTC as `2026-11-21T06:00:00Z`, a month as its key.

    Numbers have one decimal, a rate (0-1) that of its percent. Texts are one line of at most 1,000
    characters; None stands for whatever is not known.
    """
    return None if cell is None else _VALUES[type(cell)](cell)


def values(table: Table) -> list[list[Value]]:
    """Return the rows of a table as values."""
    return [[None if cell is None else _VALUES[type(cell)](cell) for cell in row.cells] for row in table.rows]


def _moment(cell: Day) -> str | None:
    if cell.at is None:
        return None
    at = cell.at if cell.at.tzinfo is UTC else cell.at.astimezone(UTC)
    return f"{at.year:04}-{at.month:02}-{at.day:02}T{at.hour:02}:{at.minute:02}:{at.second:02}Z"


_VALUES: dict[type, Callable[[Any], Value]] = {
    Text: lambda cell: shorten(cell.text, LONGEST_TEXT),
    Amount: lambda cell: shown(cell.value, cell.unit),
    Figure: lambda cell: shown(cell.measure.value, cell.measure.unit),
    Comparison: lambda cell: cell.change.step if cell.change else None,
    Term: lambda cell: shorten(cell.value or "", LONGEST_TERM) or None,
    Day: _moment,
    Outcome: lambda cell: cell.text or None,
    Month: lambda cell: cell.month,
}
