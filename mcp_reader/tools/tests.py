"""Tests: those of a product, and one in full."""

from collections.abc import Iterable, Mapping

from fastmcp.tools import ToolResult, tool

from base.text import fold, shorten
from mcp_reader.answers.base import (
    MAY_ASK_UPSTREAM,
    NamedRef,
    nothing,
    result,
    schema,
    stamp,
    warn,
    warnings_of,
)
from mcp_reader.answers.bug_rows import tests_of
from mcp_reader.answers.tests import TestList, TestSummary, fill_line, fill_summary
from mcp_reader.arguments.types import Id, Order, Text, Word, Words, known
from mcp_reader.context import current_reader
from mcp_reader.lookup.entities import find_listed, find_product, find_test
from mcp_reader.lookup.resolve import attribute
from mcp_reader.paging import Column, Offset, Page, PerPage, ordered, paginate
from mcp_reader.text import fitting, short
from quality.metrics.columns import BUGS, OPEN
from quality.metrics.tally import tally
from quality.model.entities import TEST_STATUSES, TESTING_TYPES
from quality.periods.dates import parse_range
from quality.periods.periods import contains
from quality.wording import state


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
        statuses: One or several of initialized (being set up), customer_finalized (set-up handed in),
            waiting, pending, running, locked (in review), completed, archived (done), cancelled.
        testing_type: One or several of rapid, focused, coverage, usability, test_case, external, custom.
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
    wanted = known(
        "statuses",
        statuses,
        _seen(TEST_STATUSES, (test.status for test in facts.tests.values())),
        names={state(status): status for status in TEST_STATUSES},
    )
    kinds = known(
        "testing_type",
        testing_type,
        _seen(TESTING_TYPES, (test.testing_type for test in facts.tests.values())),
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
    rows = [fill_line(test, counted=counted) for test in shown]
    more = [] if counted else ["The snapshot does not have this product: its tests come without bug counts."]
    answer = TestList(
        data_as_of=stamp(at),
        source=source,
        warnings=warnings_of(facts, (product_id,), *more),
        product=NamedRef(id=product_id, name=shorten(product.entity.name)),
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
    """Return one test in full: set-up, features, reviews, execution, bug counts, its 3 newest bugs.

    Args:
        test_id: The test's id; list_tests or search finds it.
        fresh: Ask the Customer API when the snapshot's copy is older than the configured time to live
            and the test can still change.
    """
    reader = current_reader()
    found = await find_test(reader, await reader.library.edition(), test_id, fresh=fresh)
    answer = fill_summary(reader, found.facts, found.entity, found.at)
    attribute(answer, found, found.entity.product_id)
    return result(answer)


def _seen(always: Iterable[str], found: Iterable[str | None]) -> frozenset[str]:
    return frozenset(always) | {value for value in found if value and value == short(value)}


_COLUMNS: Mapping[str, Column] = {
    "end_at": (lambda test: test.end_at, "desc"),
    "start_at": (lambda test: test.start_at, "desc"),
    "title": (lambda test: fold(test.title), "asc"),
    "status": (lambda test: test.status, "asc"),
    "testing_type": (lambda test: test.testing_type, "asc"),
    BUGS: (lambda test: tally((test,)).bug_count, "desc"),
    OPEN: (lambda test: tally((test,)).open, "desc"),
    "id": (lambda test: test.id, "desc"),
}
