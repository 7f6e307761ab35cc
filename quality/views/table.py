"""A table as data: pages, Markdown, CSV, JSON and report files write the same one."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, Literal

from quality.metrics.catalogue import METRICS
from quality.metrics.measures import Change, Measure
from quality.metrics.metric import Unit


@dataclass(frozen=True, slots=True)
class Reference:
    """The target of a cell; each format knows the address of it.

    Attributes:
        id: Of the product, test or bug, the key of the metric, or the name of the account; `bugs` and
            `tests` are those of a product, and so is a release.
        test_id: Of a bug.
        which: The filters of a list of bugs, as `quality.views.lists.bugs.fragment` joins them; the month
            of a list of tests; of a test the part of its page; of a release its folder; of a product the
            period of its report, the default one when it is empty.
    """

    to: Literal["account", "product", "release", "test", "bug", "bugs", "tests", "metric"]
    id: int | str
    test_id: int = 0
    which: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """A text of any origin; `below` are smaller lines that only pages show."""

    kind: ClassVar = "text"
    text: str
    to: Reference | None = None
    below: "tuple[Cell, ...]" = ()


@dataclass(frozen=True, slots=True)
class Amount:
    """A number without more to say of it, or None where it is not known."""

    kind: ClassVar = "amount"
    value: float | None
    unit: Unit = "count"
    to: Reference | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """A metric with its counts, and on pages its change and smaller lines below."""

    kind: ClassVar = "figure"
    measure: Measure
    change: Change | None = None
    to: Reference | None = None
    below: "tuple[Cell, ...]" = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """The change of a metric, in a column of its own; None where nothing can be compared."""

    kind: ClassVar = "comparison"
    change: Change | None


@dataclass(frozen=True, slots=True)
class Term:
    """A fixed value of the data model, such as `active_accepted`; formats name it as people do.

    Attributes:
        of: What it is a value of; `word` is any other of the upstream.
        reason: Why it is so, in a sentence.
        copied_at: When the older copy was taken that it comes from.
    """

    kind: ClassVar = "term"
    of: Literal["severity", "review", "level", "status", "product_type", "word"]
    value: str | None
    reason: str = ""
    copied_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Day:
    """A moment, shown as its day in UTC; `exact` with its time and without its year, for what is near."""

    kind: ClassVar = "day"
    at: datetime | None
    to: Reference | None = None
    exact: bool = False
    below: "tuple[Cell, ...]" = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """The bugs of a row by what became of them: accepted by a person, auto-accepted, rejected, open.

    Attributes:
        to: Where each of the parts leads; empty where they lead nowhere.
        roomy: Whether there is room to say by whom bugs were accepted.
    """

    kind: ClassVar = "outcome"
    by_person: int
    by_time: int
    rejected: int
    open: int
    to: tuple[Reference, ...] = ()
    roomy: bool = False

    @property
    def parts(self) -> tuple[tuple[str, str], ...]:
        """Return `16 accepted` and the like, of what there is any, each with its filter in a list of bugs."""
        every = (
            (self.by_person, f"accepted{' by a person' if self.roomy else ''}", "by-person"),
            (self.by_time, "auto-accepted", "by-time"),
            (self.rejected, "rejected", "rejected"),
            (self.open, "open", "open"),
        )
        return tuple((f"{count:,} {word}", which) for count, word, which in every if count)

    @property
    def text(self) -> str:
        """`16 accepted, 2 auto-accepted, 5 rejected, 3 open`, only what there is; empty without bugs."""
        return ", ".join(text for text, _ in self.parts)


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month, `2026-11`; `running` when it has not ended."""

    kind: ClassVar = "month"
    month: str
    running: bool = False
    below: "tuple[Cell, ...]" = ()
    to: Reference | None = None


Cell = Text | Amount | Figure | Comparison | Term | Day | Month | Outcome


@dataclass(frozen=True, slots=True)
class Column:
    """A description of the cells below it.

    Attributes:
        key: Unique in the table; the name in CSV and JSON.
        unit: Of its numbers; `mixed` when each row has its own.
        short: A shorter title where there is little room.
        help: What it counts, if that is not said elsewhere.
    """

    key: str
    title: str
    unit: Unit | Literal["text", "day", "mixed"] = "text"
    short: str = ""
    to: Reference | None = None
    help: str = ""

    @property
    def is_number(self) -> bool:
        """Return whether the column holds numbers of whatever unit."""
        return self.unit not in {"text", "day"}


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of all columns; the first one names the row.

    Attributes:
        cells: None where there is nothing to show.
        bar: A part of the whole (0-1), drawn below the name.
        gap: Why cells at the end are None, such as "not tested".
        place: Its name in the address of a page; empty for a row that nothing leads to.
        words: The filters of links that show it, as its classes.
    """

    cells: tuple[Cell | None, ...]
    bar: float | None = None
    gap: str = ""
    place: str = ""
    words: str = ""

    @property
    def span(self) -> int:
        """Return how many cells the gap takes."""
        return sum(cell is None for cell in self.cells) if self.gap else 0


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under columns.

    Attributes:
        key: Its name in addresses and files.
        note: What a reader has to know of the rows; empty otherwise.
        total: The true total of all rows, also of those that are left out.
    """

    key: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    note: str = ""
    total: Row | None = None


def select(table: Table, keys: Iterable[str]) -> Table:
    """Return the table with these columns, in this order; columns that it lacks are left out."""
    place = {column.key: at for at, column in enumerate(table.columns)}
    chosen = [place[key] for key in keys if key in place]

    def pick(row: Row) -> Row:
        return replace(row, cells=tuple(row.cells[at] for at in chosen))

    return replace(
        table,
        columns=tuple(table.columns[at] for at in chosen),
        rows=tuple(map(pick, table.rows)),
        total=None if table.total is None else pick(table.total),
    )


def first(table: Table, most: int, nouns: str = "rows") -> Table:
    """Return the table with at most its first rows, and a note when there are more."""
    said = f"The first {most} of {len(table.rows):,} {nouns}."
    return _cut(table, table.rows[:most], said)


def few(table: Table, most: int) -> Table:
    """Return the table with at most its first rows, and a note how many more there are."""
    return _cut(table, table.rows[:most], f"{len(table.rows) - most:,} more.")


def last(table: Table, most: int, nouns: str, word: str = "last") -> Table:
    """Return the table with at most its last rows, and a note when there are more."""
    said = f"The {word} {most} of {len(table.rows):,} {nouns}."
    return _cut(table, table.rows[-most:], said)


def noted(table: Table, *notes: str) -> Table:
    """Return the table with these notes instead of its own, empty ones left out."""
    return replace(table, note=" ".join(note for note in notes if note))


def metric_column(key: str, *, short: bool = False, linked: bool = False) -> Column:
    """Return the column of a metric of the catalogue.

    Args:
        key: Of the metric.
        short: Whether it has its short title, too.
        linked: Whether its title leads to how it is counted.
    """
    metric = METRICS[key]
    to = Reference("metric", key) if linked else None
    return Column(key, metric.title, metric.unit, metric.short if short else "", to)


def _cut(table: Table, rows: tuple[Row, ...], said: str) -> Table:
    return noted(replace(table, rows=rows), said if len(rows) < len(table.rows) else "", table.note)
