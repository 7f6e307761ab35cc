"""Breakdowns cut to what fits, with a word on what was left out."""

from quality.metrics.columns import BUGS
from quality.views.breakdowns import Breakdown, breakdown_table
from quality.views.table import Table, first, noted
from quality.wording import counted


def first_rows(shown: Breakdown, most: int) -> Table:
    """Return the first rows of a breakdown, noted how many bugs the others have where each bug is in one."""
    table = first(breakdown_table(shown), most)
    bugs = [int(row.measures[BUGS].value or 0) for row in shown.rows]
    rest = sum(bugs[most:])
    if not rest or sum(bugs) != shown.total[BUGS].value:
        return table
    return noted(table, table.note, f"The others have {counted(rest, 'bug')}.")
