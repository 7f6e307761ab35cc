"""No query makes the search fail, or costs more than it may."""

import random
import re
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from whoosh.searching import Searcher

from build.search import matching
from build.search.matching import Postings, Scores
from build.search.query import SearchIndex, search
from quality.model.facts import Facts
from tests.effort import calls

MOST_CALLS = 1_000_000
"""The calls of functions that a search may make in an account of 1,100 bugs.

The dearest query below makes half as many, and one would make twice as many without the bounds of `parse`.
"""

_PIECES = [
    '"',
    "*",
    "?",
    "~",
    "^",
    ":",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "-",
    "+",
    "'",
    "\\",
    "/",
    "<",
    ">",
    " TO ",
    " AND ",
    " OR ",
    " NOT ",
    " ANDNOT ",
    "~99999999",
    "^9e99",
    "title:",
    "uid:",
    "text:",
    "\x00",
    "\n",
    "\u202e",
    "\u0308",
    "\ud800",
    "ß",
    "İ",
    "ﬃ",
    "😀",
    "日本語",
    "a*",
    "the ",
    "of ",
    "cart ",
    "9" * 20,
    "#",
    "bug 1 ",
    "'; DROP TABLE",
]
_HOSTILE = st.one_of(
    st.text(max_size=400),
    st.lists(st.one_of(st.sampled_from(_PIECES), st.text(max_size=8)), max_size=60).map("".join),
    st.lists(st.sampled_from(_PIECES), min_size=1, max_size=5).map(lambda pieces: "".join(pieces) * 40),
)


def cost(index: SearchIndex, text: str) -> int:
    """Count the calls of a search that can remember nothing."""
    index.postings = Postings(index.searcher)

    def searching() -> None:
        result = search(index, text)
        assert result.total >= len(result.hits)
        assert len(result.hits) <= 20

    return calls(searching)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(_HOSTILE)
def test_any_text_gets_an_answer_at_a_bounded_cost(demo_index: SearchIndex, text: str) -> None:
    assert cost(demo_index, text) < MOST_CALLS


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    text=st.sampled_from(["cart", "the a of", "c* t*", '"of the"', "4001"]),
    entities=st.none() | st.lists(st.text(max_size=5), max_size=3),
    product_ids=st.none() | st.lists(st.integers(), max_size=3),
    status=st.none() | st.lists(st.text(max_size=20), max_size=3),
    start=st.none() | st.datetimes(timezones=st.just(UTC)),
    end=st.none() | st.datetimes(timezones=st.just(UTC)),
    limit=st.integers(-5, 10**12),
    offset=st.integers(-5, 10**12),
)
def test_any_filter_and_page_gets_an_answer(demo_index: SearchIndex, text: str, **given_filters: Any) -> None:
    result = search(demo_index, text, **given_filters)
    assert result.total >= len(result.hits)


def frequent(index: SearchIndex, number: int) -> list[str]:
    return [word.decode() for _, word in index.searcher.reader().most_frequent_terms("text", number)]


@pytest.mark.slow
@pytest.mark.parametrize(
    "query",
    [
        "{0}",
        "{0} {1} {2}",
        "{0} {1} {2} {3} {4} {5} {6} {7} {8} {9} {10} {11} {12} {13} {14} {15} {16}",
        '"{0} {1}" "{1} {2}" "{2} {3}"',
        '"{0} {1} {2} {3} {4} {5}"',
        '"of the" "in the" "to the"',
        "a* b*",
        "s* c*",
        "e* i* o* u* a*",
        "0* 1* 2*",
        '{0} {1} a* t* "{0} {1}"',
        "* ** ***",
        "a?b*c~99 [a TO z] {{a TO z}} a*~2^3",
        "(((((((((((((((((((((((((((((((",
        '"' * 300,
        "a* " * 100,
        "~" * 300,
    ],
)
def test_the_dearest_queries_that_can_be_thought_of_are_bounded(demo_index: SearchIndex, query: str) -> None:
    assert cost(demo_index, query.format(*frequent(demo_index, 20))) < MOST_CALLS


@pytest.mark.slow
def test_random_texts_of_the_account_itself_are_bounded(demo_index: SearchIndex, demo_facts: Facts) -> None:
    chance = random.Random(11)  # noqa: S311 - texts, not secrets
    words: Sequence[str] = re.findall(r"\w+", " ".join(bug.title for bug in demo_facts.bugs.values()))
    for _ in range(30):
        some = [chance.choice(words) for _ in range(chance.randrange(1, 20))]
        text = " ".join(one + chance.choice(["", "", "*"]) for one in some)
        assert cost(demo_index, chance.choice([text, f'"{text}"', text.replace(" ", '" "', 4)])) < MOST_CALLS


class _Counted(Postings):
    """Counts the postings that are read."""

    reads = 0

    def _scored(self, field: str, text: str) -> Scores:
        found = super()._scored(field, text)
        self.reads += len(found)
        return found


def reads(index: SearchIndex, text: str) -> int:
    index.postings = counted = _Counted(index.searcher)
    search(index, text)
    return counted.reads


def test_a_search_reads_no_more_postings_than_it_may(
    demo_index: SearchIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = " ".join(frequent(demo_index, 16))
    assert reads(demo_index, text) > 3000
    monkeypatch.setattr(matching, "MOST_READ", 3000)
    assert 0 < reads(demo_index, text) <= 3000


def test_a_search_compares_positions_in_no_more_entries_than_it_may(
    demo_index: SearchIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[int] = []
    real = matching._in_sequence

    def counted(
        searcher: Searcher, offset: int, field: str, words: Sequence[str], rows: Collection[int]
    ) -> Iterator[int]:
        compared.append(len(rows))
        return real(searcher, offset, field, words, rows)

    monkeypatch.setattr(matching, "_in_sequence", counted)
    text = '"of the" "in the" "to the"'
    search(demo_index, text)
    assert sum(compared) > 300
    compared.clear()
    monkeypatch.setattr(matching, "MOST_COMPARED", 300)
    search(demo_index, text)
    assert 0 < sum(compared) <= 300


def test_a_word_that_is_too_frequent_is_named_instead_of_read(
    demo_index: SearchIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matching, "MOST_READ", 50)
    result = search(demo_index, "the cart is empty")
    assert "Too frequent to be required:" in result.notice
    assert result.total
