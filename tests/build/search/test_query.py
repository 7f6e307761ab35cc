"""Searching finds what has the words, best first, and shows why."""

from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from build.search.index import update_index
from build.search.query import Hit, SearchIndex, SearchResult, open_index, search
from quality.model.entities import Bug, Test
from quality.model.facts import Facts
from tests.factories import ENDED, make_bug, make_facts, make_feature, make_test

Searching = Callable[..., SearchResult]


def a_bug(number: int, title: str, **fields: Any) -> Bug:
    """A bug that has no words but its title's and those given."""
    return make_bug(
        id=number,
        title=title,
        **{"tester": None, "feature": None, "feature_id": None, "devices": (), **fields},
    )


def a_test(number: int, *bugs: Bug, **fields: Any) -> Test:
    return make_test(
        bugs, id=number, **{"title": f"Cycle {number}", "features": (), "environment": None, **fields}
    )


@pytest.fixture
def searching(tmp_path: Path) -> Callable[[Facts], Searching]:
    """Makes a search over an index of some facts."""

    def over(facts: Facts) -> Searching:
        update_index(facts, tmp_path)
        index = open_index(tmp_path)
        assert index is not None
        return lambda text, **named: search(index, text, **named)

    return over


def over_bugs(searching: Callable[[Facts], Searching], *bugs: Bug) -> Searching:
    return searching(make_facts([a_test(11, *bugs)]))


def ids(result: SearchResult) -> list[int]:
    return [hit.id for hit in result.hits]


def shown(hit: Hit) -> str:
    return "".join(f"[{piece.text}]" if piece.match else piece.text for piece in hit.snippet)


def test_a_hit_says_what_it_is_and_where_it_belongs(searching: Callable[[Facts], Searching]) -> None:
    find = searching(
        make_facts([a_test(11, a_bug(1, "Voucher refused"))], features=[make_feature(title="Vouchers")])
    )
    (hit,) = find("voucher").hits
    assert (hit.kind, hit.id, hit.title, hit.product_id, hit.test_id) == (
        "bug",
        1,
        "Voucher refused",
        598,
        11,
    )
    assert hit.score > 0
    (feature,) = find("vouchers").hits
    assert (feature.kind, feature.product_id, feature.test_id) == ("feature", 598, None)
    (test,) = find("cycle 11").hits
    assert (test.kind, test.test_id) == ("test", 11)
    (product,) = find("halo shop").hits
    assert (product.kind, product.id, product.product_id) == ("product", 598, 598)


def test_all_words_must_be_there_in_any_order_and_in_title_or_text(
    searching: Callable[[Facts], Searching],
) -> None:
    find = over_bugs(
        searching,
        a_bug(1, "Voucher refused", actual_result="The basket is empty"),
        a_bug(2, "Basket with a voucher"),
        a_bug(3, "Basket without anything"),
        a_bug(4, "Voucher"),
    )
    assert set(ids(find("voucher basket"))) == {1, 2}
    assert set(ids(find("BASKET Voucher"))) == {1, 2}
    assert ids(find("voucher basket missing")) == []


def test_the_title_weighs_more_than_the_text(searching: Callable[[Facts], Searching]) -> None:
    find = over_bugs(
        searching,
        a_bug(1, "Something else", steps=("Open the voucher page",)),
        a_bug(2, "Voucher page", steps=("Open something else",)),
    )
    assert ids(find("voucher")) == [2, 1]


def test_a_rare_word_weighs_more_than_a_frequent_one(searching: Callable[[Facts], Searching]) -> None:
    bugs = [a_bug(number, f"Page page {number}", steps=("voucher",)) for number in range(1, 30)]
    find = over_bugs(searching, *bugs, a_bug(30, "Voucher", steps=("page",)))
    assert ids(find("page voucher"))[0] == 30


def test_words_in_quotes_stand_next_to_each_other(searching: Callable[[Facts], Searching]) -> None:
    find = over_bugs(
        searching,
        a_bug(1, "The total of the basket"),
        a_bug(2, "The basket has no total"),
        a_bug(3, "Nothing", actual_result="On total of the first basket"),
    )
    assert set(ids(find('"total of the"'))) == {1, 3}
    assert ids(find('"the basket has"')) == [2]
    assert ids(find('"basket total"')) == []
    assert set(ids(find('"basket" total'))) == {1, 2, 3}
    assert ids(find('"total of the" first')) == [3]


