"""Write Markdown tables that stay narrow and short."""

from collections.abc import Iterable, Sequence
from urllib.parse import quote

from build.site.charts.figures import row_name
from build.site.links import root_of
from build.site.markdown.escape import Raw, escape, shorten
from quality import wording
from quality.metrics import columns
from quality.views.breakdowns import Breakdown

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
        """The link's address, or None when nothing can be linked."""
        return None if self._before is None else f"{self._before}{path}"

    def link(self, text: str, path: str | None) -> Raw:
        """A link, or the text alone."""
        address = None if path is None else self.to(path)
        shown = escape(shorten(text)) or "untitled"
        return Raw(shown if address is None else f"[{shown}]({address})")


def table(header: Sequence[str], rows: Iterable[Sequence[object]], *, numbers: int = 0) -> Raw:
    """A table within the limits; the last `numbers` columns are aligned to the right."""
    columns = min(len(header), MOST_COLUMNS)
    every = list(rows)
    rules = ["---" if at < columns - numbers else "---:" for at in range(columns)]
    lines = [_row(header[:columns]), f"| {' | '.join(rules)} |"]
    lines += [_row(row[:columns]) for row in every[:MOST_ROWS]]
    if len(every) > MOST_ROWS:
        lines += ["", f"The first {MOST_ROWS} of {len(every)} rows."]
    return Raw("\n".join(lines))


def _row(cells: Sequence[object]) -> str:
    return (
        f"| {' | '.join(escape(cell if isinstance(cell, Raw) else shorten(str(cell))) for cell in cells)} |"
    )


def with_note(shown: Raw, note: str) -> Raw:
    """A table with a sentence below it."""
    return Raw(f"{shown}\n\n{escape(note)}") if note.strip() else shown


def breakdown(shown: Breakdown) -> Raw | None:
    """A breakdown's first columns as a table, with the true total where rows overlap; None without rows."""
    if not shown.rows:
        return None
    keys = shown.columns[: MOST_COLUMNS - 1]
    rows = [(row_name(shown, row), *(row.measures[key].detail for key in keys)) for row in shown.rows]
    header = (shown.title, *(shown.total[key].title for key in keys))
    total = f"All together: {wording.counted(int(shown.total[columns.BUGS].value or 0), 'bug')}. "
    note = f"{total}{shown.note}" if shown.note else ""
    return with_note(table(header, rows, numbers=len(keys)), note)
