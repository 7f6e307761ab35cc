"""The record of what could not be fetched: to list, to try again, to clear."""

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from fetch.api.options import ClientOptions
from fetch.refresh.progress import Progress
from fetch.refresh.refresh import RefreshResult, refresh
from fetch.refresh.request import RefreshRequest
from snapshot.format.manifest import Problem
from snapshot.reader import next_id, open_snapshot
from snapshot.storage.lock import writing
from snapshot.store import publish


def problems(root: Path, product_ids: Collection[int] | None = None) -> tuple[Problem, ...]:
    """List the problems of the published version, of all products or of some.

    Raises:
        NoSnapshot: When nothing was published yet.
        SnapshotError: When the manifest cannot be read.
    """
    recorded = open_snapshot(root).manifest.problems
    return tuple(one for one in recorded if product_ids is None or one.product_id in product_ids)


async def retry(
    root: Path,
    client_options: ClientOptions,
    request: RefreshRequest | None = None,
    *,
    now: datetime | None = None,
    progress: Progress | None = None,
) -> RefreshResult | None:
    """Fetch again only what is recorded as a problem; None when there is nothing to do.

    Args:
        root: The snapshot folder.
        client_options: The API.
        request: Which products are kept, `strict`, `deadline` and so on.
        now: The new version's time; the clock's when left out.
        progress: Is told how far it is.

    Raises:
        UserError: See `refresh`.
        SnapshotError: See `refresh`.
    """
    recorded = problems(root)
    if not recorded:
        return None
    chosen = request or RefreshRequest()
    products = {problem.product_id for problem in recorded if problem.product_id is not None}
    if chosen.only is not None:
        products &= set(chosen.only)
        if not products:
            return None
    again = replace(chosen, only=tuple(sorted(products)) or None, problems_only=True)
    return await refresh(root, client_options, again, now=now, progress=progress)


def clear(
    root: Path, chosen: Callable[[Problem], bool], *, now: datetime | None = None
) -> tuple[Problem, ...]:
    """Publish the current version without some of its recorded problems, and return these.

    The data stay as they are: what is missing stays missing, and the next refresh adds what still fails.

    Args:
        root: The snapshot folder.
        chosen: Says of each problem whether it goes.
        now: The time in the new version's id; the clock's when left out.

    Raises:
        NoSnapshot: When nothing was published yet.
        SnapshotError: When the folder is in use or cannot be written.
    """
    with writing(root, "clearing problems"):
        manifest = open_snapshot(root).manifest
        cleared = tuple(problem for problem in manifest.problems if chosen(problem))
        if cleared:
            rest = tuple(problem for problem in manifest.problems if problem not in cleared)
            version = next_id(root, now or datetime.now(UTC))
            changes = {"id": version, "problems": rest, "cleared": (*manifest.cleared, *cleared)}
            publish(root, manifest.model_copy(update=changes))
        return cleared
