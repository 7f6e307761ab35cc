"""Features: a list of them, and one in full."""

from collections.abc import Mapping

from fastmcp.tools import ToolResult, tool

from base.errors import NotFound
from base.text import closest_ids, fold, shorten
from mcp_reader.answers.base import FROM_SNAPSHOT, nothing, result, schema, stamp, warn, warnings_of
from mcp_reader.answers.bug_rows import tests_of
from mcp_reader.answers.features import (
    STORIES_LIMIT,
    FeatureLine,
    FeatureList,
    FeatureSummary,
    fill_line,
    fill_summary,
    keep_stories_short,
    say_stories,
    stories_of,
    untested_names,
)
from mcp_reader.arguments.types import Id, Ids, Order, Text, Word, Words, known
from mcp_reader.context import current_reader
from mcp_reader.lookup.chosen import chosen, product_ref, product_refs, row_names
from mcp_reader.lookup.names import id_of
from mcp_reader.lookup.spans import span_of
from mcp_reader.paging import Column, Offset, Page, PerPage, by_measures, keep_short, ordered, paginate
from mcp_reader.text import LIMIT
from quality.metrics.columns import FEATURES
from quality.selection import Selection, select
from quality.views.lists.feature_rows import feature_rows

STORIES = "stories"
"""The column of user stories with their outcomes."""
MOST_UNTESTED = 20
"""Names of untested features in the head of a list."""


@tool(title="List features", annotations=FROM_SNAPSHOT, output_schema=schema(FeatureList))
async def list_features(
    *,
    product_ids: Ids = None,
    start_date: Text = None,
    end_date: Text = None,
    has_user_stories: bool | None = None,
    tested: bool | None = None,
    fields: Words = None,
    page: Page = 1,
    per_page: PerPage = None,
    offset: Offset = 0,
    sort_by: Word = None,
    sort_order: Order = None,
) -> ToolResult:
    """List features with tests, bugs, bugs per test; the head counts tested, untested, passed stories.

    Args:
        product_ids: Ids or names; default: all.
        start_date: Count executed tests that end since 2025-07-01, or within 2025-Q3, `last 90 days`.
        end_date: Count tests that end on or before this.
        has_user_stories: Only with (true) or without (false) user stories.
        tested: Only tested (true) or untested (false) ones.
        fields: stories: which passed, with all outcomes; metrics too.
        page: From 1.
        per_page: 1 to 200.
        offset: Rows to skip.
        sort_by: title (default), test_count, bug_count, bugs_per_test, open_bugs, user_stories, last_test
            or id.
        sort_order: Default asc for words, else desc.
    """
    reader = current_reader()
    edition = await reader.library.edition()
    scope = await chosen(reader, edition, product_ids)
    facts = scope.facts
    period = span_of(facts, scope.product_ids, start_date, end_date)
    tests = select(facts, Selection(product_ids=scope.product_ids, period=period))
    every = feature_rows(facts, tests, scope.product_ids, reader.settings.quality.weights)
    told = known("fields", fields, {STORIES, *FeatureLine.model_fields}) or ()
    found = [
        row
        for row in every
        if has_user_stories in {None, row.story_count > 0} and tested in {None, row.tally.test_count > 0}
    ]
    shown, pagination = paginate(
        ordered(found, _COLUMNS, sort_by, sort_order), page, reader.page_size(per_page), offset
    )
    several = scope.product is None
    products = product_refs(facts, [row.product_id for row in shown])
    names = row_names(product_refs(facts, [row.product_id for row in found])) if several else {}
    stories = {row.id: stories_of(facts, row) for row in found} if STORIES in told else None
    untested = untested_names(found, names)
    answer = FeatureList(
        data_as_of=stamp(facts.as_of),
        warnings=scope.warnings,
        pagination=pagination,
        product=scope.product,
        products=products if several else None,
        period=tests_of(period),
        features_tested=len(found) - len(untested),
        features_untested=len(untested),
        untested=(untested[:MOST_UNTESTED] or None) if stories else None,
        features=[
            fill_line(row, names.get(row.product_id), stories[row.id] if stories else None, told)
            for row in shown
        ],
    )
    if stories:
        say_stories(answer, (one for rows in stories.values() for one in rows))
    if not found:
        warn(answer, nothing(len(every), "feature"))
    if stories and per_page is None:
        keep_stories_short(answer)
    limit = STORIES_LIMIT if stories else LIMIT
    keep_short(answer, "features", asked=per_page is not None, spare=("last_test_end_at",), limit=limit)
    return result(answer)


@tool(title="Feature summary", annotations=FROM_SNAPSHOT, output_schema=schema(FeatureSummary))
async def get_feature_summary(*, feature_id: Id) -> ToolResult:
    """Return one feature: its user stories with their outcomes, tests, bugs; over executed tests of all time.

    Args:
        feature_id: Id or title; list_features finds it.
    """
    reader = current_reader()
    facts = (await reader.library.edition()).facts
    number = id_of(facts, "feature", feature_id, "feature_id")
    rows = {
        row.id: row
        for row in feature_rows(facts, select(facts, Selection()), None, reader.settings.quality.weights)
    }
    if number not in rows:
        near = ", ".join(f"{one} {shorten(rows[one].title, 60)!r}" for one in closest_ids(number, rows))
        raise NotFound(
            f"Feature {number} is not in the snapshot.",
            f"It has {len(rows):,} features.",
            f"Closest: {near}." if near else "list_features finds ids.",
        )
    row = rows[number]
    answer = fill_summary(facts, row, product_ref(facts, row.product_id))
    answer.data_as_of, answer.warnings = stamp(facts.as_of), warnings_of(facts, (row.product_id,))
    return result(answer)


_COLUMNS: Mapping[str, Column] = {
    "title": (lambda row: fold(row.title), "asc"),
    **by_measures(FEATURES),
    "user_stories": (lambda row: row.story_count, "desc"),
    "last_test": (lambda row: row.last_end_at, "desc"),
    "id": (lambda row: row.id, "asc"),
    "last_synced": (lambda _: 0, "desc"),
}
