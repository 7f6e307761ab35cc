"""How long reviews take and how many bugs are open, from the history of snapshots."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from msgspec import structs

from quality.model.entities import ReviewState, Test
from quality.model.history import History

Observation = tuple[datetime, Mapping[int, ReviewState]]
"""The time of a snapshot, and the review of each bug of a test in it, by the bug's id."""
_BY_A_PERSON = frozenset({"active_accepted", "rejected"})


def history(begins: datetime, tests: Iterable[Iterable[Observation]]) -> History:
    """Follow the open bugs of a product through its snapshots.

    Args:
        begins: The time of the first snapshot.
        tests: Of each test what was seen of its bugs, where that changed, oldest first.
    """
    steps: dict[datetime, int] = {begins: 0}
    reopened: set[int] = set()
    for observations in tests:
        counted = 0
        decided: set[int] = set()
        for seen_at, reviews in observations:
            opened = {bug_id for bug_id, review in reviews.items() if review == "open"}
            reopened |= opened & decided
            decided |= reviews.keys() - opened
            steps[seen_at] = steps.get(seen_at, 0) + len(opened) - counted
            counted = len(opened)
    points: list[tuple[datetime, int]] = []
    for seen_at, step in sorted(steps.items()):
        if step or not points:
            points.append((seen_at, step + (points[-1][1] if points else 0)))
    return History(begins, tuple(points), tuple(sorted(reopened)))


def review_days(observations: Iterable[Observation]) -> dict[int, float]:
    """Days from the first snapshot with a bug open to the first in which a person had reviewed it.

    Args:
        observations: (time of the snapshot, bug id → review), in any order.

    Returns:
        Bug id → days. A bug is left out that was never seen open, that no person has reviewed
        (auto-acceptance is not a review), or that was reviewed before it was seen open.
    """
    opened: dict[int, datetime] = {}
    reviewed: dict[int, datetime] = {}
    for seen_at, reviews in sorted(observations, key=lambda observation: observation[0]):
        for bug_id, review in reviews.items():
            if review == "open":
                opened.setdefault(bug_id, seen_at)
            elif review in _BY_A_PERSON:
                reviewed.setdefault(bug_id, seen_at)
    return {
        bug_id: (seen_at - opened[bug_id]) / timedelta(days=1)
        for bug_id, seen_at in reviewed.items()
        if bug_id in opened and opened[bug_id] < seen_at
    }


def with_review_days(test: Test, days: Mapping[int, float]) -> Test:
    """Return the test with the days to their review in its bugs, by bug id; other bugs stay as they are."""
    if not any(bug.id in days for bug in test.bugs):
        return test
    bugs = (structs.replace(bug, review_days=days[bug.id]) if bug.id in days else bug for bug in test.bugs)
    return replace(test, bugs=tuple(bugs))
