"""SIGTERM, as containers and schedulers send it, ends each task soon: nothing is lost, nothing is left."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from demo.account.account import DEMO_NOW, demo_account
from demo.server.exchange import Answer, Asked, Fault, GoOn
from demo.server.server import DemoServer, serve
from snapshot.storage.lock import writing
from snapshot.verify import verify
from tests.effort import GUARD
from tests.mcp_reader.published_account import publish_account

ROOT = Path(__file__).parents[2]
MAIN = "import testio_reports; testio_reports.main()"
TERMINATED = 128 + signal.SIGTERM
pytestmark = pytest.mark.slow


TELLING = f"""
import os, build.parallel as parallel
def told(number, real=parallel._run):
    os.write(2, b"at work\\n")  # at once: two workers write into one pipe
    return real(number)
parallel._run, parallel.cores = told, lambda: 2
{MAIN}
"""
"""A build whose workers say that they are at work."""


@contextmanager
def started(
    folder: Path, *words: str, api: DemoServer | None = None, program: str = MAIN
) -> Iterator[subprocess.Popen[str]]:
    """Start a task in a folder."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TESTIO", "LOG"))}
    way = (
        {"TESTIO_CUSTOMER_API_TOKEN": api.token, "TESTIO_CUSTOMER_API_BASE_URL": api.base_url} if api else {}
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, *words],
        cwd=folder,
        env={**kept, "PYTHONPATH": str(ROOT), **way},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def test_a_build_that_is_terminated_leaves_no_worker_and_the_next_one_ends_it(tmp_path: Path) -> None:
    """It waited for all the work of its workers; killed, it left them for ever."""
    publish_account(tmp_path / "snapshots", demo_account(120, bugs=600))
    with started(tmp_path, "build", program=TELLING) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == "at work\n"
        process.send_signal(signal.SIGTERM)
        said = process.stderr.read()  # to its end: no worker holds it open any more
    assert process.wait() == TERMINATED
    assert said.replace("at work\n", "") == "Stopped.\n"
    with started(tmp_path, "build") as process:
        out, said = process.communicate()
    assert process.returncode == 0, said
    assert "Built in" in out
    assert (tmp_path / "site" / "index.html").is_file()
    assert not list((tmp_path / "site").rglob("*.tmp"))


@dataclass(frozen=True)
class Held(Fault):
    """Answers no test, and says when it was asked for one."""

    asked: threading.Event

    def answer(self, asked: Asked, go_on: GoOn) -> Answer:
        if not asked.path.startswith("/exploratory_tests/"):
            return go_on(asked)
        self.asked.set()
        return replace(go_on(asked), delay=600)


def test_a_reader_that_is_terminated_while_it_takes_a_snapshot_frees_the_folder(tmp_path: Path) -> None:
    account = demo_account(24, bugs=24)
    publish_account(tmp_path / "snapshots", account, at=DEMO_NOW - timedelta(days=1))
    hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "0"}}
    messages: list[dict[str, Any]] = [
        {"id": 1, "method": "initialize", "params": hello},
        {"method": "notifications/initialized"},
        {"id": 2, "method": "tools/call", "params": {"name": "sync_data", "arguments": {}}},
    ]
    held = Held(threading.Event())
    with serve(account, faults=[held]) as api, started(tmp_path, "mcp", api=api) as process:
        assert process.stdin is not None
        process.stdin.writelines(json.dumps({"jsonrpc": "2.0", **one}) + "\n" for one in messages)
        process.stdin.flush()
        assert held.asked.wait(GUARD)
        process.send_signal(signal.SIGTERM)
        out, said = process.communicate()
    assert process.returncode == TERMINATED
    assert [json.loads(line)["id"] for line in out.splitlines() if '"id"' in line] == [1]
    assert "Traceback" not in said
    with writing(tmp_path / "snapshots", "test"):
        assert verify(tmp_path / "snapshots") == []


def test_a_reader_that_is_terminated_at_rest_says_nothing_of_an_error(tmp_path: Path) -> None:
    publish_account(tmp_path / "snapshots", demo_account(8, bugs=8))
    with started(tmp_path, "mcp") as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write('{"jsonrpc":"2.0","id":1,"method":"ping"}\n')
        process.stdin.flush()
        assert '"id":1' in process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate()
    assert process.returncode == TERMINATED
    assert "Traceback" not in said
