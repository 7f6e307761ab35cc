"""The metrics of who planned the tests, what they covered and how long reviews took."""

from quality.metrics.metric import Metric
from quality.metrics.tally import Tally
from quality.wording import counted


def _of_reviews(tally: Tally) -> str:
    return f"the median of {counted(len(tally.review_days), 'review')}" if tally.review_days else ""


TESTS = (
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
