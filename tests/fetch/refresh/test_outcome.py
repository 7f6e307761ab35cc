from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fetch.api.errors import ServerError
from fetch.api.paging import Broken, Listing
from fetch.refresh.known import Key, Known
from fetch.refresh.outcome import Failure, Outcome, broken_position, outcome
from fetch.refresh.plan import Plan, Wanted
from snapshot.format.kinds import Kind
from snapshot.format.manifest import Entry, Neighbour, Problem
from tests.effort import calls

NOW = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
EARLIER = NOW - timedelta(days=3)
ERROR = ServerError("/x", 500)


def entry(kind: Kind, number: int, product_id: int | None = 1, **more: Any) -> Entry:
    return Entry(
        kind=kind,
        id=number,
        product_id=product_id,
        sha256="0" * 64,
        size=1,
        **{"fetched_at": EARLIER, **more},
    )


def by_key(entries: Iterable[Entry]) -> dict[Key, Entry]:
    return {(one.kind, one.id): one for one in entries}


def problem(**more: Any) -> Problem:
    return Problem(**{"kind": "test", "id": 5, "product_id": 1, "reason": "before", "since": EARLIER, **more})


def closed(
    entries: Iterable[Entry] = (),
    *,
    problems: Iterable[Problem] = (),
    work: Plan | None = None,
    fetched: Iterable[Entry] = (),
    failures: Iterable[Failure] = (),
    gone: Iterable[Key] = (),
    listings: dict[int, Listing] | None = None,
) -> Outcome:
    return outcome(
        Known(by_key(entries), problems=tuple(problems)),
        work or Plan(tests=(Wanted(5, 1, "mutable"),)),
        fetched=by_key(fetched),
        failures=tuple(failures),
        gone=set(gone),
        listings={1: Listing(ended=True)} if listings is None else listings,
        now=NOW,
    )


FAILED = Failure("test", 5, 1, "GET /exploratory_tests/5 failed with status 500.", 500)


def test_what_was_fetched_replaces_what_was_known_and_its_problem_is_over() -> None:
    fresh = entry("test", 5, fetched_at=NOW)
    assert closed([entry("test", 5)], problems=[problem()], fetched=[fresh]) == Outcome((fresh,), ())


def test_what_failed_keeps_its_older_copy_marked_stale() -> None:
    result = closed([entry("test", 5)], failures=[FAILED])
    assert [(one.state, one.since) for one in result.entries] == [("stale", NOW)]
    (found,) = result.problems
    assert (found.kind, found.id, found.product_id, found.status) == ("test", 5, 1, 500)
    assert (found.stale, found.since, found.tries) == (True, NOW, 1)


def test_what_failed_and_was_never_had_is_missing() -> None:
    result = closed(failures=[FAILED])
    assert result.entries == ()
    assert [found.stale for found in result.problems] == [False]


def test_a_problem_that_lasts_keeps_its_beginning_and_counts_its_tries() -> None:
    stale = entry("test", 5, state="stale", since=EARLIER)
    bugs = Failure("bugs", 5, 1, "GET /bugs failed with status 500.", 500)
    result = closed([stale], problems=[problem(tries=2)], failures=[bugs])
    assert [(one.state, one.since) for one in result.entries] == [("stale", EARLIER)]
    assert [(one.kind, one.since, one.tries, one.reason) for one in result.problems] == [
        ("bugs", EARLIER, 3, bugs.reason)
    ]


def test_what_was_not_reached_is_a_gap_of_its_own() -> None:
    work = Plan(
        tests=(Wanted(5, 1, "new"), Wanted(6, 1, "mutable")), features=({"id": 1},), reject_reasons=True
    )
    result = closed([entry("test", 6), entry("features", 1)], work=work)
    assert {(one.kind, one.id, one.state) for one in result.entries} == {
        ("test", 6, "stale"),
        ("features", 1, "stale"),
    }
    assert {(one.kind, one.id, one.stale) for one in result.problems} == {
        ("test", 5, False),
        ("test", 6, True),
        ("features", 1, True),
        ("reject_reasons", None, False),
    }


def test_a_known_test_that_does_not_exist_any_more_is_marked_gone_and_is_no_problem() -> None:
    result = closed([entry("test", 5)], problems=[problem()], gone=[("test", 5)])
    assert [(one.state, one.since) for one in result.entries] == [("gone", NOW)]
    assert result.problems == ()


def test_a_test_that_is_listed_but_does_not_exist_and_was_never_had_is_a_problem() -> None:
    result = closed(gone=[("test", 5)])
    assert result.entries == ()
    assert [(one.id, one.status) for one in result.problems] == [(5, 404)]


