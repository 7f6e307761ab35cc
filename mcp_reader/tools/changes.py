"""What changed since an earlier snapshot."""

from collections import Counter
from typing import TYPE_CHECKING

import anyio.to_thread
from fastmcp.tools import ToolResult, tool

from base.errors import NotFound
from base.text import listed, shorten
from mcp_reader.answers.base import FROM_SNAPSHOT, result, schema, stamp, warn, warnings_of
from mcp_reader.answers.changes import Changes, counts_of, fill_product
from mcp_reader.arguments.types import Ids, Text
from mcp_reader.context import current_reader
from mcp_reader.lookup.chosen import chosen
from mcp_reader.text import LIMIT
from quality.model.facts import Facts
from quality.periods.dates import parse_date
from quality.products import all_products
from quality.views.changes import since_snapshot

if TYPE_CHECKING:
    from snapshot.reader import Snapshot

MOST_OF_EACH = 10


@tool(title="Changes", annotations=FROM_SNAPSHOT, output_schema=schema(Changes))
async def get_changes(*, since: Text = None, product_ids: Ids = None) -> ToolResult:
    """Say what is new, moved, archived, decided or gone since an earlier snapshot.

    Args:
        since: A snapshot's id, or a date such as yesterday: the newest snapshot up to its end; default the
            one before this.
        product_ids: Ids or names; all when left out.
    """
    reader = current_reader()
    edition = await reader.library.edition()
    scope = await chosen(reader, edition, product_ids)
    facts = edition.facts
    earlier = await anyio.to_thread.run_sync(_earlier, edition.snapshot, facts, since)
    numbers = [one for one in all_products(facts) if scope.product_ids is None or one in scope.product_ids]
    found = {one: since_snapshot(earlier, facts, one) for one in numbers}
    changed = {one: part for one, part in found.items() if counts_of(part)}
    total: Counter[str] = Counter()
    for part in changed.values():
        total.update(counts_of(part))
    names = all_products(facts)
    shown = MOST_OF_EACH
    while True:
        answer = Changes(
            data_as_of=stamp(facts.as_of),
            warnings=warnings_of(facts, scope.product_ids),
            since=stamp(earlier.as_of),
            since_snapshot=earlier.snapshot_id,
            snapshot=facts.snapshot_id,
            counts=dict(total),
            products=[fill_product(one, names[one].name, part, shown) for one, part in changed.items()],
            unchanged_products=len(found) - len(changed),
        )
        if not shown or len(answer.model_dump_json(exclude_none=True)) <= LIMIT:
            break
        shown //= 2
    if any(count > shown for part in answer.products for count in part.counts.values()):
        warn(answer, _cut(shown))
    return result(answer)


def _cut(most: int) -> str:
    return (
        f"Of each kind at most {most} are listed for a product; counts are exact. list_tests and list_bugs "
        "(reported_since=…) show all."
    )


def _earlier(snapshot: "Snapshot", facts: Facts, since: str | None) -> Facts:
    from build.facts.history import facts_before
    from snapshot.versions import versions_before

    before = list(versions_before(snapshot))
    found = before
    if since is not None:
        found = [one for one in before if one.id == since]
        if not found:
            last = parse_date(since, facts.as_of, end=True)
            found = [one for one in before if one.manifest.created_at <= last]
    earlier = facts_before(snapshot, facts, found[0]) if found else None
    if earlier is None:
        raise NotFound(
            f"There is no snapshot before {shorten(since, 60)!r}."
            if since
            else "There is no earlier snapshot to compare with.",
            f"Earlier ones: {listed((one.id for one in before), 5) or 'none'}.",
            "Call get_changes without since, or name one of these." if before else "Each refresh takes one.",
        )
    return earlier
