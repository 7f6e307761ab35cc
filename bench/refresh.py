"""The own CPU of a refresh, a request, beside that of another commit, in turns over the same demo API.

`python -m bench.refresh 700 a2f7e24` runs full refreshes of an account with so many tests, each in a process
of its own; its figure leaves out what importing the code takes.
"""

import logging
import statistics
import subprocess
import sys
import tarfile
import tempfile
from io import BytesIO
from pathlib import Path

from bench.api import ROOT, demo_api
from bench.measure import show

_TURNS = 5
_STEP = """
import asyncio, logging, sys, time
from pathlib import Path
logging.disable(logging.WARNING)
from demo.account.account import DEMO_NOW
from demo.server.server import DEMO_TOKEN
try:
    from fetch.api.options import ClientOptions
    from fetch.refresh.refresh import RefreshRequest, refresh
except ImportError:  # an older commit
    from fetch.client import ClientOptions
    from fetch.refresh import RefreshRequest, refresh
begin = time.process_time()
options = ClientOptions(sys.argv[1], DEMO_TOKEN)
done = asyncio.run(refresh(Path(sys.argv[2]), options, RefreshRequest(full=True), now=DEMO_NOW))
print((time.process_time() - begin) * 1000 / done.statistics.requests)
"""
"""Refreshes with the code in the current folder, and prints the milliseconds of CPU a request."""


def rows(tests: int, folder: Path, commit: str = "") -> list[tuple[str, str, str]]:
    """Measure full refreshes with this code, and with that of another commit in turns.

    Args:
        tests: Of the demo account.
        folder: An empty one.
        commit: Of this repository; none unless told.
    """
    places = {"this code": ROOT}
    if commit:
        places[f"as of {commit}"] = before = folder / "before"
        archive = subprocess.run(["git", "archive", commit], cwd=ROOT, capture_output=True, check=True).stdout
        with tarfile.open(fileobj=BytesIO(archive)) as files:
            files.extractall(before, filter="data")
    found: dict[str, list[float]] = {name: [] for name in places}
    with demo_api(tests, 10 * tests, latency=0) as url:
        for turn in range(_TURNS):
            for number, (name, place) in enumerate(places.items()):
                found[name].append(_refreshed(place, url, folder / f"{turn}-{number}"))
    own = statistics.median(found["this code"])
    return [
        (
            f"a full refresh, {name}",
            f"{statistics.median(times):.2f} ms of CPU a request",
            "" if name == "this code" else f"this code takes {own / statistics.median(times):.2f} of it",
        )
        for name, times in found.items()
    ]


def _refreshed(code: Path, url: str, root: Path) -> float:
    command = [sys.executable, "-c", _STEP, url, str(root)]
    return float(subprocess.run(command, cwd=code, capture_output=True, check=True).stdout)


def main(arguments: list[str]) -> None:
    """Print the table for each number of tests, with a commit beside where one is named."""
    logging.disable(logging.WARNING)
    commit = next((one for one in arguments if not one.isdecimal()), "")
    for tests in [int(one) for one in arguments if one.isdecimal()] or [700]:
        with tempfile.TemporaryDirectory() as folder:
            show(f"A refresh, {tests:,} tests", rows(tests, Path(folder), commit))


if __name__ == "__main__":
    main(sys.argv[1:])