def test_a_repeated_word_in_quotes_is_repeated_in_the_text(searching: Callable[[Facts], Searching]) -> None:
    find = over_bugs(searching, a_bug(1, "the the basket"), a_bug(2, "the basket"))
    assert ids(find('"the the"')) == [1]


def test_a_star_stands_for_any_ending(searching: Callable[[Facts], Searching]) -> None:
    find = over_bugs(
        searching, a_bug(1, "Checkout"), a_bug(2, "Checklist"), a_bug(3, "Chair"), a_bug(4, "Check")
    )
    assert set(ids(find("check*"))) == {1, 2, 4}
    assert set(ids(find("CHECKO*"))) == {1}
    assert ids(find("check")) == [4]
    assert ids(find("*")) == []
    assert ids(find("c*k")) == []


def test_a_beginning_stands_for_its_most_frequent_words(searching: Callable[[Facts], Searching]) -> None:
    rare = [a_bug(number, f"pre{number:03}") for number in range(1, 101)]
    frequent = [a_bug(1000 + number, "prefix") for number in range(5)]
    find = over_bugs(searching, *rare, *frequent)
    result = find("pre*", limit=200)
    assert result.total == 5 + 63
    assert result.notice == "Of the words that begin with pre only the most frequent were searched for."
    assert find("pref*").notice == ""
    assert {1000, 1001, 1002, 1003, 1004} < set(ids(result))


def test_common_words_do_not_make_a_query_vanish(searching: Callable[[Facts], Searching]) -> None:
    find = over_bugs(searching, a_bug(1, "To be or not to be"), a_bug(2, "Basket"))
    assert ids(find("to be")) == [1]
    assert ids(find('"not to be"')) == [1]


@pytest.mark.parametrize(
    ("title", "query"),
    [
        ("Übersicht fehlt", "ubersicht"),
        ("Ubersicht fehlt", "übersicht"),
        ("Übersicht fehlt", "uebersicht"),
        ("Uebersicht fehlt", "übersicht"),
        ("U\u0308bersicht fehlt", "übersicht"),
        ("Übersicht fehlt", "u\u0308bersicht"),
        ("Größe der Straße", "GRÖSSE STRASSE"),
        ("Groesse der Strasse", "größe straße"),
        ("Café à la carte", "cafe a la carte"),
        ("Cafe", "café"),
        ("Łódź", "lodz"),
        ("ΑΘΗΝΑ", "αθηνα"),
        ("Ошибка входа", "ошибка"),
    ],
)
def test_accents_umlauts_and_case_make_no_difference(
    searching: Callable[[Facts], Searching], title: str, query: str
) -> None:
    find = over_bugs(searching, a_bug(1, title), a_bug(2, "Basket"))
    assert ids(find(query)) == [1]


