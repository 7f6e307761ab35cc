"""The exit codes of several tasks in a row, from real processes: `invoke` in a checkout, and the script."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.settings import Settings
from console.dev_tasks import CHECKOUT
from demo.account.account import demo_account
from demo.server.exchange import Hits
from demo.server.faults import Fails
from demo.server.server import DemoServer, serve

PROGRAMS = {
    "invoke": ("-m", "invoke", "--search-root", str(CHECKOUT)),
    "script": ("-c", "import testio_reports; testio_reports.main()"),
}
"""The two ways to the same tasks, as arguments of Python."""
pytestmark = pytest.mark.slow
"""The same tasks also run in this process, in `test_tasks`."""


@pytest.fixture(scope="module")
def api_with_a_gap() -> Iterator[DemoServer]:
    """The API of a customer with one product, one of whose tests is refused: waiting changes nothing."""
    account = demo_account(32, bugs=64)
    refused = Fails(422, Hits(rf"^/exploratory_tests/{account.test_ids[598][3]}\b", times=None))
    with serve(account, faults=[refused]) as api:
        yield api


def environment_of(api: DemoServer) -> dict[str, str]:
    """The environment of a user whose only settings are these."""
    others = {name.upper() for name in Settings.model_fields}
    return {
        **{name: value for name, value in os.environ.items() if name.upper() not in others},
        "PYTHONPATH": str(CHECKOUT),
        "TESTIO_CUSTOMER_API_BASE_URL": api.base_url,
        "TESTIO_CUSTOMER_API_TOKEN": api.token,
        "TESTIO_PRODUCT_IDS": "598",
    }


def run(program: str, words: str, folder: Path, api: DemoServer) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *PROGRAMS[program], *words.split()],
        cwd=folder,
        env=environment_of(api),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_named_task_runs_and_gaps_are_told_at_the_end(
    program: str, tmp_path: Path, api_with_a_gap: DemoServer
) -> None:
    """A refresh with gaps keeps no later task from running, the same one again neither, and the code is 3."""
    done = run(program, "refresh build refresh build", tmp_path, api_with_a_gap)
    assert (done.returncode, done.stdout.count("Published "), done.stdout.count("Pages: ")) == (3, 2, 2)
    done = run(program, "status verify", tmp_path, api_with_a_gap)
    assert (done.returncode, " 0 faults" in done.stdout) == (0, True)


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_task_that_fails_stops_those_after_it(
    program: str, tmp_path: Path, api_with_a_gap: DemoServer
) -> None:
    """A failure is one line on stderr and exit code 1, also behind a task that owes another code."""
    done = run(program, "build refresh", tmp_path, api_with_a_gap)
    assert (done.returncode, done.stdout, len(done.stderr.strip().splitlines())) == (1, "", 1)
    done = run(program, "refresh diff --before unknown build", tmp_path, api_with_a_gap)
    assert (done.returncode, done.stdout.count("Published "), done.stdout.count("Pages: ")) == (1, 1, 0)
    assert "unknown" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
