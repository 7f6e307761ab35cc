from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from fetch.refresh.known import Key, Known
from fetch.refresh.plan import (
    BATCH,
    ListedProduct,
    ListedTest,
    Plan,
    PlanOptions,
    Wanted,
    far_enough,
    left_out_before,
    listed_test,
    plan,
)
from snapshot.format.kinds import Kind
from snapshot.format.manifest import Entry, Problem

NOW = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def entry(kind: Kind, number: int, product_id: int | None = 1, **more: Any) -> Entry:
    more = {"fetched_at": NOW - DAY, **more}
    return Entry(kind=kind, id=number, product_id=product_id, sha256="0" * 64, size=1, **more)


def settled(number: int, **more: Any) -> Entry:
    return entry("test", number, settled=True, **more)


def mutable(number: int, **more: Any) -> Entry:
    return entry("test", number, **more)


def by_key(entries: Iterable[Entry]) -> dict[Key, Entry]:
    return {(one.kind, one.id): one for one in entries}


def known(*entries: Entry, done: Iterable[Entry] = (), problems: Iterable[Problem] = ()) -> Known:
    basics = (entry("features", 1, fetched_at=NOW), entry("reject_reasons", 0, None, fetched_at=NOW))
    return Known(by_key([*basics, *entries]), by_key(done), tuple(problems))


def row(number: int, status: str | None = "archived", ended: datetime | None = None) -> ListedTest:
    return ListedTest(number, status, None, ended)


def listed(*rows: ListedTest, ended: bool = False, product_id: int = 1, **product: Any) -> ListedProduct:
    return ListedProduct(product_id, {"id": product_id, **product}, rows, ended)


def whys(made: Plan) -> dict[int, str]:
    return {wanted.id: wanted.why for wanted in made.tests}


def test_a_first_refresh_asks_for_everything_that_is_listed() -> None:
    made = plan(Known(), [listed(row(3, "running"), row(2), row(1, "cancelled"))], NOW, PlanOptions())
    assert made.tests == (Wanted(3, 1, "new"), Wanted(2, 1, "new"), Wanted(1, 1, "new"))
    assert [one["id"] for one in made.features] == [1]
    assert made.reject_reasons
    assert made.kept == ()


def test_immutable_tests_whose_document_exists_are_not_fetched_again() -> None:
    made = plan(known(settled(2), settled(1)), [listed(row(2), row(1, "cancelled"))], NOW, PlanOptions())
    assert made.tests == ()
    assert {one.id for one in made.kept if one.kind == "test"} == {1, 2}


def test_mutable_tests_are_fetched_and_those_that_just_became_immutable_one_last_time() -> None:
    rows = (row(4, "running"), row(3, "locked"), row(2, "archived"), row(1, None))
    made = plan(known(*map(mutable, (4, 3, 2, 1))), [listed(*rows)], NOW, PlanOptions())
    assert whys(made) == {4: "mutable", 3: "mutable", 2: "last time", 1: "mutable"}


def test_a_test_that_was_reopened_is_fetched() -> None:
    assert whys(plan(known(settled(1)), [listed(row(1, "locked"))], NOW, PlanOptions())) == {1: "mutable"}


def test_mutable_tests_further_down_than_was_read_are_fetched_too() -> None:
    made = plan(known(mutable(1), settled(2)), [listed(row(9))], NOW, PlanOptions())
    assert whys(made) == {9: "new", 1: "mutable"}


def test_a_stale_copy_and_a_recorded_problem_are_tried_again_wherever_they_are() -> None:
    problem = Problem(kind="bugs", id=5, product_id=1, reason="x", since=NOW)
    made = plan(
        known(settled(2, state="stale"), problems=[problem]), [listed(row(9), row(2))], NOW, PlanOptions()
    )
    assert whys(made) == {9: "new", 2: "retry", 5: "retry"}


def test_a_gone_test_stays_gone_until_it_is_listed_again() -> None:
    before = known(mutable(1, state="gone"), mutable(2, state="gone"))
    made = plan(before, [listed(row(2), ended=True)], NOW, PlanOptions())
    assert whys(made) == {2: "new"}
    assert {(one.id, one.state) for one in made.kept if one.kind == "test"} == {(1, "gone")}


