"""Bugs that more than one test lists: each is counted once."""

from collections.abc import Iterable, Mapping
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

    def claim(self, test_id: int, raw_bugs: Iterable[Mapping[str, Any]]) -> None:
        """Note the bugs that a test lists, as the upstream gave them."""
        for raw in raw_bugs:
            bug_id = identifier(raw.get("id"))
            if bug_id is None:
                continue
            owner = self._owner.setdefault(bug_id, test_id)
            named = identifier(part(raw.get("test"), "id")) == test_id
            if owner != test_id:
                self._claims.setdefault(bug_id, {owner}).add(test_id)
                if named and bug_id not in self._named:
                    self._owner[bug_id] = test_id
            if named:
                self._named.add(bug_id)

    def settle(self, tests: Mapping[int, Test]) -> dict[int, Test]:
        """Return the same tests, each without the bugs that another one keeps."""
        losers = {
            test_id
            for bug_id, claimants in self._claims.items()
            for test_id in claimants
            if test_id != self._owner[bug_id]
        }
        return {
            test_id: self._without_lost(test) if test_id in losers else test
            for test_id, test in tests.items()
        }

    def _without_lost(self, test: Test) -> Test:
        return replace(test, bugs=tuple(bug for bug in test.bugs if self._owner[bug.id] == test.id))
