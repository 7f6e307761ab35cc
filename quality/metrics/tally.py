"""The one place that counts: a set of tests and a set of bugs, and every count of them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from statistics import median

from quality.metrics.rates import Rate
from quality.model.columns import Kind, kind_of
from quality.model.entities import (
    Bug,
    Confirmation,
    Execution,
    ReviewState,
    Severity,
    Test,
)


@dataclass(frozen=True)
class Tally:
    """Distinct tests and distinct bugs. Tallies add up: what both of them hold counts once.

    Attributes:
        tests: By id.
        bugs: By id; not necessarily all bugs of the tests.
    """

    tests: Mapping[int, Test] = field(default_factory=dict)
    bugs: Mapping[int, Bug] = field(default_factory=dict)

    def __add__(self, other: "Tally") -> "Tally":
        return Tally({**self.tests, **other.tests}, {**self.bugs, **other.bugs})

    def of_product(self, product_id: int) -> "Tally":
        """Return what belongs to one product."""
        return self._by_product.get(product_id) or Tally()

    @cached_property
    def _by_product(self) -> Mapping[int, "Tally"]:
        tests: dict[int, dict[int, Test]] = {}
        bugs: dict[int, dict[int, Bug]] = {}
        for test in self.tests.values():
            tests.setdefault(test.product_id, {})[test.id] = test
        for bug in self.bugs.values():
            bugs.setdefault(bug.product_id, {})[bug.id] = bug
        return {one: Tally(tests.get(one, {}), bugs.get(one, {})) for one in tests.keys() | bugs.keys()}

    @property
    def test_count(self) -> int:
        """Distinct tests."""
        return len(self.tests)

    @property
    def bug_count(self) -> int:
        """Distinct bugs."""
        return len(self.bugs)

    @cached_property
    def _kinds(self) -> Counter[Kind]:
        return Counter(map(kind_of, self.bugs.values()))

    @cached_property
    def reviews(self) -> Counter[ReviewState]:
        """Bugs by review state; they add up to `bug_count`."""
        found: Counter[ReviewState] = Counter()
        for (review, _, _), number in self._kinds.items():
            found[review] += number
        return found

    @cached_property
    def severities(self) -> Counter[Severity]:
        """Bugs by severity or type; they add up to `bug_count`."""
        found: Counter[Severity] = Counter()
        for (_, severity, _), number in self._kinds.items():
            found[severity] += number
        return found

    @cached_property
    def reasons(self) -> Counter[str]:
        """Rejected bugs by rejection reason; they add up to `rejected`."""
        return Counter(bug.rejection_reason for bug in self.bugs.values() if bug.rejection_reason is not None)

    @property
    def active_accepted(self) -> int:
        """Bugs that a person accepted."""
        return self.reviews["active_accepted"]

    @property
    def auto_accepted(self) -> int:
        """Bugs accepted because the review window ran out."""
        return self.reviews["auto_accepted"]

    @property
    def rejected(self) -> int:
        """Rejected bugs."""
        return self.reviews["rejected"]

    @property
    def open(self) -> int:
        """Bugs that are neither accepted nor rejected."""
        return self.reviews["open"]

    @property
    def decided(self) -> int:
        """Bugs accepted by a person or automatically, or rejected."""
        return self.bug_count - self.open

    @property
    def so_far(self) -> bool:
        """Say whether more than a fifth of the bugs is open: their judged rates can still change."""
        return self.open * 5 > self.bug_count

    @cached_property
    def overdue(self) -> int:
        """Open bugs whose review days are over."""
        return sum(bug.overdue for bug in self.bugs.values() if bug.review == "open")

    @cached_property
    def waiting_for_tester(self) -> int:
        """Open bugs about which the customer has asked the tester something."""
        return sum(bug.waits_for_tester for bug in self.bugs.values())

    @cached_property
    def exported(self) -> int:
        """Bugs that were exported to the customer's tracker."""
        return sum(bug.exported_at is not None for bug in self.bugs.values())

    @cached_property
    def export_days(self) -> tuple[float, ...]:
        """Days from report to export, of each bug for which they are known."""
        return tuple(days for bug in self.bugs.values() if (days := bug.export_days) is not None)

    @cached_property
    def confirmations(self) -> Counter[Confirmation]:
        """Bugs by the result of their last fix confirmation; those without one are not in it."""
        return Counter(bug.confirmation for bug in self.bugs.values() if bug.confirmation is not None)

    @property
    def accepted(self) -> int:
        """Bugs accepted by a person or automatically."""
        return self.active_accepted + self.auto_accepted

    def accepted_of(self, severity: Severity) -> int:
        """Accepted bugs of one severity."""
        return sum(
            number
            for (review, found, _), number in self._kinds.items()
            if found == severity and review in _ACCEPTED
        )

    @property
    def reviewed(self) -> int:
        """Bugs about which a person decided."""
        return self.active_accepted + self.rejected

    @property
    def known(self) -> int:
        """Bugs marked as known."""
        return sum(number for (_, _, known), number in self._kinds.items() if known)

    @cached_property
    def features(self) -> frozenset[int]:
        """Ids of the features attached to the tests."""
        return frozenset(feature_id for feature_id, _ in self._executions)

    @cached_property
    def features_told(self) -> frozenset[int]:
        """Ids of the features of which a test says whether they were executed."""
        return frozenset(feature_id for feature_id, status in self._executions if status is not None)

    @property
    def features_tested(self) -> int | None:
        """Features that at least one test executed; None where no test says so of any attached one."""
        if self.features and not self.features_told:
            return None
        return len({one for one, status in self._executions if status not in {None, "not_tested"}})

    @cached_property
    def _executions(self) -> frozenset[tuple[int, str | None]]:
        return frozenset(
            (feature.feature_id, feature.execution_status)
            for test in self.tests.values()
            for feature in test.features
            if feature.feature_id is not None
        )

    @cached_property
    def testers(self) -> Counter[str]:
        """Bugs by tester; a bug without a tester is not in it."""
        return Counter(bug.tester for bug in self.bugs.values() if bug.tester is not None)

    @property
    def tests_created(self) -> int:
        """Tests that name who created them."""
        return sum(test.created_by is not None for test in self.tests.values())

    @property
    def tests_submitted(self) -> int:
        """Tests that name who submitted them."""
        return sum(test.submitted_by is not None for test in self.tests.values())

    @property
    def stories_passed(self) -> Rate:
        """Passed of tested user stories, over the tests that give both."""
        return self._stories("passed_user_stories", "tested_user_stories")

    @property
    def stories_tested(self) -> Rate:
        """Tested of all user stories, over the tests that give both."""
        return self._stories("tested_user_stories", "total_user_stories")

    @cached_property
    def distinct_stories(self) -> int:
        """User stories that the tests name, each counted once however often it was executed."""
        return len({key for key, _ in self._stories_run()})

    @cached_property
    def tested_stories(self) -> int:
        """Those of them that a test tested, whatever the outcome."""
        return len({key for key, status in self._stories_run() if status not in {None, "not_tested"}})

    def _stories_run(self) -> Iterator[tuple[object, str | None]]:
        """Yield what tells each user story of each test from others, and its outcome there."""
        for test in self.tests.values():
            for feature in test.features:
                for story in feature.user_stories:
                    yield story.id or (feature.feature_id, story.title), story.execution_status

    @cached_property
    def review_days(self) -> tuple[float, ...]:
        """Days until a person reviewed it, of each bug for which that is known."""
        return tuple(bug.review_days for bug in self.bugs.values() if bug.review_days is not None)

    @property
    def median_review_days(self) -> float | None:
        """Return the median of `review_days`; None without any."""
        return median(self.review_days) if self.review_days else None

    def _stories(self, part: str, whole: str) -> Rate:
        numerator = denominator = 0
        for test in self.tests.values():
            some, all_ = _count(test.execution, part), _count(test.execution, whole)
            if some is not None and all_ is not None and some <= all_:
                numerator += some
                denominator += all_
        return Rate(numerator, denominator)


_ACCEPTED: frozenset[ReviewState] = frozenset({"active_accepted", "auto_accepted"})


def _count(execution: Execution | None, name: str) -> int | None:
    value: int | None = getattr(execution, name, None)
    return value


def counted_tally(tests: Mapping[int, Test], bugs: Mapping[int, Bug], kinds: Counter[Kind]) -> Tally:
    """Return a tally of bugs that were counted by kind before."""
    found = Tally(tests, bugs)
    vars(found)["_kinds"] = kinds
    return found


def tally(tests: Iterable[Test], bugs: Iterable[Bug] | None = None) -> Tally:
    """Count tests and bugs.

    Args:
        tests: The tests that count.
        bugs: The bugs that count; by default all bugs of the tests.
    """
    by_id = {test.id: test for test in tests}
    counted = (bug for test in by_id.values() for bug in test.bugs) if bugs is None else bugs
    return Tally(by_id, {bug.id: bug for bug in counted})