def test_a_settled_test_that_a_whole_list_no_longer_shows_is_looked_for() -> None:
    before = known(settled(1), settled(2))
    assert whys(plan(before, [listed(row(2), ended=True)], NOW, PlanOptions())) == {1: "unlisted"}
    assert whys(plan(before, [listed(row(2), ended=False)], NOW, PlanOptions())) == {}


def test_a_settled_test_is_looked_for_when_a_sorted_list_was_read_beyond_it() -> None:
    before = known(settled(1), settled(5), settled(7))
    assert whys(plan(before, [listed(row(9), row(7), row(3))], NOW, PlanOptions())) == {
        9: "new",
        5: "unlisted",
        3: "new",
    }
    assert whys(plan(before, [listed(row(7), row(9), row(3))], NOW, PlanOptions())) == {9: "new", 3: "new"}


def test_what_an_interrupted_refresh_stored_is_not_asked_for_again() -> None:
    done = [mutable(3, fetched_at=NOW), settled(2, fetched_at=NOW), entry("features", 1, fetched_at=NOW)]
    made = plan(
        Known(by_key([mutable(3)]), by_key(done)),
        [listed(row(3, "running"), row(2), row(1))],
        NOW,
        PlanOptions(full=True),
    )
    assert whys(made) == {1: "new"}
    assert made.features == ()
    assert {one.fetched_at for one in made.kept} == {NOW}


def test_what_was_stored_of_a_product_that_is_not_there_is_not_taken() -> None:
    made = plan(Known(done=by_key([entry("test", 3, 99)])), [listed()], NOW, PlanOptions())
    assert made.kept == ()


def test_features_are_asked_for_when_they_are_older_than_the_ttl() -> None:
    hour = timedelta(hours=1)
    for age, due in ((hour, True), (hour - timedelta(seconds=1), False)):
        before = Known(by_key([entry("features", 1, fetched_at=NOW - age)]))
        assert bool(plan(before, [listed()], NOW, PlanOptions(ttl=hour)).features) is due
    before = Known(by_key([entry("features", 1, fetched_at=NOW, state="stale")]))
    assert plan(before, [listed()], NOW, PlanOptions()).features


def test_reject_reasons_are_asked_for_once_a_week() -> None:
    for age, due in ((timedelta(days=6), False), (timedelta(days=7), True)):
        before = Known(by_key([entry("reject_reasons", 0, None, fetched_at=NOW - age)]))
        assert plan(before, [listed(row(1, "locked"))], NOW, PlanOptions()).reject_reasons is due


def test_reject_reasons_that_are_known_need_no_request_when_no_test_is_fetched() -> None:
    before = known(settled(1), entry("reject_reasons", 0, None, fetched_at=NOW - 30 * DAY))
    assert not plan(before, [listed(row(1))], NOW, PlanOptions()).reject_reasons
    assert plan(Known(), [listed()], NOW, PlanOptions()).reject_reasons


def test_a_full_refresh_asks_for_everything_again() -> None:
    made = plan(
        known(settled(2), settled(1)), [listed(row(2), row(1), ended=True)], NOW, PlanOptions(full=True)
    )
    assert whys(made) == {2: "again", 1: "again"}
    assert made.features
    assert made.reject_reasons


def test_tests_that_ended_before_the_given_date_are_left_as_they_are() -> None:
    rows = (
        row(4, ended=NOW),
        row(3, ended=NOW - 2 * DAY),
        row(2, ended=NOW - 3 * DAY),
        row(1, "initialized"),
    )
    since = NOW - DAY
    made = plan(known(settled(2)), [listed(*rows)], NOW, PlanOptions(since=since))
    assert whys(made) == {4: "new", 1: "new"}
    made = plan(known(settled(2), settled(4)), [listed(*rows)], NOW, PlanOptions(since=since, full=True))
    assert whys(made) == {4: "again", 1: "new"}
    assert 2 in {one.id for one in made.kept}


def test_products_that_are_not_refreshed_are_taken_over() -> None:
    other = (entry("product", 2, 2), entry("test", 20, 2), entry("features", 2, 2))
    made = plan(known(*other, entry("product", 1)), [listed(ended=True)], NOW, PlanOptions(full=True))
    assert {(one.kind, one.id) for one in made.kept} == {("product", 2), ("test", 20), ("features", 2)}


def test_a_test_that_moved_to_another_product_is_asked_for_once() -> None:
    made = plan(
        known(mutable(7)), [listed(ended=True), listed(row(7), product_id=2, ended=True)], NOW, PlanOptions()
    )
    assert made.tests == (Wanted(7, 2, "new"),)


