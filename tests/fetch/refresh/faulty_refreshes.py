"""Refreshing from the demo API and reading what was published."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import orjson

from demo.account.account import DEMO_NOW, Account, advance
from demo.server.exchange import ALWAYS, Answer, Asked, Fault, GoOn, Hits
from demo.server.server import DemoServer, serve
from fetch.api.options import ClientOptions
from fetch.refresh.known import Key
from fetch.refresh.refresh import RefreshResult, refresh
from fetch.refresh.request import RefreshRequest
from snapshot.errors import NoSnapshot
from snapshot.format.manifest import Manifest
from snapshot.reader import open_snapshot
from snapshot.verify import verify

Paths = list[tuple[str, str]]


def options(server: DemoServer, **more: Any) -> ClientOptions:
    return replace(ClientOptions(server.base_url, server.token), **more)


async def take(
    root: Path,
    account: Account,
    *,
    faults: Sequence[Fault] = (),
    day: float = 0,
    asked: Paths | None = None,
    **request: Any,
) -> RefreshResult:
    """Refresh from an account as it is some days later; `asked` takes all requests that were made."""
    with serve(advance(account, day), faults=faults) as server:
        try:
            return await refresh(
                root, options(server), RefreshRequest(**request), now=DEMO_NOW + timedelta(days=day)
            )
        finally:
            if asked is not None:
                asked += server.requests


def documents(root: Path, *, gone: bool = False) -> dict[Key, Any]:
    """The data of every published document, and that verify finds nothing wrong with any of them."""
    assert verify(root) == []
    snapshot = open_snapshot(root)
    return {
        (entry.kind, entry.id): snapshot.read(entry).data
        for entry in snapshot.manifest.entries
        if gone or entry.state != "gone"
    }


def files(root: Path) -> list[tuple[Path, bytes]]:
    """Every file below a folder with its content."""
    return sorted((path, path.read_bytes()) for path in root.rglob("*") if path.is_file())


def manifest(root: Path) -> Manifest:
    """The published version's manifest."""
    return open_snapshot(root).manifest


def unpublished(root: Path) -> bool:
    """Whether a folder holds no version."""
    try:
        open_snapshot(root)
    except NoSnapshot:
        return True
    return False


@dataclass(frozen=True)
class Changed(Fault):
    """An answer whose JSON is changed on its way."""

    of_content: ClassVar[bool] = True
    change: Callable[[dict[str, Any]], None]
    hits: Hits = ALWAYS

    def answer(self, asked: Asked, go_on: GoOn) -> Answer:
        answer = go_on(asked)
        if not self.hits(asked) or answer.status != 200:
            return answer
        body = orjson.loads(answer.body)
        self.change(body)
        return replace(answer, body=orjson.dumps(body))
