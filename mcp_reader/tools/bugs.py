"""Bugs: those of tests or products, and one in full."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from fastmcp.tools import ToolResult, tool
from pydantic import BaseModel

from base.errors import InvalidInput
from base.text import fold
from mcp_reader.answers.base import (
    MAY_ASK_UPSTREAM,
    Answer,
    NamedRef,
    Source,
    nothing,
    result,
    schema,
    stamp,
    warn,
    warnings_of,
)
from mcp_reader.answers.bug_rows import BugLine, auto_accepted_at, bug_line, tests_of
from mcp_reader.arguments.bug_filters import by_value, by_words
from mcp_reader.arguments.types import Id, Ids, Order, Text, Word, Words
from mcp_reader.context import Reader, current_reader
from mcp_reader.lookup.entities import find_bug, find_tests, known_products
from mcp_reader.lookup.resolve import attribute
from mcp_reader.paging import Column, Offset, Page, Pagination, PerPage, ordered, paginate
from mcp_reader.sources.snapshot import Edition
from mcp_reader.text import excerpt, fitting, line, short
from quality.model.entities import SEVERITIES, Bug, Facts, Test
from quality.periods.dates import parse_range
from quality.periods.periods import contains

MOST_STEPS = 20
MOST_COMMENTS = 6
MOST_SIMILAR = 3


class BugList(Answer):
    """A page of bugs; a test or product that all of them share is named once."""

    test: NamedRef | None = None
    product: NamedRef | None = None
    period: str
    bugs: list[BugLine]
    pagination: Pagination


class CommentLine(BaseModel):
    """A comment of a bug."""

    author: str | None = None
    at: str | None = None
    body: str


class SimilarBug(BaseModel):
    """A bug of the same product whose title is much like this one's; `likeness` is 0 to 100."""

    id: int
    title: str
    review: str
    test_id: int
    likeness: int


class BugSummary(Answer):
    """One bug in full."""

    id: int
    title: str
    status: str | None = None
    review: str
    severity: str
    bug_type: str
    known: bool
    rejection_reason: str | None = None
    tester: str | None = None
    language: str | None = None
    reported_at: str | None = None
    exported_at: str | None = None
    auto_accepted_at: str | None = None
    test: NamedRef
    test_status: str | None = None
    product: NamedRef
    feature: NamedRef | None = None
    location: str | None = None
    steps: list[str] | None = None
    expected_result: str | None = None
    actual_result: str | None = None
    devices: list[str] | None = None
    comments: list[CommentLine] | None = None
    comment_count: int
    attachment_count: int
    attachments: list[str] | None = None
    similar_bugs: list[SimilarBug] | None = None


