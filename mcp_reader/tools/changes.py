"""What changed since an earlier snapshot."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import anyio.to_thread
from fastmcp.tools import ToolResult, tool

from base.errors import NotFound
from base.text import listed
from mcp_reader.answers.base import FROM_SNAPSHOT, result, schema, stamp, warn, warnings_of
from mcp_reader.answers.changes import Changes, counts_of, fill_product
from mcp_reader.arguments.types import Ids, Text
from mcp_reader.context import current_reader
from mcp_reader.lookup.chosen import chosen
from mcp_reader.text import LIMIT
from quality.model.facts import Facts
from quality.periods.dates import parse_date
from quality.products import all_products
from quality.views.changes import SinceDate, SinceSnapshot, since_date, since_snapshot

if TYPE_CHECKING:
    from snapshot.reader import Snapshot

MOST_OF_EACH = 10


@tool(title="Changes", annotations=FROM_SNAPSHOT, output_schema=schema(Changes))
async def get_changes(*, since: Text = None, product_ids: Ids = None) -> ToolResult:
    """Say what is new, moved, archived, decided or gone since an earlier snapshot.

    Args:
        since: A snapshot's id, or a date such as yesterday: the newest snapshot up to its end; default the
            one before. With none kept: what this one dates.
        product_ids: Ids or names; default: all.
    """
    reader = current_reader()
    edition = await reader.library.edition()
    scope = await chosen(reader, edition, product_ids)
    facts = edition.facts
    numbers = [one for one in all_products(facts) if scope.product_ids is None or one in scope.product_ids]
    earlier, kept = await anyio.to_thread.run_sync(_earlier, edition.snapshot, facts, since)
    start = earlier.as_of if earlier else _start(facts, since)
    found: dict[int, SinceSnapshot | SinceDate] = {
        one: since_snapshot(earlier, facts, one) if earlier else since_date(facts, one, start)
        for one in numbers
    }
    changed = {one: part for one, part in found.items() if counts_of(part)}
    total: Counter[str] = Counter()
    for part in changed.values():
        total.update(counts_of(part))
    names = all_products(facts)
    shown = MOST_OF_EACH
    while True:
        answer = Changes(
            data_as_of=stamp(facts.as_of),
            warnings=warnings_of(
                facts, scope.product_ids, *(() if earlier else (_only_dated(facts, start, kept),))
            ),
            since=stamp(start),
            since_snapshot=earlier.snapshot_id if earlier else None,
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


def _only_dated(facts: Facts, start: datetime, kept: Sequence[str]) -> str:
    """Say what is told without an earlier snapshot, and how to be told more."""
    other = (
        f"get_changes(since={kept[-1]!r}) compares with the oldest one kept."
        if kept
        else "After the next refresh get_changes compares the two; list_bugs(reported_since=…) lists bugs."
    )
    return (
        f"No snapshot from {stamp(start)} or before is kept, so nobody can tell what was decided, moved, "
        f"archived or gone since: this is what the snapshot of {stamp(facts.as_of)} itself dates. {other}"
    )


def _start(facts: Facts, since: str | None) -> datetime:
    """Return from when on dates count: of the day that is named, else the last day before the snapshot."""
    return facts.as_of - timedelta(days=1) if since is None else parse_date(since, facts.as_of)


def _earlier(snapshot: "Snapshot", facts: Facts, since: str | None) -> tuple[Facts | None, list[str]]:
    """Return the earlier version that is asked for, as far as it is kept, and the ids of all that are."""
    from build.facts.history import facts_before
    from snapshot.storage.layout import VERSION_ID
    from snapshot.versions import versions_before

    before = list(versions_before(snapshot))
    kept = [one.id for one in before]
    found = before
    if since is not None:
        found = [one for one in before if one.id == since]
        if not found and VERSION_ID.match(since):
            raise NotFound(
                f"There is no snapshot {since}.",
                f"Earlier ones: {listed(kept, 5) or 'none'}.",
                "Call get_changes with a date, or name one of these."
                if kept
                else "Name a date, such as yesterday.",
            )
        if not found:
            last = parse_date(since, facts.as_of, end=True)
            found = [one for one in before if one.manifest.created_at <= last]
    return (facts_before(snapshot, facts, found[0]) if found else None), kept
