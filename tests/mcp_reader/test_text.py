"""Text from outside reaches an answer without anything unseen, and bounded."""

import pytest
from pydantic import BaseModel

from mcp_reader.text import LIMIT, clean_values, excerpt, fitting

HOSTILE = "a\u202eb\u2066c\x00d\x1b[31me\u200bf\U000e0041g\ud800h\ufeffi\x7fj\x85k"


def test_nothing_unseen_stays_in_any_string_of_a_value() -> None:
    value = {"title": HOSTILE, "rows": [HOSTILE, {"n": 1, "x": None}]}
    assert clean_values(value) == {
        "title": "abcd[31mefghij k",
        "rows": ["abcd[31mefghij k", {"n": 1, "x": None}],
    }


def test_a_long_text_says_how_long_it_was() -> None:
    assert excerpt("x" * 50, 100) == "x" * 50
    assert excerpt("y" * 5000, 100) == "y" * 100 + "… [cut; 5,000 characters in all]"
    assert excerpt(" \u202e ", 100) is None
    assert excerpt(None, 100) is None


class Row(BaseModel):
    title: str
    date: str | None = "2026-11-20"


class Rows(BaseModel):
    rows: list[Row]


@pytest.mark.parametrize("number", [1, 40, 100, 250])
def test_rows_keep_within_the_limit_and_give_up_what_can_be_spared_first(number: int) -> None:
    answer = Rows(rows=[Row(title=f"{place} " + "word " * (place % 40)) for place in range(number)])
    given_up = fitting(answer, answer.rows, "title", spare="date")
    assert len(answer.model_dump_json(exclude_none=True)) <= LIMIT
    assert given_up == all(row.date is None for row in answer.rows)
    assert answer.rows[0].title.strip() == "0"


def test_rows_that_fit_are_left_as_they_are() -> None:
    answer = Rows(rows=[Row(title="Short"), Row(title="Longer " * 20)])
    assert not fitting(answer, answer.rows, "title", spare="date")
    assert answer.rows[1].title == ("Longer " * 20).strip()
    empty = Rows(rows=[])
    assert not fitting(empty, empty.rows, "title")
