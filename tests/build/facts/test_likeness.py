"""Bugs are found again across tests, over rejected ones too, and nothing in a title makes it expensive."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from build.facts.likeness import (
    COMPARED_LETTERS,
    MOST_CANDIDATES,
    MUCH_LIKE,
    Earlier,
    Found,
    found_again,
    found_since,
    much_like,
    similar_bugs,
)
from demo.account.account import demo_account
from quality.model.entities import Bug, ReviewState, Test
from quality.normalise import from_upstream
from tests.factories import make_bug, make_test

TITLE = "The total of the cart is wrong after a voucher"


def _again(*bugs: Bug) -> dict[int, int]:
    """What is found again when every bug is of a test of its own, in this order."""
    return found_again(make_test([bug]) for bug in bugs)


@pytest.mark.parametrize(
    ("before", "now", "found"),
    [
        ("active_accepted", "open", True),
        ("auto_accepted", "active_accepted", True),
        ("rejected", "open", True),
        ("rejected", "active_accepted", True),
        ("active_accepted", "rejected", True),
        ("rejected", "rejected", False),
        ("open", "open", False),
        ("open", "active_accepted", False),
    ],
)
def test_a_bug_is_found_again_once_one_like_it_was_decided(
    before: ReviewState, now: ReviewState, found: bool
) -> None:
    first, second = make_bug(before, title=TITLE), make_bug(now, title=f"{TITLE.upper()} code")
    assert _again(first, second) == ({second.id: first.id} if found else {})


def test_only_another_test_of_the_same_product_counts() -> None:
    first, second = make_bug(title=TITLE), make_bug(title=TITLE)
    assert found_again([make_test([first, second])]) == {}
    assert found_again([make_test([first]), make_test([second], product_id=599)]) == {}
    assert found_again([make_test([first]), make_test([second])]) == {second.id: first.id}


def test_unrelated_features_have_different_bugs_and_an_unknown_feature_has_any() -> None:
    cart, search = make_bug(title=TITLE, feature_id=1), make_bug(title=TITLE, feature_id=2)
    unknown = make_bug(title=TITLE, feature_id=None)
    assert _again(cart, search) == {}
    assert _again(cart, unknown) == {unknown.id: cart.id}
    late = make_bug(title=TITLE, feature_id=2)
    assert _again(cart, search, late) == {late.id: search.id}


def test_other_words_and_short_titles_are_not_alike() -> None:
    other = make_bug(title="The search finds nothing for a word with an umlaut")
    assert _again(make_bug(title=TITLE), other) == {}
    assert _again(make_bug(title="Blank page"), make_bug(title="Blank page")) == {}
    assert _again(make_bug(title=""), make_bug(title="  ")) == {}


def test_the_newest_of_equals_is_named() -> None:
    old, new, now = (make_bug(title=TITLE) for _ in range(3))
    assert _again(old, new, now) == {new.id: old.id, now.id: new.id}


titles = st.text(max_size=40) | st.sampled_from([TITLE, f"{TITLE} 2", "x" * 5_000, "word " * 5_000])
cases = st.lists(
    st.tuples(
        titles, st.sampled_from([1, 2, None]), st.sampled_from(["open", "rejected", "active_accepted"])
    ),
    max_size=12,
)


@given(cases)
def test_what_is_found_again_is_earlier_decided_alike_and_of_a_feature_that_fits(
    drawn: list[tuple[str, int | None, ReviewState]],
) -> None:
    bugs = [
        make_bug(review, title=title, feature_id=feature, id=number)
        for number, (title, feature, review) in enumerate(drawn, 1)
    ]
    tests = [make_test([bug], id=bug.id) for bug in bugs]
    by_id = {bug.id: bug for test in tests for bug in test.bugs}
    for now, before in found_again(tests).items():
        later, earlier = by_id[now], by_id[before]
        assert before < now
        assert earlier.review != "open"
        assert None in {later.feature_id, earlier.feature_id} or later.feature_id == earlier.feature_id
        ((_, likeness),) = similar_bugs(later, [make_test([earlier])], 3)
        assert likeness >= MUCH_LIKE


@given(cases, cases, st.integers(0, 12))
def test_what_changed_since_is_found_as_if_all_were_looked_at(
    first: list[tuple[str, int | None, ReviewState]],
    second: list[tuple[str, int | None, ReviewState]],
    kept: int,
) -> None:
    def tests(drawn: list[tuple[str, int | None, ReviewState]]) -> list[Test]:
        return [
            make_test([make_bug(review, title=title, feature_id=feature, id=number)], id=number)
            for number, (title, feature, review) in enumerate(drawn, 1)
        ]

    before = found_since(tests(first), Found())
    now = tests([*first[:kept], *second])
    assert found_since(now, before) == found_since(now, Found())


def test_bugs_before_the_first_other_one_are_not_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    bugs = [make_bug(title=f"{TITLE} {number}", id=number) for number in range(1, 21)]
    before = found_since([make_test([bug], id=bug.id) for bug in bugs], Found())
    looked_at: list[int] = []
    real = Earlier.candidates

    def noting(earlier: Earlier, bug: Bug) -> list[Bug]:
        looked_at.append(bug.id)
        return real(earlier, bug)

    monkeypatch.setattr(Earlier, "candidates", noting)
    changed = [
        *bugs[:17],
        structs.replace(bugs[17], review="rejected"),
        *bugs[18:],
        make_bug(title=TITLE, id=21),
    ]
    found_since([make_test([bug], id=bug.id) for bug in changed], before)
    assert looked_at == [18, 19, 20, 21]


def test_a_title_of_a_million_letters_is_compared_by_its_first_ones() -> None:
    long = "The cart is wrong. " * 60_000
    first, second = make_bug(title=long), make_bug(title=long[:COMPARED_LETTERS] + "z" * 1_000_000)
    assert _again(first, second) == {second.id: first.id}
    assert much_like(second, [first]) == [(first, 100.0)]


def test_a_bug_is_compared_with_a_bounded_number_of_others_however_many_are_alike() -> None:
    known = Earlier()
    for number in range(3_000):
        known.add(make_bug(title=f"{TITLE} {number}", test_id=number, feature_id=number % 2 or None))
    here = known.candidates(make_bug(title=TITLE, test_id=9_999, feature_id=1))
    anywhere = known.candidates(make_bug(title=TITLE, test_id=9_999, feature_id=None))
    assert 0 < len(here) <= MOST_CANDIDATES
    assert 0 < len(anywhere) <= MOST_CANDIDATES
    assert [one.id for one in here] == sorted((one.id for one in here), reverse=True)


@pytest.fixture(scope="module")
def demo() -> list[Test]:
    """The demo account's tests, normalised."""
    account = demo_account()
    return [
        from_upstream.test(account.test(test_id), account.bugs(test_id), product_id=product_id, reasons=())
        for product_id, ids in account.test_ids.items()
        for test_id in ids
    ]


