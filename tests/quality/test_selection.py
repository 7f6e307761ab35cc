"""Which tests count, and how that is said."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from base.errors import InvalidInput, NotFound
from quality.model.entities import EXECUTED_STATUSES, TEST_STATUSES
from quality.model.facts import Gap
from quality.periods.periods import Period, period
from quality.selection import EXECUTED, Selection, describe, select
from tests.factories import ENDED, NOW, make_bugs, make_facts, make_product, make_test

BY_STATUS = make_facts(
    [make_test(id=number, status=status) for number, status in enumerate((*TEST_STATUSES, None), 1)]
)


def ids(facts: Any, **chosen: Any) -> list[int]:
    return [test.id for test in select(facts, Selection(**chosen))]


def test_by_default_exactly_the_executed_tests_count() -> None:
    found = {test.status for test in select(BY_STATUS, Selection())}
    assert found == EXECUTED_STATUSES == {"running", "locked", "archived"}


@pytest.mark.parametrize("status", [*TEST_STATUSES, "never seen", None])
def test_a_bug_shows_that_a_test_was_executed_unless_it_was_cancelled(status: str | None) -> None:
    assert ids(make_facts([make_test(make_bugs(open=1), id=7, status=status)])) == (
        [] if status == "cancelled" else [7]
    )


def test_statuses_override_the_default_without_case_and_blanks() -> None:
    found = select(BY_STATUS, Selection(statuses=(" Cancelled", "RUNNING")))
    assert {test.status for test in found} == {"cancelled", "running"}


def test_an_unknown_status_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InvalidInput) as caught:
        select(BY_STATUS, Selection(statuses=("runing",)))
    assert "customer_finalized" in caught.value.why
    assert caught.value.hint == "Did you mean running?"


def test_a_status_that_only_the_snapshot_knows_can_be_chosen() -> None:
    assert ids(make_facts([make_test(id=7, status="paused")]), statuses=("Paused",)) == [7]


def test_demo_tests_are_left_out_unless_asked_for() -> None:
    facts = make_facts([make_test(id=1, demo=True), make_test(id=2)])
    assert ids(facts) == [2]
    assert ids(facts, include_demo=True) == [2, 1]


def test_named_tests_count_whatever_they_are() -> None:
    facts = make_facts([make_test(id=1, demo=True, status="cancelled", end_at=None), make_test(id=2)])
    assert ids(facts, test_ids=(1,)) == [1]


@pytest.mark.parametrize("other", [{"statuses": ("running",)}, {"period": period("ytd", NOW)}])
def test_named_tests_exclude_period_and_status(other: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match="both given"):
        Selection(test_ids=(1,), **other)


@pytest.mark.parametrize("name", ["product_ids", "test_ids", "statuses"])
def test_an_empty_list_is_refused_saying_what_to_leave_out(name: str) -> None:
    empty: dict[str, Any] = {name: ()}
    with pytest.raises(InvalidInput) as caught:
        Selection(**empty)
    assert caught.value.hint == f"Leave {name} out."


def test_a_period_selects_by_the_end_of_the_test() -> None:
    chosen = Period("custom", "x", ENDED - timedelta(days=1), ENDED)
    ends = {1: ENDED, 2: ENDED + timedelta(milliseconds=1), 3: ENDED - timedelta(days=1), 4: None}
    facts = make_facts([make_test(id=test_id, end_at=end) for test_id, end in ends.items()])
    assert ids(facts, period=chosen) == [1, 3]
    assert ids(facts) == [2, 1, 3, 4]


def test_the_newest_test_comes_first_over_all_products() -> None:
    facts = make_facts(
        [
            make_test(id=1, product_id=598),
            make_test(id=2, product_id=599, end_at=ENDED + timedelta(days=1)),
            make_test(id=3, product_id=598, end_at=ENDED - timedelta(days=1)),
        ]
    )
    assert ids(facts) == [2, 1, 3]
    assert ids(facts, product_ids=(598, 598)) == [1, 3]


def test_ids_that_nothing_knows_are_not_found() -> None:
    with pytest.raises(NotFound, match="Product 1 "):
        ids(BY_STATUS, product_ids=(1,))
    with pytest.raises(NotFound, match="Test 99 "):
        ids(BY_STATUS, test_ids=(99,))


def test_a_test_of_another_product_than_the_named_ones_is_refused_not_left_out() -> None:
    facts = make_facts([make_test(id=1), make_test(id=2, product_id=599)])
    assert ids(facts, product_ids=(598, 599), test_ids=(2,)) == [2]
    with pytest.raises(InvalidInput, match="Test 2 belongs to product 599"):
        ids(facts, product_ids=(598,), test_ids=(1, 2))


@pytest.mark.parametrize("kind", ["test", "bugs"])
def test_a_test_that_is_only_a_gap_counts_nowhere_and_is_no_unknown_id(kind: str) -> None:
    gaps = [Gap(kind, 99, 598, "missing", "answers 500"), Gap("product", 600, 600, "damaged", "cut")]
    facts = replace(BY_STATUS, gaps=tuple(gaps))
    assert ids(facts, test_ids=(99, 4)) == [4]
    assert ids(facts, product_ids=(600,)) == []


def test_the_selection_is_said_in_words() -> None:
    facts = make_facts([make_test(id=1)], products=[make_product(), make_product(599, "Canvas")])
    assert describe(facts, Selection()) == (f"Executed tests ({EXECUTED}) of all time, without demo tests.")
    chosen = Selection(
        product_ids=(598, 599), statuses=("locked", "customer_finalized"), period=period("last-quarter", NOW)
    )
    assert describe(facts, chosen) == (
        "Tests with status in review or set-up handed in of Halo Shop, Canvas that ended from 1 Jul 2026 to "
        "30 Sep 2026 (UTC), without demo tests."
    )
    today = Period("custom", "x", NOW.replace(hour=0), NOW.replace(hour=23))
    assert "that ended on 20 Nov 2026 (UTC)," in describe(facts, Selection(period=today))
    assert describe(facts, Selection(test_ids=(1,))) == "Exactly test 1, whatever the status and time."
