"""One table is written as HTML, Markdown, CSV and JSON, and hostile text stays text in all of them."""

import csv
import io
import re
from datetime import UTC, datetime

import pytest

from build.site.data.csv import table_csv
from build.site.data.json import table_json
from build.site.links import Links, address
from build.site.markdown.tables import Target
from build.site.markdown.tables import table as markdown_table
from quality.metrics.measures import Change, measure
from quality.metrics.tally import tally
from quality.views.table import (
    Amount,
    Cell,
    Column,
    Comparison,
    Day,
    Figure,
    Month,
    Reference,
    Row,
    Table,
    Term,
    Text,
)
from tests.factories import make_bugs, make_test

RATE = measure("rejection_rate", tally([make_test(make_bugs(rejected=1, open=2))]))
NONE_YET = measure("rejection_rate", tally([]))
AT = datetime(2026, 11, 21, 6, tzinfo=UTC)
LINKS = Links({598: "products/598-halo-shop"})


def of(*cells: Cell | None, gap: str = "") -> Table:
    columns = tuple(Column(f"c{at}", f"C{at}", "count" if at else "text") for at in range(len(cells)))
    return Table("any", "Any", columns, (Row(cells, gap=gap),))


@pytest.mark.parametrize(
    ("cell", "shown", "value", "object_"),
    [
        (Text("a | b"), "a \\| b", "a | b", {"c1": "a | b"}),
        (Text("t", Reference("test", 7)), "[t](tests/7.html)", "t", {"c1": "t"}),
        (Text("m", Reference("metric", "bug_count")), "m", "m", {"c1": "m"}),
        (Amount(1204), "1,204", "1204", {"c1": 1204}),
        (Amount(0.125, "rate"), "13 %", "0.125", {"c1": 0.125}),
        (Amount(None), "–", "", {}),
        (None, "–", "", {}),
        (Comparison(Change("up", None, "before 2", "up 1")), "up 1", "up 1", {"c1": "up 1"}),
        (Comparison(None), "–", "", {}),
        (Term("review", "active_accepted"), "Accepted", "active_accepted", {"c1": "active_accepted"}),
        (Day(AT), "21 Nov 2026", "2026-11-21T06:00:00Z", {"c1": "2026-11-21T06:00:00Z"}),
        (Month("2026-11", running=True), "Nov 2026, so far", "2026-11", {"c1": "2026-11"}),
        (
            Figure(RATE),
            "1 of 3",
            "0.333",
            {
                "metrics": {
                    "c1": {"value": 0.333, "numerator": 1, "denominator": 3, "low": 0.061, "high": 0.792}
                }
            },
        ),
    ],
)
def test_a_cell_is_words_in_markdown_and_a_value_in_csv_and_json(
    cell: Cell | None, shown: str, value: str, object_: dict[str, object]
) -> None:
    table = of(Text("name"), cell)
    assert str(markdown_table(table, LINKS, Target("")) or "").splitlines()[2] == (
        f"| name | {shown.replace('[t](tests/7.html)', 't (7)')} |"
    )
    linked = str(markdown_table(table, LINKS, Target(None, "report.md")) or "").splitlines()[2]
    assert linked == f"| name | {shown} |"
    assert list(csv.reader(io.StringIO(table_csv(table))))[1] == ["name", value]
    assert table_json(table) == [{"c0": "name", **object_}]


def test_a_rate_of_nothing_has_its_counts_and_no_value() -> None:
    table = of(Text("name"), Figure(NONE_YET))
    assert table_csv(table) == "\ufeffc0,c1\r\nname,\r\n"
    (row,) = table_json(table)
    assert row["metrics"]["c1"] == {"numerator": 0, "denominator": 0}


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "|cmd", "\u200b=1+1", "\t=1+1", "\r\n=1+1", "\x00=1+1", "\u202e=1"],
)
def test_no_text_is_a_formula_in_a_spreadsheet_also_behind_unseen_characters(text: str) -> None:
    for cell in (
        Text(text),
        Term("word", text),
        Comparison(Change("up", None, "", text.strip("\x00\u200b\u202e\r\n\t"))),
    ):
        shown = list(csv.reader(io.StringIO(table_csv(of(Text("name"), cell)))))[1][1]
        assert shown.startswith("'"), cell


@pytest.mark.parametrize(
    "text",
    ["a;=1+1", "a; +1", 'a;"=1+1', "a;'-1", "a;;@SUM(A1)", "a;|cmd", "\uff1d1+1", "a;\uff0b1", "a;b;=1"],
)
def test_no_text_is_a_formula_where_semicolons_part_cells(text: str) -> None:
    """A German Excel opened the report, and the second half of a bug's title was calculated."""
    line = table_csv(of(Text(text), Text("b"))).splitlines()[1]
    for cells in (next(csv.reader([line])), next(csv.reader([line], delimiter=";")), line.split(";")):
        assert not any(re.match(r"[\s\"]*[=+@|\uff1d\uff0b-]", cell) for cell in cells), cells


@pytest.mark.parametrize("text", ["a; b = 1", "1 - 2; 3", "mail@example.com; ok", "Müller"])
def test_a_text_that_is_no_formula_stays_as_it_is_in_csv(text: str) -> None:
    raw = table_csv(of(Text("x"), Text(text))).encode()
    assert raw.startswith(b"\xef\xbb\xbf"), "Excel shows MÃ¼ller for Müller otherwise"
    assert list(csv.reader(io.StringIO(raw.decode("utf-8-sig"))))[1][1] == text


def test_a_gap_stands_in_place_of_the_first_number() -> None:
    shown = markdown_table(
        of(Text("Gift cards"), Amount(0), None, None, gap="not tested"), LINKS, Target(None)
    )
    assert str(shown).splitlines()[2] == "| Gift cards | not tested | – | – |"


def test_a_table_without_rows_is_nothing_in_markdown_and_a_header_in_csv() -> None:
    empty = Table("any", "Any", (Column("name", "Name"),), ())
    assert markdown_table(empty, LINKS, Target(None)) is None
    assert table_csv(empty) == "\ufeffname\r\n"
    assert table_json(empty) == []


@pytest.mark.parametrize(
    ("reference", "path"),
    [
        (Reference("product", 598), "../products/598-halo-shop/index.html"),
        (Reference("test", 7), "../tests/7.html"),
        (Reference("bug", 1, 7), "../tests/7.html#bug-1"),
        (Reference("bug", 1, 8), "#bug-1"),
        (Reference("metric", "bug_count"), "../about.html#metric-bug_count"),
    ],
)
def test_a_reference_leads_to_its_page_or_to_a_place_on_the_same_page(
    reference: Reference, path: str
) -> None:
    assert address("tests/8.html", LINKS.to(reference)) == path
