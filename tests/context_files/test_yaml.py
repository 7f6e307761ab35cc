"""YAML is read as tables, lists and texts with their lines, and no text whatever does more than that."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from base import bounds
from context_files.yaml import BadYaml, Parsed, parse, typed

KEYS = st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=1, max_size=8)
LETTERS = st.characters(codec="utf-8", exclude_categories=("C", "Zl", "Zp"))
VALUES = st.recursive(
    st.booleans() | st.integers(-(10**9), 10**9) | st.text(LETTERS, max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


def tried(text: str) -> Parsed | BadYaml:
    try:
        return parse(text)
    except BadYaml as error:
        return error


@pytest.mark.slow
@given(VALUES)
def test_json_is_read_as_what_it_says(value: object) -> None:
    """YAML holds JSON: whatever fits into the bounds comes back."""
    found = tried(json.dumps(value, ensure_ascii=False))
    assert found.why == "It is too deep." if isinstance(found, BadYaml) else typed(found.value) == value


@given(
    st.text(st.characters(codec="utf-8"), max_size=200) | st.text("&*!{}[]-:\n \t'\"|>%@`#a0", max_size=60)
)
def test_any_text_is_read_or_refused_with_a_line_and_a_reason(text: str) -> None:
    found = tried(text)
    if isinstance(found, BadYaml):
        assert 1 <= found.line <= len(text) + 2
        assert found.why.endswith(".")
    else:
        assert found.line(()) >= 1


def test_a_value_has_the_line_on_which_it_begins() -> None:
    found = parse("a: 1\nb:\n  - x\n  - c: 2\n")
    assert [found.line(path) for path in (("a",), ("b", 0), ("b", 1, "c"), ("b", 7), ("z",))] == [
        1,
        3,
        4,
        2,
        1,
    ]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("4.10", 4.1), ("'4.10'", "4.10"), ("0x10", "0x10"), ("no", "no"), ("true", True), ("~", None),
        ("", None), ("1_000", "1_000"), ("2026-11-21", "2026-11-21"), ("12:30", "12:30"), (".nan", ".nan"),
        ("-3", -3), ("1e3", 1000.0),
    ],
)  # fmt: skip
def test_plain_values_become_numbers_and_truths_only_as_yaml_1_2_has_them(text: str, value: object) -> None:
    assert typed(parse(f"a: {text}").value) == {"a": value}


def test_the_number_of_values_is_bounded() -> None:
    with pytest.raises(BadYaml, match="more than"):
        parse("[" + "1," * (bounds.CONTEXT_VALUES + 1) + "]")