def test_a_settled_test_that_was_only_looked_for_needs_no_answer() -> None:
    settled = entry("test", 5, settled=True)
    result = closed([settled], work=Plan(tests=(Wanted(5, 1, "unlisted"),)), failures=[FAILED])
    assert result == Outcome((settled,), ())


def test_a_product_that_could_not_be_asked_for_is_stale() -> None:
    failed = Failure("product", 1, 1, "GET /products/1 failed with status 500.", 500)
    result = closed([], work=Plan(kept=(entry("product", 1),)), failures=[failed])
    assert [one.state for one in result.entries] == ["stale"]
    assert [(one.kind, one.stale) for one in result.problems] == [("product", True)]


def broken(position: int, before: int, after: int) -> Failure:
    end = "2026-01-01T00:00:00Z"
    rows = ({"id": before, "end_at": end}, {"id": str(after), "end_at": None})
    return broken_position(1, Broken(position, ERROR, *rows))


def test_a_broken_position_is_told_with_its_neighbours() -> None:
    (found,) = closed(work=Plan(), failures=[broken(3, 8, 6)]).problems
    assert (found.kind, found.id, found.position, found.status) == ("tests", None, 3, 500)
    assert [one.id for one in found.neighbours] == [8, 6]
    assert found.neighbours[0].end_at == datetime(2026, 1, 1, tzinfo=UTC)
    assert found.reason == ERROR.what


def test_a_broken_position_where_only_a_known_test_can_stand_is_that_test() -> None:
    known = [entry("test", 9), entry("test", 7), entry("test", 3), entry("test", 1, 2)]
    read = {1: Listing(rows={8: {}, 6: {}, 3: {}}, ended=True)}
    asked = Plan(tests=(Wanted(7, 1, "unlisted"), Wanted(9, 1, "mutable")))
    failed = Failure("test", 7, 1, "GET /exploratory_tests/7 failed with status 500.", 500)
    result = closed(known, work=asked, failures=[failed, broken(1, 8, 6)], listings=read, gone=[("test", 9)])
    (found,) = result.problems
    assert (found.kind, found.id, found.position, found.stale) == ("test", 7, 1, True)
    assert (found.reason, [one.id for one in found.neighbours]) == (failed.reason, [8, 6])
    assert {one.id: one.state for one in result.entries if one.id in {7, 9}} == {7: "stale", 9: "gone"}


def test_a_broken_position_whose_test_could_be_had_by_its_id_is_no_problem() -> None:
    read = {1: Listing(rows={8: {}, 6: {}}, ended=True)}
    result = closed(
        [entry("test", 7)], work=Plan(), fetched=[entry("test", 7)], failures=[broken(1, 8, 6)], listings=read
    )
    assert result.problems == ()


def test_a_broken_position_is_nobodys_when_a_new_test_may_stand_there() -> None:
    read = {1: Listing(rows={8: {}, 5: {}}, ended=True)}
    result = closed(
        [entry("test", 7)], work=Plan(), failures=[broken(1, 8, 5), broken(2, 8, 5)], listings=read
    )
    assert [(one.kind, one.id, one.position) for one in result.problems] == [
        ("tests", None, 1), ("tests", None, 2),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("position", "beside", "named"),
    [(0, (None, 8), 9), (3, (3, None), 2), (1, (8, 3), 7), (0, (None, 3), None)],
)
def test_a_broken_position_at_an_end_of_the_list_has_one_neighbour(
    position: int, beside: tuple[int | None, int | None], named: int | None
) -> None:
    before, after = ({"id": one} if one else None for one in beside)
    failure = broken_position(1, Broken(position, ERROR, before, after))
    read = {1: Listing(rows={8: {}, 3: {}}, ended=True)}
    known = [entry("test", number) for number in (9, 7, 2)]
    failures = [failure, *(replace(FAILED, id=number) for number in (9, 7, 2))]
    result = closed(known, work=Plan(), failures=failures, listings=read)
    assert [one.id for one in result.problems if one.position is not None] == [named]


def test_a_broken_position_is_nobodys_when_the_known_test_was_not_asked_for() -> None:
    read = {1: Listing(rows={8: {}, 6: {}}, ended=True)}
    result = closed([entry("test", 7)], work=Plan(), failures=[broken(1, 8, 6)], listings=read)
    assert [(one.kind, one.id) for one in result.problems] == [("tests", None)]


def test_a_broken_position_is_no_test_of_another_product() -> None:
    read = {1: Listing(rows={8: {}, 6: {}}, ended=True)}
    for known in ([], [entry("test", 7)]):
        result = closed(
            known, work=Plan(), fetched=[entry("test", 7, 2)], failures=[broken(1, 8, 6)], listings=read
        )
        assert [(one.kind, one.id) for one in result.problems] == [("tests", None)]