@tool(title="List bugs", annotations=MAY_ASK_UPSTREAM, output_schema=schema(BugList))
async def list_bugs(
    *,
    test_ids: Ids = None,
    product_ids: Ids = None,
    status: Words = None,
    review: Words = None,
    severity: Words = None,
    bug_type: Words = None,
    rejection_reason: Words = None,
    feature_id: Ids = None,
    tester: Text = None,
    known: bool | None = None,
    start_date: Text = None,
    end_date: Text = None,
    page: Page = 1,
    per_page: PerPage = None,
    offset: Offset = 0,
    sort_by: Word = None,
    sort_order: Order = None,
) -> ToolResult:
    """List the bugs of some tests or some products, short; get_bug_summary has one in full.

    Give either test_ids or product_ids. Filters combine with AND, the values of one filter with OR.

    Args:
        test_ids: Test ids.
        product_ids: Product ids; bugs of all their tests, whatever the test's status.
        status: The upstream's status (accepted, rejected, forwarded, …) or a review state.
        review: One or several of active_accepted, auto_accepted, rejected, open.
        severity: One or several of critical, high, medium, low, visual, content, custom, unknown.
        bug_type: One or several of functional, visual, content, custom.
        rejection_reason: One or several reasons, such as intended_behavior, known_bug, not_reproducible,
            ignored_instructions, irrelevant, device_not_relevant, request_timeout, unspecified.
        feature_id: Feature ids.
        tester: Who reported it: the exact name, in any case.
        known: Only bugs that are (true) or are not (false) marked as known.
        start_date: Of tests that end since 2025-07-01, `3 weeks ago`; or within 2025-Q3, `last 30 days`.
        end_date: Bugs of tests that end on or before this.
        page: Page number, from 1.
        per_page: Rows a page, 1 to 200.
        offset: Rows to skip before page 1.
        sort_by: reported_at (default), severity, status or title.
        sort_order: asc or desc; default desc (newest, most severe first), asc for status and title.
    """
    reader = current_reader()
    edition = await reader.library.edition()
    scope = await _scope(reader, edition, test_ids, product_ids)
    period = parse_range(start_date, end_date, scope.at)
    found = [bug for test in scope.tests if contains(period, test) for bug in test.bugs]
    asked = {
        "status": status,
        "review": review,
        "severity": severity,
        "bug_type": bug_type,
        "rejection_reason": rejection_reason,
    }
    keep = [*by_words(scope.facts, asked), *by_value(found, feature_id, tester, known)]
    chosen = [bug for bug in found if all(takes(bug) for takes in keep)]
    bugs, pagination = paginate(
        ordered(chosen, _COLUMNS, sort_by, sort_order), page, reader.page_size(per_page), offset
    )
    due = auto_accepted_at(scope.tests, scope.at)
    rows = [bug_line(bug, due.get(bug.id)) for bug in bugs]
    if scope.test is not None:
        for row in rows:
            row.test_id = None
    answer = BugList(
        data_as_of=stamp(scope.at),
        source=scope.source,
        warnings=scope.warnings,
        test=scope.test,
        product=scope.product,
        period=tests_of(period),
        bugs=rows,
        pagination=pagination,
    )
    if not chosen:
        warn(answer, nothing(len(found), "bug"))
    if fitting(answer, answer.bugs, "title", spare="reported_at"):
        note = "reported_at is left out of so long a page; ask for fewer rows (per_page=50) to see it."
        warn(answer, note)
    return result(answer)


@tool(title="Bug summary", annotations=MAY_ASK_UPSTREAM, output_schema=schema(BugSummary))
async def get_bug_summary(*, bug_id: Id, fresh: bool = False) -> ToolResult:
    """One bug in full: steps, expected and actual result, devices, comments, review, similar bugs.

    Args:
        bug_id: The bug's id; list_bugs or search finds it.
        fresh: Ask the Customer API when the snapshot's copy is older than the configured time to live
            and the bug's test can still change.
    """
    reader = current_reader()
    edition = await reader.library.edition()
    found = await find_bug(reader, edition, bug_id, fresh=fresh)
    answer = _summary(found.facts, found.entity, found.at)
    attribute(answer, found, found.entity.product_id)
    return result(answer)


@dataclass(frozen=True)
class _Scope:
    """The tests whose bugs are listed, and what the answer says about them."""

    tests: Sequence[Test]
    facts: Facts
    at: datetime
    source: Source
    warnings: list[str] | None
    test: NamedRef | None
    product: NamedRef | None


async def _scope(
    reader: Reader, edition: Edition, test_ids: Sequence[int] | None, product_ids: Sequence[int] | None
) -> _Scope:
    facts = edition.facts
    if (test_ids is None) == (product_ids is None):
        some = next(iter(facts.products), 598)
        raise InvalidInput(
            "Neither test_ids nor product_ids is given."
            if test_ids is None
            else "test_ids and product_ids are both given.",
            "Bugs are listed either of tests or of products.",
            f"Call list_bugs(product_ids={some}) or list_bugs(test_ids=…); search finds bugs by words.",
        )
    if product_ids is not None:
        await known_products(reader, edition, product_ids)
        tests = [test for one in product_ids for test in facts.tests_by_product.get(one, ())]
        return _Scope(
            tests=tests,
            facts=facts,
            at=facts.as_of,
            source="snapshot",
            warnings=warnings_of(facts, product_ids),
            test=None,
            product=_product(facts, product_ids[0]) if len(product_ids) == 1 else None,
        )
    found = await find_tests(reader, edition, test_ids or ())
    tests = [one.entity for one in found]
    products = {test.product_id for test in tests}
    return _Scope(
        tests=tests,
        facts=found[-1].facts,
        at=min(one.at for one in found),
        source="upstream" if any(one.source == "upstream" for one in found) else "snapshot",
        warnings=warnings_of(facts, products, *(text for one in found for text in one.warnings)),
        test=NamedRef(id=tests[0].id, name=line(tests[0].title)) if len(tests) == 1 else None,
        product=_product(found[-1].facts, tests[0].product_id) if len(products) == 1 else None,
    )


