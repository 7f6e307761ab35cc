"""Write a table as CSV."""

import csv
import io
import re
from collections.abc import Iterable, Sequence

from build.site.data.values import Value, values
from quality.views.table import Table

_SIGNS = "=+-@|\t\uff1d\uff0b\uff0d\uff20"
_FORMULA = re.compile(rf"""(^|[;\t]["'\s]*)(?=[{re.escape(_SIGNS)}])""")
"""A sign that begins a formula, also where a spreadsheet parts cells at semicolons, quoted or not."""
_BEGINNINGS = tuple(_SIGNS)
_BOM = "\ufeff"


def table_csv(table: Table, rows: Sequence[Sequence[Value]] | None = None) -> str:
    """Return the table as CSV (RFC 4180) with the columns' keys as its header.

    A text that a spreadsheet would take for a formula gets an apostrophe before it. The byte order mark
    tells Excel that the file is UTF-8: without it "Müller" is shown as "MÃ¼ller".

    Args:
        table: The table.
        rows: What `values` makes of it, where that is at hand.
    """
    header = [[column.key for column in table.columns]]
    return _BOM + csv_rows(header) + csv_rows(values(table) if rows is None else rows)


def csv_rows(rows: Iterable[Sequence[Value]]) -> str:
    """Return rows as lines of a CSV file."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows([_guarded(cell) for cell in row] for row in rows)
    return out.getvalue()


def _guarded(cell: Value) -> Value:
    if not isinstance(cell, str) or not (cell.startswith(_BEGINNINGS) or ";" in cell or "\t" in cell):
        return cell
    return _FORMULA.sub(r"\1'", cell)
