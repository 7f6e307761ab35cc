"""The real process: quick to start, and nothing but the protocol on stdout."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from fastmcp import Client
from fastmcp.client.transports import StdioTransport

ROOT = Path(__file__).parent.parent.parent
SERVE = "from config.settings import load; from mcp_reader.server import run_stdio; run_stdio(load())"
HEAVY = ("httpx", "whoosh", "jinja2", "rapidfuzz", "stamina", "snapshot.reader", "build")


def environment(snapshots: Path, **more: str) -> dict[str, str]:
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("TESTIO", "FASTMCP", "LOG"))
    }
    return {**kept, "PYTHONPATH": str(ROOT), "TESTIO_SNAPSHOT_DIR": str(snapshots), **more}


@pytest.mark.parametrize("era", ["auto", "legacy"])
async def test_a_client_talks_to_the_process(demo_snapshot: Path, tmp_path: Path, era: Any) -> None:
    transport = StdioTransport(
        sys.executable, ["-c", SERVE], env=environment(demo_snapshot), cwd=str(tmp_path), keep_alive=False
    )
    async with Client(transport, mode=era) as client:
        assert len(await client.list_tools()) == 11
        answer = await client.call_tool("list_products", {})
        assert answer.structured_content is not None
        assert len(answer.structured_content["products"]) == 4
        failed = await client.call_tool("list_tests", {"product_id": 1}, raise_on_error=False)
        assert failed.is_error


def test_stdout_carries_the_protocol_only_and_stderr_the_log(tmp_path: Path) -> None:
    """Also when the log has something to say: a damaged snapshot, at level DEBUG."""
    snapshots = tmp_path / "snapshots"
    snapshots.mkdir()
    (snapshots / "CURRENT").write_text("garbage", encoding="utf-8")
    hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "0"}}
    messages: list[dict[str, Any]] = [
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {
            "jsonrpc": "2.0",
            "id": 2,
            "method": "tools/call",
            "params": {"name": "list_products", "arguments": {}},
        },
    ]
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE],
        cwd=tmp_path,
        env=environment(snapshots, LOG_LEVEL="DEBUG", LOG_FORMAT="json"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    answers = []
    for message in messages:
        process.stdin.write(json.dumps(message) + "\n")
        process.stdin.flush()
        if "id" in message:
            answers.append(json.loads(process.stdout.readline()))
    rest, log = process.communicate(timeout=300)
    assert process.returncode == 0
    assert rest == ""
    assert [answer["id"] for answer in answers] == [1, 2]
    assert answers[1]["result"]["isError"]
    assert str(tmp_path) not in json.dumps(answers)
    lines = [json.loads(line) for line in log.splitlines()]
    assert any("DamagedManifest" in str(line["event"]) for line in lines)


def test_the_start_loads_nothing_that_only_a_tool_needs() -> None:
    code = (
        "import sys; from config.settings import Settings; from mcp_reader.server import create_server; "
        f"create_server(Settings(_env_file=None)); print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment(Path("nowhere")),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"
