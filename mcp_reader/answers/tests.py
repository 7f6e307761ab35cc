"""Fill the answers about tests."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime, timedelta

from pydantic import BaseModel

from base.text import shorten
from mcp_reader.answers.base import (
    Answer,
    HealthPart,
    NamedRef,
    Rate,
    VerdictPart,
    day,
    health_part,
    rate,
    stamp,
    verdict_part,
)
from mcp_reader.answers.bug_rows import LONGEST_TITLE, BugLine, bug_line, due_of
from mcp_reader.answers.said import NotePart, notes_part
from mcp_reader.context import Reader
from mcp_reader.paging import Listing
from mcp_reader.text import excerpt, short
from quality.deadlines import Waiting
from quality.metrics.columns import TEST_SUMMARY
from quality.metrics.tally import tally
from quality.model.entities import Test, TestFeature
from quality.model.facts import Facts

MOST_FEATURES = 25
MOST_REQUIREMENTS = 12
RECENT_BUGS = 3


class TestLine(BaseModel):
    """One test in a list.

    Attributes:
        product: Present when the list has several products.
        end_at: The day (UTC) on which it ends; it decides to which period the test and its bugs belong.
        bug_count: All its bugs; absent when they were not asked for.
        open_bugs: Those that nobody has reviewed.
        waiting_for_tester: Those of the open ones that have no deadline, as the tester was asked.
        review_deadline: When they will be auto-accepted; only once the test has ended.
        overdue: That time has passed.
    """

    __test__ = False

    id: int
    title: str
    product: str | None = None
    status: str | None = None
    testing_type: str | None = None
    start_at: str | None = None
    end_at: str | None = None
    duration_days: float | int | None = None
    bug_count: int | None = None
    open_bugs: int | None = None
    waiting_for_tester: int | None = None
    review_deadline: str | None = None
    overdue: bool | None = None
    demo: bool | None = None


class ProductTests(NamedRef):
    """A product with how many of its tests the whole list has in any status, and their open bugs."""

    tests_listed: int
    open_bugs: int


class TestTotals(BaseModel):
    """Sums over all tests of a list, of every page.

    Attributes:
        tests_in_metrics: Those that have run and are no demos, as `test_count` of other tools.
    """

    __test__ = False

    tests_listed: int
    tests_in_metrics: int
    bug_count: int
    open_bugs: int


class TestList(Listing):
    """A page of tests; `period` says which dates were asked for, `products` counts those of all pages."""

    __test__ = False

    product: NamedRef | None = None
    totals: TestTotals | None = None
    products: list[ProductTests] | None = None
    period: str
    tests: list[TestLine]


class FeatureLine(BaseModel):
    """A feature as attached to a test."""

    feature_id: int | None = None
    title: str
    execution_status: str | None = None
    tester_count: int | None = None
    bugs_found: int | None = None
    user_stories: int | None = None


class ReviewLine(BaseModel):
    """A review of the test's set-up by the upstream's team."""

    status: str | None = None
    reviewed_at: str | None = None
    comments: list[str] | None = None


class BugCounts(BaseModel):
    """A test's bugs; both breakdowns add up to the total."""

    total: int
    by_severity: dict[str, int]
    by_review: dict[str, int]


class TestSummary(Answer):
    """One test: its set-up, and what came out.

    Attributes:
        setup_review_status: Of the review of its set-up, not of its bugs; so are `setup_reviews`.
        notes: What to mind: that the test still runs, that bugs are open, that they are few.
        team_notes: What people of the team wrote on it.
    """

    __test__ = False

    id: int
    title: str
    product: NamedRef
    status: str | None = None
    setup_review_status: str | None = None
    testing_type: str | None = None
    start_at: str | None = None
    end_at: str | None = None
    section: NamedRef | None = None
    environment: str | None = None
    report_language: str | None = None
    created_by: str | None = None
    submitted_by: str | None = None
    demo: bool | None = None
    goal: str | None = None
    instructions: str | None = None
    out_of_scope: str | None = None
    requirements: list[str] | None = None
    features: list[FeatureLine] | None = None
    feature_count: int
    setup_reviews: list[ReviewLine] | None = None
    execution: dict[str, int] | None = None
    bugs: BugCounts
    rates: dict[str, Rate]
    product_verdict: VerdictPart
    review_verdict: VerdictPart
    health: HealthPart | None = None
    notes: list[str] | None = None
    team_notes: list[NotePart] | None = None
    deadline: str | None = None
    recent_bugs: list[BugLine] | None = None


