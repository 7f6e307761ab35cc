"""Which tests a list keeps."""

from collections.abc import Callable, Iterable, Sequence

from mcp_reader.arguments.types import known
from mcp_reader.text import short
from quality.model.entities import TEST_STATUSES, TESTING_TYPES, Test
from quality.model.facts import Facts
from quality.periods.periods import Period, contains
from quality.selection import features_of
from quality.wording import state

TakesTest = Callable[[Test], bool]
_ALSO = {"review": "locked", "reviewing": "locked", "under review": "locked", "closed": "archived"}
"""Words for statuses that come to mind first."""


def keeps_test(
    facts: Facts,
    *,
    period: Period,
    statuses: Sequence[str] | None = None,
    testing_type: Sequence[str] | None = None,
    feature_ids: Sequence[int] | None = None,
    argument: str = "statuses",
) -> TakesTest:
    """Return what tells whether a test has one of the statuses and types, a feature, and its end in a period.

    A test has a feature that is attached to it, or that one of its bugs names.

    Raises:
        InvalidInput: For an unknown word, naming the closest.
    """
    wanted = statuses_of(facts, statuses, argument)
    kinds = types_of(facts, testing_type)
    features = None if feature_ids is None else frozenset(feature_ids)

    def takes(test: Test) -> bool:
        return (
            (wanted is None or test.status in wanted)
            and (kinds is None or test.testing_type in kinds)
            and contains(period, test)
            and (features is None or not features.isdisjoint(features_of(test)))
        )

    return takes


def statuses_of(
    facts: Facts, statuses: Sequence[str] | None, argument: str = "statuses"
) -> frozenset[str] | None:
    """Return the statuses of tests that are asked for, also in the words of pages; None for all.

    Raises:
        InvalidInput: For an unknown word, naming the closest.
    """
    return known(
        argument,
        statuses,
        _seen(TEST_STATUSES, (test.status for test in facts.tests.values())),
        names={**_ALSO, **{state(status): status for status in TEST_STATUSES}},
    )


def types_of(facts: Facts, testing_type: Sequence[str] | None) -> frozenset[str] | None:
    """Return the types of tests that are asked for; None for all.

    Raises:
        InvalidInput: For an unknown type, naming the closest.
    """
    seen = _seen(TESTING_TYPES, (test.testing_type for test in facts.tests.values()))
    return known("testing_type", testing_type, seen)


def _seen(always: Iterable[str], found: Iterable[str | None]) -> frozenset[str]:
    return frozenset(always) | {value for value in found if value and value == short(value)}
