"""Tasks start, and end, wherever people start them: real processes, pipes, terminals and environments."""

import os
import pty
import re
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from demo.account.account import demo_account
from demo.server.server import serve
from snapshot.reader import open_snapshot
from tests.effort import GUARD

ROOT = Path(__file__).parents[2]
MAIN = "import testio_reports; testio_reports.main()"
pytestmark = pytest.mark.slow


def environment(**more: str) -> dict[str, str]:
    foreign = re.compile(r"TESTIO_|FASTMCP_|LOG_|SSL_|.*_PROXY$", re.IGNORECASE)
    kept = {name: value for name, value in os.environ.items() if not foreign.match(name)}
    keyring = {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
    return {**kept, **keyring, "PYTHONPATH": str(ROOT), **more}


def shell(line: str, folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a line of shell, in which `$T` is the console script."""
    script = f'T() {{ {sys.executable} -c "{MAIN}" "$@"; }}; set -o pipefail; {line}'
    return subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env=environment(**more),
        capture_output=True,
        text=True,
        errors="replace",
        timeout=GUARD,
        check=False,
    )


@pytest.mark.parametrize("task", ["doctor", "--list"])
def test_a_pipe_whose_reader_leaves_ends_a_task_quietly(task: str, tmp_path: Path) -> None:
    """`doctor | head -1` used to print a traceback, in which nobody finds the answer."""
    reader, writer = os.pipe()
    os.close(reader)  # gone before the first line
    command = [sys.executable, "-c", MAIN, task]
    with os.fdopen(writer, "wb") as pipe:
        gone = subprocess.run(
            command, cwd=tmp_path, env=environment(), stdout=pipe, stderr=subprocess.PIPE, check=False
        )
    assert (gone.returncode, gone.stderr) == (141, b"")
    done = shell(f"T {task} | head -1", tmp_path)
    assert done.stdout.count("\n") == 1
    assert done.returncode in {0, 1, 141}  # its own, when all of it fits into the pipe at once
    assert done.stderr == ""


@pytest.mark.parametrize("task", ["doctor", "--list"])
def test_output_that_a_full_disk_does_not_take_is_one_line(task: str, tmp_path: Path) -> None:
    done = shell(f"T {task} >/dev/full", tmp_path)
    assert done.returncode == 1
    assert done.stderr == "What is said cannot be written: No space left on device.\n"


def test_a_console_that_does_not_know_every_letter_shows_the_rest(tmp_path: Path) -> None:
    """Windows knows no check mark in its consoles: a refresh there ended before it began."""
    with serve(demo_account(8, bugs=8)) as api:
        done = shell(
            "T refresh doctor; PYTHONIOENCODING=ascii T status",
            tmp_path,
            PYTHONIOENCODING="cp1252",
            TESTIO_CUSTOMER_API_TOKEN=api.token,
            TESTIO_CUSTOMER_API_BASE_URL=api.base_url,
            TESTIO_CUSTOMER_NAME="Müller 購物車",
        )
    assert done.returncode == 0, done.stderr
    assert "Published" in done.stdout
    assert "? The API answers" in done.stdout
    assert "8 tests" in done.stdout
    assert "Traceback" not in done.stderr
    assert "UnicodeEncodeError" not in done.stderr


@pytest.mark.parametrize("closed", ["2>&-", ">&-", "<&-", "<&- >&- 2>&-"])
def test_a_task_works_without_a_standard_stream(closed: str, tmp_path: Path) -> None:
    """Schedulers start jobs with closed streams: a refresh ended with 1 there, without a word."""
    with serve(demo_account(8, bugs=8)) as api:
        done = shell(
            f"T refresh {closed}; echo $?",
            tmp_path,
            TESTIO_CUSTOMER_API_TOKEN=api.token,
            TESTIO_CUSTOMER_API_BASE_URL=api.base_url,
        )
    assert done.stdout.endswith("0\n"), done.stderr
    assert len(open_snapshot(tmp_path / "snapshots").manifest.entries) > 8


FOREIGN = {
    "FASTMCP_LOG_LEVEL": "verbose",
    "FASTMCP_PORT": "many",
    "LOG_LEVEL": "chatty",
    "LOG_FORMAT": "ecs",
}
"""Variables as other programs have them."""


@pytest.mark.parametrize("in_file", [False, True])
def test_the_reader_starts_beside_variables_meant_for_others(in_file: bool, tmp_path: Path) -> None:
    """The reader stopped before its first message, and the client said no more than that it failed."""
    if in_file:
        (tmp_path / ".env").write_text("".join(f"{name}={value}\n" for name, value in FOREIGN.items()))
    done = shell("T mcp </dev/null", tmp_path, **({} if in_file else FOREIGN))
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    for name in FOREIGN:
        assert (name in done.stderr) is (not in_file or name.startswith("LOG"))


def test_the_reader_on_a_terminal_ends_at_the_first_control_c(tmp_path: Path) -> None:
    """It used to take three, as a thread waited for the next line of the terminal."""
    terminal, its_end = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", MAIN, "mcp"],
        cwd=tmp_path,
        env=environment(LOG_LEVEL="DEBUG"),
        stdin=its_end,
        stdout=its_end,
        stderr=subprocess.PIPE,
    )
    os.close(its_end)
    try:
        message = b'{"jsonrpc":"2.0","id":1,"method":"ping"}\n'
        os.write(terminal, message)
        said = b""
        while b"result" not in said:  # it is up when it answers
            said += _read(terminal)
        process.send_signal(signal.SIGINT)
        assert process.wait(GUARD) == 130
    finally:
        process.kill()
        process.communicate()
        os.close(terminal)


def _read(terminal: int) -> bytes:
    assert select.select([terminal], [], [], GUARD)[0], "the reader does not answer"
    return os.read(terminal, 65536)


@pytest.mark.parametrize(
    ("loading", "task", "sent"),
    [
        ("pathlib", "doctor", "SIGINT"),
        ("config.settings", "doctor", "SIGINT"),
        ("fastmcp", "mcp", "SIGINT"),
        ("fetch.api.client", "refresh", "SIGINT"),
        ("fastmcp", "mcp", "SIGTERM"),
    ],
)
def test_a_signal_while_the_program_loads_is_quiet(
    loading: str, task: str, sent: str, tmp_path: Path
) -> None:
    """Who stops a start at once gets the prompt back, and no traceback of a half loaded program."""
    interrupting = (
        "import sys, builtins, os, signal, testio_reports; real = builtins.__import__\n"
        "def loading(name, *rest):\n"
        f"    if name == {loading!r}: os.kill(os.getpid(), signal.{sent})\n"
        "    return real(name, *rest)\n"
        "builtins.__import__ = loading\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", f"{interrupting}{MAIN}", task],
        cwd=tmp_path,
        env=environment(TESTIO_CUSTOMER_API_TOKEN="a-token-of-a-test"),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=GUARD,
        check=False,
    )
    assert done.returncode in ({130} if sent == "SIGINT" else {-signal.SIGTERM, 128 + signal.SIGTERM})
    assert done.stderr in {"", "Stopped.\n"}
