"""Taking new snapshots while serving: each account's in turn, in a process of its own; no answer waits."""

import asyncio
import logging
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from base.errors import InvalidInput
from config.accounts import SELECT
from config.settings import Settings
from snapshot.errors import SnapshotError
from snapshot.reader import open_snapshot

log = logging.getLogger(__name__)

LEAST_SECONDS = 60
MOST_PERIODS = 8
"""After each failure the next refresh comes twice as late, but at most so many periods later."""
APART_SECONDS = 60.0
"""At most so far apart accounts begin that are due at once."""
ENDING_SECONDS = 5
_OUTCOMES = {0: "complete", 3: "gaps"}
_PROGRAM = (sys.executable, "-c", "import testio_reports; testio_reports.main()")

Work = Callable[[str | None], Awaitable[int]]
"""Refreshes and builds an account, and returns the exit code of the task."""
Renew = Callable[[], Awaitable[int | None]]
"""Makes anew what is made of all accounts, and returns the exit code; None when there is nothing."""
Count = Callable[[str, str], None]
"""Takes the account and the outcome of a refresh."""
Lifespan = Callable[[Any], AbstractAsyncContextManager[Any]]


def refreshing_of(accounts: Sequence[Settings], site: Path, every: float) -> "Refreshing":
    """Return what refreshes the accounts.

    Args:
        accounts: The settings of each.
        site: What the sites of several accounts have in common.
        every: Seconds from the end of a refresh to the next one.

    Raises:
        InvalidInput: When that is too often, or an account's snapshots are pulled.
        Unavailable: When an account has no token.
    """
    if every < LEAST_SECONDS:
        raise InvalidInput(
            f"--refresh-every is {every:g} seconds.", f"It must be at least {LEAST_SECONDS}.", "Write 1h."
        )
    roots = {}
    for one in accounts:
        if one.testio_snapshot_url is not None:
            raise InvalidInput(
                "--refresh-every and TESTIO_SNAPSHOT_URL exclude each other.",
                "The snapshots are pulled from there, where another process refreshes.",
                "Use one of them.",
            )
        _ = one.client  # says what is missing now, not after an hour
        roots[one.testio_account] = one.testio_snapshot_dir
    return Refreshing(roots, every, renew=partial(renewed, site) if len(roots) > 1 else nothing)


async def refreshed(account: str | None) -> int:
    """Refresh and build an account as the tasks do, and return their exit code.

    Whoever else refreshes there at the time holds the lock of the snapshot folder: this one fails then.
    """
    return await _run("refresh", "build", **({} if account is None else {SELECT: account}))


async def renewed(site: Path) -> int | None:
    """Make the page over all accounts anew, if somebody has asked for it once: it names them all."""
    return await _run("portfolio") if (site / "index.html").is_file() else None


async def nothing() -> None:
    """Make nothing: one account has nothing over it."""


async def _run(*tasks: str, **more: str) -> int:
    """Run tasks in a process of their own, which ends with this one, and return their exit code."""
    process = await asyncio.create_subprocess_exec(
        *_PROGRAM,
        *tasks,
        env={**os.environ, **more},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        return await process.wait()
    finally:
        if process.returncode is None:
            process.terminate()
            try:
                await asyncio.wait_for(process.wait(), ENDING_SECONDS)
            except TimeoutError:
                process.kill()
                await process.wait()


@dataclass(frozen=True)
class Refreshing:
    """Refreshes accounts one after another, again and again.

    Attributes:
        roots: The snapshot folder of each account.
        every: Seconds from the end of a refresh to the next one of the same account.
        work: Refreshes an account.
        pause: Waits for some seconds.
        renew: Makes anew what is made of all accounts, after each refresh that did not fail.
    """

    roots: Mapping[str | None, Path]
    every: float
    work: Work = refreshed
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    renew: Renew = nothing

    def around(self, lifespan: Lifespan, count: Count) -> Lifespan:
        """Return a lifespan in which the accounts are refreshed; what is under way at its end is stopped."""

        @asynccontextmanager
        async def both(app: Any) -> AsyncIterator[Any]:
            turn = asyncio.Lock()
            async with lifespan(app) as state:
                tasks = [
                    asyncio.create_task(self._go_on(account, self.first_wait(account), turn, count))
                    for account in self.roots
                ]
                try:
                    yield state
                finally:
                    for task in tasks:
                        task.cancel()
                    await asyncio.gather(*tasks, return_exceptions=True)

        return both

    def first_wait(self, account: str | None, now: datetime | None = None) -> float:
        """Return the seconds until an account is due, each some time after the one before it."""
        apart = min(self.every / len(self.roots), APART_SECONDS) * list(self.roots).index(account)
        try:
            created = open_snapshot(self.roots[account]).manifest.created_at
        except SnapshotError:
            return apart
        age = ((now or datetime.now(UTC)) - created).total_seconds()
        return max(self.every - age, apart)

    async def _go_on(self, account: str | None, wait: float, turn: asyncio.Lock, count: Count) -> None:
        failures, name = 0, account or "default"
        while True:
            await self.pause(wait)
            async with turn:
                outcome = _OUTCOMES.get(await self.work(account), "failed")
                if outcome != "failed" and await self.renew():
                    log.warning("the page over all accounts was not renewed after that of %s", name)
            failures = failures + 1 if outcome == "failed" else 0
            wait = self.every * min(2**failures, MOST_PERIODS)
            count(name, outcome)
            log.log(
                logging.WARNING if failures else logging.INFO,
                "refresh of %s: %s; the next one in %.0f s",
                name,
                outcome,
                wait,
            )
