import os
import socket
import subprocess
import sys
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from mcp_reader.http.app import create_app
from tests.effort import GUARD
from tests.mcp_reader.calls import settings_of
from tests.mcp_reader.http.served_app import Planted, client_of

ROOT = Path(__file__).parents[3]


def rpc(method: str, **params: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}


def bearer(text: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}"}


def mcp_headers(more: dict[str, str]) -> dict[str, str]:
    return {"Accept": "application/json, text/event-stream", **more}


@pytest.fixture(scope="session")
async def web(
    indexed_snapshot: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application over the demo snapshot, for tests that only read."""
    site = tmp_path_factory.mktemp("served") / "site"
    site.mkdir()
    (site / "index.html").write_text("<!doctype html><title>Portfolio</title>")
    (site / ".pages").write_text("hidden")
    (site.parent / "secret.txt").write_text("not served")
    app = await create_app(
        settings_of(
            indexed_snapshot,
            testio_site_dir=site,
            testio_keys_file=site.parent / "keys.json",
            testio_ready_hours=87600,
        )
    )
    async with app.lifespan(), await client_of(app) as client:
        yield client


@dataclass(frozen=True)
class Served:
    """The task `serve` in a process of its own, and what it logs."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path


@pytest.fixture
def served(indexed_snapshot: Path, tmp_path: Path) -> Iterator[Served]:
    environment = {
        **os.environ,
        "TESTIO_SNAPSHOT_DIR": str(indexed_snapshot),
        "TESTIO_SITE_DIR": str(tmp_path / "site"),
        "TESTIO_RATE_PER_MINUTE": "1000000",
        "DISABLED_TOOLS": "sync_data",  # no test takes a snapshot by chance
        "LOG_FORMAT": "json",
    }
    command = [sys.executable, "-m", "invoke", "--search-root", str(ROOT), "serve", "--port"]
    up = False
    while not up:  # somebody else may take the port before the server does
        port = free_port()
        with (
            (tmp_path / "log").open("w") as log,
            subprocess.Popen([*command, str(port)], cwd=tmp_path, env=environment, stderr=log) as process,
        ):
            served = Served(process, port, tmp_path / "log")
            up = _is_up(served)
            if up:
                yield served
            process.kill()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def _is_up(served: Served) -> bool:
    """Wait until the server answers, and return whether it could take its port."""
    while served.process.poll() is None:
        try:
            answer(served.port, "/healthz")
        except OSError:
            with suppress(subprocess.TimeoutExpired):
                served.process.wait(0.1)
        else:
            return True
    said = served.log.read_text()
    assert "address already in use" in said, said
    return False


def answer(port: int, path: str) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=GUARD) as found:
        return str(found.read().decode())


@pytest.fixture(scope="module")
def plain(indexed_snapshot: Path, tmp_path_factory: pytest.TempPathFactory) -> Planted:
    """The demo account with a page, for what is the same whatever is served."""
    site = tmp_path_factory.mktemp("plain")
    (site / "index.html").write_text("<!doctype html><title>Portfolio</title>")
    return Planted(indexed_snapshot, site, frozenset())


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    return tmp_path / "keys.json"
