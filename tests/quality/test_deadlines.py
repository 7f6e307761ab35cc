"""Until when open bugs can be reviewed."""

from datetime import date, datetime, timedelta

import pytest

from quality.deadlines import waiting
from quality.metrics.tally import tally
from quality.model.entities import Test
from quality.thresholds import Thresholds
from quality.verdicts import review_verdict
from quality.views.deadlines import deadline_days
from quality.views.headline import still_waiting
from tests.factories import NOW, make_bug, make_bugs, make_facts, make_test


def _ended(days_ago: float, *, id: int, opened: int = 1, **overrides: object) -> Test:  # noqa: A002
    return make_test(make_bugs(open=opened), id=id, end_at=NOW - timedelta(days=days_ago), **overrides)


def test_open_bugs_wait_until_ten_days_after_their_test_ended_earliest_first() -> None:
    found = waiting([_ended(2, id=1), _ended(9, id=2), _ended(5, id=3)], NOW)
    assert [(one.test.id, one.ends_at) for one in found] == [
        (2, NOW + timedelta(days=1)),
        (3, NOW + timedelta(days=5)),
        (1, NOW + timedelta(days=8)),
    ]


@pytest.mark.parametrize(
    ("days_ago", "urgent", "overdue"),
    [
        (0, False, False),
        (7, False, False),
        (7.001, True, False),
        (9.999, True, False),
        (10, True, False),
        (10.001, True, True),
        (30, True, True),
    ],
)
def test_more_than_seven_days_are_urgent_and_ten_are_overdue(
    days_ago: float, urgent: bool, overdue: bool
) -> None:
    [one] = waiting([_ended(days_ago, id=1)], NOW)
    assert (one.urgent, one.overdue) == (urgent, overdue)


@pytest.mark.parametrize(
    "overrides",
    [
        {"status": "archived"},
        {"status": "cancelled"},
        {"demo": True},
        {"end_at": None},
        {"end_at": NOW + timedelta(days=1)},
    ],
)
def test_nothing_waits_in_tests_that_cannot_change_have_not_ended_or_have_no_open_bug(
    overrides: dict[str, object],
) -> None:
    test = make_test(make_bugs(open=2), **{"end_at": NOW - timedelta(days=3), **overrides})
    assert waiting([test], NOW) == []


def test_reviewed_bugs_wait_for_nothing() -> None:
    ended = NOW - timedelta(days=3)
    assert (
        waiting([make_test(make_bugs(active_accepted=1, auto_accepted=1, rejected=1), end_at=ended)], NOW)
        == []
    )


def test_bugs_that_wait_for_the_tester_are_not_asked_of_the_customer() -> None:
    asked = make_bug("open", status="requested")
    test = make_test([asked, make_bug("open", id=7)], end_at=NOW - timedelta(days=3))
    assert [[bug.id for bug in one.bugs] for one in waiting([test], NOW)] == [[7]]
    assert waiting([make_test([asked], end_at=NOW - timedelta(days=3))], NOW) == []


def test_overdue_are_the_same_bugs_in_counts_and_lists_whoever_was_asked() -> None:
    bugs = [make_bug("open", id=1), make_bug("open", id=2, status="requested"), make_bug("rejected", id=3)]
    late = {"end_at": NOW - timedelta(days=40)}
    tests = [make_test(bugs, id=1, **late), make_test(make_bugs(open=3), id=2, status="archived", **late)]
    facts = make_facts(tests)
    assert {bug.id for bug in facts.bugs.values() if bug.overdue} == {1, 2}
    assert [[bug.id for bug in one.bugs] for one in waiting(facts.tests.values(), NOW)] == [[1, 2]]
    assert tally(facts.tests.values()).overdue == 2
    review = review_verdict(tally([facts.tests[2]]), Thresholds())
    assert (review.level, review.reason) == ("unknown", "No bug is decided yet, 3 open.")


def test_open_bugs_are_told_apart_with_the_days_until_when() -> None:
    asked = make_bug("open", id=70, status="requested")
    tests = [
        _ended(40, id=1, opened=2),
        _ended(40, id=2, status="archived"),
        _ended(-2, id=3),
        make_test([asked, make_bug("open", id=71)], id=4, end_at=NOW - timedelta(days=4)),
        _ended(1, id=5, opened=3),
        make_test(make_bugs(open=1), id=6, end_at=None),
    ]
    found = tally(make_facts(tests).tests.values())
    assert still_waiting(found, NOW) == (
        "10 bugs are open and in no judged rate: 2 overdue, 4 due 26 Nov to 29 Nov,"
        " 1 waiting for the tester, 1 of running tests, 1 left open in archived tests and 1 of tests without"
        " a known end."
    )
    assert still_waiting(tally([tests[4]]), NOW).endswith("judged rate: due by 29 Nov.")
    assert still_waiting(tally([make_test(make_bugs(rejected=1))]), NOW) == ""


@pytest.mark.parametrize(
    "status", ["running", "locked", "completed", "customer_finalized", "waiting", "never seen", None]
)
def test_open_bugs_of_ended_tests_that_can_still_change_wait(status: str | None) -> None:
    assert len(waiting([_ended(3, id=1, status=status)], NOW)) == 1


def test_days_are_listed_in_utc_with_the_days_left_and_tests_of_one_day_together() -> None:
    tests = [_ended(8, id=1, opened=2), _ended(8.1, id=2), _ended(9, id=3), _ended(10.1, id=4)]
    days = deadline_days(make_facts(tests), tests, NOW)
    assert [(one.day, one.days_left, len(one.bugs), one.overdue) for one in days] == [
        (date(2026, 11, 20), 0, 1, True),
        (date(2026, 11, 21), 1, 1, False),
        (date(2026, 11, 22), 2, 3, False),
    ]
    assert [one.text for one in days] == [
        "20 Nov 2026 (UTC), today: the review time of 1 open bug is over",
        "21 Nov 2026, 06:00 UTC, tomorrow: 1 open bug will be auto-accepted",
        "22 Nov 2026, in 2 days: 3 open bugs will be auto-accepted, the first 1 at 03:36 UTC",
    ]


def test_a_day_that_is_partly_over_comes_once_as_overdue_and_once_as_due() -> None:
    noon = NOW.replace(hour=12)
    tests = [
        make_test(make_bugs(open=1), id=number, end_at=noon - timedelta(days=10, hours=hours))
        for number, hours in ((1, 1), (2, -1))
    ]
    days = deadline_days(make_facts(tests), tests, noon)
    assert [(one.day, one.overdue, one.bugs[0].test_id) for one in days] == [
        (date(2026, 11, 20), True, 1),
        (date(2026, 11, 20), False, 2),
    ]


def test_overdue_days_count_backwards() -> None:
    tests = [_ended(11, id=1), _ended(15, id=2)]
    days = deadline_days(make_facts(tests), tests, NOW)
    assert [(one.days_left, one.text.split(", ")[1].split(":")[0]) for one in days] == [
        (-5, "5 days ago"),
        (-1, "yesterday"),
    ]


def test_now_may_have_any_offset() -> None:
    tests = [_ended(8, id=1)]
    there = NOW.astimezone(datetime.fromisoformat("2026-01-01T00:00:00+14:00").tzinfo)
    assert deadline_days(make_facts(tests), tests, there) == deadline_days(make_facts(tests), tests, NOW)
