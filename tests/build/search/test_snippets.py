from collections.abc import Callable

import pytest

from quality.model.facts import Facts
from tests.build.search.searching import Searching, a_bug, over_bugs, shown


def test_a_snippet_shows_the_words_in_their_own_spelling(searching: Callable[[Facts], Searching]) -> None:
    find = over_bugs(
        searching, a_bug(1, "x", steps=("Open the Übersicht",), actual_result="uebersicht is empty")
    )
    assert shown(find("ubersicht").hits[0]) == "Open the [Übersicht] · uebersicht is empty"
    assert shown(find("übersicht").hits[0]) == "Open the [Übersicht] · [uebersicht] is empty"
    assert shown(find("ub* open").hits[0]) == "[Open] the [Übersicht] · uebersicht is empty"


def test_a_snippet_of_a_long_text_is_cut_around_the_words(searching: Callable[[Facts], Searching]) -> None:
    filler = " ".join(f"word{number}" for number in range(300))
    find = over_bugs(
        searching, a_bug(1, "x", actual_result=f"{filler} the basket keeps the voucher {filler}")
    )
    hit = find("voucher basket").hits[0]
    text = shown(hit)
    assert "the [basket] keeps the [voucher]" in text
    assert text.startswith("…")
    assert text.endswith("…")
    assert len(text) < 230


def test_a_hit_by_its_title_alone_shows_the_beginning_of_its_text(
    searching: Callable[[Facts], Searching],
) -> None:
    find = over_bugs(searching, a_bug(1, "Basket", steps=("Open the shop",)), a_bug(2, "Basket"))
    assert [shown(hit) for hit in find("basket").hits] == ["Open the shop", ""]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("vuocher", "voucher"),
        ("voucer refusd", "voucher refused"),
        ("vouchr", "voucher"),
        ("baskte total", "basket total"),
    ],
)
def test_when_nothing_matches_the_likest_words_are_proposed(
    searching: Callable[[Facts], Searching], query: str, expected: str
) -> None:
    find = over_bugs(searching, a_bug(1, "Voucher refused"), a_bug(2, "Basket", steps=("total",)))
    result = find(query)
    assert result.hits == ()
    assert result.did_you_mean == expected
    assert find(expected).total


def test_nothing_is_proposed_that_would_find_nothing(searching: Callable[[Facts], Searching]) -> None:
    find = over_bugs(searching, a_bug(1, "Voucher refused"), a_bug(2, "Basket"))
    assert find("vuocher baskte").did_you_mean is None
    assert find("vuocher", entities=["test"]).did_you_mean is None
    assert find("zzzzzz").did_you_mean is None
    assert find("voucher basket").did_you_mean is None
    assert find("99999999").did_you_mean is None
    assert find("voucher").did_you_mean is None


@pytest.mark.parametrize("query", ["", " ", "!!!", '""', '"', "***", "- + ( ) [ ]", "\u0308", "\ud800"])
def test_a_query_without_a_word_is_answered_with_a_notice(
    searching: Callable[[Facts], Searching], query: str
) -> None:
    result = over_bugs(searching, a_bug(1, "Voucher"))(query)
    assert (result.hits, result.total) == ((), 0)
    assert result.notice == "There is no word to search for."


@pytest.mark.parametrize(
    ("query", "notice"),
    [
        ("voucher " * 200, "Only the first 300 characters were searched for."),
        ("voucher x" + " voucher" * 17, "Only the first 16 words were searched for."),
        ("v* vo* vou*", "Only the first 2 words with * were searched for as beginnings."),
        ('"voucher" ' * 4, "Only the first 3 phrases were searched for as phrases."),
    ],
)
def test_what_is_left_out_of_a_query_is_said(
    searching: Callable[[Facts], Searching], query: str, notice: str
) -> None:
    assert notice in over_bugs(searching, a_bug(1, "Voucher x"))(query).notice
