"""Bugs: a list of them, and one in full."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from anyio import to_thread
from fastmcp.tools import ToolResult, tool

from base.text import fold
from config.settings import Settings
from mcp_reader.answers.base import MAY_ASK_UPSTREAM, echo, not_counted, nothing, result, schema, stamp, warn
from mcp_reader.answers.bug_rows import ALWAYS, COLUMNS, bug_line, due_of, tests_of
from mcp_reader.answers.bugs import BugList, BugSummary, due_rows, fill_summary, products_of
from mcp_reader.arguments.bug_filters import BugValues, Takes, by_value, by_words
from mcp_reader.arguments.test_filters import keeps_test
from mcp_reader.arguments.types import Id, Ids, Order, Text, Word, Words, known
from mcp_reader.chat import SHOWN, shown
from mcp_reader.context import current_reader
from mcp_reader.lookup.chosen import chosen, product_refs, row_names
from mcp_reader.lookup.entities import find_bug
from mcp_reader.lookup.names import id_of, ids_of
from mcp_reader.lookup.resolve import attribute
from mcp_reader.lookup.spans import span_of
from mcp_reader.paging import Column, Offset, Page, PerPage, keep_short, ordered, paginate
from mcp_reader.sources.snapshot import Edition
from quality.deadlines import Waiting
from quality.model.entities import SEVERITIES, Bug
from quality.model.facts import Facts
from quality.periods.dates import parse_date, parse_range
from quality.periods.periods import ALL_TIME

MOST_PRODUCTS = 20
"""Of a list of more only those of its page are counted."""
MOST_DUE = 20


@tool(title="List bugs", annotations=MAY_ASK_UPSTREAM, output_schema=schema(BugList))
async def list_bugs(
    *,
    test_ids: Ids = None,
    product_ids: Ids = None,
    bug_status: Words = None,
    review: Words = None,
    severity: Words = None,
    bug_type: Words = None,
    rejection_reason: Words = None,
    feature_ids: Ids = None,
    tester: Text = None,
    reported_by_user_id: Id | None = None,
    known: bool | None = None,
    exported: bool | None = None,
    test_statuses: Words = None,
    testing_type: Words = None,
    start_date: Text = None,
    end_date: Text = None,
    reported_since: Text = None,
    reported_until: Text = None,
    deadline_before: Text = None,
    fields: Words = None,
    page: Page = 1,
    per_page: PerPage = None,
    offset: Offset = 0,
    sort_by: Word = None,
    sort_order: Order = None,
) -> ToolResult:
    """List bugs of some tests, some products or all; get_bug_summary has one in full.

    Filters combine with AND, the values of one with OR.

    Args:
        test_ids: Ids or titles.
        product_ids: Ids or names.
        bug_status: accepted, rejected, forwarded, …, a review state, or `fixed in 4.15`.
        review: active_accepted, auto_accepted, rejected, open, or of these waiting_for_tester.
        severity: critical, high, medium, low, visual, content, custom, unknown.
        bug_type: functional, visual, content, custom.
        rejection_reason: intended_behavior, known_bug, not_reproducible, ignored_instructions,
            irrelevant, device_not_relevant, request_timeout, unspecified or your own.
        feature_ids: Ids or titles.
        tester: The reporter's whole name.
        reported_by_user_id: The reporter's id.
        known: Marked as known.
        exported: Exported.
        test_statuses: Of their tests.
        testing_type: Of their tests.
        start_date: Tests end since 2025-07-01, or within 2025-Q3, `last 30 days`.
        end_date: Tests end by this.
        reported_since: Or within `last week`.
        reported_until: A date.
        deadline_before: Open and due by a date or `7 days`, the overdue too.
        fields: Columns: rejected_by, rejected_at, rejection_comment, status, bug_type, tester, feature,
            language, location, exported_at, fix_confirmation, devices, steps, expected_result, actual_result.
        page: From 1.
        per_page: 1 to 200.
        offset: Rows to skip.
        sort_by: reported_at (default), severity, status, title, deadline (default with
            deadline_before) or id.
        sort_order: Default asc for words and deadlines, else desc.
    """
    reader = current_reader()
    edition = await reader.library.edition()
    scope = await chosen(reader, edition, product_ids, test_ids)
    facts, at = scope.facts, scope.at
    period = span_of(facts, scope.product_ids, start_date, end_date)
    takes_test = keeps_test(
        facts, period=period, statuses=test_statuses, testing_type=testing_type, argument="test_statuses"
    )
    tests = [test for test in scope.tests if takes_test(test)]
    found = [bug for test in tests for bug in test.bugs]
    due = due_of(tests, at)
    reported, due_before = parse_range(reported_since, reported_until, at), _moment(deadline_before, at)
    keep = [
        *by_words(
            facts,
            {
                "bug_status": bug_status,
                "review": review,
                "severity": severity,
                "bug_type": bug_type,
                "rejection_reason": rejection_reason,
            },
        ),
        *by_value(
            found,
            BugValues(
                feature_ids=ids_of(facts, "feature", feature_ids, "feature_ids"),
                tester=tester,
                tester_id=None
                if reported_by_user_id is None
                else id_of(facts, "user", reported_by_user_id, "reported_by_user_id"),
                known=known,
                exported=exported,
                reported=reported,
                due_before=due_before,
            ),
            due,
        ),
    ]
    kept = await reader.library.work(_kept, found, keep)
    if sort_by is None and deadline_before is not None:
        sort_by = "deadline"
    rows_in_order = await reader.library.work(ordered, kept, _columns(due), sort_by, sort_order)
    bugs, pagination = paginate(rows_in_order, page, reader.page_size(per_page), offset)
    columns = _fields(fields)
    several = scope.product is None
    products = product_refs(facts, [bug.product_id for bug in kept])
    by_day = due_rows(kept, due, row_names(products)) if deadline_before is not None else None
    if len(products) > MOST_PRODUCTS:
        products = product_refs(facts, [bug.product_id for bug in bugs])
    names = row_names(products) if several else {}
    if columns and scope.source == "snapshot":
        bugs = await _whole(edition, bugs)
    rows = [
        bug_line(
            bug,
            due.get(bug.id),
            product=names.get(bug.product_id),
            settled=facts.context.settled.get(bug.id),
            fields=columns,
            reasons=facts.reject_reasons,
        )
        for bug in bugs
    ]
    if scope.test is not None:
        for row in rows:
            row.test_id = None
    answer = BugList(
        data_as_of=stamp(at),
        source=scope.source,
        warnings=scope.warnings,
        test=scope.test,
        product=scope.product,
        products=await reader.library.work(products_of, products, kept) if several else None,
        period=tests_of(period),
        filters=echo(
            bug_status=bug_status,
            review=review,
            severity=severity,
            bug_type=bug_type,
            rejection_reason=rejection_reason,
            feature_ids=feature_ids,
            tester=tester,
            reported_by_user_id=reported_by_user_id,
            known=known,
            exported=exported,
            test_statuses=test_statuses,
            testing_type=testing_type,
            reported=None if reported == ALL_TIME else reported.title,
            deadline_before=None if due_before is None else stamp(due_before),
        ),
        due=by_day[:MOST_DUE] if by_day else None,
        bugs=rows,
        pagination=pagination,
    )
    if not kept:
        warn(answer, nothing(len([bug for test in scope.tests for bug in test.bugs]), "bug"))
    outside = {test.id for test in tests if test.demo or not test.executed}
    if scope.test is None and (others := sum(bug.test_id in outside for bug in kept)):
        warn(answer, not_counted(len(kept), others, "bugs"))
    same = ("review",) if deadline_before is not None else ()
    by_deadline = ("reported_at",) if sort_by == "deadline" else ()
    keep_short(answer, "bugs", asked=per_page is not None, spare=(*same, *by_deadline))
    return result(answer)


@tool(title="Bug summary", annotations=MAY_ASK_UPSTREAM, output_schema=schema(BugSummary), meta=SHOWN)
async def get_bug_summary(*, bug_id: Id, fresh: bool = False) -> ToolResult:
    """Return one bug in full: steps, results, devices, comments, review, similar bugs.

    Args:
        bug_id: Id or title; list_bugs or search finds it.
        fresh: Ask the Customer API when the copy is old and can change.
    """
    reader = current_reader()
    edition = await reader.library.edition()
    found = await find_bug(reader, edition, id_of(edition.facts, "bug", bug_id, "bug_id"), fresh=fresh)
    bug = found.entity
    if found.source == "snapshot":
        (bug,) = await _whole(edition, [bug])
    answer = await to_thread.run_sync(fill_summary, found.facts, bug, found.at)
    attribute(answer, found, found.entity.product_id)
    return await shown(result(answer), reader, _fragment, reader.settings, found.facts, bug, found.at)


def _fragment(settings: Settings, facts: Facts, bug: Bug, now: datetime) -> str:
    from build.site.chat.fragments import bug_fragment

    return bug_fragment(facts, bug, now, settings.testio_site_base_url, settings.testio_web_url)


def _kept(found: Sequence[Bug], keep: Sequence[Takes]) -> Sequence[Bug]:
    return [bug for bug in found if all(takes(bug) for takes in keep)] if keep else found


async def _whole(edition: Edition, bugs: Sequence[Bug]) -> list[Bug]:
    """Return bugs of the snapshot with their long texts."""
    tests = await edition.whole(bug.test_id for bug in bugs)
    held = {bug.id: bug for test in tests.values() for bug in test.bugs}
    return [held.get(bug.id, bug) for bug in bugs]


def _fields(asked: Sequence[str] | None) -> list[str]:
    """Return the columns that were asked for, in their order; those that every row has count as none."""
    wanted = known("fields", asked, {*COLUMNS, *ALWAYS}) or ()
    return [name for name in COLUMNS if name in wanted]


def _moment(text: str | None, now: datetime) -> datetime | None:
    """Return the end of a day, or the moment in so many days."""
    if text is None:
        return None
    if days := re.fullmatch(r"(?:in )?(\d{1,4}) ?(?:days?)?", text.strip(), re.IGNORECASE):
        return now + timedelta(days=int(days[1]))
    return parse_date(text, now, end=True)


_RANK = {severity: place for place, severity in enumerate(reversed(SEVERITIES))}


def _columns(due: Mapping[int, Waiting]) -> Mapping[str, Column]:
    return {
        "reported_at": (lambda bug: bug.reported_at, "desc"),
        "severity": (lambda bug: _RANK[bug.severity], "desc"),
        "status": (lambda bug: bug.status, "asc"),
        "title": (lambda bug: fold(bug.title), "asc"),
        "deadline": (lambda bug: due[bug.id].ends_at if bug.id in due else None, "asc"),
        "id": (lambda bug: bug.id, "desc"),
    }
