"""Taking a new snapshot for a caller who watches: off the event loop, with progress, stopped on demand."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcp_reader.sources.context_folder import ContextFolder

if TYPE_CHECKING:
    from fetch.api.options import ClientOptions
    from fetch.refresh.refresh import RefreshRequest, RefreshResult

log = logging.getLogger(__name__)

Report = Callable[[float, float, str], Coroutine[Any, Any, None]]
"""Tells how much is done of how much, and with what."""


@dataclass
class Watched:
    """Passes the progress of a refresh on to the event loop of the caller; one who is gone hinders nothing.

    Attributes:
        totals: Steps of each part of the work.
        done: Those that are finished.
    """

    report: Report
    loop: asyncio.AbstractEventLoop
    totals: dict[str, int] = field(default_factory=dict)
    done: dict[str, int] = field(default_factory=dict)

    def stage(self, name: str, total: int) -> None:
        """Begin a part of the work, or correct its total."""
        self.totals[name] = total
        self._tell(name)

    def advance(self, name: str, steps: int = 1) -> None:
        """Note finished steps of a part."""
        before, total = self.done.get(name, 0), self.totals.get(name, 0)
        self.done[name] = before + steps
        if not total or before * 20 // total < self.done[name] * 20 // total:
            self._tell(name)

    def say(self, text: str) -> None:
        """Log it: a progress message names a part of the work."""
        log.info(text)

    def _tell(self, name: str) -> None:
        done, total = sum(self.done.values()), max(sum(self.totals.values()), 1)
        text = f"{name}: {self.done.get(name, 0)} of {self.totals.get(name, 0)}"
        asyncio.run_coroutine_threadsafe(self._quietly(min(done, total), total, text), self.loop)

    async def _quietly(self, done: int, total: int, text: str) -> None:
        try:
            await self.report(done, total, text)
        except Exception:
            log.debug("progress was not told", exc_info=True)


async def take(
    root: Path,
    client: "ClientOptions",
    request: "RefreshRequest",
    report: Report,
    context: ContextFolder,
    *,
    hide_names: bool = False,
) -> "RefreshResult":
    """Refresh in a thread and bring the search index up to date.

    Cancelled, it stops the refresh, which keeps what it has fetched for the next one, and waits until it has
    stopped.

    Raises:
        UserError: As the refresh does; Locked while another one runs.
    """
    from fetch.refresh.refresh import refresh

    told = Watched(report, asyncio.get_running_loop())
    inner: list[tuple[asyncio.AbstractEventLoop, asyncio.Task[Any]]] = []

    async def work() -> "RefreshResult":
        task = asyncio.current_task()
        if task is not None:
            inner.append((asyncio.get_running_loop(), task))
        return await refresh(root, client, request, progress=told)

    running = asyncio.ensure_future(asyncio.to_thread(asyncio.run, work()))
    try:
        result = await asyncio.shield(running)
    except asyncio.CancelledError:
        for loop, task in inner:
            loop.call_soon_threadsafe(task.cancel)
        await asyncio.gather(running, return_exceptions=True)
        raise
    await asyncio.to_thread(_index, root, context, hide_names=hide_names)
    return result


def _index(root: Path, context: ContextFolder, *, hide_names: bool) -> None:
    from build.facts.load import load_facts
    from build.search.index import update_index
    from build.search.place import writable_index
    from snapshot.reader import open_snapshot

    snapshot = open_snapshot(root)
    said = context.read(snapshot.manifest.api_host)
    facts = load_facts(snapshot, hide_names=hide_names)
    update_index(replace(facts, context=said), writable_index(root))
