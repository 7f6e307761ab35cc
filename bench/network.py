"""Twenty clients at once over HTTP: the time of an answer beside that of a server that has one tool."""

import asyncio
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parent.parent
CLIENTS, CALLS = 20, 200
_HEADERS = {"Accept": "application/json, text/event-stream"}
_MIXED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("list_products", {}),
    ("list_bugs", {"severity": "high", "per_page": 20}),
    ("query_metrics", {"metrics": "bug_count,rejection_rate", "dimensions": "month"}),
    ("search", {"query": "checkout"}),
    ("generate_quality_report", {}),
)


def rows(snapshots: Path) -> list[tuple[str, str, str]]:
    """Measure both servers, each in a process of its own, with the same clients.

    Raises:
        RuntimeError: When a call of the twenty clients fails.
    """
    with _serving([sys.executable, "-m", "bench.trivial"], {}) as port:
        (base,) = asyncio.run(_calls(port, (("echo", {"text": "hi"}),))).values()
    settings = {
        "TESTIO_SNAPSHOT_DIR": str(snapshots),
        "TESTIO_RATE_PER_MINUTE": "1000000",
        "LOG_LEVEL": "ERROR",
    }
    with _serving([sys.executable, "-m", "invoke", "serve", "--port"], settings) as port:
        found = asyncio.run(_calls(port, _MIXED))
    every = [one for times in found.values() for one in times]
    return [
        _row("a trivial tool", base, base),
        _row("five tools in turn", every, base),
        *(_row(f"of these, {name}", times, base) for name, times in found.items()),
    ]


@contextmanager
def _serving(command: list[str], settings: dict[str, str]) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    environment = {**os.environ, **settings}
    with subprocess.Popen(
        [*command, str(port)], cwd=ROOT, env=environment, stderr=subprocess.DEVNULL
    ) as process:
        try:
            while process.poll() is None:
                try:
                    socket.create_connection(("127.0.0.1", port)).close()
                    break
                except OSError:
                    time.sleep(0.1)
            yield port
        finally:
            process.kill()


async def _calls(port: int, mixed: Sequence[tuple[str, dict[str, Any]]]) -> dict[str, list[float]]:
    """Return the milliseconds of every call, by tool."""
    url = f"http://127.0.0.1:{port}/mcp"
    times: dict[str, list[float]] = {name: [] for name, _ in mixed}

    async def client(number: int) -> None:
        async with httpx.AsyncClient(headers=_HEADERS, timeout=60) as web:
            for at in range(CALLS):
                name, arguments = mixed[(number + at) % len(mixed)]
                params = {"name": name, "arguments": arguments}
                call = {"jsonrpc": "2.0", "id": at, "method": "tools/call", "params": params}
                begin = time.perf_counter()
                answer = await web.post(url, json=call)
                times[name].append((time.perf_counter() - begin) * 1000)
                if answer.status_code != 200 or answer.json()["result"].get("isError"):
                    raise RuntimeError(f"{name} failed: {answer.status_code} {answer.text[:200]}")

    await asyncio.gather(*map(client, range(CLIENTS)))
    return times


def _row(what: str, times: list[float], base: list[float]) -> tuple[str, str, str]:
    p95, beside = (statistics.quantiles(one, n=20)[-1] for one in (times, base))
    against = "baseline" if times is base else f"{p95 / beside:.1f} × trivial"
    return what, f"p50 {statistics.median(times):.0f} ms, p95 {p95:.0f} ms", against