@pytest.mark.parametrize(
    ("title", "query"),
    [
        ("结账页面的购物车按钮无法点击", "购物车"),
        ("结账页面的购物车按钮无法点击", "车"),
        ("结账页面的购物车按钮无法点击", "按钮 页面"),
        ("在Checkout页面看到错误", "checkout"),
        ("在Checkout页面看到错误", "Checkout页面"),
        ("在Checkout页面看到错误", '"在checkout页面看到"'),
        ("カートの合計金額が更新されない", "合計金額"),
        ("ｶｰﾄが空になる", "カート"),
        ("バグ", "ハ\u3099ク\u3099"),
        ("장바구니에서 결제할 수 없음", "장바구니"),
        ("장바구니에서 결제할 수 없음", "\u110c\u1161\u11bc\u1107\u1161\u1100\u116e\u1102\u1175"),
        ("กดปุ่มชำระเงินไม่ได้", "ชำระเงิน"),
        ("الْمُسْتَخْدِم لا يستطيع الدفع", "المستخدم"),
        ("المستخدم", "الْمُسْتَخْدِم"),
        ("خطأ في الـــدفع", "خطا الدفع"),
        ("شَלום שָׁלוֹם", "שלום"),
        ("הסל ריק", "הַסַּל"),
        ("हिन्दी में त्रुटि", "हिन्दी"),
        ("ＣＨＥＣＫＯＵＴ　ｆａｉｌｓ", "checkout fails"),
        ("Checkout fails", "ＣＨＥＣＫＯＵＴ"),
        ("Oﬃce proﬁle", "office profile"),
        ("Office profile", "oﬃce"),
        ("Cafe\u0301 Übersicht", "café"),
        ("ΠΡΟΪΌΝΤΟΣ", "προϊόντος"),
        ("Auf\u200clage", "auflage"),
        ("Seite ١٢٣", "123"),
        ("Crash in v2.10.3 on start", "2.10.3"),
        ("Crash in 2.10.3 on start", "V2.10.3"),
        ("Crash in v2.10.3-rc1", "v2.10.3"),
        ("Crash since v9", "9"),
        ("Crash in version 2", "v2"),
        ("Crash on iOS17", "17"),
        ("„Warenkorb leer“ steht da", "“warenkorb leer”"),
    ],
)
def test_words_are_found_in_any_script_and_form(
    searching: Callable[[Facts], Searching], title: str, query: str
) -> None:
    """Testers wrote in their language, and nobody who searched in it found their bugs."""
    find = over_bugs(searching, a_bug(1, title), a_bug(2, "Basket"))
    assert ids(find(query)) == [1]


@pytest.mark.parametrize(
    ("title", "query"),
    [
        ("购车物", "购物车"),
        ("购物 物车", "购物车"),
        ("页面在Checkout", '"Checkout页面"'),
        ("हिन्दी", "हिन्द"),
        ("か", "が"),
        ("Crash in v3.10.2", "2.10.3"),
        ("Crash in v12.10.3", "2.10.3"),
        ("10 of 3 in 2", "2.10.3"),
    ],
)
def test_what_only_has_the_same_letters_is_not_found(
    searching: Callable[[Facts], Searching], title: str, query: str
) -> None:
    find = over_bugs(searching, a_bug(1, title), a_bug(2, "Basket"))
    assert ids(find(query)) == []


def test_a_long_run_without_blanks_is_cut_as_many_words_are(searching: Callable[[Facts], Searching]) -> None:
    find = over_bugs(searching, a_bug(1, "".join(chr(0x4E00 + number) for number in range(200))))
    result = find("".join(chr(0x4E00 + number) for number in range(100)))
    assert ids(result) == [1]
    assert result.notice == "Only the first 16 words were searched for."


@pytest.mark.parametrize(
    ("text", "query", "expected"),
    [
        ("请打开购物车页面", "购物车", "请打开[购物车]页面"),
        ("在Checkout页面", "checkout", "在[Checkout]页面"),
        ("الْمُسْتَخْدِم هنا", "المستخدم", "[الْمُسْتَخْدِم] هنا"),
        ("Open the proﬁle", "profile", "Open the [proﬁle]"),
        ("½ of it, ＯＫ", "1 ok", "[½] of it, [ＯＫ]"),
        ("in v2.10.3 – now", "2.10.3", "in v[2].[10].[3] – now"),
    ],
)
def test_a_snippet_shows_what_was_found_in_any_script(
    searching: Callable[[Facts], Searching], text: str, query: str, expected: str
) -> None:
    find = over_bugs(searching, a_bug(1, "x", actual_result=text))
    assert shown(find(query).hits[0]) == expected


def test_a_suggestion_leaves_a_run_without_blanks_whole(searching: Callable[[Facts], Searching]) -> None:
    find = over_bugs(searching, a_bug(1, "Checkout 购物车页面"))
    assert find("chekout 购物车").did_you_mean == "checkout 购物车"


