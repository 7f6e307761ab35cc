"""The demo API in a process of its own, so that its CPU is not counted as the client's."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from demo.account.account import demo_account
from demo.server.server import serve

ROOT = Path(__file__).parent.parent


@contextmanager
def demo_api(tests: int, bugs: int, *, latency: float, day: int = 0) -> Iterator[str]:
    """Serve a demo account, seen on a day, and yield its URL; each answer takes `latency` seconds."""
    command = [sys.executable, "-m", "bench.api", *map(str, (tests, bugs, latency, day))]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None and process.stdout is not None  # noqa: PT018, S101 - both are pipes
        try:
            yield process.stdout.readline().strip()
        finally:
            process.stdin.close()


def _main(tests: str, bugs: str, latency: str, day: str) -> None:
    """Serve until the standard input ends."""
    account = demo_account(int(tests), bugs=int(bugs), day=int(day))
    with serve(account, latency=float(latency)) as api:
        print(api.base_url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    _main(*sys.argv[1:])
