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

ROOT = Path(__file__).parents[2]
MAIN = "import testio_reports; testio_reports.main()"
GUARD = 300
"""Seconds after which a process counts as hanging; none comes near it."""
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
        timeout=GUARD,
        check=False,
    )


@pytest.mark.parametrize("task", ["doctor", "status --help"])
def test_a_pipe_whose_reader_leaves_ends_a_task_quietly(task: str, tmp_path: Path) -> None:
    """`doctor | head -1` used to print a traceback, in which nobody finds the answer."""
    done = shell(f"T {task} | head -1", tmp_path)
    assert done.stdout
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr


@pytest.mark.parametrize("closed", ["2>&-", ">&-", "<&-", "<&- >&- 2>&-"])
def test_a_task_works_without_a_standard_stream(closed: str, tmp_path: Path) -> None:
    """Schedulers start jobs with closed streams: a refresh ended with 1 there, without a word."""
    done = shell(f"T demo {closed}", tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "site" / "index.html").is_file()
    assert shell("T verify", tmp_path).returncode == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FASTMCP_LOG_LEVEL", "verbose"),
        ("FASTMCP_PORT", "many"),
        ("LOG_LEVEL", "chatty"),
        ("LOG_FORMAT", "pretty"),
        ("LOG_FORMAT", "ecs"),
    ],
)
@pytest.mark.parametrize("in_file", [False, True])
def test_the_reader_starts_beside_variables_meant_for_others(
    name: str, value: str, in_file: bool, tmp_path: Path
) -> None:
    """The reader stopped before its first message, and the client said no more than that it failed."""
    if in_file:
        (tmp_path / ".env").write_text(f"{name}={value}\n")
    done = shell("T mcp </dev/null", tmp_path, **({} if in_file else {name: value}))
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    if name.startswith("FASTMCP") and not in_file:
        assert f"{name} is ignored" in done.stderr


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
        while b"result" not in _read(terminal):  # it is up when it answers
            pass
        process.send_signal(signal.SIGINT)
        assert process.wait(GUARD) == 130
    finally:
        process.kill()
        process.communicate()
        os.close(terminal)


def _read(terminal: int) -> bytes:
    assert select.select([terminal], [], [], GUARD)[0], "the reader does not answer"
    return os.read(terminal, 65536)


def test_control_c_while_the_program_loads_is_quiet(tmp_path: Path) -> None:
    interrupting = (
        "import sys, builtins; real = builtins.__import__\n"
        "def loading(name, *rest):\n"
        "    if name == 'config.settings': raise KeyboardInterrupt\n"
        "    return real(name, *rest)\n"
        "builtins.__import__ = loading\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", interrupting + MAIN, "doctor"],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=GUARD,
        check=False,
    )
    assert done.returncode == 130
    assert done.stderr == ""
