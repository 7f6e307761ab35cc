"""Text from outside reaches an answer without anything unseen, and bounded."""

from mcp_reader.text import clean_values, excerpt

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
