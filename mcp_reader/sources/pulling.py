"""Keeping the snapshot folder as new as the place that it is pulled from, while calls go on."""

import asyncio
import logging
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import anyio.to_thread

from base.errors import UserError
from config.settings import Settings
from mcp_reader.errors.parts import ASK
from mcp_reader.telemetry import count_refresh, span
from snapshot.errors import NoSnapshot, StoreFailed

log = logging.getLogger(__name__)


def pulling_of(settings: Settings) -> "Pulling | None":
    """Return what keeps the settings' snapshot folder new; None when no place is set."""
    if settings.testio_snapshot_url is None:
        return None
    url = settings.place_of(settings.testio_snapshot_url)

    def token() -> str:
        found, _ = settings.token()
        return found.get_secret_value() if found else ""

    return Pulling(
        settings.testio_snapshot_dir,
        url,
        settings.testio_snapshot_pull_seconds,
        token,
        partial(count_refresh, settings.testio_account, "pull"),
        hide_names=settings.testio_hide_names,
    )


class Pulling:
    """Pulls at the start and whenever the last look is older than `seconds`; calls wait only for the first.

    A look that fails is logged, and the snapshot that is here goes on answering.

    Args:
        root: The snapshot folder.
        url: Where the snapshot is pulled from.
        seconds: How old the last look may be.
        token: Gives the API's token, which is cut from whatever comes in; empty when there is none.
        count: Takes the outcome of each look.
        hide_names: Give people pseudonyms in the search index.
    """

    def __init__(
        self,
        root: Path,
        url: str,
        seconds: float,
        token: Callable[[], str],
        count: Callable[[str], None],
        *,
        hide_names: bool = False,
    ) -> None:
        self._root = root
        self._url = url
        self._seconds = seconds
        self._token = token
        self._count = count
        self._hide_names = hide_names
        self._looked: float | None = None
        self._task: asyncio.Task[None] | None = None
        self._problem: UserError | None = None

    def begin(self) -> None:
        """Look in the background, unless that is under way or was done a short while ago."""
        now = time.monotonic()
        if self._task is None and (self._looked is None or now - self._looked >= self._seconds):
            self._looked = now
            self._task = asyncio.create_task(self._look())

    async def settled(self) -> None:
        """Return when there is something to answer from.

        Raises:
            StoreFailed: When nothing is here and nothing came.
        """
        from snapshot.reader import current_id

        self.begin()
        if self._task is None or current_id(self._root) is not None:
            return
        await asyncio.shield(self._task)
        if self._problem is not None and current_id(self._root) is None:
            self._looked = None  # the next call looks again
            nothing = isinstance(self._problem, NoSnapshot)
            why = "nothing is published there." if nothing else self._problem.why or "the log says why."
            raise StoreFailed(
                "There is no snapshot yet.",
                f"None could be pulled from TESTIO_SNAPSHOT_URL: {why}",
                f"{ASK} `invoke push` publishes one, unless the setting is wrong; the next call looks again.",
            )

    async def close(self) -> None:
        """Wait for nothing that is under way; what was written so far is whole."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _look(self) -> None:
        outcome = "stopped"
        try:
            await anyio.to_thread.run_sync(self._pull, abandon_on_cancel=True)
            self._problem, outcome = None, "complete"
        except UserError as error:
            self._problem, outcome = error, "failed"
            log.warning("The snapshot was not pulled: %s", error)
        except Exception:
            outcome = "failed"
            self._problem = StoreFailed(
                "The pull failed unexpectedly.", "", "The server's log has the details."
            )
            log.exception("the pull failed unexpectedly")
        finally:
            self._task = None
            self._count(outcome)

    def _pull(self) -> None:
        from fetch.api.network import see_way
        from fetch.redaction.fields import redact_stored
        from snapshot.remote import pull

        see_way(self._url)
        clean: Callable[[Any], Any] = partial(redact_stored, token=self._token())
        with span("snapshot.pull"):
            done = pull(self._root, self._url, clean=clean)
        log.info("pulled %s: %d documents written", done.id, done.written)
        if done.published:
            self._index(done.id)

    def _index(self, version: str) -> None:
        """Make the search index of the version, unless it is there and says as much of people."""
        from build.facts.load import load_facts
        from build.search.index import update_index
        from build.search.place import readable_index, writable_index
        from build.search.query import open_index
        from snapshot.reader import open_snapshot

        index = open_index(readable_index(self._root))
        if index is None or (index.snapshot_id, index.hides_names) != (version, self._hide_names):
            facts = load_facts(open_snapshot(self._root), hide_names=self._hide_names)
            update_index(facts, writable_index(self._root))
