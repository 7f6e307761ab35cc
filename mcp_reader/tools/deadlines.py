"""Until when open bugs can be reviewed."""

from collections import Counter
from datetime import timedelta
from typing import Annotated

from fastmcp.tools import ToolResult, tool
from pydantic import Field

from mcp_reader.answers.base import FROM_SNAPSHOT, result, schema, stamp, warn
from mcp_reader.answers.deadlines import Deadlines, fill_row
from mcp_reader.arguments.types import Ids
from mcp_reader.context import current_reader
from mcp_reader.lookup.chosen import chosen, product_refs, row_names
from mcp_reader.text import LIMIT
from quality.deadlines import waiting, without_deadline


@tool(title="Review deadlines", annotations=FROM_SNAPSHOT, output_schema=schema(Deadlines))
async def list_review_deadlines(
    *, product_ids: Ids = None, within_days: Annotated[int, Field(ge=1, le=3650)] = 10
) -> ToolResult:
    """List which open bugs will be auto-accepted on which day, by product and test; overdue ones apart.

    Args:
        product_ids: Ids or names; default: all.
        within_days: Coming ones up to so many days from the snapshot.
    """
    reader = current_reader()
    scope = await chosen(reader, await reader.library.edition(), product_ids)
    found = waiting(scope.tests, scope.at)
    try:
        last = scope.at + timedelta(days=within_days)
    except OverflowError:
        last = max((one.ends_at for one in found), default=scope.at)
    coming = [one for one in found if not one.overdue and one.ends_at <= last]
    later = [one for one in found if not one.overdue and one.ends_at > last]
    overdue = [one for one in found if one.overdue]
    refs = product_refs(scope.facts, [one.test.product_id for one in (*coming, *overdue)])
    names = row_names(refs)
    days: Counter[str] = Counter()
    by_product: dict[str, Counter[str]] = {name: Counter() for name in names.values()}
    for one in coming:
        days[f"{one.day}"] += len(one.bugs)
        by_product[names[one.test.product_id]][f"{one.day}"] += len(one.bugs)
    answer = Deadlines(
        data_as_of=stamp(scope.at),
        warnings=scope.warnings,
        within_days=within_days,
        products=refs,
        coming_bugs=sum(len(one.bugs) for one in coming),
        later_bugs=sum(len(one.bugs) for one in later),
        overdue_bugs=sum(len(one.bugs) for one in overdue),
        without_deadline=without_deadline(scope.tests, scope.at) or None,
        days=dict(days),
        by_product={name: dict(found) for name, found in by_product.items() if found} or None,
        coming=[fill_row(scope.facts, one, names) for one in coming],
        overdue=[fill_row(scope.facts, one, names) for one in overdue] or None,
    )
    _keep_short(answer)
    return result(answer)


def _keep_short(answer: Deadlines) -> None:
    """Leave out overdue tests first, then the latest coming ones, and last the days by product; say so."""
    left_overdue = left_coming = 0
    while len(answer.model_dump_json(exclude_none=True)) > LIMIT:
        if answer.overdue:
            answer.overdue.pop()
            left_overdue += 1
        elif len(answer.coming) > 1:
            answer.coming.pop()
            left_coming += 1
        elif answer.by_product:
            answer.by_product = None
        else:
            break
    answer.overdue = answer.overdue or None
    if left_overdue or left_coming:
        warn(
            answer,
            f"To keep the answer short {left_overdue} overdue and {left_coming} coming tests are not listed; "
            "the counts have all. list_tests(sort_by='review_deadline') lists them.",
        )
