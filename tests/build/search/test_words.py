from collections.abc import Callable

import pytest

from quality.model.facts import Facts
from tests.build.search.searching import Searching, a_bug, ids, over_bugs, shown


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


@pytest.mark.parametrize("searching", ["indexed"], indirect=True)
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
