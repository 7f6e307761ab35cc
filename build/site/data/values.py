"""What a table's cell is to a program: a plain value, and no word of a page."""

from datetime import UTC

from base.text import shorten
from quality.metrics.numbers import whole
from quality.views.table import Amount, Cell, Comparison, Day, Figure, Month, Outcome, Term, Text

LONGEST_TEXT = 200
LONGEST_TERM = 40

Value = str | int | float | None


def value(cell: Cell | None) -> Value:
    """Return a cell as a value: a rate as 0-1, a moment in UTC as `2026-11-21T06:00:00Z`, a month as its key.

    Texts are one line of at most 200 characters; None stands for whatever is not known.
    """
    shown: Value
    match cell:
        case None:
            shown = None
        case Text():
            shown = shorten(cell.text, LONGEST_TEXT)
        case Amount():
            shown = whole(cell.value)
        case Figure():
            shown = whole(cell.measure.value)
        case Comparison():
            shown = cell.change.step if cell.change else None
        case Term():
            shown = shorten(cell.value or "", LONGEST_TERM) or None
        case Day():
            shown = f"{cell.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if cell.at else None
        case Outcome():
            shown = cell.text or None
        case Month():
            shown = cell.month
    return shown