@pytest.mark.parametrize("order", list(permutations([1, 2, 3])))
@pytest.mark.parametrize("before", [None, 1, 2, 3])
def test_a_test_that_several_products_list_has_one_owner(order: tuple[int, ...], before: int | None) -> None:
    """A test of three products changed its owner, and its numbers their product, from refresh to refresh."""
    lists = [listed(row(7, "running"), product_id=number, ended=True) for number in order]
    held = [] if before is None else [mutable(7, product_id=before)]
    made = plan(known(*held), lists, NOW, PlanOptions())
    owner = before or 1
    others = frozenset({1, 2, 3} - {owner})
    assert [(one.id, one.product_id, one.others) for one in made.tests] == [(7, owner, others)]
    assert (
        plan(
            known(settled(7, product_id=owner)),
            [listed(row(7), product_id=n) for n in order],
            NOW,
            PlanOptions(),
        ).tests
        == ()
    )


def test_a_test_of_a_product_that_is_not_refreshed_stays_if_it_says_so_itself() -> None:
    """Refreshing one product alone took a test from another one that lists it as well."""
    held = known(settled(7, product_id=2))
    assert plan(held, [listed(row(7))], NOW, PlanOptions()).tests == (
        Wanted(7, 1, "new", others=frozenset({2})),
    )
    both = [listed(row(7)), listed(product_id=2)]
    assert plan(held, both, NOW, PlanOptions()).tests[0].others == {2}


def test_only_problems_are_tried_when_that_is_asked_for() -> None:
    problem = Problem(kind="test", id=5, product_id=1, reason="x", since=NOW)
    before = known(mutable(3), settled(2, state="stale"), problems=[problem])
    made = plan(before, [listed(row(9), row(3), row(2))], NOW, PlanOptions(problems_only=True))
    assert whys(made) == {2: "retry", 5: "retry"}
    assert not made.features
    assert not made.reject_reasons


def test_a_list_that_could_not_be_read_makes_its_new_tests_a_problem_to_try() -> None:
    problem = Problem(kind="tests", product_id=1, reason="x", since=NOW, position=4)
    before = known(settled(2), problems=[problem])
    made = plan(before, [listed(row(9), row(2))], NOW, PlanOptions(problems_only=True))
    assert whys(made) == {9: "new"}


def test_a_retry_of_a_broken_list_leaves_alone_what_is_known_and_well() -> None:
    problem = Problem(kind="tests", product_id=1, reason="x", since=NOW, position=4)
    before = known(mutable(3), problems=[problem])
    made = plan(before, [listed(row(9), row(3, "running"))], NOW, PlanOptions(problems_only=True))
    assert whys(made) == {9: "new"}


def test_a_retry_of_a_product_that_failed_asks_for_all_of_it_that_can_have_changed() -> None:
    problem = Problem(kind="product", id=1, product_id=1, reason="x", since=NOW)
    before = known(mutable(3), settled(2), entry("features", 1), problems=[problem])
    made = plan(before, [listed(row(3, "running"), row(2))], NOW, PlanOptions(problems_only=True))
    assert whys(made) == {3: "mutable"}
    assert len(made.features) == 1


def test_what_was_had_the_longest_ago_comes_first_and_what_was_never_had_before_all() -> None:
    before = known(mutable(3, fetched_at=NOW - DAY), mutable(2, fetched_at=NOW - 2 * DAY), mutable(4))
    made = plan(before, [listed(row(4, "running"), row(3), row(2), row(1))], NOW, PlanOptions())
    assert [wanted.id for wanted in made.tests] == [1, 2, 4, 3]


@pytest.mark.parametrize("fetched", [NOW - DAY, NOW + DAY])
def test_features_of_another_day_are_asked_for_also_when_it_is_in_the_future(fetched: datetime) -> None:
    before = known(entry("features", 1, fetched_at=fetched))
    assert len(plan(before, [listed()], NOW, PlanOptions()).features) == 1


def test_a_list_is_known_to_its_end_unless_it_broke_off_or_older_tests_were_left_out() -> None:
    broken = Problem(kind="tests", product_id=1, reason="x", since=NOW)
    assert known().is_known_to_the_end(1, None)
    assert not known(problems=[broken]).is_known_to_the_end(1, None)
    assert known(problems=[broken.model_copy(update={"position": 3})]).is_known_to_the_end(1, None)
    bounded = Known(bounds={1: NOW})
    assert not bounded.is_known_to_the_end(1, None)
    assert not bounded.is_known_to_the_end(1, NOW - DAY)
    assert bounded.is_known_to_the_end(1, NOW)
    assert bounded.is_known_to_the_end(2, None)


