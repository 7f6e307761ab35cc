"""The metrics of who planned the tests, what they covered and how long reviews took."""

from quality.metrics.metric import Metric
from quality.metrics.tally import Tally
from quality.wording import counted


def _of_reviews(tally: Tally) -> str:
    return f"the median of {counted(len(tally.review_days), 'review')}" if tally.review_days else ""


def _distinct_stories(tally: Tally) -> str:
    distinct, executions = tally.distinct_stories, tally.stories_tested.denominator
    return f"{counted(distinct, 'distinct story')}" if 0 < distinct < executions else ""


def _tested_stories(tally: Tally) -> str:
    tested, executions = tally.tested_stories, tally.stories_passed.denominator
    return f"{counted(tested, 'distinct story')} tested" if 0 < tested < executions else ""


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
        formula="passed / tested story executions",
        help="A user story counts once for each test that has it: an execution."
        " Summed over the tests that tell them, then divided.",
        value=lambda tally, _: tally.stories_passed,
        better="up",
        noun="passed story execution",
        divisor="tested story execution",
        verb="tested story executions passed",
        subject="tests",
        note=_tested_stories,
        of_stories=True,
        limits="story_pass",
        action="Look at the failed user stories first.",
    ),
    Metric(
        key="story_coverage",
        title="User story coverage",
        unit="rate",
        formula="tested / all story executions",
        help="A user story counts once for each test that has it: an execution."
        " Summed over the tests that tell them, then divided.",
        value=lambda tally, _: tally.stories_tested,
        better="up",
        noun="tested story execution",
        divisor="story execution",
        verb="story executions tested",
        subject="tests",
        note=_distinct_stories,
        of_stories=True,
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