def _product(facts: Facts, product_id: int) -> NamedRef:
    product = facts.products.get(product_id)
    return NamedRef(id=product_id, name=line(product.name) if product else None)


def _summary(facts: Facts, bug: Bug, at: datetime) -> BugSummary:
    test = facts.tests.get(bug.test_id)
    due = auto_accepted_at((test,), at).get(bug.id) if test and bug.review == "open" else None
    return BugSummary(
        data_as_of="",
        id=bug.id,
        title=line(bug.title, 300),
        status=short(bug.status),
        review=bug.review,
        severity=bug.severity,
        bug_type=bug.bug_type,
        known=bug.known,
        rejection_reason=short(bug.rejection_reason),
        tester=line(bug.tester) or None,
        language=short(bug.language),
        reported_at=stamp(bug.reported_at) if bug.reported_at else None,
        exported_at=stamp(bug.exported_at) if bug.exported_at else None,
        auto_accepted_at=stamp(due) if due else None,
        test=NamedRef(id=bug.test_id, name=line(test.title) if test else None),
        test_status=short(test.status) if test else None,
        product=_product(facts, bug.product_id),
        feature=NamedRef(id=bug.feature_id, name=line(bug.feature) or None) if bug.feature_id else None,
        location=line(bug.location, 300) or None,
        steps=_steps(bug.steps),
        expected_result=excerpt(bug.expected_result, 1200),
        actual_result=excerpt(bug.actual_result, 1200),
        devices=[line(device.text, 160) for device in bug.devices[:8]] or None,
        comments=[
            CommentLine(
                author=line(one.author) or None,
                at=stamp(one.created_at) if one.created_at else None,
                body=excerpt(one.body, 400) or "",
            )
            for one in bug.comments[-MOST_COMMENTS:]
        ]
        or None,
        comment_count=len(bug.comments),
        attachment_count=len(bug.attachments),
        attachments=[line(url, 200) for url in bug.attachments[:5]] or None,
        similar_bugs=_similar(facts, bug) or None,
    )


def _steps(steps: Sequence[str]) -> list[str] | None:
    shown = [excerpt(step, 250) or "" for step in steps[:MOST_STEPS]]
    if len(steps) > MOST_STEPS:
        shown.append(f"[cut; {len(steps)} steps in all]")
    return shown or None


def _similar(facts: Facts, bug: Bug) -> list[SimilarBug]:
    from rapidfuzz import fuzz, process

    others = {
        other.id: other
        for test in facts.tests_by_product.get(bug.product_id, ())
        for other in test.bugs
        if other.id != bug.id
    }
    titles = {one.id: fold(one.title) for one in others.values()}
    hits = process.extract(
        fold(bug.title), titles, scorer=fuzz.token_set_ratio, limit=MOST_SIMILAR, score_cutoff=70
    )
    return [
        SimilarBug(
            id=one,
            title=line(others[one].title, 100),
            review=others[one].review,
            test_id=others[one].test_id,
            likeness=round(score),
        )
        for _, score, one in hits
    ]


_RANK = {severity: place for place, severity in enumerate(reversed(SEVERITIES))}
_COLUMNS: Mapping[str, Column] = {
    "reported_at": (lambda bug: bug.reported_at, "desc"),
    "severity": (lambda bug: _RANK[bug.severity], "desc"),
    "status": (lambda bug: bug.status, "asc"),
    "title": (lambda bug: fold(bug.title), "asc"),
    "id": (lambda bug: bug.id, "desc"),
}
