"""The real process: quick to start, and nothing but the protocol on stdout."""

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastmcp import Client
from fastmcp.client.transports import StdioTransport

from config.scrubbing import HIDDEN
from demo.account.account import Account
from demo.server.exchange import ONCE, Answer, Asked, Fault, GoOn
from demo.server.faults import RateLimited
from demo.server.server import serve
from mcp_reader.tools import TOOLS
from tests.effort import GUARD
from tests.logged import lines_of
from tests.mcp_reader.published_account import publish_account

TV = 30417
ROOT = Path(__file__).parent.parent.parent
SERVE = "from config.settings import load; from mcp_reader.stdio import run_stdio; run_stdio(load())"
HEAVY = ("httpx", "whoosh", "jinja2", "rapidfuzz", "stamina", "structlog", "snapshot.reader", "build")


def environment(snapshots: Path, **more: str) -> dict[str, str]:
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("TESTIO", "FASTMCP", "LOG"))
    }
    return {**kept, "PYTHONPATH": str(ROOT), "TESTIO_SNAPSHOT_DIR": str(snapshots), **more}


@pytest.mark.slow
@pytest.mark.parametrize("era", ["auto", "legacy"])
async def test_a_client_talks_to_the_process(demo_snapshot: Path, tmp_path: Path, era: Any) -> None:
    transport = StdioTransport(
        sys.executable, ["-c", SERVE], env=environment(demo_snapshot), cwd=str(tmp_path), keep_alive=False
    )
    async with Client(transport, mode=era) as client:
        assert len(await client.list_tools()) == len(TOOLS)
        answer = await client.call_tool("list_products", {})
        assert answer.structured_content is not None
        assert len(answer.structured_content["products"]) == 5
        failed = await client.call_tool("list_tests", {"product_id": 1}, raise_on_error=False)
        assert failed.is_error


@pytest.mark.slow
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
    rest, log = process.communicate(timeout=GUARD)
    assert process.returncode == 0
    assert rest == ""
    assert [answer["id"] for answer in answers] == [1, 2]
    assert answers[1]["result"]["isError"]
    assert str(tmp_path) not in json.dumps(answers)
    lines = [json.loads(line) for line in log.splitlines()]
    assert any("DamagedManifest" in str(line["event"]) for line in lines)


class _Nameless(Fault):
    """The first test of a page has no usable id."""

    def answer(self, asked: Asked, go_on: GoOn) -> Answer:
        answer = go_on(asked)
        if answer.status != 200 or not asked.path.endswith("/exploratory_tests"):
            return answer
        listed = json.loads(answer.body)
        for row in listed["exploratory_tests"][:1]:
            row["id"] = "none"
        return replace(answer, body=json.dumps(listed).encode())


@pytest.mark.slow
@pytest.mark.parametrize("form", ["json", "text"])
async def test_what_a_tool_makes_the_rooms_log_is_scrubbed_and_in_the_configured_form(
    account: Account, tmp_path: Path, form: str
) -> None:
    """A product that the snapshot lacks is asked for: `fetch` logs first, and the token is in play."""
    publish_account(tmp_path / "snapshots", account, without_products={TV})
    with (
        serve(account, faults=[_Nameless(), RateLimited("seconds", hits=ONCE)]) as api,
        (tmp_path / "log").open("w+", encoding="utf-8") as log,
    ):
        transport = StdioTransport(
            sys.executable,
            ["-c", "from tasks import program; program.run(['testio-reports', 'mcp'])"],
            env=environment(
                tmp_path / "snapshots",
                TESTIO_CUSTOMER_API_TOKEN=api.token,
                TESTIO_CUSTOMER_API_BASE_URL=api.base_url,
                LOG_LEVEL="DEBUG",
                LOG_FORMAT=form,
            ),
            cwd=str(tmp_path),
            keep_alive=False,
            log_file=log,
        )
        async with Client(transport) as client:
            listed = await client.call_tool("list_tests", {"product_id": TV})
            assert listed.structured_content is not None
            assert listed.structured_content["source"] == "upstream"
            await client.call_tool(
                "search", {"query": f"https://a.example/?sig=0a1b2c {api.token}"}, raise_on_error=False
            )
        log.seek(0)
        told = log.read()
    assert "a listed test without a usable id is left out" in told
    assert "asked again in" in told
    assert HIDDEN in told
    assert api.token not in told
    assert "0a1b2c" not in told
    if form == "json":
        assert any(line.get("position") == 0 for line in lines_of(told))
    else:
        assert "position=0" in told
        stamp = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z \[\w+ *\] ")
        assert [line for line in told.splitlines() if not stamp.match(line)] == []


@pytest.mark.slow
def test_the_start_loads_nothing_that_only_a_tool_needs() -> None:
    code = (
        "import sys; from config.settings import Settings; from mcp_reader.server import create_server; "
        f"create_server(Settings(env_file=None)); print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment(Path("nowhere")),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"
