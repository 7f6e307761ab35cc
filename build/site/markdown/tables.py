"""Write Markdown tables that stay narrow and short."""

from collections.abc import Sequence
from urllib.parse import quote

from base.text import shorten
from build.site import labels
from build.site.charts.figures import value_text
from build.site.links import Links, root_of
from build.site.markdown.escape import LONGEST_TEXT, Raw, escape
from quality import wording
from quality.views.table import (
    Amount,
    Cell,
    Column,
    Comparison,
    Day,
    Figure,
    Month,
    Outcome,
    Reference,
    Row,
    Table,
    Term,
    Text,
)

MOST_COLUMNS = 5


MOST_ROWS = 10


class Target:
    """Turns a path of the site into a link's address in one Markdown file: absolute, relative, or none."""

    def __init__(self, base_url: str | None, path: str | None = None) -> None:
        if base_url:
            self._before: str | None = quote(base_url.rstrip("/") + "/", safe="%/:?=&~.,;@+-_[]")
        else:
            self._before = None if path is None else root_of(path)

    def to(self, path: str) -> str | None:
        """Return the link's address, or None when nothing can be linked."""
        return None if self._before is None else f"{self._before}{path}"

    def link(self, text: str, path: str | None) -> Raw:
        """Write a link, or the text alone."""
        address = None if path is None else self.to(path)
        shown = escape(shorten(text, LONGEST_TEXT)) or "untitled"
        return Raw(shown if address is None else f"[{shown}]({address})")


def table(shown: Table, links: Links, target: Target, *, width: int = LONGEST_TEXT) -> Raw | None:
    """Write a table within the limits, with its note below; None without rows.

    Columns of numbers of one unit are aligned to the right; texts have at most so many characters.
    """
    if not shown.rows:
        return None
    columns = shown.columns[:MOST_COLUMNS]
    rules = ["---:" if one.is_number and one.unit != "mixed" else "---" for one in columns]
    lines = [_row([one.short or one.title for one in columns]), f"| {' | '.join(rules)} |"]
    for row in shown.rows[:MOST_ROWS]:
        cells = cells_of(row, links, target, width)[:MOST_COLUMNS]
        lines.append(_row(_gapped(cells, row, columns) if row.gap else cells))
    if len(shown.rows) > MOST_ROWS:
        lines += ["", f"The first {MOST_ROWS} of {len(shown.rows):,} rows."]
    if shown.note:
        lines += ["", escape(shown.note)]
    return Raw("\n".join(lines))


def cells_of(row: Row, links: Links, target: Target, width: int) -> list[str]:
    """Write the cells of a row, each text cut."""
    return [_cell(cell, links, target, width) for cell in row.cells]


def _when(cell: Day) -> str:
    if cell.at is None:
        return ", ".join(one.text for one in cell.below if isinstance(one, Text)) or wording.NONE
    return wording.hour(cell.at) if cell.exact else wording.day(cell.at)


def _row(cells: Sequence[str]) -> str:
    shown = (escape(cell if isinstance(cell, Raw) else shorten(cell, LONGEST_TEXT)) for cell in cells)
    return f"| {' | '.join(shown)} |"


def _gapped(cells: Sequence[str], row: Row, columns: Sequence[Column]) -> list[str]:
    """Return the row with its gap in place of its first number, and no other number."""
    texts = [cell for cell, column in zip(cells, columns, strict=True) if not column.is_number]
    return [*texts, row.gap, *[wording.NONE] * (len(cells) - len(texts) - 1)]


def _cell(cell: Cell | None, links: Links, target: Target, width: int) -> str:  # noqa: C901 - one case for each kind of cell
    match cell:
        case None:
            shown = wording.NONE
        case Text(to=Reference() as to) if to.to != "metric":
            address = links.to(to)
            shown = target.link(shorten(cell.text, width), address)
            told = f"({to.id})" in cell.text
            if to.to in {"bug", "test"} and target.to(address) is None and not told:  # the id finds it
                shown = Raw(f"{shown} ({to.id})")
        case Text():
            shown = shorten(cell.text, width)
        case Figure():
            shown = cell.measure.detail
        case Amount():
            shown = value_text(cell.unit, cell.value)
        case Comparison():
            shown = cell.change.step if cell.change else wording.NONE
        case Term():
            shown = labels.term(cell)
        case Day():
            shown = _when(cell)
        case Outcome():
            shown = cell.text or wording.NONE
        case Month():
            shown = f"{wording.month(cell.month)}{', so far' if cell.running else ''}"
    return shown
