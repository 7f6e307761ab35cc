"""Tests: a list of them, and one in full."""

from collections.abc import Mapping
from dataclasses import replace

from fastmcp.tools import ToolResult, tool

from base.text import fold
from mcp_reader.answers.base import MAY_ASK_UPSTREAM, not_counted, nothing, result, schema, stamp, warn
from mcp_reader.answers.bug_rows import tests_of
from mcp_reader.answers.tests import (
    TestList,
    TestSummary,
    fill_line,
    fill_summary,
    products_of,
    totals_of,
)
from mcp_reader.arguments.test_filters import keeps_test
from mcp_reader.arguments.types import Id, Ids, Order, Text, Word, Words
from mcp_reader.context import Reader, current_reader
from mcp_reader.lookup.chosen import Chosen, chosen, product_refs, row_names
from mcp_reader.lookup.entities import find_listed, find_product, find_test, with_product
from mcp_reader.lookup.names import id_of, ids_of
from mcp_reader.lookup.resolve import attribute
from mcp_reader.lookup.spans import span_of
from mcp_reader.paging import Column, Offset, Page, PerPage, keep_short, ordered, paginate
from mcp_reader.sources.snapshot import Edition
from quality.deadlines import Waiting, waiting
from quality.metrics.columns import BUGS, OPEN
from quality.metrics.tally import tally

SPARE = ("duration_days", "testing_type", "start_at", BUGS, "end_at")
"""Columns that a long page goes without, the first of them first."""
MOST_PRODUCTS = 20
"""Of a list of more only those of its page are counted."""


@tool(title="List tests", annotations=MAY_ASK_UPSTREAM, output_schema=schema(TestList))
async def list_tests(
    *,
    product_ids: Ids = None,
    statuses: Words = None,
    testing_type: Words = None,
    feature_ids: Ids = None,
    start_date: Text = None,
    end_date: Text = None,
    page: Page = 1,
    per_page: PerPage = None,
    offset: Offset = 0,
    sort_by: Word = None,
    sort_order: Order = None,
) -> ToolResult:
    """List tests (test cycles) of one, several or all products, with their open bugs and review deadline.

    In every status unless statuses are named.

    Args:
        product_ids: Ids or names; default: all.
        statuses: initialized (being set up), customer_finalized (set-up handed in), waiting, pending,
            running, locked (in review), completed, archived (done), cancelled.
        testing_type: rapid, focused, coverage, usability, test_case, external, custom.
        feature_ids: Tests with one of these features.
        start_date: Tests that end since 2025-07-01, `3 months ago`; or within 2025-Q3, `last 30 days`, YTD.
        end_date: Tests that end on or before this.
        page: From 1.
        per_page: 1 to 200.
        offset: Rows to skip.
        sort_by: end_at (default), start_at, title, status, testing_type, bug_count, open_bugs,
            review_deadline or id.
        sort_order: Default asc for words and deadlines, else desc.
    """
    reader = current_reader()
    edition = await reader.library.edition()
    scope = await _scope(reader, edition, product_ids)
    facts, counted = scope.facts, scope.source == "snapshot"
    period = span_of(facts, scope.product_ids, start_date, end_date)
    takes = keeps_test(
        facts,
        period=period,
        statuses=statuses,
        testing_type=testing_type,
        feature_ids=ids_of(facts, "feature", feature_ids, "feature_ids"),
    )
    found = [test for test in scope.tests if takes(test)]
    due = {one.test.id: one for one in waiting(scope.tests, scope.at)}
    shown, pagination = paginate(
        ordered(found, _columns(due), sort_by, sort_order), page, reader.page_size(per_page), offset
    )
    several = scope.product is None
    products = product_refs(facts, [test.product_id for test in found])
    if len(products) > MOST_PRODUCTS:
        products = product_refs(facts, [test.product_id for test in shown])
    names = row_names(products) if several else {}
    answer = TestList(
        data_as_of=stamp(scope.at),
        source=scope.source,
        warnings=scope.warnings,
        product=scope.product,
        totals=await reader.library.work(totals_of, found) if counted else None,
        products=await reader.library.work(products_of, products, found) if several else None,
        period=tests_of(period),
        tests=[
            fill_line(test, due.get(test.id), counted=counted, product=names.get(test.product_id))
            for test in shown
        ],
        pagination=pagination,
    )
    if not counted:
        warn(answer, "The snapshot does not have this product: its tests come without bug counts.")
    if not found:
        warn(answer, nothing(len(scope.tests), "test"))
    if counted and (others := sum(test.demo or not test.executed for test in found)):
        warn(answer, not_counted(len(found), others, "tests"))
    same = ("status",) if statuses is not None and len(statuses) == 1 else ()
    keep_short(answer, "tests", asked=per_page is not None, spare=(*same, *SPARE))
    return result(answer)


@tool(title="Test summary", annotations=MAY_ASK_UPSTREAM, output_schema=schema(TestSummary))
async def get_test_summary(*, test_id: Id, fresh: bool = False) -> ToolResult:
    """Return one test in full: set-up, features, reviews, execution, bug counts, its 3 newest bugs.

    Args:
        test_id: Id or title; list_tests or search finds it.
        fresh: Ask the Customer API when the copy is old and can change.
    """
    reader = current_reader()
    edition = await reader.library.edition()
    found = await find_test(reader, edition, id_of(edition.facts, "test", test_id, "test_id"), fresh=fresh)
    test = found.entity
    if found.source == "snapshot":
        test = (await edition.whole([test.id])).get(test.id, test)
    answer = fill_summary(reader, found.facts, test, found.at)
    attribute(answer, found, found.entity.product_id)
    return result(answer)


async def _scope(reader: Reader, edition: Edition, product_ids: Ids) -> Chosen:
    """Return the tests of the products; of a single one that the snapshot lacks, those the upstream lists."""
    ids = ids_of(edition.facts, "product", product_ids, "product_ids")
    if ids is None or len(ids) > 1 or ids[0] in edition.facts.products:
        return await chosen(reader, edition, ids)
    product = await find_product(reader, edition, ids[0])
    tests, at = await find_listed(reader, ids[0])
    facts = with_product(edition.facts, product.entity)
    scope = await chosen(reader, replace(edition, facts=facts), ids)
    return replace(scope, tests=tests, at=at, source="upstream")


def _columns(due: Mapping[int, Waiting]) -> Mapping[str, Column]:
    return {
        "end_at": (lambda test: test.end_at, "desc"),
        "start_at": (lambda test: test.start_at, "desc"),
        "title": (lambda test: fold(test.title), "asc"),
        "status": (lambda test: test.status, "asc"),
        "testing_type": (lambda test: test.testing_type, "asc"),
        BUGS: (lambda test: tally((test,)).bug_count, "desc"),
        OPEN: (lambda test: tally((test,)).open, "desc"),
        "review_deadline": (lambda test: due[test.id].ends_at if test.id in due else None, "asc"),
        "id": (lambda test: test.id, "desc"),
    }
