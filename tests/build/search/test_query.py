"""Searching finds what has the words, best first, and shows why."""

from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from build.search import query as query_module
from build.search.query import SearchIndex, search
from quality.model.facts import Facts
from tests.build.search.searching import Searching, a_bug, a_test, ids, over_bugs
from tests.factories import ENDED, make_facts, make_feature


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


def test_titles_come_first_then_features(searching: Callable[[Facts], Searching]) -> None:
    find = over_bugs(
        searching, a_bug(1, "Button", steps=("voucher " * 9,)), a_bug(2, "Label"), a_bug(3, "Voucher refused")
    )
    assert find("voucher").matched == {"title": 1, "text": 1}
    named = find("button OR label OR voucher", named=[{1, 2}])
    assert named.matched == {"title": 3}
    assert [hit.id for hit in find("voucher", named=[{1}]).hits] == [3, 1]
    assert find("voucher", named=[{1}]).matched == {"title": 1, "feature": 1}


def test_bugs_of_too_many_features_leave_the_order_to_the_scores(
    demo_index: SearchIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert search(demo_index, "login", named=[{1, 2}]).matched
    monkeypatch.setattr(query_module, "MOST_NAMED", 1)
    found = search(demo_index, "login", named=[{1, 2}])
    assert not found.matched
    scores = [hit.score for hit in found.hits]
    assert scores == sorted(scores, reverse=True)


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
