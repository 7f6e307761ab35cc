"""A page that would be long has fewer rows, never cut titles, and says how to go on."""

import pytest
from pydantic import BaseModel

from mcp_reader.paging import Listing, keep_short, paginate
from mcp_reader.text import LIMIT, MOST_LETTERS


class Row(BaseModel):
    title: str


class Rows(Listing):
    rows: list[Row]


def listing(number: int, width: int, **place: int) -> Rows:
    every = [Row(title=f"{at} " + "w" * width) for at in range(number)]
    shown, pagination = paginate(every, **{"page": 1, "per_page": number, "offset": 0, **place})
    return Rows(data_as_of="2026-11-20T06:00:00Z", rows=list(shown), pagination=pagination)


@pytest.mark.parametrize(("asked", "limit"), [(False, LIMIT), (True, MOST_LETTERS)])
def test_a_long_page_has_fewer_rows_and_whole_titles(*, asked: bool, limit: int) -> None:
    answer = listing(1000, 100)
    keep_short(answer, "rows", asked=asked)
    kept = len(answer.rows)
    assert 0 < kept < 1000
    assert len(answer.model_dump_json(exclude_none=True)) <= limit + 300
    assert all(len(row.title) > 100 for row in answer.rows)
    assert (answer.pagination.end_index, answer.pagination.has_more) == (kept - 1, True)
    assert answer.pagination.next_offset == kept
    (warning,) = answer.warnings or []
    assert f"offset={kept} goes on" in warning
    assert (f"page=2 would leave out {1000 - kept}." in warning) is asked


@pytest.mark.parametrize("rows", [1000, 7, 1])
def test_going_on_from_the_next_offset_loses_no_row(rows: int) -> None:
    seen: list[str] = []
    offset: int | None = 0
    while offset is not None:
        answer = listing(rows, 100, per_page=200, offset=offset)
        keep_short(answer, "rows", asked=False)
        seen += [row.title.split()[0] for row in answer.rows]
        offset = answer.pagination.next_offset
        assert (offset is not None) is answer.pagination.has_more
    assert seen == [f"{at}" for at in range(rows)]


def test_a_page_past_the_end_says_how_long_the_list_is() -> None:
    answer = listing(50, 10, page=2, per_page=50)
    keep_short(answer, "rows", asked=True)
    assert answer.rows == []
    assert answer.warnings == ["Past the end: the whole list has 50 rows, the first of them at offset=0."]


class WideRow(Row):
    more: str | None
    most: str | None


class WideRows(Listing):
    rows: list[WideRow]


@pytest.mark.parametrize(
    ("number", "left"),
    [(50, []), (65, ["more"]), (110, ["more", "most"]), (400, [])],
)
def test_columns_are_left_out_where_all_rows_fit_then_and_only_there(number: int, left: list[str]) -> None:
    every = [WideRow(title="w" * 30, more="m" * 20, most="m" * 20) for _ in range(number)]
    _, pagination = paginate(every, 1, number, 0)
    answer = WideRows(data_as_of="2026-11-20T06:00:00Z", rows=every, pagination=pagination)
    keep_short(answer, "rows", asked=False, spare=("more", "most"))
    assert [name for name in ("more", "most") if getattr(answer.rows[0], name) is None] == left
    assert (len(answer.rows) == number) is (number < 400)
    assert len(answer.model_dump_json(exclude_none=True)) <= LIMIT + (300 if number == 400 else 0)
    assert bool(answer.warnings) is (number > 50)


def test_the_place_to_go_on_from_counts_the_pages_before() -> None:
    answer = listing(300, 200, page=2, per_page=100, offset=3)
    keep_short(answer, "rows", asked=False)
    kept = len(answer.rows)
    assert f"offset={103 + kept} with page=1 goes on" in (answer.warnings or [""])[0]
    assert answer.rows[-1].title.startswith(f"{103 + kept - 1} ")


def test_a_single_row_stays_however_long_it_is_and_a_short_page_is_left_alone() -> None:
    alone, short = listing(1, 100_000), listing(3, 10)
    for answer, number in ((alone, 1), (short, 3)):
        keep_short(answer, "rows", asked=False)
        assert len(answer.rows) == number
        assert answer.warnings is None
