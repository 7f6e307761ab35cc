"""Tests: those of a product, and one in full."""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import datetime

from fastmcp.tools import ToolResult, tool
from pydantic import BaseModel

from base.text import fold
from mcp_reader.answers.base import (
    MAY_ASK_UPSTREAM,
    Answer,
    HealthPart,
    NamedRef,
    Rate,
    day,
    health_part,
    nothing,
    rate,
    result,
    schema,
    stamp,
    warn,
    warnings_of,
)
from mcp_reader.answers.bug_rows import BugLine, auto_accepted_at, bug_line, tests_of
from mcp_reader.arguments.types import Id, Order, Text, Word, Words, known
from mcp_reader.context import Reader, current_reader
from mcp_reader.lookup.entities import find_listed, find_product, find_test
from mcp_reader.lookup.resolve import attribute
from mcp_reader.paging import Column, Offset, Page, Pagination, PerPage, ordered, paginate
from mcp_reader.text import excerpt, fitting, line, short
from quality.metrics.tally import tally
from quality.model.entities import TEST_STATUSES, Facts, Test, TestFeature
from quality.periods.dates import parse_range
from quality.periods.periods import contains
from quality.views.rows import count

MOST_FEATURES = 25
MOST_REQUIREMENTS = 12
RECENT_BUGS = 3


class TestLine(BaseModel):
    """One test in a list.

    Attributes:
        end_at: The day (UTC) on which it ends; it decides to which period the test and its bugs belong.
        bug_count: All its bugs; absent when they were not asked for.
        open_bugs: Those that nobody has reviewed; absent when there are none.
    """

    __test__ = False

    id: int
    title: str
    status: str | None = None
    testing_type: str | None = None
    start_at: str | None = None
    end_at: str | None = None
    bug_count: int | None = None
    open_bugs: int | None = None
    demo: bool | None = None


