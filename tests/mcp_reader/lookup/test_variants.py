"""Other words for what is looked for are suggested as a whole query."""

import pytest

from mcp_reader.lookup.variants import SAME, widened


@pytest.mark.parametrize(
    ("query", "wider"),
    [
        ("login", 'login OR "log in" OR "sign in" OR signin'),
        ("log in", '"log in" OR login OR "sign in" OR signin'),
        ('Login OR "sign in" crash', 'Login OR "sign in" OR "log in" OR signin crash OR crashes OR freezes'),
        ("app check out -email", 'app "check out" OR checkout -email'),
        ("delete | remove", None),
        ("voucher", None),
        ('"log"', None),
        ("-login", None),
        ("", None),
    ],
)
def test_a_query_is_widened_where_it_names_such_a_thing(query: str, wider: str | None) -> None:
    found = widened(query)
    assert (None if found is None else found[0]) == wider


def test_no_word_has_two_meanings() -> None:
    words = [word for group in SAME for word in group]
    assert len(words) == len(set(words))