def test_german_texts_are_found_by_their_words(searching: Callable[[Facts], Searching]) -> None:
    find = over_bugs(
        searching,
        a_bug(1, "Der Warenkorb lässt sich nicht löschen", language="de"),
        a_bug(2, "Die Suche findet nichts", actual_result="Nach dem Löschen bleibt der Warenkorb voll"),
    )
    assert ids(find("Warenkorb löschen")) == [1, 2]
    assert ids(find("warenkorb loschen nicht")) == [1]
    assert ids(find("warenk*")) == [1, 2]


def test_words_are_split_at_everything_that_is_no_letter_or_digit(
    searching: Callable[[Facts], Searching],
) -> None:
    find = over_bugs(searching, a_bug(1, "E-mail to support@example.com fails on iOS 17.2"))
    for query in (
        "e-mail",
        "example.com",
        "17.2",
        "mail",
        "support@example.com",
        "(e-mail)",
        "e-mail, 17.2!",
    ):
        assert ids(find(query)) == [1], query


@pytest.mark.parametrize("query", ["4001", "#4001", " # 4001 ", "bug 4001", "Bug #4001", "bugs 4001"])
def test_an_id_finds_its_entity_first(searching: Callable[[Facts], Searching], query: str) -> None:
    find = over_bugs(searching, a_bug(4001, "Voucher refused"), a_bug(2, "Bug 4001 4001 4001 is back"))
    result = find(query)
    assert ids(result)[0] == 4001
    assert result.total == len(result.hits)


def test_one_number_finds_every_entity_with_that_id_and_obeys_the_filters(
    searching: Callable[[Facts], Searching],
) -> None:
    find = searching(make_facts([a_test(598, a_bug(598, "Voucher"))], features=[make_feature(id=598)]))
    assert {hit.kind for hit in find("598").hits} == {"product", "feature", "test", "bug"}
    assert next(hit.kind for hit in find("test 598").hits) == "test"
    assert [hit.kind for hit in find("598", entities=["bug"]).hits] == ["bug"]
    assert find("0000598").hits[0].id == 598
    assert find("9" * 300).hits == ()


@pytest.fixture
def filtered(searching: Callable[[Facts], Searching]) -> Searching:
    """Five bugs about a basket in two products and three tests; the last test has not ended."""
    return searching(
        make_facts(
            [
                a_test(
                    11,
                    a_bug(1, "Basket", severity="high"),
                    a_bug(2, "Basket", severity="low", review="rejected", status="rejected"),
                    title="Basket",
                ),
                a_test(
                    12, a_bug(3, "Basket", severity="low"), product_id=600, end_at=ENDED - timedelta(days=100)
                ),
                a_test(
                    13,
                    a_bug(4, "Basket", severity="visual"),
                    a_bug(5, "Voucher"),
                    status="running",
                    end_at=None,
                ),
            ],
            features=[make_feature(title="Basket")],
        )
    )


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, {("feature", 2001), ("test", 11), ("bug", 1), ("bug", 2), ("bug", 3), ("bug", 4)}),
        ({"entities": ["bug"]}, {("bug", 1), ("bug", 2), ("bug", 3), ("bug", 4)}),
        ({"entities": ["feature", "test"]}, {("feature", 2001), ("test", 11)}),
        ({"product_ids": [600]}, {("bug", 3)}),
        ({"product_ids": [598, 600], "entities": ["bug"]}, {("bug", 1), ("bug", 2), ("bug", 3), ("bug", 4)}),
        ({"product_ids": [7]}, set()),
        ({"test_ids": [11]}, {("test", 11), ("bug", 1), ("bug", 2)}),
        ({"severity": ["low"]}, {("bug", 2), ("bug", 3)}),
        ({"severity": ["low", "visual"], "product_ids": [598]}, {("bug", 2), ("bug", 4)}),
        ({"status": [" Rejected "]}, {("bug", 2)}),
        ({"status": ["locked"]}, {("test", 11)}),
        ({"review": ["rejected"]}, {("bug", 2)}),
        ({"start": ENDED}, {("test", 11), ("bug", 1), ("bug", 2)}),
        ({"start": ENDED + timedelta(seconds=1)}, set()),
        ({"end": ENDED}, {("test", 11), ("bug", 1), ("bug", 2), ("bug", 3)}),
        ({"end": ENDED - timedelta(seconds=1)}, {("bug", 3)}),
        (
            {"start": datetime(1, 1, 1, tzinfo=UTC), "end": datetime(9999, 12, 31, tzinfo=UTC)},
            {("test", 11), ("bug", 1), ("bug", 2), ("bug", 3)},
        ),
        ({"start": ENDED, "end": ENDED - timedelta(days=1)}, set()),
        ({"entities": []}, set()),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_filters_narrow_what_is_found(
    filtered: Searching, filters: dict[str, Any], expected: Collection[tuple[str, int]]
) -> None:
    result = filtered("basket", **filters)
    assert {(hit.kind, hit.id) for hit in result.hits} == expected
    assert result.total == len(expected)


