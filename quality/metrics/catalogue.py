"""Every metric, in the order in which they are shown. A new metric is one entry here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Literal

from base.errors import InvalidInput
from quality.metrics.rates import Rate, Ratio
from quality.metrics.tally import Tally
from quality.model.entities import Severity

Unit = Literal["count", "ratio", "score", "rate", "days"]


Value = float | Ratio | None


@dataclass(frozen=True, slots=True)
class Weights:
    """What a bug adds to the severity score; `other` is every severity and type that is not named.

    Raises:
        InvalidInput: For a negative or infinite weight.
    """

    critical: float = 5
    high: float = 3
    medium: float = 2
    other: float = 1

    def __post_init__(self) -> None:
        for name in self.__slots__:
            weight = getattr(self, name)
            if not (isfinite(weight) and weight >= 0):
                raise InvalidInput(f"The weight of {name} is {weight}.", "A weight is a number from 0 up.")

    def of(self, severity: Severity) -> float:
        """The weight of one bug."""
        weight: float = getattr(self, severity, self.other)
        return weight


@dataclass(frozen=True, slots=True)
class Metric:
    """One number that can be asked for.

    Attributes:
        key: Its public name.
        unit: `count`, `ratio`, `score`, `rate` (0-1) or `days`.
        formula: In terms of other names.
        help: What it says and what to mind, in a sentence or two.
        better: Which direction is good news; None for a neutral metric.
        value: A number; a Ratio for the unit `ratio`, a Rate for the unit `rate`; None without data.
    """

    key: str
    title: str
    unit: Unit
    formula: str
    help: str
    better: Literal["up", "down"] | None
    value: Callable[[Tally, Weights], Value]


def severity_score(tally: Tally, weights: Weights) -> float:
    """The sum of the bugs' weights."""
    return sum(weights.of(severity) * number for severity, number in tally.severities.items())


def _of_severity(severity: Severity, title: str, help_: str) -> Metric:
    return Metric(
        f"{severity}_bugs", title, "count", f"bugs with severity {severity}", help_, None,
        lambda tally, _: tally.severities[severity],
    )  # fmt: skip