def test_before_which_end_tests_are_left_out_of_a_version() -> None:
    old = row(1, ended=NOW - 3 * DAY)
    since = NOW - DAY
    bounded = replace(known(mutable(2)), bounds={1: NOW - 2 * DAY})
    assert left_out_before(known(), listed(row(2), old, ended=True), {2}, since) == since
    assert left_out_before(known(), listed(row(2), old, ended=True), {1, 2}, since) is None
    assert left_out_before(known(), listed(row(2)), {2}, since) == since
    assert left_out_before(known(mutable(2)), listed(row(2)), {2}, since) is None
    assert left_out_before(bounded, listed(row(2)), {2}, since) == NOW - 2 * DAY
    assert left_out_before(bounded, listed(row(2), old, ended=True), {1, 2}, None) is None


def test_the_requests_of_a_plan_are_counted() -> None:
    sections = [{"id": 1}, {"id": 2}, {"id": 3}]
    made = plan(
        Known(),
        [listed(*(row(number) for number in range(1, BATCH + 2)), sections=sections)],
        NOW,
        PlanOptions(),
    )
    assert made.requests == (BATCH + 1) + 2 + 3 + 1
    assert len(made.asked) == BATCH + 1 + 1 + 1


# How far a list is read


def by_id(*entries: Entry) -> dict[int, Entry]:
    return {one.id: one for one in entries}


def test_a_list_is_read_two_pages_beyond_the_last_test_that_is_new_or_mutable() -> None:
    before = by_id(*(settled(number) for number in range(1, 101)))
    rows = [row(200)] + [row(number) for number in range(100, 0, -1)]
    for read, enough in ((74, False), (75, True), (100, True)):
        assert far_enough(rows[:read], before, PlanOptions(), short=False) is enough
    rows[30] = row(rows[30].id, "locked")
    for read, enough in ((99, False), (100, True)):
        assert far_enough(rows[:read], before, PlanOptions(), short=False) is enough


def test_fifty_settled_tests_are_enough_when_nothing_is_new() -> None:
    before = by_id(*(settled(number) for number in range(1, 101)))
    rows = [row(number) for number in range(100, 0, -1)]
    assert not far_enough(rows[:49], before, PlanOptions(), short=False)
    assert far_enough(rows[:50], before, PlanOptions(), short=False)


def test_a_short_page_on_which_every_known_test_was_seen_is_enough() -> None:
    before = by_id(settled(1), mutable(2), mutable(3, state="gone"))
    rows = [row(9), row(2), row(1)]
    live = {number: one for number, one in before.items() if one.state != "gone"}
    assert far_enough(rows, live, PlanOptions(), short=True)
    assert not far_enough(rows, live, PlanOptions(), short=False)
    assert not far_enough(rows[:2], live, PlanOptions(), short=True)
    assert not far_enough(rows, {}, PlanOptions(), short=True)
    assert not far_enough(rows, live, PlanOptions(full=True), short=True)


def test_a_full_refresh_reads_to_the_end_or_two_pages_beyond_the_given_date() -> None:
    before = by_id(*(settled(number) for number in range(1, 201)))
    rows = [row(number, ended=NOW - number * DAY) for number in range(1, 201)]
    assert not far_enough(rows, before, PlanOptions(full=True), short=False)
    since = PlanOptions(full=True, since=NOW - 10 * DAY)
    assert not far_enough(rows[:74], before, since, short=False)
    assert far_enough(rows[:75], before, since, short=False)


@pytest.mark.parametrize("raw", [{}, {"id": None}, {"id": "x"}, []])
def test_a_row_without_a_usable_id_is_no_listed_test(raw: Any) -> None:
    assert listed_test(raw) is None


def test_a_row_is_read_whatever_the_form_of_its_fields() -> None:
    raw = {"id": "7", "status": " Archived ", "start_at": None, "end_at": "2021-04-08T13:00:00.000+02:00"}
    assert listed_test(raw) == ListedTest(7, "archived", None, datetime(2021, 4, 8, 11, tzinfo=UTC))
