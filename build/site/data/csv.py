"""Write a table as CSV."""

import csv
import io
import re

from build.site.data.values import Value, value
from quality.views.table import Table

_SIGNS = "=+-@|\t\uff1d\uff0b\uff0d\uff20"
_FORMULA = re.compile(rf"""(^|[;\t]["'\s]*)(?=[{re.escape(_SIGNS)}])""")
"""A sign that begins a formula, also where a spreadsheet parts cells at semicolons, quoted or not."""
_BEGINNINGS = tuple(_SIGNS)
_BOM = "\ufeff"


def table_csv(table: Table) -> str:
    """Return the table as CSV (RFC 4180) with the columns' keys as its header.

    A text that a spreadsheet would take for a formula gets an apostrophe before it. The byte order mark
    tells Excel that the file is UTF-8: without it "Müller" is shown as "MÃ¼ller".
    """
    out = io.StringIO()
    out.write(_BOM)
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([_guarded(column.key) for column in table.columns])
    writer.writerows([_guarded(value(cell)) for cell in row.cells] for row in table.rows)
    return out.getvalue()


def _guarded(cell: Value) -> Value:
    if not isinstance(cell, str) or not (cell.startswith(_BEGINNINGS) or ";" in cell or "\t" in cell):
        return cell
    return _FORMULA.sub(r"\1'", cell)
