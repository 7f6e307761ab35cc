"""People: testers, who report bugs, and the customer's own, who create tests."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from quality.metrics import columns
from quality.metrics.measures import Measure, measures
from quality.metrics.metric import Weights
from quality.metrics.tally import Tally
from quality.model.entities import Test
from quality.model.facts import Facts
from quality.pivot.cells import breakdown

UserType = Literal["tester", "customer"]


@dataclass(frozen=True, slots=True)
class UserRow:
    """A person and what they did in the tests that count.

    Attributes:
        ids: The upstream's, where it gives any; several for people of the same name, who count as one.
        tally: A tester's own bugs and the tests with them, or the tests that the customer created.
        measures: By the keys of `columns.BY_BUGS`.
        last_activity: The newest report, or the start of the newest test.
    """

    name: str
    ids: tuple[int, ...]
    user_type: UserType
    tally: Tally
    measures: Mapping[str, Measure]
    first_activity: datetime | None
    last_activity: datetime | None


def user_rows(
    facts: Facts,
    tests: Sequence[Test],
    weights: Weights,
    types: Iterable[UserType] = ("tester", "customer"),
) -> list[UserRow]:
    """Return the people of some tests, most bugs first; who has no name is left out."""
    testers = _ids((bug.tester, bug.tester_id) for test in tests for bug in test.bugs)
    makers = _ids((test.created_by, test.created_by_id) for test in tests)
    rows: list[UserRow] = []
    if "tester" in types:
        for label, tally in breakdown(facts, tests, "tester").items():
            if label.name is not None:
                times = [bug.reported_at for bug in tally.bugs.values() if bug.reported_at]
                rows.append(
                    _row(
                        label.name,
                        testers.get(label.name, ()),
                        "tester",
                        tally=tally,
                        times=times,
                        weights=weights,
                    )
                )
    if "customer" in types:
        for label, tally in breakdown(facts, tests, "customer").items():
            if label.name is not None:
                starts = (test.start_at or test.end_at for test in tally.tests.values())
                times = [one for one in starts if one]
                rows.append(
                    _row(
                        label.name,
                        makers.get(label.name, ()),
                        "customer",
                        tally=tally,
                        times=times,
                        weights=weights,
                    )
                )
    return sorted(rows, key=lambda row: (-row.tally.bug_count, row.name.casefold(), row.user_type))


def _ids(named: Iterable[tuple[str | None, int | None]]) -> dict[str, tuple[int, ...]]:
    found: dict[str, set[int]] = {}
    for name, number in named:
        if name is not None and number is not None:
            found.setdefault(name, set()).add(number)
    return {name: tuple(sorted(numbers)) for name, numbers in found.items()}


def _row(
    name: str,
    ids: tuple[int, ...],
    user_type: UserType,
    *,
    tally: Tally,
    times: Sequence[datetime],
    weights: Weights,
) -> UserRow:
    return UserRow(
        name=name,
        ids=ids,
        user_type=user_type,
        tally=tally,
        measures=measures(tally, weights, columns.BY_BUGS),
        first_activity=min(times, default=None),
        last_activity=max(times, default=None),
    )