def fill_summary(reader: Reader, facts: Facts, test: Test, at: datetime) -> TestSummary:
    """Fill in the test as it is known at a moment, which decides what is over and what is due."""
    from quality.views.test import test_view

    view = test_view(facts, test.id, reader.quality(facts), at)
    counts = tally((test,))
    section = view.test.section
    due = due_of((test,), at)
    return TestSummary(
        data_as_of="",
        id=test.id,
        title=shorten(test.title, 200),
        product=NamedRef(id=test.product_id, name=shorten(view.product.name)),
        status=short(test.status),
        setup_review_status=short(test.review_status),
        testing_type=short(test.testing_type),
        start_at=stamp(test.start_at) if test.start_at else None,
        end_at=stamp(test.end_at) if test.end_at else None,
        section=NamedRef(id=section.id, name=shorten(section.name)) if section else None,
        environment=shorten(test.environment.name) or None if test.environment else None,
        report_language=short(test.report_language),
        created_by=shorten(test.created_by) or None,
        submitted_by=shorten(test.submitted_by) or None,
        demo=test.demo or None,
        goal=excerpt(test.goal, 800),
        instructions=excerpt(test.instructions, 1500),
        out_of_scope=excerpt(test.out_of_scope, 600),
        requirements=[shorten(one.text, 160) for one in test.requirements[:MOST_REQUIREMENTS]] or None,
        features=[_feature(one) for one in test.features[:MOST_FEATURES]] or None,
        feature_count=len(test.features),
        setup_reviews=[
            ReviewLine(
                status=short(one.status),
                reviewed_at=day(one.reviewed_at),
                comments=[shorten(comment, 200) for comment in one.comments[:2]] or None,
            )
            for one in test.reviews[-3:]
        ]
        or None,
        execution=_execution(test),
        bugs=BugCounts(
            total=counts.bug_count,
            by_severity=dict(counts.severities.most_common()),
            by_review=dict(counts.reviews.most_common()),
        ),
        rates={key: rate(view.measures[key]) for key in TEST_SUMMARY},
        product_verdict=verdict_part(view.product_verdict),
        review_verdict=verdict_part(view.review_verdict),
        health=health_part(view.review_verdict, "this test"),
        notes=list(view.notes) or None,
        team_notes=notes_part(view.said),
        deadline=view.deadline.text if view.deadline else None,
        recent_bugs=[
            bug_line(bug, due.get(bug.id)).model_copy(update={"test_id": None})
            for bug in view.test.bugs[:RECENT_BUGS]
        ]
        or None,
    )


def products_of(refs: Sequence[NamedRef], tests: Sequence[Test]) -> list[ProductTests]:
    """Return products with how many of these tests they have, and their open bugs."""
    found = tally(tests)
    counted = [(ref, found.of_product(ref.id or 0)) for ref in refs]
    return [
        ProductTests(id=ref.id, name=ref.name, tests_listed=one.test_count, open_bugs=one.open)
        for ref, one in counted
    ]


def totals_of(tests: Sequence[Test]) -> TestTotals:
    """Return the sums over a list of tests."""
    counts = tally(tests)
    return TestTotals(
        tests_listed=counts.test_count,
        tests_in_metrics=sum(test.executed and not test.demo for test in tests),
        bug_count=counts.bug_count,
        open_bugs=counts.open,
    )


def fill_line(
    test: Test, due: Waiting | None, *, counted: bool = True, product: str | None = None
) -> TestLine:
    """Return the row of a test in a list.

    Args:
        test: The test.
        due: When the review days of its open bugs end.
        counted: Whether its bugs are known.
        product: The name of its product, where the list has several.
    """
    counts = tally((test,)) if counted else None
    return TestLine(
        id=test.id,
        title=shorten(test.title, LONGEST_TITLE),
        product=product,
        status=short(test.status),
        testing_type=short(test.testing_type),
        start_at=day(test.start_at) if test.end_at is None else None,
        end_at=day(test.end_at),
        duration_days=_days(test),
        bug_count=counts.bug_count if counts else None,
        open_bugs=counts.open if counts else None,
        waiting_for_tester=sum(bug.review == "open" and bug.waits_for_tester for bug in test.bugs) or None,
        review_deadline=day(due.ends_at) if due else None,
        overdue=(due.overdue or None) if due else None,
        demo=test.demo or None,
    )


def _days(test: Test) -> float | int | None:
    """Return how long it runs in days, to a tenth."""
    if test.start_at is None or test.end_at is None or test.end_at < test.start_at:
        return None
    days = round((test.end_at - test.start_at) / timedelta(days=1), 1)
    return int(days) if days.is_integer() else days


def _feature(one: TestFeature) -> FeatureLine:
    return FeatureLine(
        feature_id=one.feature_id,
        title=shorten(one.title, 80),
        execution_status=short(one.execution_status),
        tester_count=one.tester_count,
        bugs_found=one.bugs_found,
        user_stories=len(one.user_stories) or None,
    )


def _execution(test: Test) -> dict[str, int] | None:
    if test.execution is None:
        return None
    counts = ((field.name, getattr(test.execution, field.name)) for field in fields(test.execution))
    return {name: value for name, value in counts if value is not None}
