"""Days to review, from the history of snapshots."""

from datetime import datetime, timedelta
from itertools import permutations

import pytest

from quality.model.entities import ReviewState
from quality.review_times import review_days
from tests.factories import NOW


def _day(number: float) -> datetime:
    return NOW + timedelta(days=number)


def test_days_count_from_first_seen_open_to_first_seen_reviewed_by_a_person() -> None:
    seen: list[tuple[datetime, dict[int, ReviewState]]] = [
        (_day(0), {1: "open"}),
        (_day(1), {1: "open", 2: "open"}),
        (_day(2.5), {1: "rejected", 2: "open"}),
        (_day(5), {1: "rejected", 2: "active_accepted"}),
    ]
    for order in permutations(seen):
        assert review_days(order) == {1: 2.5, 2: 4.0}


@pytest.mark.parametrize(
    "states",
    [
        ("active_accepted", "active_accepted"),
        ("open", "open"),
        ("open", "auto_accepted"),
        ("rejected", "open"),
        (),
    ],
)
def test_a_bug_never_open_never_reviewed_or_reviewed_before_it_was_open_has_no_days(
    states: tuple[ReviewState, ...],
) -> None:
    assert review_days((_day(at), {1: state}) for at, state in enumerate(states)) == {}


def test_auto_acceptance_is_no_review_but_a_person_may_still_decide_afterwards() -> None:
    seen: list[tuple[datetime, dict[int, ReviewState]]] = [
        (_day(0), {1: "open"}),
        (_day(3), {1: "auto_accepted"}),
        (_day(4), {1: "rejected"}),
    ]
    assert review_days(seen) == {1: 4.0}
