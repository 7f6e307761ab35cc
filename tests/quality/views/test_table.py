"""A table is data: columns are chosen and rows cut without losing what they say."""

from hypothesis import given
from hypothesis import strategies as st

from quality.metrics.columns import BUGS, NOISE, OPEN
from quality.views import rows as lists
from quality.views.rows import table_of_tests
from quality.views.table import Amount, Column, Reference, Row, Table, Text, first, last, noted, select
from tests.factories import make_bugs, make_facts, make_test

COLUMNS = (Column("name", "Name"), Column("count", "Count", "count"), Column("more", "More", "count"))


def table(rows: int, note: str = "") -> Table:
    cells = tuple(Row((Text(f"row {at}"), Amount(at), None)) for at in range(rows))
    return Table("any", "Any", COLUMNS, cells, note, Row((Text("All"), Amount(rows), None)))


@given(st.permutations(["name", "count", "more", "unknown"]), st.integers(0, 4))
def test_chosen_columns_keep_their_cells_and_their_order(keys: list[str], rows: int) -> None:
    chosen = select(table(rows), keys)
    assert [column.key for column in chosen.columns] == [key for key in keys if key != "unknown"]
    for row, whole in zip(chosen.rows, table(rows).rows, strict=True):
        cells = dict(zip((column.key for column in chosen.columns), row.cells, strict=True))
        assert (cells["name"], cells["count"], cells["more"]) == whole.cells
    assert chosen.total is not None
    assert len(chosen.total.cells) == 3


@given(st.integers(0, 9), st.integers(1, 9))
def test_a_cut_says_so_before_the_note_and_only_when_rows_are_missing(rows: int, most: int) -> None:
    whole = table(rows, "Read this.")
    start, end = first(whole, most), last(whole, most, "months", "newest")
    assert start.rows == whole.rows[:most]
    assert end.rows == whole.rows[max(0, rows - most) :]
    assert start.total == end.total == whole.total
    if rows > most:
        assert start.note == f"The first {most} of {rows} rows. Read this."
        assert end.note == f"The newest {most} of {rows} months. Read this."
    else:
        assert start.note == end.note == "Read this."


def test_notes_are_joined_without_the_empty_ones() -> None:
    assert noted(table(1, "old"), "", "One.", "", "Two.").note == "One. Two."


def test_the_table_of_tests_leads_to_each_test_and_has_a_column_for_each_measure() -> None:
    facts = make_facts([make_test(make_bugs(rejected=2), id=7, title="Release 4.2")])
    row = lists.test_row(facts, facts.tests[7])
    shown = select(table_of_tests([row]), ("title", BUGS, OPEN, NOISE))
    assert shown.rows[0].cells[0] == Text("Release 4.2", Reference("test", 7))
    assert [column.title for column in shown.columns] == [
        "Test",
        "Bugs",
        "Open bugs",
        "Rejection rate of decided bugs",
    ]
    assert table_of_tests([]).rows == ()
