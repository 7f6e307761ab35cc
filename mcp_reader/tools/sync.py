"""Taking a new snapshot."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from fastmcp.server.dependencies import get_context
from fastmcp.tools import ToolResult, tool
from mcp_types import InputRequiredResult, ToolAnnotations

from base.errors import InvalidInput, Unavailable
from base.text import shorten
from config.settings import Settings
from mcp_reader.answers.base import Answer, result, schema, stamp
from mcp_reader.arguments.types import Ids, Text
from mcp_reader.context import Reader, current_reader
from mcp_reader.errors.parts import ASK
from mcp_reader.grants import current_grant
from mcp_reader.lookup.names import ids_of
from mcp_reader.questions import confirmed
from mcp_reader.sources.context_folder import context_of
from mcp_reader.sources.taking import take
from mcp_reader.telemetry import count_refresh
from quality.periods.dates import parse_date

if TYPE_CHECKING:
    from fetch.api.options import ClientOptions

MOST_PROBLEMS = 5
TAKES_A_SNAPSHOT = ToolAnnotations(
    read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=True
)


class Synced(Answer):
    """The snapshot that was taken; `complete` is false when something could not be fetched."""

    snapshot: str
    complete: bool
    counts: dict[str, int]
    requests: int
    seconds: float
    documents_written: int
    documents_unchanged: int
    problem_count: int
    problems: list[str] | None = None


@tool(title="Take a snapshot", annotations=TAKES_A_SNAPSHOT, output_schema=schema(Synced))
async def sync_data(*, product_ids: Ids = None, since: Text = None) -> ToolResult | InputRequiredResult:
    """Take a new snapshot from the Customer API and index it; one at a time. Pages stay as built.

    Args:
        product_ids: Refresh only these; the others stay as they are.
        since: Left out: what can have changed. A date such as `7 days ago`: new tests only when they ended
            since. all: everything again.
    """
    from fetch.refresh.refresh import RefreshRequest

    reader = current_reader()
    grant = current_grant()
    if grant is not None and "sync" not in grant.scopes:
        raise Unavailable(
            "These credentials read; they do not take snapshots.",
            "A refresh spends requests of the customer's token.",
            f"{ASK} `invoke refresh build` takes one there.",
        )
    settings = reader.settings
    full = since is not None and since.casefold() == "all"
    bound = settings.testio_sync_since if since is None or full else since
    request = RefreshRequest(
        product_ids=settings.testio_product_ids,
        only=await _ids(reader, product_ids),
        since=parse_date(bound, datetime.now(UTC)) if bound else None,
        full=full,
        ttl=timedelta(seconds=settings.cache_ttl_seconds),
    )
    if full:
        sure = await confirmed(
            "Fetch everything again? It asks the Customer API for every test and takes minutes.",
            "Fetch everything again",
        )
        if isinstance(sure, InputRequiredResult):
            return sure
        if not sure:
            raise InvalidInput(
                "since='all' was not confirmed.",
                "The person who was asked did not agree; nothing was fetched.",
                "sync_data() fetches what can have changed.",
            )
    told, context = get_context().report_progress, context_of(settings)
    count = partial(count_refresh, settings.testio_account, "call")
    try:
        taken = await take(
            reader.library.root,
            _client(settings),
            request,
            told,
            context,
            hide_names=settings.testio_hide_names,
        )
    except Exception:
        count("failed")
        raise
    count("complete" if taken.complete else "gaps")
    edition = await reader.library.edition()
    return result(
        Synced(
            data_as_of=stamp(edition.snapshot.manifest.created_at),
            source="upstream",
            snapshot=taken.version,
            complete=taken.complete,
            counts=dict(taken.counts),
            requests=taken.statistics.requests,
            seconds=round(taken.statistics.seconds, 1),
            documents_written=taken.statistics.documents_written,
            documents_unchanged=taken.statistics.documents_unchanged,
            problem_count=len(taken.problems),
            problems=[shorten(one.reason, 200) for one in taken.problems[:MOST_PROBLEMS]] or None,
        )
    )


def _client(settings: Settings) -> "ClientOptions":
    """Return how the API is asked; without a token say who can give one."""
    try:
        return settings.client
    except Unavailable as error:
        raise Unavailable(error.what, error.why, f"{ASK} `invoke setup` takes a token.") from None


async def _ids(reader: Reader, given: Ids) -> tuple[int, ...] | None:
    """Return the ids of the products; names need a snapshot that has them, numbers do not."""
    numbers = tuple(one for one in given or () if isinstance(one, int))
    if given is None or len(numbers) == len(given):
        return numbers or None
    facts = (await reader.library.edition()).facts
    return ids_of(facts, "product", given, "product_ids")
