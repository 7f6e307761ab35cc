"""What is known of a document before a refresh, and why it is fetched or kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from snapshot.format.kinds import Kind
from snapshot.format.manifest import Entry, Problem

Key = tuple[Kind, int]


REASONS: Key = ("reject_reasons", 0)


@dataclass(frozen=True)
class Known:
    """The documents and problems that are there already.

    Attributes:
        entries: Of the published version.
        done: Entries that an interrupted refresh stored a short while ago.
        problems: Of the published version.
        refreshed: When each of its products was last asked for.
        bounds: Before which end tests of its products were left out.
        cleared: Problems that are no longer listed, and yet are tried again.
        checked_to: The hash at which the check of stored documents ended.
    """

    entries: Mapping[Key, Entry] = field(default_factory=dict)
    done: Mapping[Key, Entry] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    refreshed: Mapping[int, datetime] = field(default_factory=dict)
    bounds: Mapping[int, datetime] = field(default_factory=dict)
    cleared: tuple[Problem, ...] = ()
    checked_to: str = ""

    def tests(self, product_id: int) -> dict[int, Entry]:
        """Return the tests of a product that are not gone, by id."""
        return dict(self._tests.get(product_id, {}))

    def troubles_of(self, product_id: int) -> Sequence[Problem]:
        """Return what could not be fetched of a product the last time."""
        return self._troubles.get(product_id, ())

    @cached_property
    def _tests(self) -> Mapping[int | None, dict[int, Entry]]:
        found: dict[int | None, dict[int, Entry]] = {}
        for entry in self.entries.values():
            if entry.kind == "test" and entry.state != "gone":
                found.setdefault(entry.product_id, {})[entry.id] = entry
        return found

    @cached_property
    def _troubles(self) -> Mapping[int | None, list[Problem]]:
        found: dict[int | None, list[Problem]] = {}
        for problem in (*self.problems, *self.cleared):
            found.setdefault(problem.product_id, []).append(problem)
        return found

    def list_is_broken(self, product_id: int) -> bool:
        """Return whether a part of the product's list of tests could not be read the last time."""
        return any(problem.kind == "tests" for problem in self.troubles_of(product_id))

    def owner(self, test_id: int) -> int | None:
        """Return the product that a test was last stored under; None of one that is gone or not known."""
        entry = self.done.get(("test", test_id)) or self.entries.get(("test", test_id))
        return None if entry is None or entry.state == "gone" else entry.product_id

    def has_done(self, test_id: int, product_id: int) -> bool:
        """Return whether an interrupted refresh stored the test, as one of this product."""
        entry = self.done.get(("test", test_id))
        return entry is not None and entry.product_id == product_id

    def has_elsewhere(self, test_id: int, product_id: int) -> bool:
        """Return whether the version holds the test as one of another product."""
        entry = self.entries.get(("test", test_id))
        return entry is not None and entry.state != "gone" and entry.product_id != product_id

    def places(self, product_id: int) -> set[int]:
        """Return the places of the product's list that could not be read the last time, from 0."""
        return {problem.position for problem in self.troubles_of(product_id) if problem.position is not None}

    def product_failed(self, product_id: int) -> bool:
        """Return whether neither the product nor any of its tests could be fetched the last time."""
        return any(
            problem.kind == "product" and problem.id == product_id for problem in self.troubles_of(product_id)
        )

    def is_known_to_the_end(self, product_id: int, since: datetime | None) -> bool:
        """Return whether a list can be trusted below what was read of it the last time.

        It cannot when reading it broke off, or left out tests that are wanted now.
        """
        bound = self.bounds.get(product_id)
        broke_off = any(
            problem.kind == "tests" and problem.position is None for problem in self.troubles_of(product_id)
        )
        return not broke_off and (bound is None or (since is not None and since >= bound))
