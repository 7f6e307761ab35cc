"""The tools' answers beside a tool that does nothing, and the server's start beside a server that has one.

`python -m bench.reader FOLDER` measures over a snapshot folder with an index and a facts cache.
"""

import asyncio
import statistics
import subprocess
import sys
import time
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any

import orjson
from fastmcp import Client

from bench.measure import milliseconds, peak, show
from bench.trivial import trivial_server
from config.settings import Settings
from mcp_reader.server import create_server

ROOT = Path(__file__).parent.parent
_OWN = (
    "import sys; from pathlib import Path; from config.settings import Settings; "
    "from mcp_reader.stdio import run_stdio; run_stdio(Settings(testio_snapshot_dir=Path(sys.argv[1])))"
)
_FIRST = {
    "jsonrpc": "2.0", "id": 1, "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"},
    },
}  # fmt: skip


def rows(snapshots: Path, repeat: int = 20) -> list[tuple[str, str, str]]:
    """Measure the reader over a snapshot folder, in CPU of the server and its client in one process."""
    return [*asyncio.run(_tools(snapshots, repeat)), *_starts(snapshots)]


async def _tools(snapshots: Path, repeat: int) -> list[tuple[str, str, str]]:
    async with Client(trivial_server()) as client:
        times = await milliseconds([lambda: client.call_tool("echo", {"text": "hi"})] * repeat)
    base = statistics.median(times)
    found = [("a trivial tool, in memory", f"p50 {base:.1f} ms, p95 {_p95(times):.1f} ms", "baseline")]
    async with Client(create_server(Settings(testio_snapshot_dir=snapshots))) as client:
        begin = time.process_time()
        listed = await client.call_tool("list_products", {})
        opened = f"{time.process_time() - begin:.2f} s of CPU, {peak() / 2**20:.0f} MB"
        found.append(("first answer, which opens the snapshot", opened, ""))
        rows = (listed.structured_content or {})["products"]
        rows.sort(key=lambda row: -row["bug_count"])
        for tool, arguments in _calls([row["id"] for row in rows[:3]]).items():
            calls = [partial(client.call_tool, tool, one) for one in arguments]
            first, *anew = await milliseconds(calls)
            again = await milliseconds(calls[:1] * repeat)
            answer = await client.call_tool(tool, arguments[0])
            tokens = len(orjson.dumps(answer.structured_content)) // 4
            shown = [f"first {first:.0f} ms"]
            against = []
            for name, some in (("with new arguments", anew), ("again", again)):
                if some:
                    shown.append(f"{name} p50 {statistics.median(some):.1f}, p95 {_p95(some):.1f}")
                    against.append(f"{name} {statistics.median(some) / base:.1f} × trivial")
            found.append((f"{tool}, about {tokens} tokens", "; ".join(shown), "; ".join(against)))
    return found


def _p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]


def _calls(products: list[int]) -> dict[str, list[dict[str, Any]]]:
    """Return the arguments of calls, none of them twice, over the products with the most bugs."""
    several = list(zip(cycle(products), (f"last {days} days" for days in range(30, 350, 29)), strict=False))
    cuts = cycle(("month,severity", "feature", "platform,severity", "month", "product,month", "severity"))
    words = ("export crash", "login", "cart total", "crash OR freeze", "slow -video", '"sign in"', "keyb*")
    return {
        "list_products": [{}],
        "list_tests": [{"product_id": one, "start_date": since} for one, since in several],
        "list_bugs": [
            {"product_ids": one, "start_date": since, "severity": severity}
            for severity in ("critical,high", "low")
            for one, since in several
        ],
        "search": [{"query": one} for one in words],
        "generate_quality_report": [{"product_ids": one, "start_date": since} for one, since in several],
        "query_metrics": [
            {"metrics": "bug_count,rejection_rate", "dimensions": cut, "start_date": since}
            for cut, (_, since) in zip(cuts, several, strict=False)
        ],
        "get_analytics_capabilities": [{}],
    }


def _starts(snapshots: Path) -> list[tuple[str, str, str]]:
    """Time from the start of the process to the answer of the handshake, the median of three in turns."""
    commands = {
        "trivial": [sys.executable, "-m", "bench.trivial"],
        "reader": [sys.executable, "-c", _OWN, str(snapshots)],
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(3):
        for name, command in commands.items():
            times[name].append(_start(command))
    base, own = (statistics.median(times[name]) for name in commands)
    return [
        ("start of a trivial server over stdio", f"{base:.2f} s", "baseline"),
        ("start of the reader over stdio", f"{own:.2f} s", f"{own / base:.2f} × trivial"),
    ]


def _start(command: list[str]) -> float:
    begin = time.perf_counter()
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdin is not None and process.stdout is not None  # noqa: PT018, S101 - both are pipes
        process.stdin.write(orjson.dumps(_FIRST) + b"\n")
        process.stdin.flush()
        if not process.stdout.readline():
            raise RuntimeError(f"{command} did not answer")
        took = time.perf_counter() - begin
        process.stdin.close()
        process.kill()
    return took


if __name__ == "__main__":
    show(f"MCP reader, {sys.argv[1]}", rows(Path(sys.argv[1])))
