"""Every metric, in the order in which they are shown. A new metric is one entry here."""

from collections.abc import Mapping

from quality.metrics.metric import Evidence, Metric, Weights
from quality.metrics.rates import Rate, Ratio
from quality.metrics.tally import Tally
from quality.model.entities import Severity
from quality.wording import counted, quoted


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


def _auto_accepted_among(tally: Tally) -> str:
    return f"{tally.auto_accepted:,} of them auto-accepted" if tally.auto_accepted else ""


def _of_reviews(tally: Tally) -> str:
    return f"the median of {counted(len(tally.review_days), 'review')}" if tally.review_days else ""


def _main_reason(tally: Tally, reasons: Mapping[str, str]) -> str:
    if not tally.reasons:
        return ""
    reason, number = min(tally.reasons.items(), key=lambda item: (-item[1], item[0]))
    return f", most often for {quoted(reasons.get(reason, reason))} ({number:,} of {tally.rejected:,})"


def _nobody_in_time(*_: object) -> str:
    return ", because nobody reviewed them in time"


_CATALOGUE = (
    Metric(
        key="test_count",
        title="Tests",
        unit="count",
        formula="distinct tests",
        help="Tests that were executed in the period;"
        " by default running, locked, finalized and archived ones.",
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
        formula="distinct features attached to the tests",
        help="Features that at least one of the tests had in its scope.",
        value=lambda tally, _: len(tally.features),
        noun="feature",
        subject="tests",
    ),
    Metric(
        key="active_testers",
        title="Active testers",
        unit="count",
        formula="distinct testers with at least one bug",
        help="Testers are told apart by their names; those who found nothing are not known.",
        value=lambda tally, _: len(tally.testers),
        noun="tester",
    ),
    _of_severity("critical", "Critical bugs", "Functional bugs that stop people."),
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
    Metric(
        key="total_accepted",
        title="Accepted bugs",
        unit="count",
        formula="active_accepted + auto_accepted",
        help="Accepted by a person, or automatically when the 10-day review window ran out.",
        value=lambda tally, _: tally.accepted,
        noun="accepted bug",
        note=_auto_accepted_among,
    ),
    Metric(
        key="reviewed",
        title="Reviewed bugs",
        unit="count",
        formula="active_accepted + rejected",
        help="Bugs about which a person decided; auto-accepted ones are not among them.",
        value=lambda tally, _: tally.reviewed,
        noun="reviewed bug",
    ),
    Metric(
        key="overall_acceptance_rate",
        title="Acceptance rate",
        unit="rate",
        formula="total_accepted / bug_count",
        help="Accepted bugs, by a person or automatically, of all bugs; open bugs are in the divisor.",
        value=lambda tally, _: Rate(tally.accepted, tally.bug_count),
        better="up",
        noun="accepted bug",
        divisor="bug",
        verb="accepted",
        short="Accepted",
        subject="reviews",
        judged=True,
        note=_auto_accepted_among,
        evidence=Evidence(good=("active_accepted", "auto_accepted"), bad=("rejected", "open")),
        action="Look at what was rejected and what is still open.",
        style="accepted",
    ),
    Metric(
        key="active_acceptance_rate",
        title="Active acceptance rate",
        unit="rate",
        formula="active_accepted / bug_count",
        help="Bugs that a person accepted, of all bugs.",
        value=lambda tally, _: Rate(tally.active_accepted, tally.bug_count),
        better="up",
        noun="bug accepted by a person",
        divisor="bug",
        verb="accepted by a person",
        subject="reviews",
        judged=True,
        evidence=Evidence(good=("active_accepted",), bad=("rejected", "auto_accepted", "open")),
        action="Look at what was rejected, and at what nobody reviewed in time.",
    ),
    Metric(
        key="auto_acceptance_rate",
        title="Auto-acceptance rate",
        unit="rate",
        formula="auto_accepted / total_accepted",
        help="Accepted bugs that nobody looked at in time, of all accepted bugs.",
        value=lambda tally, _: Rate(tally.auto_accepted, tally.accepted),
        better="down",
        noun="auto-accepted bug",
        divisor="accepted bug",
        verb="accepted bugs auto-accepted",
        subject="reviews",
        judged=True,
        limits="auto_acceptance",
        cause=_nobody_in_time,
        evidence=Evidence(good=("active_accepted",), bad=("auto_accepted",)),
        action="Review bugs within the ten days; plan narrower tests if they are too many.",
    ),
    Metric(
        key="rejection_rate",
        title="Rejection rate",
        unit="rate",
        formula="rejected / bug_count",
        help="Rejected bugs of all bugs; the reasons say whether test or product has to be explained better.",
        value=lambda tally, _: Rate(tally.rejected, tally.bug_count),
        better="down",
        noun="rejected bug",
        divisor="bug",
        verb="rejected",
        short="Rejected",
        subject="reviews",
        judged=True,
        limits="rejection",
        cause=_main_reason,
        evidence=Evidence(good=("active_accepted", "auto_accepted"), bad=("rejected",)),
        action="Look at the rejection reasons, and say in the instructions what is not wanted.",
        style="rejected",
    ),
    Metric(
        key="review_rate",
        title="Review rate",
        unit="rate",
        formula="reviewed / bug_count",
        help="Bugs about which a person decided, of all bugs.",
        value=lambda tally, _: Rate(tally.reviewed, tally.bug_count),
        better="up",
        noun="reviewed bug",
        divisor="bug",
        verb="reviewed by a person",
        subject="reviews",
        judged=True,
        limits="review",
        evidence=Evidence(good=("active_accepted", "rejected"), bad=("auto_accepted", "open")),
        action="Review the open bugs; plan narrower tests if they are too many.",
        style="reviewed",
    ),
    Metric(
        key="tests_created",
        title="Tests created",
        unit="count",
        formula="distinct tests with a created_by",
        help="Tests that name the person who created them.",
        value=lambda tally, _: tally.tests_created,
        noun="test",
        subject="tests",
    ),
    Metric(
        key="tests_submitted",
        title="Tests submitted",
        unit="count",
        formula="distinct tests with a submitted_by",
        help="Tests that name the person who submitted them.",
        value=lambda tally, _: tally.tests_submitted,
        noun="test",
        subject="tests",
    ),
    Metric(
        key="story_pass_rate",
        title="User story pass rate",
        unit="rate",
        formula="passed / tested user stories",
        help="Summed over the tests that give execution metrics, then divided.",
        value=lambda tally, _: tally.stories_passed,
        better="up",
        noun="passed user story",
        divisor="tested user story",
        verb="tested user stories passed",
        subject="tests",
        judged=True,
        action="Look at the failed user stories first.",
    ),
    Metric(
        key="story_coverage",
        title="User story coverage",
        unit="rate",
        formula="tested / all user stories",
        help="Summed over the tests that give execution metrics, then divided.",
        value=lambda tally, _: tally.stories_tested,
        better="up",
        noun="tested user story",
        divisor="user story",
        verb="user stories tested",
        subject="tests",
        judged=True,
        action="Include the untested user stories in the next test.",
    ),
    Metric(
        key="median_review_days",
        title="Median days to review",
        unit="days",
        formula="median of (first snapshot with the bug accepted or rejected by a person"
        " - first with it open)",
        help="From the history of snapshots, so no finer than they are; auto-acceptance is not a review.",
        value=lambda tally, _: tally.median_review_days,
        better="down",
        note=_of_reviews,
        no_data="Days to review need several snapshots.",
    ),
)

METRICS: Mapping[str, Metric] = {metric.key: metric for metric in _CATALOGUE}


def rate(key: str, tally: Tally) -> Rate:
    """Return the value of a metric whose unit is `rate`.

    Raises:
        KeyError: For another metric.
    """
    value = METRICS[key].value(tally, _NO_MATTER)
    if not isinstance(value, Rate):
        raise KeyError(key)
    return value


_NO_MATTER = Weights()
