"""No query makes the search fail, or slow."""

import random
import re
from collections.abc import Sequence
from datetime import UTC
from time import thread_time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from build.search.matching import Postings
from build.search.query import SearchIndex, search
from quality.model.facts import Facts

LIMIT = 0.1
"""Seconds of this thread, which other work on the machine does not prolong; the account has 1,100 bugs."""

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


def seconds(index: SearchIndex, text: str, **filters: Any) -> float:
    """How long a search takes that can remember nothing; the better of two tries."""
    times = []
    for _ in range(2):
        index.postings = Postings(index.searcher)
        start = thread_time()
        result = search(index, text, **filters)
        times.append(thread_time() - start)
        assert result.total >= len(result.hits)
        assert len(result.hits) <= 20
    return min(times)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_HOSTILE)
def test_any_text_gets_an_answer_at_once(demo_index: SearchIndex, text: str) -> None:
    assert seconds(demo_index, text) < LIMIT


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
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
    assert seconds(demo_index, query.format(*frequent(demo_index, 20))) < LIMIT


def test_random_texts_of_the_account_itself_are_bounded(demo_index: SearchIndex, demo_facts: Facts) -> None:
    chance = random.Random(11)  # noqa: S311 - texts, not secrets
    words: Sequence[str] = re.findall(r"\w+", " ".join(bug.title for bug in demo_facts.bugs.values()))
    for _ in range(60):
        some = [chance.choice(words) for _ in range(chance.randrange(1, 20))]
        text = " ".join(one + chance.choice(["", "", "*"]) for one in some)
        assert seconds(demo_index, chance.choice([text, f'"{text}"', text.replace(" ", '" "', 4)])) < LIMIT


def test_a_word_that_is_too_frequent_is_named_instead_of_read(
    demo_index: SearchIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    from build.search import matching  # noqa: PLC0415

    monkeypatch.setattr(matching, "MOST_READ", 50)
    result = search(demo_index, "the cart is empty")
    assert "So frequent that entries without it were not left out:" in result.notice
    assert result.total
