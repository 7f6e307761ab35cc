"""Bugs that more than one test lists: each is counted once."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from quality.model.entities import Test
from quality.normalise.values import identifier, part


class BugOwners:
    """The test that keeps each bug: the one that the bug itself names, else the first that lists it."""

    def __init__(self) -> None:
        self._owner: dict[int, int] = {}
        self._named: set[int] = set()
        self._claims: dict[int, set[int]] = {}

    def claim(self, test_id: int, listed: Iterable[tuple[int, bool]]) -> None:
        """Note the bugs that a test lists, as `listed` gives them."""
        for bug_id, named in listed:
            owner = self._owner.setdefault(bug_id, test_id)
            if owner != test_id:
                self._claims.setdefault(bug_id, {owner}).add(test_id)
                if named and bug_id not in self._named:
                    self._owner[bug_id] = test_id
            if named:
                self._named.add(bug_id)

    def losses(self) -> dict[int, frozenset[int]]:
        """Return the bugs that other tests keep, by the id of each test that lists such ones."""
        lost: dict[int, set[int]] = {}
        for bug_id, claimants in self._claims.items():
            for test_id in claimants - {self._owner[bug_id]}:
                lost.setdefault(test_id, set()).add(bug_id)
        return {test_id: frozenset(bugs) for test_id, bugs in lost.items()}


def listed(test_id: int, raw_bugs: Iterable[Mapping[str, Any]]) -> tuple[tuple[int, bool], ...]:
    """Return the ids of the bugs that a test lists, each with whether the bug itself names this test."""
    return tuple(
        (bug_id, identifier(part(raw.get("test"), "id")) == test_id)
        for raw in raw_bugs
        if (bug_id := identifier(raw.get("id"))) is not None
    )


def without(test: Test, lost: Collection[int]) -> Test:
    """Return the test without the bugs that other tests keep."""
    return replace(test, bugs=tuple(bug for bug in test.bugs if bug.id not in lost)) if lost else test
