"""Write a table as CSV."""

import csv
import io

from build.site.data.values import Value, value
from quality.views.table import Table

_FORMULA = tuple("=+-@\t|")


def table_csv(table: Table) -> str:
    """Return the table as CSV with the columns' keys as its header.

    A text that a spreadsheet would take for a formula gets an apostrophe before it.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([_guarded(column.key) for column in table.columns])
    writer.writerows([_guarded(value(cell)) for cell in row.cells] for row in table.rows)
    return out.getvalue()


def _guarded(cell: Value) -> Value:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