class TestList(Answer):
    """A page of a product's tests; `period` says which dates were asked for."""

    __test__ = False

    product: NamedRef
    period: str
    tests: list[TestLine]
    pagination: Pagination


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
        notes: What to mind: that the test still runs, that bugs are open, that they are few.
    """

    __test__ = False

    id: int
    title: str
    product: NamedRef
    status: str | None = None
    review_status: str | None = None
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
    reviews: list[ReviewLine] | None = None
    execution: dict[str, int] | None = None
    bugs: BugCounts
    rates: dict[str, Rate]
    health: HealthPart | None = None
    notes: list[str] | None = None
    deadline: str | None = None
    recent_bugs: list[BugLine] | None = None


@tool(title="List tests", annotations=MAY_ASK_UPSTREAM, output_schema=schema(TestList))
async def list_tests(
    *,
    product_id: Id,
    statuses: Words = None,
    testing_type: Words = None,
    start_date: Text = None,
    end_date: Text = None,
    page: Page = 1,
    per_page: PerPage = None,
    offset: Offset = 0,
    sort_by: Word = None,
    sort_order: Order = None,
) -> ToolResult:
    """List the tests (test cycles) of one product, in every status unless statuses are named.

    Args:
        product_id: The product's id; list_products finds it.
        statuses: One or several of initialized, waiting, pending, running, locked, completed,
            customer_finalized, archived, cancelled.
        testing_type: One or several of rapid, focused, coverage, usability, custom.
        start_date: Tests that end since 2025-07-01, `3 months ago`; or within 2025-Q3, `last 30 days`, YTD.
        end_date: Tests that end on or before this.
        page: Page number, from 1.
        per_page: Rows a page, 1 to 200.
        offset: Rows to skip before page 1.
        sort_by: end_at (default), start_at, title, status, testing_type, bug_count, open_bugs or id.
        sort_order: asc or desc; default desc for times and counts.
    """
    reader = current_reader()
    edition = await reader.library.edition()
    facts = edition.facts
    product = await find_product(reader, edition, product_id)
    tests, source, at = facts.tests_by_product.get(product_id, ()), product.source, product.at
    if product.source == "upstream":
        tests, at = await find_listed(reader, product_id)
    period = parse_range(start_date, end_date, at)
    wanted = known("statuses", statuses, _seen(TEST_STATUSES, (test.status for test in facts.tests.values())))
    kinds = known(
        "testing_type", testing_type, _seen(_TYPES, (test.testing_type for test in facts.tests.values()))
    )
    chosen = [
        test
        for test in tests
        if (wanted is None or test.status in wanted)
        and (kinds is None or test.testing_type in kinds)
        and contains(period, test)
    ]
    counted = source == "snapshot"
    shown, pagination = paginate(
        ordered(chosen, _COLUMNS, sort_by, sort_order), page, reader.page_size(per_page), offset
    )
    rows = [_line(facts, test, counted=counted) for test in shown]
    more = [] if counted else ["The snapshot does not have this product: its tests come without bug counts."]
    answer = TestList(
        data_as_of=stamp(at),
        source=source,
        warnings=warnings_of(facts, (product_id,), *more),
        product=NamedRef(id=product_id, name=line(product.entity.name)),
        period=tests_of(period),
        tests=rows,
        pagination=pagination,
    )
    if not chosen:
        warn(answer, nothing(len(tests), "test"))
    fitting(answer, answer.tests, "title")
    return result(answer)


@tool(title="Test summary", annotations=MAY_ASK_UPSTREAM, output_schema=schema(TestSummary))
async def get_test_summary(*, test_id: Id, fresh: bool = False) -> ToolResult:
    """One test in full: set-up, features, reviews, execution metrics, bug counts and the 3 newest bugs.

    Args:
        test_id: The test's id; list_tests or search finds it.
        fresh: Ask the Customer API when the snapshot's copy is older than the configured time to live
            and the test can still change.
    """
    reader = current_reader()
    found = await find_test(reader, await reader.library.edition(), test_id, fresh=fresh)
    answer = _summary(reader, found.facts, found.entity, found.at)
    attribute(answer, found, found.entity.product_id)
    return result(answer)


def _summary(reader: Reader, facts: Facts, test: Test, at: datetime) -> TestSummary:
    """The test as it is known at a moment, which decides what is over and what is due."""
    from quality.views.test import test_view

    view = test_view(facts, test.id, reader.settings.quality, at)
    counts = count(facts, (test,))
    section = view.test.section
    due = auto_accepted_at((test,), at)
    return TestSummary(
        data_as_of="",
        id=test.id,
        title=line(test.title, 200),
        product=NamedRef(id=test.product_id, name=line(view.product.name)),
        status=short(test.status),
        review_status=short(test.review_status),
        testing_type=short(test.testing_type),
        start_at=stamp(test.start_at) if test.start_at else None,
        end_at=stamp(test.end_at) if test.end_at else None,
        section=NamedRef(id=section.id, name=line(section.name)) if section else None,
        environment=line(test.environment.name) or None if test.environment else None,
        report_language=short(test.report_language),
        created_by=line(test.created_by) or None,
        submitted_by=line(test.submitted_by) or None,
        demo=test.demo or None,
        goal=excerpt(test.goal, 800),
        instructions=excerpt(test.instructions, 1500),
        out_of_scope=excerpt(test.out_of_scope, 600),
        requirements=[line(one.text, 160) for one in test.requirements[:MOST_REQUIREMENTS]] or None,
        features=[_feature(one) for one in test.features[:MOST_FEATURES]] or None,
        feature_count=len(test.features),
        reviews=[
            ReviewLine(
                status=short(one.status),
                reviewed_at=day(one.reviewed_at),
                comments=[line(comment, 200) for comment in one.comments[:2]] or None,
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
        rates={key: rate(view.measures[key]) for key in _RATES},
        health=health_part(view.health, "this test") if view.health else None,
        notes=list(view.notes) or None,
        deadline=view.deadline.text if view.deadline else None,
        recent_bugs=[
            bug_line(bug, due.get(bug.id)).model_copy(update={"test_id": None})
            for bug in view.test.bugs[:RECENT_BUGS]
        ]
        or None,
    )


def _line(facts: Facts, test: Test, *, counted: bool) -> TestLine:
    counts = count(facts, (test,)) if counted else None
    return TestLine(
        id=test.id,
        title=line(test.title),
        status=short(test.status),
        testing_type=short(test.testing_type),
        start_at=day(test.start_at) if test.end_at is None else None,
        end_at=day(test.end_at),
        bug_count=counts.bug_count if counts else None,
        open_bugs=(counts.open or None) if counts else None,
        demo=test.demo or None,
    )


def _feature(one: TestFeature) -> FeatureLine:
    return FeatureLine(
        feature_id=one.feature_id,
        title=line(one.title, 80),
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


def _seen(always: Iterable[str], found: Iterable[str | None]) -> frozenset[str]:
    return frozenset(always) | {value for value in found if value and value == short(value)}


_TYPES = ("rapid", "focused", "coverage", "usability", "custom")
_RATES = ("overall_acceptance_rate", "rejection_rate", "auto_acceptance_rate", "review_rate")
_COLUMNS: Mapping[str, Column] = {
    "end_at": (lambda test: test.end_at, "desc"),
    "start_at": (lambda test: test.start_at, "desc"),
    "title": (lambda test: fold(test.title), "asc"),
    "status": (lambda test: test.status, "asc"),
    "testing_type": (lambda test: test.testing_type, "asc"),
    "bug_count": (lambda test: tally((test,)).bug_count, "desc"),
    "open_bugs": (lambda test: tally((test,)).open, "desc"),
    "id": (lambda test: test.id, "desc"),
}
