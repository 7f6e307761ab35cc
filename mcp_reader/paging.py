"""Pages of a list: which rows, and what is said about them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal, Protocol, TypeVar

from pydantic import BaseModel, Field

from base.text import listed
from mcp_reader.answers.base import Answer
from mcp_reader.arguments.types import choice
from mcp_reader.text import LIMIT, MOST_LETTERS

_NOTICE = 110
"""Characters that the notice of columns that were left out may take."""


class _Identified(Protocol):
    @property
    def id(self) -> int: ...


Row = TypeVar("Row")
Listed = TypeVar("Listed", bound=_Identified)
Column = tuple[Callable[[Any], Any], Literal["asc", "desc"]]
"""What rows are sorted by, and in which order when none is asked for."""

Page = Annotated[int, Field(ge=1, le=1_000_000)]
PerPage = Annotated[int | None, Field(ge=1, le=200)]
Offset = Annotated[int, Field(ge=0, le=100_000_000)]


class Pagination(BaseModel):
    """The place of a page in the whole list.

    Attributes:
        start_index: The first row's place in the whole list, from 0.
        end_index: The last row's place; -1 when the page is empty.
        has_more: Whether rows follow this page.
        next_offset: Where they begin: the offset of the next call, with page=1; absent when there are none.
    """

    page: int
    per_page: int
    offset: int
    start_index: int
    end_index: int
    total_count: int
    has_more: bool
    next_offset: int | None = None


class Listing(Answer):
    """A page of a list."""

    pagination: Pagination


def paginate(rows: Sequence[Row], page: int, per_page: int, offset: int) -> tuple[Sequence[Row], Pagination]:
    """Return the rows of one page: they start at `offset + (page - 1) * per_page`."""
    start = offset + (page - 1) * per_page
    chosen = rows[start : start + per_page]
    after = start + len(chosen)
    return chosen, Pagination(
        page=page,
        per_page=per_page,
        offset=offset,
        start_index=start,
        end_index=after - 1 if chosen else -1,
        total_count=len(rows),
        has_more=after < len(rows),
        next_offset=after if after < len(rows) else None,
    )


def ordered(
    rows: Iterable[Listed],
    columns: Mapping[str, Column],
    sort_by: str | None,
    sort_order: Literal["asc", "desc"] | None,
) -> list[Listed]:
    """Sort the rows as asked for; by default by the first column.

    Equal rows follow by id, and rows without a value come last in either order.

    Raises:
        InvalidInput: For an unknown column.
    """
    name = choice("sort_by", sort_by, tuple(columns), next(iter(columns)))
    value, natural = columns[name]
    keyed = [(value(row), row) for row in sorted(rows, key=lambda row: row.id)]
    known = [pair for pair in keyed if pair[0] is not None]
    known.sort(key=lambda pair: pair[0], reverse=(sort_order or natural) == "desc")
    return [row for _, row in known] + [row for key, row in keyed if key is None]


def by_measures(keys: Iterable[str]) -> dict[str, Column]:
    """Return the columns of rows that have measures by these keys, the greatest first."""

    def column(key: str) -> Column:
        return lambda row: row.measures[key].value, "desc"

    return {key: column(key) for key in keys}


def keep_short(
    answer: Listing,
    field: str,
    *,
    asked: bool,
    spare: Sequence[str] = (),
    size: str = "per_page",
    limit: int = LIMIT,
) -> None:
    """Leave out what would make the answer long, spare columns first, then the last rows; say how to go on.

    Args:
        answer: What is sent.
        field: Where the rows are.
        asked: Whether the caller asked for so many; then much more is sent.
        spare: The columns, the least needed first.
        size: The argument that asks for so many rows.
        limit: Characters of an answer whose length nobody asked for.
    """
    place = answer.pagination
    if place.total_count and place.start_index >= place.total_count:
        answer.warnings = [
            *(answer.warnings or ()),
            f"Past the end: the whole list has {place.total_count:,} rows, the first of them at offset=0.",
        ]
    if not asked:
        _keep_lean(answer, getattr(answer, field), spare, limit)
    rows: list[BaseModel] = getattr(answer, field)
    room = (MOST_LETTERS if asked else limit) - letters(answer) + sum(map(letters, rows)) + len(rows)
    kept = 0
    for row in rows:
        room -= letters(row) + 1
        if room < 0 and kept:
            break
        kept += 1
    if kept == len(rows):
        return
    going_on = place.start_index + kept
    setattr(answer, field, rows[:kept])
    place.end_index, place.has_more, place.next_offset = going_on - 1, True, going_on
    answer.warnings = [
        *(answer.warnings or ()),
        f"To keep the answer short it has {kept} of the {len(rows)} rows of this page; offset={going_on}"
        f"{' with page=1' if place.page > 1 else ''} goes on"
        + (
            f"; page={place.page + 1} would leave out {len(rows) - kept}."
            if asked
            else f", {size}={len(rows)} shows them at once."
        ),
    ]


def _keep_lean(answer: Listing, rows: Sequence[BaseModel], spare: Sequence[str], limit: int) -> None:
    """Leave out columns, and name them, where every row fits then; else none."""
    over = letters(answer) - limit + _NOTICE
    left: list[str] = []
    for name in spare:
        if over <= _NOTICE * (not left):
            break
        held = [row for row in rows if getattr(row, name) is not None]
        over -= sum(letters(row) - letters(row.model_copy(update={name: None})) for row in held)
        left += [name] if held else []
    if not left or over > 0:
        return
    for row in rows:
        for name in left:
            setattr(row, name, None)
    answer.warnings = [*(answer.warnings or ()), f"Left out, so that all rows fit: {listed(left)}."]


def letters(part: BaseModel) -> int:
    """Return how many characters a part of an answer takes."""
    return len(part.model_dump_json(exclude_none=True))


def say_default(parameters: dict[str, Any], size: int) -> None:
    """Put the configured page size into a tool's input schema as the default of `per_page`."""
    if "per_page" in parameters.get("properties", {}):
        parameters["properties"]["per_page"]["default"] = size