def test_pages_together_are_the_whole_and_the_total_is_exact(searching: Callable[[Facts], Searching]) -> None:
    bugs = [a_bug(number, "Basket " * (1 + number % 7), steps=("total",)) for number in range(1, 41)]
    find = over_bugs(searching, *bugs)
    whole = ids(find("basket total", limit=100))
    pages = [find("basket total", limit=7, offset=offset) for offset in range(0, 49, 7)]
    assert [one for page in pages for one in ids(page)] == whole
    assert len(whole) == 40
    assert {page.total for page in pages} == {40}
    assert find("basket", offset=10_000).hits == ()
    assert find("basket", offset=10_000).total == 40


def test_equal_searches_have_equal_answers(searching: Callable[[Facts], Searching]) -> None:
    find = over_bugs(searching, *(a_bug(number, "Basket") for number in range(1, 41)))
    assert find("basket") == find("basket")
    assert ids(find("basket", limit=5)) == [1, 2, 3, 4, 5]


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


def test_hostile_text_stays_text(searching: Callable[[Facts], Searching]) -> None:
    hostile = '<script>alert("basket")</script> {{7*7}} [x](javascript:basket) \u202ebasket'
    find = over_bugs(searching, a_bug(1, hostile, steps=(hostile,)))
    (hit,) = find("basket").hits
    assert hit.title == hostile
    assert "".join(piece.text for piece in hit.snippet) == hostile
    assert [piece.text for piece in hit.snippet if piece.match] == ["basket"] * 3


def test_an_overlong_word_title_or_text_is_indexed_all_the_same(
    searching: Callable[[Facts], Searching],
) -> None:
    find = over_bugs(
        searching,
        a_bug(1, "w" * 100_000, steps=("basket " * 50_000,), status="s" * 100_000),
        a_bug(2, "Basket"),
    )
    assert set(ids(find("basket"))) == {1, 2}
    assert ids(find("w" * 64)) == [1]


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


def test_operators_of_other_searches_are_no_fields_ranges_or_patterns(
    searching: Callable[[Facts], Searching],
) -> None:
    find = over_bugs(searching, a_bug(1, "Voucher not or title and basket"), a_bug(2, "Voucher"))
    assert set(ids(find("voucher AND basket"))) == {1}
    assert set(ids(find("voucher OR basket"))) == {1, 2}
    assert set(ids(find("voucher NOT basket"))) == set(ids(find("voucher -basket"))) == {2}
    assert ids(find("NOT voucher")) == []
    assert set(ids(find("[basket TO voucher]"))) <= {1}
    assert ids(find("voucher^100 ~basket")) == []
    assert ids(find("title:voucher")) == [1]


@pytest.mark.slow
def test_several_threads_get_the_same_answers(demo_index: SearchIndex) -> None:
    queries = ["cart", "checkout page", '"the cart"', "che*", "login", "zzzz", "#4001"] * 2
    alone = [search(demo_index, query) for query in queries]
    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(lambda query: search(demo_index, query), queries)) == alone


@pytest.mark.slow
def test_every_bug_of_the_demo_is_found_by_its_title_and_its_id(
    demo_index: SearchIndex, demo_facts: Facts
) -> None:
    for bug in list(demo_facts.bugs.values())[::150]:
        assert search(demo_index, f"#{bug.id}").hits[0].id == bug.id
        result = search(demo_index, bug.title, test_ids=[bug.test_id], entities=["bug"])
        assert bug.id in ids(result)
