"""The metrics of what tests found: tests, bugs, features, testers and severities."""

from quality.metrics.metric import Metric, Weights
from quality.metrics.rates import Ratio
from quality.metrics.tally import Tally
from quality.model.entities import Severity


def severity_score(tally: Tally, weights: Weights) -> float:
    """Return the sum of the bugs' weights."""
    return sum(weights.of(severity) * number for severity, number in tally.severities.items())


def _of_severity(severity: Severity, title: str, help_: str) -> Metric:
    return Metric(
        key=f"{severity}_bugs",
        title=title,
        unit="count",
        formula=f"bugs with severity {severity}",
        help=help_,
        value=lambda tally, _: tally.severities[severity],
        noun=f"{severity} bug",
    )


def _untold_features(tally: Tally) -> str:
    untold = len(tally.features - tally.features_told)
    return f"of {untold:,} more it is not said" if untold and tally.features_told else ""


FOUND = (
    Metric(
        key="test_count",
        title="Tests",
        unit="count",
        formula="distinct tests",
        help="Tests that were executed in the period;"
        " by default those that run, are in review or done, and others but cancelled ones with a bug.",
        value=lambda tally, _: tally.test_count,
        noun="test",
        subject="tests",
        style="tests",
    ),
    Metric(
        key="bug_count",
        title="Bugs",
        unit="count",
        formula="distinct bugs",
        help="Every bug reported in those tests, whatever became of it."
        " Fewer bugs may only mean fewer tests.",
        value=lambda tally, _: tally.bug_count,
        noun="bug",
        style="bugs",
    ),
    Metric(
        key="bugs_per_test",
        title="Bugs per test",
        unit="ratio",
        formula="bug_count / test_count",
        help="How much a test finds on average; tests without bugs count too.",
        value=lambda tally, _: Ratio(tally.bug_count, tally.test_count),
        noun="bug",
        divisor="test",
        subject="tests",
    ),
    Metric(
        key="features_tested",
        title="Features tested",
        unit="count",
        formula="distinct features of the tests whose execution_status is not not_tested",
        help="Features of which a test says that they were executed; being attached is not enough.",
        value=lambda tally, _: tally.features_tested,
        noun="feature",
        subject="tests",
        note=_untold_features,
        never_by="feature",
        no_data="The tests do not say which of their features were executed.",
    ),
    Metric(
        key="features_attached",
        title="Features attached",
        unit="count",
        formula="distinct features attached to the tests",
        help="Features that at least one of the tests had in its scope, executed or not.",
        value=lambda tally, _: len(tally.features),
        noun="feature",
        subject="tests",
    ),
    Metric(
        key="active_testers",
        title="Active testers",
        unit="count",
        formula="distinct testers with at least one bug",
        help="Testers are identified by their names; those who found nothing are not known.",
        value=lambda tally, _: len(tally.testers),
        noun="tester",
    ),
    _of_severity("critical", "Critical bugs", "Functional bugs that block users."),
    _of_severity("high", "High bugs", "Functional bugs of high severity."),
    _of_severity("medium", "Medium bugs", "Functional bugs of medium severity, which only old data has."),
    _of_severity("low", "Low bugs", "Functional bugs of low severity."),
    _of_severity("visual", "Visual bugs", "A type of bug that has no severity."),
    _of_severity("content", "Content bugs", "A type of bug that has no severity."),
    _of_severity("custom", "Custom bugs", "Custom reports, a type that has no severity."),
    Metric(
        key="unknown_bugs",
        title="Bugs of unknown severity",
        unit="count",
        formula="functional bugs without a known severity",
        help="Functional bugs whose severity is missing or is none of critical, high, medium and low.",
        value=lambda tally, _: tally.severities["unknown"],
        noun="bug of unknown severity",
    ),
    Metric(
        key="known_bugs",
        title="Known bugs",
        unit="count",
        formula="bugs with known = true",
        help="Bugs that were marked as already known.",
        value=lambda tally, _: tally.known,
        noun="known bug",
    ),
    Metric(
        key="bug_severity_score",
        title="Severity score",
        unit="score",
        formula="sum of weights: critical 5, high 3, medium 2, every other 1",
        help="One number for how much weighs on the product: a critical bug counts as much as five low ones.",
        value=severity_score,
    ),
)
