"""What the server has and what it can reach."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import anyio.to_thread
from fastmcp.server.dependencies import get_context
from fastmcp.tools import ToolResult, tool
from pydantic import BaseModel, Field

from base.errors import UserError
from base.text import shorten
from config.scrubbing import scrub
from mcp_reader.answers.base import MAY_ASK_UPSTREAM, Answer, Rate, day, result, schema, stamp
from mcp_reader.context import Reader, current_reader
from mcp_reader.errors.parts import parts_of
from mcp_reader.lookup.resolve import reason_of
from mcp_reader.sources.snapshot import Edition
from mcp_reader.sources.upstream import NoUpstream
from quality.metrics.numbers import shown
from quality.metrics.tally import tally
from quality.selection import Selection, select
from quality.views.freshness import freshness
from quality.wording import spoken
from snapshot.errors import SnapshotError

if TYPE_CHECKING:
    from snapshot.format.manifest import Manifest

CHECK_SECONDS = 8.0
MOST_GAPS = 30
MOST_REFRESHES = 100


class UpstreamState(BaseModel):
    """The state of the connection to the Customer API.

    Attributes:
        state: `not_configured` means that no token is set, or that a setting cannot be used.
        latency_ms: Of one small request, just made.
    """

    state: Literal["reachable", "unreachable", "not_configured"]
    latency_ms: int | None = None
    problem: str | None = None


class SnapshotState(BaseModel):
    """The published snapshot; counts are of what it holds, in every status, demos too.

    Attributes:
        tests_in_metrics: Executed ones without demos, as every other tool counts; so are bugs and dates.
        undated_tests: Those of them without a known end, which are in no period.
        last_test_end_at: The day (UTC) on which the newest executed test ended.
        last_planned_end_at: The day on which the last of those will end that have not.
    """

    id: str
    created_at: str
    age: str
    api_host: str
    format: int
    size_bytes: int
    products: int
    features: int
    tests: int
    tests_in_metrics: int
    undated_tests: int
    undated_are: str = "tests in metrics without a known end: in all time, in no period"
    bugs: int
    bugs_in_metrics: int
    gaps: int
    gaps_are: str = "products, lists and tests that could not be fetched or read: missing, or older copies"
    first_test_end_at: str | None = None
    last_test_end_at: str | None = None
    last_planned_end_at: str | None = None


class IndexState(BaseModel):
    """The search index; `behind` finds what an older snapshot had."""

    state: Literal["current", "behind", "missing"]
    snapshot_id: str | None = None


class Refresh(BaseModel):
    """One snapshot that was taken."""

    snapshot_id: str
    at: str | None = None
    seconds: float | None = None
    requests: int | None = None
    retries: int | None = None
    documents_written: int | None = None
    documents_unchanged: int | None = None
    problems: int | None = None
    fault: str | None = None


class LastDay(BaseModel):
    """The refreshes that published within 24 hours; without gaps they are a success."""

    counted: str = "refreshes that published a snapshot; one that failed published none"
    refreshes: int
    without_gaps: int
    success_rate: Rate


class Diagnostics(Answer):
    """The server's state; without a snapshot `problem` says what to do.

    Attributes:
        last_24_hours: Absent when nothing was published in them.
    """

    data_as_of: str | None = None  # type: ignore[assignment]
    version: str
    upstream: UpstreamState
    snapshot: SnapshotState | None = None
    problem: str | None = None
    gaps: list[str] | None = None
    index: IndexState | None = None
    last_refresh: Refresh | None = None
    last_24_hours: LastDay | None = None
    events: list[Refresh] | None = None


@tool(title="Server diagnostics", annotations=MAY_ASK_UPSTREAM, output_schema=schema(Diagnostics))
async def get_server_diagnostics(
    *,
    include_events: bool = False,
    event_limit: Annotated[int, Field(ge=1, le=50)] = 5,
) -> ToolResult:
    """Say how fresh the data is and what works: snapshot, index, Customer API, last refreshes.

    Args:
        include_events: Also list the newest snapshots that were taken.
        event_limit: At most so many of them, 1 to 50.
    """
    reader = current_reader()
    answer = Diagnostics(version=str(get_context().fastmcp.version), upstream=await _upstream(reader))
    try:
        edition = await reader.library.edition()
    except SnapshotError as error:
        answer.problem = scrub(" ".join(parts_of(error) or ()))
        return result(answer)
    answer.data_as_of = stamp(edition.facts.as_of)
    answer.snapshot = _snapshot(edition)
    answer.gaps = [shorten(text, 240) for text in freshness(edition.facts).gap_texts[:MOST_GAPS]] or None
    answer.index = await _index(reader, edition)
    answer.last_refresh = _refresh(edition.snapshot.manifest)
    answer.last_24_hours = await anyio.to_thread.run_sync(_last_day, reader.library.root, datetime.now(UTC))
    if include_events:
        answer.events = await anyio.to_thread.run_sync(_events, reader.library.root, event_limit)
    return result(answer)


async def _upstream(reader: Reader) -> UpstreamState:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            seconds = await reader.upstream.latency()
    except NoUpstream as error:
        return UpstreamState(state="not_configured", problem=error.why)
    except UserError as error:
        return UpstreamState(state="unreachable", problem=f"{reason_of(error)}. {error.hint}".strip())
    except TimeoutError:
        return UpstreamState(
            state="unreachable", problem=f"it did not answer within {CHECK_SECONDS:g} seconds"
        )
    return UpstreamState(state="reachable", latency_ms=round(seconds * 1000))


def _snapshot(edition: Edition) -> SnapshotState:
    facts, manifest = edition.facts, edition.snapshot.manifest
    counts = tally(facts.tests.values())
    executed = select(facts, Selection())
    counted = tally(executed)
    ends = [test.end_at for test in executed if test.end_at is not None]
    return SnapshotState(
        id=manifest.id,
        created_at=stamp(manifest.created_at),
        age=spoken(datetime.now(UTC) - manifest.created_at),
        api_host=shorten(manifest.api_host),
        format=manifest.format,
        size_bytes=sum(entry.size for entry in manifest.entries),
        products=len(facts.products),
        features=sum(map(len, facts.features.values())),
        tests=counts.test_count,
        tests_in_metrics=counted.test_count,
        undated_tests=len(executed) - len(ends),
        bugs=counts.bug_count,
        bugs_in_metrics=counted.bug_count,
        gaps=len(freshness(facts).gaps),
        first_test_end_at=day(min(ends, default=None)),
        last_test_end_at=day(max((end for end in ends if end <= facts.as_of), default=None)),
        last_planned_end_at=day(max((end for end in ends if end > facts.as_of), default=None)),
    )


async def _index(reader: Reader, edition: Edition) -> IndexState:
    index = await reader.library.search_index()
    if index is None:
        return IndexState(state="missing")
    current = index.snapshot_id == edition.snapshot.id
    return IndexState(state="current" if current else "behind", snapshot_id=index.snapshot_id)


def _refresh(manifest: "Manifest") -> Refresh:
    cost = manifest.statistics
    return Refresh(
        snapshot_id=manifest.id,
        at=stamp(manifest.created_at),
        seconds=round(cost.seconds, 1),
        requests=cost.requests,
        retries=cost.retries,
        documents_written=cost.documents_written,
        documents_unchanged=cost.documents_unchanged,
        problems=len(manifest.problems),
    )


def _last_day(root: Path, now: datetime) -> LastDay | None:
    """Count the versions that were published within a day, and those of them without problems."""
    from snapshot.reader import read_manifest
    from snapshot.versions import version_ids

    taken = whole = 0
    for version in version_ids(root)[:MOST_REFRESHES]:
        try:
            manifest = read_manifest(root, version)
        except SnapshotError:
            continue
        if manifest.created_at <= now - timedelta(days=1):
            break
        taken += 1
        whole += not manifest.problems
    if not taken:
        return None
    rate = Rate(value=shown(whole / taken, "rate"), numerator=whole, denominator=taken)
    return LastDay(refreshes=taken, without_gaps=whole, success_rate=rate)


def _events(root: Path, limit: int) -> list[Refresh]:
    """List the newest versions of the folder; one that cannot be read is named, not left out."""
    from snapshot.reader import read_manifest
    from snapshot.versions import version_ids

    found = []
    for version in version_ids(root)[:limit]:
        try:
            found.append(_refresh(read_manifest(root, version)))
        except SnapshotError:
            found.append(Refresh(snapshot_id=version, fault="Its manifest cannot be read."))
    return found
