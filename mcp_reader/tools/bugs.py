"""Bugs: those of tests or products, and one in full."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from anyio import to_thread
from fastmcp.tools import ToolResult, tool

from base.errors import InvalidInput
from base.text import fold, shorten
from mcp_reader.answers.base import (
    MAY_ASK_UPSTREAM,
    NamedRef,
    Source,
    nothing,
    result,
    schema,
    stamp,
    warn,
    warnings_of,
)
from mcp_reader.answers.bug_rows import auto_accepted_at, bug_line, tests_of
from mcp_reader.answers.bugs import BugList, BugSummary, fill_summary, product_of_bug
from mcp_reader.arguments.bug_filters import by_value, by_words
from mcp_reader.arguments.types import Id, Ids, Order, Text, Word, Words
from mcp_reader.context import Reader, current_reader
from mcp_reader.lookup.entities import find_bug, find_tests, known_products
from mcp_reader.lookup.resolve import attribute
from mcp_reader.paging import Column, Offset, Page, PerPage, ordered, paginate
from mcp_reader.sources.snapshot import Edition
from mcp_reader.text import fitting
from quality.model.entities import SEVERITIES, Test
from quality.model.facts import Facts
from quality.periods.dates import parse_range
from quality.periods.periods import contains


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
    """Return one bug in full: steps, results, devices, comments, review, similar bugs.

    Args:
        bug_id: The bug's id; list_bugs or search finds it.
        fresh: Ask the Customer API when the snapshot's copy is older than the configured time to live
            and the bug's test can still change.
    """
    reader = current_reader()
    edition = await reader.library.edition()
    found = await find_bug(reader, edition, bug_id, fresh=fresh)
    answer = await to_thread.run_sync(fill_summary, found.facts, found.entity, found.at)
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
            "Bugs are listed by tests or by products, not by both.",
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
            product=product_of_bug(facts, product_ids[0]) if len(product_ids) == 1 else None,
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
        test=NamedRef(id=tests[0].id, name=shorten(tests[0].title)) if len(tests) == 1 else None,
        product=product_of_bug(found[-1].facts, tests[0].product_id) if len(products) == 1 else None,
    )


_RANK = {severity: place for place, severity in enumerate(reversed(SEVERITIES))}
_COLUMNS: Mapping[str, Column] = {
    "reported_at": (lambda bug: bug.reported_at, "desc"),
    "severity": (lambda bug: _RANK[bug.severity], "desc"),
    "status": (lambda bug: bug.status, "asc"),
    "title": (lambda bug: fold(bug.title), "asc"),
    "id": (lambda bug: bug.id, "desc"),
}
