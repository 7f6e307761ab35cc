"""Which tests count."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf

from base.errors import InvalidInput, NotFound
from base.text import closest, closest_ids, listed
from quality.model.entities import TEST_STATUSES, Test
from quality.model.facts import Facts
from quality.periods.periods import ALL_TIME, Period, contains
from quality.wording import day, day_utc, days, inside, state

_MOST_SELECTIONS = 64
EXECUTED = "running, in review, done, or in another state but cancelled and with a bug"


@dataclass(frozen=True, slots=True)
class Selection:
    """The tests that count: by default executed ones, no demo tests, of all products and times.

    Attributes:
        product_ids: Only these products; None for all.
        test_ids: Exactly these tests, demo tests too; excludes `statuses` and `period`.
        statuses: Tests in these states instead of the executed ones; trimmed and without case.
        period: By the test's end.
        include_demo: Count demo tests too.
        testing_types: Only tests of these types.
        feature_ids: Only tests that have one of these features, or a bug of it.
        also: Tests that count whatever their status, time, type and features.
        without: Tests that do not count.

    Raises:
        InvalidInput: For `test_ids` together with `statuses` or a period, and for an empty list.
    """

    product_ids: tuple[int, ...] | None = None
    test_ids: tuple[int, ...] | None = None
    statuses: tuple[str, ...] | None = None
    period: Period = ALL_TIME
    include_demo: bool = False
    testing_types: tuple[str, ...] | None = None
    feature_ids: tuple[int, ...] | None = None
    also: tuple[int, ...] = ()
    without: tuple[int, ...] = ()

    def about(self, test: Test) -> bool:
        """Return whether a test is of the types and features asked for, or named, and is not left out."""
        if test.id in self.without:
            return False
        if test.id in self.also:
            return True
        return (self.testing_types is None or test.testing_type in self.testing_types) and (
            self.feature_ids is None or not features_of(test).isdisjoint(self.feature_ids)
        )

    def __post_init__(self) -> None:
        for name in ("product_ids", "test_ids", "statuses", "testing_types", "feature_ids"):
            if getattr(self, name) == ():
                raise InvalidInput(
                    f"{name} is an empty list.", "It would select nothing.", f"Leave {name} out."
                )
        bounded = self.period.start is not None or self.period.end is not None
        if self.test_ids is not None and (self.statuses is not None or bounded):
            raise InvalidInput(
                f"test_ids and {'statuses' if self.statuses is not None else 'a period'} are both given.",
                "test_ids names exact tests, whatever their status and time.",
                "Give either test_ids, or a period and statuses.",
            )
        if self.statuses is not None:
            object.__setattr__(self, "statuses", tuple(status.strip().casefold() for status in self.statuses))


def features_of(test: Test) -> set[int | None]:
    """Return the ids of the features that are attached to a test or named by its bugs."""
    return {one.feature_id for one in test.features} | {bug.feature_id for bug in test.bugs}


def select(facts: Facts, selection: Selection) -> tuple[Test, ...]:
    """Return the tests that count, newest first. A test that is only a gap is not among them.

    Raises:
        InvalidInput: For a status that neither the upstream nor the snapshot knows, and for a test that
            belongs to none of the products.
        NotFound: For a product or test that the snapshot knows nothing of.
    """
    _check_ids(facts, selection)
    if selection not in facts.selections:
        if len(facts.selections) >= _MOST_SELECTIONS:
            facts.selections.clear()
        facts.selections[selection] = _selected(facts, selection)
    return facts.selections[selection]


def _selected(facts: Facts, selection: Selection) -> tuple[Test, ...]:
    tests = facts.tests_by_product
    if selection.product_ids is None:
        candidates = [test for of_product in tests.values() for test in of_product]
    else:
        candidates = [test for one in dict.fromkeys(selection.product_ids) for test in tests.get(one, ())]
    return tuple(sorted(_matching(facts, selection, candidates), key=_newest_first))


def _matching(facts: Facts, selection: Selection, candidates: Iterable[Test]) -> Iterable[Test]:
    if selection.test_ids is not None:
        wanted = frozenset(selection.test_ids)
        return (test for test in candidates if test.id in wanted)
    statuses = _statuses(facts, selection.statuses)
    return (
        test
        for test in candidates
        if selection.about(test)
        and (
            test.id in selection.also
            or (
                (test.executed if statuses is None else test.status in statuses)
                and (selection.include_demo or not test.demo)
                and contains(selection.period, test)
            )
        )
    )


def _newest_first(test: Test) -> tuple[float, int]:
    return (-test.end_at.timestamp() if test.end_at else inf, -test.id)


def describe(facts: Facts, selection: Selection) -> str:
    """Write the selection in words, for a reader who has to know what was counted."""
    products = _described_products(facts, selection.product_ids)
    if selection.test_ids is not None:
        number = len(set(selection.test_ids))
        which = (
            f"test {selection.test_ids[0]}" if number == 1 else f"the tests {listed(selection.test_ids, 10)}"
        )
        return f"Exactly {which}{products}, whatever the status and time."
    if selection.statuses is None:
        which = f"Executed tests ({EXECUTED})"
    else:
        which = f"Tests with status {' or '.join(map(state, selection.statuses))}"
    demo = "with demo tests" if selection.include_demo else "without demo tests"
    return f"{which}{products} {_described_period(selection.period)}, {demo}{_described_rest(selection)}."


def _described_rest(selection: Selection) -> str:
    parts: tuple[tuple[str, tuple[object, ...], str], ...] = (
        ("only of type", selection.testing_types or (), ""),
        ("only with feature", selection.feature_ids or (), ""),
        ("and test", selection.also, " in any case"),
        ("but not test", selection.without, ""),
    )
    return "".join(f", {before} {listed(ids, 5)}{after}" for before, ids, after in parts if ids)


def _described_products(facts: Facts, product_ids: tuple[int, ...] | None) -> str:
    if product_ids is None:
        return ""
    names = [facts.products[one].name if one in facts.products else f"product {one}" for one in product_ids]
    return f" of {listed(names, 5)}"


def _described_period(period: Period) -> str:
    if period.tests is not None:
        return f"of {inside(period.title)}"
    if period.start and period.end:
        one_day = day(period.start) == day(period.end)
        return f"that ended {'on' if one_day else 'from'} {days(period.start, period.end)}"
    if period.start:
        return f"that ended on or after {day_utc(period.start)}"
    return f"that ended by {day_utc(period.end)}" if period.end else "of all time"


def _check_ids(facts: Facts, selection: Selection) -> None:
    lost_products = {gap.id for gap in facts.gaps if gap.kind == "product"}
    lost_tests = {gap.test_id for gap in facts.gaps}
    by_product = facts.tests_by_product
    for product_id in selection.product_ids or ():
        if product_id not in by_product and product_id not in lost_products:
            raise NotFound(
                f"Product {product_id} is not in the snapshot.",
                f"It has {listed(by_product, 10) or 'no products'}.",
                "Choose one of these, or refresh the snapshot.",
            )
    for test_id in (*(selection.test_ids or ()), *selection.also, *selection.without):
        if test_id not in facts.tests and test_id not in lost_tests:
            near = closest_ids(test_id, facts.tests)
            raise NotFound(
                f"Test {test_id} is not in the snapshot.",
                f"It has {len(facts.tests)} tests" + (f"; closest: {listed(near)}." if near else "."),
                "Check the id, or refresh the snapshot.",
            )
        test = facts.tests.get(test_id)
        named = selection.product_ids
        if test and named is not None and test.product_id not in named and test_id not in selection.without:
            raise InvalidInput(
                f"Test {test_id} belongs to product {test.product_id}.",
                f"product_ids names {listed(named, 10)}, so the test would not be counted.",
                "Leave product_ids out: test_ids names exact tests.",
            )


def _statuses(facts: Facts, wanted: tuple[str, ...] | None) -> frozenset[str] | None:
    """Return the statuses that count; None for the executed tests."""
    if wanted is None:
        return None
    seen = {test.status for test in facts.tests.values() if test.status}
    known = (*TEST_STATUSES, *sorted(seen - set(TEST_STATUSES)))
    for status in wanted:
        if status not in known:
            near = closest(status, known, 1)
            raise InvalidInput(
                f"{status[:80]!r} is not a test status.",
                f"Possible values: {', '.join(known)}.",
                f"Did you mean {near[0]}?" if near else "Choose from these.",
            )
    return frozenset(wanted)
