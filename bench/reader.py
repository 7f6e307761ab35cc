"""The tools' answers beside a tool that does nothing, and the server's start beside a server that has one."""

import asyncio
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import orjson
from fastmcp import Client

from bench.measure import milliseconds
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


def rows(snapshots: Path, repeat: int = 40) -> list[tuple[str, str, str]]:
    """Measure the reader over a snapshot folder."""
    return [*asyncio.run(_tools(snapshots, repeat)), *_starts(snapshots)]


async def _tools(snapshots: Path, repeat: int) -> list[tuple[str, str, str]]:
    async with Client(trivial_server()) as client:
        base, base95 = await milliseconds(lambda: client.call_tool("echo", {"text": "hi"}), repeat)
    found = [("a trivial tool, in memory", f"p50 {base:.1f} ms, p95 {base95:.1f} ms", "baseline")]
    async with Client(create_server(Settings(testio_snapshot_dir=snapshots))) as client:
        begin = time.perf_counter()
        listed = await client.call_tool("list_products", {})
        first = time.perf_counter() - begin
        found.append(("first call, which opens the snapshot", f"{first * 1000:.0f} ms", ""))
        product = (listed.structured_content or {})["products"][0]["id"]
        tests = await client.call_tool("list_tests", {"product_id": product})
        test = (tests.structured_content or {})["tests"][0]["id"]
        bugs = await client.call_tool("list_bugs", {"product_ids": product})
        bug = (bugs.structured_content or {})["bugs"][0]["id"]
        calls: dict[str, dict[str, Any]] = {
            "list_products": {},
            "get_product_summary": {"product_id": product},
            "list_tests": {"product_id": product},
            "get_test_summary": {"test_id": test},
            "list_bugs": {"product_ids": product},
            "get_bug_summary": {"bug_id": bug},
            "search": {"query": "export crash"},
            "generate_quality_report": {"product_ids": product},
            "query_metrics": {"metrics": "bug_count,rejection_rate", "dimensions": "month,severity"},
            "get_analytics_capabilities": {},
        }
        for tool, arguments in calls.items():
            begin = time.perf_counter()
            await client.call_tool(tool, arguments)
            cold = (time.perf_counter() - begin) * 1000
            p50, p95 = await milliseconds(lambda t=tool, a=arguments: client.call_tool(t, a), repeat)  # type: ignore[misc]
            answer = await client.call_tool(tool, arguments)
            tokens = len(orjson.dumps(answer.structured_content)) // 4
            found.append(
                (
                    f"{tool}, about {tokens} tokens",
                    f"first {cold:.0f} ms, then p50 {p50:.1f} ms, p95 {p95:.1f} ms",
                    f"{p50 / base:.1f} × trivial",
                )
            )
    return found


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
