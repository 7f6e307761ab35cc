"""One test with all of its bugs."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from base.errors import NotFound
from base.text import closest_ids
from quality.context.shown import NoteLine, notes_on
from quality.deadlines import facts_at
from quality.findings.finding import PLANNED, Case, Finding, again_in, next_planned
from quality.findings.places import LEAST_DECIDED
from quality.findings.rejections import LEAST_REJECTIONS
from quality.findings.rules import findings
from quality.metrics.measures import Measure, measures
from quality.metrics.tally import Tally, tally
from quality.model.entities import Bug, Execution, Product, Test
from quality.model.facts import Facts
from quality.options import QualityOptions
from quality.product_verdict import Judged, product_verdict
from quality.products import all_products, slug
from quality.thresholds import Thresholds
from quality.verdicts import Verdict, review_verdict
from quality.views import breakdowns, headline
from quality.views.breakdowns import Breakdown
from quality.views.deadlines import DeadlineDay, deadline_days
from quality.views.features import StoryCounts, stories
from quality.views.freshness import Freshness, freshness, why
from quality.views.table import Amount, Column, Row, Table, Term, Text
from quality.wording import counted, listing, near, quoted

EXECUTION = "execution"
"""The key of the table of a test's execution metrics, which pages show as facts."""


@dataclass(frozen=True, slots=True)
class TestView:
    """One test with all of its bugs (in `test.bugs`, newest first).

    Attributes:
        review_verdict: Unknown while the test runs, since its bugs need not be reviewed yet.
        again: Bug id → the decided bug of another test that it is much like.
        deadline: When its open bugs will be auto-accepted; None when nothing waits.
        notes: Warnings such as a running test or a small sample.
        said: Notes that people wrote on the test.
    """

    __test__ = False

    test: Test
    product: Product
    slug: str
    measures: Mapping[str, Measure]
    severity: Breakdown
    review: Breakdown
    findings: tuple[Finding, ...]
    freshness: Freshness
    product_verdict: Verdict
    review_verdict: Verdict
    stories: StoryCounts | None = None
    deadline: DeadlineDay | None = None
    notes: tuple[str, ...] = ()
    again: Mapping[int, Bug] = field(default_factory=dict)
    said: tuple[NoteLine, ...] = ()


def test_view(
    facts: Facts,
    test_id: int,
    options: QualityOptions,
    now: datetime | None = None,  # noqa: PT028 - a view, not a test function
) -> TestView:
    """Everything that a test's page shows.

    Args:
        facts: The snapshot.
        test_id: Of the test.
        options: Thresholds and weights.
        now: By default the snapshot's own time.

    Raises:
        NotFound: When the snapshot has no such test, naming the closest ones.
    """
    facts = facts_at(facts, now)
    test = _found(facts, test_id)
    at = now or facts.as_of
    found = tally((test,))
    product = all_products(facts).get(test.product_id) or Product(
        test.product_id, f"Product {test.product_id}"
    )
    days = deadline_days(facts, (test,), at)
    pairs = again_in(facts, found)
    running = test.end_at is not None and test.end_at > at
    notes = []
    if test.end_at is None:
        notes.append("The end of this test is not known: it belongs to no period but all time.")
    elif test.start_at is not None and test.start_at > at:
        notes.append(f"The test begins on {near(test.start_at, at)}.")
    elif running:
        notes.append(f"The test ends on {near(test.end_at, at)}: its numbers are so far.")
    if found.open > sum(len(one.bugs) for one in days):  # what waits for a review is a finding
        notes.append(headline.still_waiting(found, at))
    if found.so_far:
        notes.append(headline.RATES_SO_FAR)
    thresholds = options.thresholds_of((test.product_id,))
    return TestView(
        test=replace(test, bugs=tuple(sorted(test.bugs, key=_newest_first))),
        product=product,
        slug=slug(product),
        measures=measures(found, options.weights),
        severity=breakdowns.by_severity(facts, (test,), options.weights),
        review=breakdowns.by_review(facts, (test,), options.weights),
        findings=_findings(facts, test, found, options, at),
        freshness=freshness(facts, (test.product_id,), test_id=test_id, still=True),
        product_verdict=_product(test, found, thresholds, options),
        review_verdict=_RUNS if running else review_verdict(found, thresholds, options.weights),
        stories=stories((test,)),
        deadline=days[0] if days else None,
        notes=tuple(notes),
        again={pair.bug.id: pair.earlier for pair in pairs},
        said=notes_on(facts, "test", test_id, at),
    )


def _findings(
    facts: Facts, test: Test, found: Tally, options: QualityOptions, now: datetime
) -> tuple[Finding, ...]:
    """Return the findings on a test's bugs; what they ask for is due when its product's report says.

    Without a planned test they name no day: a page of a test at rest would change with the calendar.
    """
    ahead = planned_beside(facts, test, now)
    stated = findings(
        Case(
            now,
            options,
            found,
            every=(test, ahead) if ahead else (test,),
            product_ids=(test.product_id,),
            ever=(test,),
            found_again=again_in(facts, found),
        )
    )
    if ahead:
        return stated
    return tuple(replace(one, action=f"{one.do}.", due="", due_at=None) if one.due else one for one in stated)