def test_a_cleared_problem_is_not_told_until_it_is_met_again() -> None:
    cut = problem(kind="tests", id=None)
    before = Known(cleared=(cut,))
    kept = Plan(kept=(entry("product", 1),))
    unread = outcome(before, kept, fetched={}, failures=[], gone=(), listings={}, now=NOW)
    assert (unread.problems, unread.cleared) == ((), (cut,))
    failed = [Failure("tests", None, 1, "500")]
    again = outcome(before, kept, fetched={}, failures=failed, gone=(), listings={1: Listing()}, now=NOW)
    assert [(one.since, one.tries) for one in again.problems] == [(NOW, 1)]
    assert again.cleared == ()


def test_a_position_that_is_recognised_later_keeps_its_beginning() -> None:
    earlier = problem(kind="tests", id=None, position=3, neighbours=(Neighbour(id=8), Neighbour(id=6)))
    read = {1: Listing(rows={8: {}, 6: {}}, ended=True)}
    failures = [broken(3, 8, 6), replace(FAILED, id=7)]
    result = closed([entry("test", 7)], problems=[earlier], work=Plan(), failures=failures, listings=read)
    assert [(one.id, one.since, one.tries) for one in result.problems] == [(7, EARLIER, 2)]


def test_a_broken_position_is_recognised_by_its_neighbours_when_the_list_has_grown() -> None:
    earlier = problem(
        kind="tests", id=None, position=3, neighbours=(Neighbour(id=8), Neighbour(id=6)), tries=4
    )
    other = problem(kind="tests", id=None, position=9, neighbours=(Neighbour(id=2),))
    result = closed(work=Plan(), problems=[other, earlier], failures=[broken(5, 8, 6)])
    assert [(one.position, one.since, one.tries) for one in result.problems] == [(5, EARLIER, 5)]


def test_a_broken_position_further_down_than_was_read_stays_recorded() -> None:
    earlier = problem(kind="tests", id=None, position=300, neighbours=(Neighbour(id=8),))
    unread, read = Listing(rows={9: {}}), Listing(rows={8: {}})
    assert closed(work=Plan(), problems=[earlier], listings={1: unread}).problems == (earlier,)
    assert closed(work=Plan(), problems=[earlier], listings={1: read}).problems == (earlier,)
    below = problem(kind="tests", id=None, position=3, neighbours=(Neighbour(id=8), Neighbour(id=6)))
    for ids, left in (((9, 8), (below,)), ((9, 8, 6), ())):
        listing = Listing(rows={number: {} for number in ids})
        assert closed(work=Plan(), problems=[below], listings={1: listing}).problems == left
    assert closed(work=Plan(), problems=[earlier], listings={1: Listing(ended=True)}).problems == ()


def test_a_list_that_is_read_again_is_no_problem_any_more_and_a_broken_position_is_not_the_same() -> None:
    whole = problem(kind="tests", id=None, tries=3)
    result = closed(work=Plan(), problems=[whole], failures=[broken(5, 8, 6)])
    assert [(one.position, one.since, one.tries) for one in result.problems] == [(5, NOW, 1)]


def test_problems_of_products_that_were_not_refreshed_stay_and_those_of_dropped_products_go() -> None:
    here, dropped = problem(product_id=2), problem(product_id=3)
    work = Plan(kept=(entry("product", 2, 2),))
    assert closed(work=work, problems=[here, dropped]).problems == (here,)


def test_entries_and_problems_come_in_a_fixed_order() -> None:
    kept = [entry("test", 2), entry("features", 1), entry("product", 1), entry("test", 1)]
    failures = [Failure("test", 9, 2, "x"), Failure("features", 2, 2, "x"), Failure("test", 7, 1, "x")]
    result = closed(work=Plan(kept=tuple(kept)), failures=failures)
    assert [(one.kind, one.id) for one in result.entries] == [
        ("product", 1), ("features", 1), ("test", 1), ("test", 2),
    ]  # fmt: skip
    assert [(one.kind, one.id) for one in result.problems] == [("test", 7), ("features", 2), ("test", 9)]


def test_many_gaps_of_before_and_now_are_matched_in_steps_that_grow_with_them() -> None:
    """100,000 tests that fail night after night were compared each with each, for hours past the deadline."""

    def work(number: int) -> int:
        before = [problem(id=one, tries=3) for one in range(1, number)]
        failures = [Failure("test", one, 1, "x") for one in range(number - 1, 0, -1)]
        found: list[Outcome] = []
        taken = calls(lambda: found.append(closed(problems=before, failures=failures, work=Plan())))
        assert {one.tries for one in found[0].problems} == {4}
        return taken

    assert work(800) < 2.5 * work(400)
