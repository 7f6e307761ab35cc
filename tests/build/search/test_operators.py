"""OR, | and - in a typed query; what has no meaning is said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from build.search.operators import operated


@pytest.mark.parametrize(
    ("text", "groups", "without"),
    [
        ("a b", [["a"], ["b"]], []),
        ("a OR b", [["a", "b"]], []),
        ("a|b | c", [["a", "b", "c"]], []),
        ("a b OR c d", [["a"], ["b", "c"], ["d"]], []),
        ('login OR "sign in" -password', [["login", '"sign in"']], ["password"]),
        ('a -"b c" NOT d', [["a"]], ['"b c"', "d"]),
        ("a AND b", [["a"], ["b"]], []),
        ("sign-in a - b -5", [["sign-in"], ["a"], ["-"], ["b"], ["-5"]], []),
        ("oregon or not and", [["oregon"], ["or"], ["not"], ["and"]], []),
    ],
)
def test_a_query_is_taken_apart_by_its_operators(
    text: str, groups: list[list[str]], without: list[str]
) -> None:
    found = operated(text)
    assert [list(group) for group in found.groups if group != ("-",)] == [
        group for group in groups if group != ["-"]
    ]
    assert list(found.without) == without
    assert found.plain == (not without and all(len(group) == 1 for group in groups))
    assert found.notice == ""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("OR a", "OR without a word"),
        ("a OR", "OR without a word"),
        ("a OR OR b", "OR without a word"),
        ("(a OR b) c", "("),
        ("title:a", "title:"),
        ("a NEAR b", "NEAR"),
        ("-a", "- without a word"),
        ("login~2", "~2"),
    ],
)
def test_what_has_no_meaning_is_said(text: str, said: str) -> None:
    assert said in operated(text).notice


@given(st.text(alphabet='ab "-|*()OR:~\t', max_size=60))
def test_no_text_fails_and_every_piece_was_typed(text: str) -> None:
    found = operated(text)
    assert all(piece in text for group in found.groups for piece in group)
    assert all(piece in text for piece in found.without)