@pytest.mark.slow
def test_the_words_looked_up_miss_nothing_that_a_full_comparison_finds(demo: list[Test]) -> None:
    def decided_before(bug: Bug, bugs: Iterable[Bug]) -> list[Bug]:
        return [
            one
            for one in bugs
            if one.id < bug.id
            and (one.product_id, one.review != "open") == (bug.product_id, True)
            and one.test_id != bug.test_id
            and not one.review == bug.review == "rejected"
        ]

    bugs = [bug for test in demo for bug in test.bugs]
    full = {bug.id for bug in bugs if much_like(bug, decided_before(bug, bugs))}
    assert found_again(demo).keys() == full


def test_the_demo_has_a_case_of_each_kind(demo: list[Test]) -> None:
    by_id = {bug.id: bug for test in demo for bug in test.bugs}
    kinds = {(by_id[before].review, by_id[now].review) for now, before in found_again(demo).items()}
    for before in ("active_accepted", "auto_accepted", "rejected"):
        assert (before, "active_accepted") in kinds
    assert ("active_accepted", "rejected") in kinds


def test_the_demo_finds_few_of_its_bugs_again(demo: list[Test]) -> None:
    """So that those who are found again tell something."""
    every = sum(len(test.bugs) for test in demo)
    assert 0.01 * every < len(found_again(demo)) < 0.05 * every