_CATALOGUE = (
    Metric(
        "test_count", "Tests", "count", "distinct tests",
        "Tests that were executed in the period; by default running, locked, finalized and archived ones.",
        None, lambda tally, _: tally.test_count,
    ),
    Metric(
        "bug_count", "Bugs", "count", "distinct bugs",
        "Every bug reported in those tests, whatever became of it. Fewer bugs may only mean fewer tests.",
        None, lambda tally, _: tally.bug_count,
    ),
    Metric(
        "bugs_per_test", "Bugs per test", "ratio", "bug_count / test_count",
        "How much a test finds on average; tests without bugs count too.",
        None, lambda tally, _: Ratio(tally.bug_count, tally.test_count),
    ),
    Metric(
        "features_tested", "Features tested", "count", "distinct features attached to the tests",
        "Features that at least one of the tests had in its scope.",
        None, lambda tally, _: len(tally.features),
    ),
    Metric(
        "active_testers", "Active testers", "count", "distinct testers with at least one bug",
        "Testers are told apart by their names; those who found nothing are not known.",
        None, lambda tally, _: len(tally.testers),
    ),
    _of_severity("critical", "Critical bugs", "Functional bugs that stop people."),
    _of_severity("high", "High bugs", "Functional bugs of high severity."),
    _of_severity("medium", "Medium bugs", "Functional bugs of medium severity, which only old data has."),
    _of_severity("low", "Low bugs", "Functional bugs of low severity."),
    _of_severity("visual", "Visual bugs", "A type of bug that has no severity."),
    _of_severity("content", "Content bugs", "A type of bug that has no severity."),
    _of_severity("custom", "Custom bugs", "Custom reports, a type that has no severity."),
    Metric(
        "unknown_bugs", "Bugs of unknown severity", "count", "functional bugs without a known severity",
        "Functional bugs whose severity is missing or is none of critical, high, medium and low.",
        None, lambda tally, _: tally.severities["unknown"],
    ),
    Metric(
        "known_bugs", "Known bugs", "count", "bugs with known = true",
        "Bugs that were marked as already known.",
        None, lambda tally, _: tally.known,
    ),
    Metric(
        "bug_severity_score", "Severity score", "score",
        "sum of weights: critical 5, high 3, medium 2, every other 1",
        "One number for how much weighs on the product: a critical bug counts as much as five low ones.",
        None, severity_score,
    ),
    Metric(
        "total_accepted", "Accepted bugs", "count", "active_accepted + auto_accepted",
        "Accepted by a person, or automatically when the 10-day review window ran out.",
        None, lambda tally, _: tally.accepted,
    ),
    Metric(
        "reviewed", "Reviewed bugs", "count", "active_accepted + rejected",
        "Bugs about which a person decided; auto-accepted ones are not among them.",
        None, lambda tally, _: tally.reviewed,
    ),
    Metric(
        "overall_acceptance_rate", "Acceptance rate", "rate", "total_accepted / bug_count",
        "Accepted bugs, by a person or automatically, of all bugs; open bugs are in the divisor.",
        "up", lambda tally, _: Rate(tally.accepted, tally.bug_count),
    ),
    Metric(
        "active_acceptance_rate", "Active acceptance rate", "rate", "active_accepted / bug_count",
        "Bugs that a person accepted, of all bugs.",
        "up", lambda tally, _: Rate(tally.active_accepted, tally.bug_count),
    ),
    Metric(
        "auto_acceptance_rate", "Auto-acceptance rate", "rate", "auto_accepted / total_accepted",
        "Accepted bugs that nobody looked at in time, of all accepted bugs.",
        "down", lambda tally, _: Rate(tally.auto_accepted, tally.accepted),
    ),
    Metric(
        "rejection_rate", "Rejection rate", "rate", "rejected / bug_count",
        "Rejected bugs of all bugs; the reasons say whether test or product has to be explained better.",
        "down", lambda tally, _: Rate(tally.rejected, tally.bug_count),
    ),
    Metric(
        "review_rate", "Review rate", "rate", "reviewed / bug_count",
        "Bugs about which a person decided, of all bugs.",
        "up", lambda tally, _: Rate(tally.reviewed, tally.bug_count),
    ),
    Metric(
        "tests_created", "Tests created", "count", "distinct tests with a created_by",
        "Tests that name the person who created them.",
        None, lambda tally, _: tally.tests_created,
    ),
    Metric(
        "tests_submitted", "Tests submitted", "count", "distinct tests with a submitted_by",
        "Tests that name the person who submitted them.",
        None, lambda tally, _: tally.tests_submitted,
    ),
    Metric(
        "story_pass_rate", "User story pass rate", "rate", "passed / tested user stories",
        "Summed over the tests that give execution metrics, then divided.",
        "up", lambda tally, _: tally.stories_passed,
    ),
    Metric(
        "story_coverage", "User story coverage", "rate", "tested / all user stories",
        "Summed over the tests that give execution metrics, then divided.",
        "up", lambda tally, _: tally.stories_tested,
    ),
    Metric(
        "median_review_days", "Median days to review", "days",
        "median of (first snapshot with the bug accepted or rejected by a person - first with it open)",
        "From the history of snapshots, so no finer than they are; auto-acceptance is not a review.",
        "down", lambda tally, _: tally.median_review_days,
    ),
)  # fmt: skip

METRICS: Mapping[str, Metric] = {metric.key: metric for metric in _CATALOGUE}


def rate(key: str, tally: Tally) -> Rate:
    """The value of a metric whose unit is `rate`.

    Raises:
        KeyError: For another metric.
    """
    value = METRICS[key].value(tally, _NO_MATTER)
    if not isinstance(value, Rate):
        raise KeyError(key)
    return value


_NO_MATTER = Weights()