def planned_beside(facts: Facts, test: Test, now: datetime) -> Test | None:
    """Return the next planned test of a test's product, without what it holds; None without one.

    None, too, for a test that ended too long ago to be in the report over the last days.
    """
    if test.end_at is None or now - test.end_at > _RECENT:
        return None
    made = ("planned", test.product_id)
    if made not in facts.made:
        others = facts.tests_by_product.get(test.product_id, ())
        facts.made[made] = [
            Test(one.id, one.product_id, one.title, one.status, start_at=one.start_at)
            for one in others
            if one.status in PLANNED and not one.demo
        ]
    return next_planned(facts.made[made], now)


def asks(facts: Facts, test: Test, options: QualityOptions) -> bool:
    """Tell whether findings on a test's bugs may be due on a day that its product's plan decides."""
    if any(bug.severity == "critical" or bug.id in facts.found_again for bug in test.bugs):
        return True
    decided = [bug.review for bug in test.bugs if bug.review != "open"]
    if decided.count("rejected") < LEAST_REJECTIONS and len(decided) < LEAST_DECIDED:
        return False
    return any(one.due for one in _findings(facts, test, tally((test,)), options, facts.as_of))


def _product(test: Test, found: Tally, thresholds: Thresholds, options: QualityOptions) -> Verdict:
    """Return what the test found; a test that nobody executed has found nothing."""
    if not test.executed:
        return Verdict("unknown", "This test has not been executed.")
    return product_verdict(Judged(found), thresholds, options.settled)


_RUNS = Verdict("unknown", "The test has not ended: its bugs need not be reviewed yet.")


def _found(facts: Facts, test_id: int) -> Test:
    if test_id in facts.tests:
        return facts.tests[test_id]
    gap = next((gap for gap in facts.gaps if gap.test_id == test_id), None)
    if gap is not None:
        raise NotFound(
            f"Test {test_id} could not be fetched.",
            why(gap),
            "Refresh the snapshot, or try again later.",
        )
    near = [facts.tests[one] for one in closest_ids(test_id, facts.tests)]
    raise NotFound(
        f"Test {test_id} is not in the snapshot.",
        f"It holds {counted(len(facts.tests), 'test')}.",
        f"Closest: {listing(f'{one.id} {quoted(one.title)}' for one in near)}."
        if near
        else "Check the id, or refresh the snapshot.",
    )


_NEVER = datetime.min.replace(tzinfo=UTC)
_RECENT = timedelta(days=90)
"""For so long after its end a test's page names the day until which to act."""


def _newest_first(bug: Bug) -> tuple[float, int]:
    return (-(bug.reported_at - _NEVER).total_seconds() if bug.reported_at else 1.0, -bug.id)


def features_table(test: Test) -> Table:
    """Return the features of a test with their results."""
    return Table(
        key="features",
        title="Features of this test",
        columns=(
            Column("feature", "Feature"),
            Column("result", "Result"),
            Column("testers", "Testers", "count"),
            Column("bugs", "Bugs, as the upstream counts them", "count"),
            Column("stories", "User stories", "count"),
        ),
        rows=tuple(
            Row(
                (
                    Text(one.title),
                    Term("word", one.execution_status),
                    Amount(one.tester_count),
                    Amount(one.bugs_found),
                    Amount(len(one.user_stories)),
                )
            )
            for one in test.features
        ),
    )


def stories_table(test: Test) -> Table:
    """Return the user stories of a test's features with their results."""
    return Table(
        key="stories",
        title="User stories of this test",
        columns=(
            Column("story", "User story"),
            Column("feature", "Feature"),
            Column("result", "Result"),
            Column("testers", "Tested by", "count"),
        ),
        rows=tuple(
            Row(
                (
                    Text(story.title),
                    Text(feature.title),
                    Term("word", story.execution_status),
                    Amount(story.tested_by_count),
                )
            )
            for feature in test.features
            for story in feature.user_stories
        ),
    )


def execution_table(execution: Execution | None) -> Table:
    """Return the execution metrics that the upstream gave of a test."""
    return Table(
        key=EXECUTION,
        title="Execution",
        columns=(Column("figure", "Figure"), Column("count", "Count", "count")),
        rows=tuple(
            Row((Text(title), Amount(count))) for title, count in _counts(execution) if count is not None
        ),
    )


def _counts(execution: Execution | None) -> tuple[tuple[str, int | None], ...]:
    if execution is None:
        return ()
    return (
        ("Testers", execution.testers_count),
        ("Devices", execution.devices_count),
        ("Features", execution.total_features),
        ("Features tested", execution.tested_features),
        ("Features passed", execution.passed_features),
        ("Features failed", execution.failed_features),
        ("User stories", execution.total_user_stories),
        ("User stories tested", execution.tested_user_stories),
        ("User stories passed", execution.passed_user_stories),
        ("User stories failed", execution.failed_user_stories),
        ("User stories blocked", execution.blocked_user_stories),
        ("Bugs, as the upstream counts them", execution.total_bugs),
    )
