"""Whatever disturbs a row of refreshes, an undisturbed one then holds what a first one of that day would."""

import asyncio
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
import stamina

from base.errors import UserError
from demo.account.account import Account, advance, demo_account
from demo.server.exchange import Answer, Asked, Fault, GoOn, Hits
from demo.server.faults import BrokenTest, Fails, Unauthorized
from demo.server.server import serve
from fetch.refresh.known import Key
from fetch.refresh.problems import clear, retry
from fetch.refresh.refresh import refresh
from fetch.refresh.request import RefreshRequest
from snapshot.errors import NoSnapshot
from snapshot.reader import open_snapshot
from snapshot.verify import verify
from tests.fetch.refresh.faulty_refreshes import options

KINDS = ("plain", "full", "products", "since", "killed", "refused", "deadline", "retry", "clear")
SEED = int(os.environ.get("TESTIO_TEST_SEED", "20261121"))


@pytest.fixture(autouse=True)
def no_waiting() -> Iterator[None]:
    """Failed requests are not tried again."""
    stamina.set_active(False)
    yield
    stamina.set_active(True)


def faults_of(account: Account, chance: Random) -> list[Fault]:
    """Up to three things that go wrong, somewhere in the account."""
    found: list[Fault] = []
    for _ in range(chance.choice((0, 1, 1, 2, 3))):
        test_id, product_id = chance.choice(list(account.plans)), chance.choice(list(account.test_ids))
        paths = (
            rf"^/bugs.*{test_id}",
            rf"^/exploratory_tests/{test_id}\b",
            rf"^/products/{product_id}/.*features",
            rf"^/products/{product_id}/exploratory_tests\?page=[2-9]",
        )
        broken = [BrokenTest(test_id)] * 2
        found.append(chance.choice([*broken, *(Fails(500, Hits(path, times=None)) for path in paths)]))
    return found


@dataclass(frozen=True)
class Counting(Fault):
    """Says when so many requests have come."""

    number: int
    loop: asyncio.AbstractEventLoop
    reached: asyncio.Event

    def answer(self, asked: Asked, go_on: GoOn) -> Answer:
        """Count, and answer as usual."""
        if asked.number >= self.number:
            self.loop.call_soon_threadsafe(self.reached.set)
        return go_on(asked)


async def disturbed(root: Path, account: Account, chance: Random) -> None:
    """A refresh of some kind, in which some things go wrong."""
    kind = chance.choice(
        ("plain", "full", "products", "since", "killed", "refused", "deadline", "retry", "clear")
    )
    faults = faults_of(account, chance)
    request: dict[str, Any] = {"accept_loss": True}
    if kind == "full":
        request["full"] = True
    if kind in {"products", "killed"} and chance.random() < 0.7:
        request["only"] = tuple(chance.sample(list(account.test_ids), chance.choice((1, 2))))
    if kind == "since":
        request["since"] = account.now - timedelta(days=chance.choice((30, 90, 200)))
    if kind == "deadline":
        request["deadline"] = chance.choice((0.05, 0.1, 0.2))
    if kind == "refused":
        faults.append(Unauthorized(after=chance.randint(3, 60)))
    enough = asyncio.Event()
    if kind == "killed":
        faults.append(Counting(chance.randint(3, 60), asyncio.get_running_loop(), enough))
    slow = 0.01 if kind in {"killed", "deadline"} else 0.0
    with serve(account, faults=faults, latency=slow) as server:
        work = retry if kind == "retry" else refresh
        if kind == "clear":
            clear(root, lambda _: chance.random() < 0.5, now=account.now)
            return
        job = asyncio.ensure_future(work(root, options(server), RefreshRequest(**request), now=account.now))
        stop = asyncio.ensure_future(enough.wait())
        await asyncio.wait({job, stop}, return_when=asyncio.FIRST_COMPLETED)
        if not stop.cancel():
            job.cancel()
        await job


def held(root: Path) -> dict[Key, tuple[int | None, str]]:
    """Product and content of every document that is there and fresh, and that verify finds no fault."""
    assert verify(root) == []
    entries = open_snapshot(root).manifest.entries
    return {(one.kind, one.id): (one.product_id, one.sha256) for one in entries if one.state == "fresh"}


async def once(root: Path, account: Account) -> dict[Key, tuple[int | None, str]]:
    """What an undisturbed refresh holds."""
    with serve(account) as server:
        assert (await refresh(root, options(server), now=account.now)).complete
    return held(root)


def days(chance: Random) -> Sequence[float]:
    """When the refreshes of a row take place, each some days after the one before."""
    return [chance.choice((0, 0, 1 / 72, 1, 2, 5)) for _ in range(chance.randint(3, 7))]


@pytest.mark.slow
@pytest.mark.parametrize("place", range(30))
async def test_after_any_row_of_disturbed_refreshes_a_plain_one_mends_everything(
    tmp_path: Path, place: int
) -> None:
    chance = Random(f"{SEED}/{place}")  # noqa: S311 - what goes wrong, not a secret
    account = demo_account(chance.randint(24, 60), bugs=60, seed=chance.randint(1, 5))
    for later in days(chance):
        account = advance(account, later)
        try:
            await disturbed(tmp_path / "row", account, chance)
        except (UserError, NoSnapshot, asyncio.CancelledError):
            continue
        assert verify(tmp_path / "row") == []
    account = replace(account, now=account.now + timedelta(hours=2))
    assert await once(tmp_path / "row", account) == await once(tmp_path / "anew", account)
