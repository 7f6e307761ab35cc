"""What a day costs a build: full, a day later and with nothing changed, each in a process of its own.

`python -m bench.days 120 700` measures accounts of these numbers of tests; with a commit behind them a full
build of that commit is measured beside, over the same snapshot.
"""

import asyncio
import json
import logging
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from pathlib import Path

from bench.api import ROOT, demo_api
from bench.measure import show
from demo.account.account import DEMO_NOW
from demo.server.server import DEMO_TOKEN
from fetch.api.options import ClientOptions
from fetch.refresh.refresh import refresh

_BUGS_A_TEST = 12
_STEP = """
import json, logging, resource, sys, time
from pathlib import Path
logging.disable(logging.WARNING)
begin = time.perf_counter()
from build.everything import build_everything
build_everything(Path(sys.argv[1]), Path(sys.argv[2]))
used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
own = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
print(json.dumps({
    "cpu": sum(one.ru_utime + one.ru_stime for one in used),
    "wall": time.perf_counter() - begin,
    "peak": max(int(own.split()[1]), used[1].ru_maxrss) / 1024,
}))
"""
"""Builds with the code in the current folder; CPU of all its processes, memory of the largest one in MB.

What the system counts for the process itself begins with that of the one which started it."""

Files = Mapping[Path, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Measured:
    """A build: seconds of CPU and of time, megabytes of its largest process, what it wrote, what there is."""

    cpu: float
    wall: float
    peak: float
    written: Files
    files: Files

    def row(self, name: str, full: "Measured") -> tuple[str, str, str]:
        """Return the row of a table, beside a full build."""
        pages, every = _pages(self.written), _pages(self.files)
        size = sum(size for size, _ in self.written.values()) / 2**20
        figure = f"{self.cpu:.1f} s CPU, {self.wall:.1f} s, {self.peak:.0f} MB"
        wrote = f"{pages} of {every} pages, {len(self.written)} files, {size:.1f} MB"
        return (
            f"{name}: {wrote}",
            figure,
            f"{self.cpu / full.cpu:.3f} × CPU, {pages / every:.0%} of the pages",
        )


def rows(tests: int, folder: Path, commit: str = "") -> list[tuple[str, str, str]]:
    """Measure an account of so many tests.

    Args:
        tests: Of its first day.
        folder: For what is measured; it may be thrown away afterwards.
        commit: Of this repository, whose full build is measured beside.
    """
    root, site = folder / "day-snapshots", folder / "day-site"
    _refreshed(root, tests, 0)
    found = []
    if commit:
        code = folder / "code"
        archive = subprocess.run(["git", "archive", commit], cwd=ROOT, capture_output=True, check=True).stdout
        with tarfile.open(fileobj=BytesIO(archive)) as files:
            files.extractall(code, filter="data")
        before = _built(code, root, folder / "their-site")
    full = _built(ROOT, root, site)
    if commit:
        found.append(before.row(f"full, as of {commit}", full))
    found.append(full.row(f"full, wall {full.wall / full.cpu:.2f} × CPU", full))
    _refreshed(root, tests, 1)
    found.append(_built(ROOT, root, site).row("a day later", full))
    found.append(_built(ROOT, root, site).row("nothing changed", full))
    return found


def _refreshed(root: Path, tests: int, day: int) -> None:
    with demo_api(tests, _BUGS_A_TEST * tests, latency=0, day=day) as url:
        asyncio.run(refresh(root, ClientOptions(url, DEMO_TOKEN), now=DEMO_NOW + timedelta(days=day)))


def _built(code: Path, root: Path, site: Path) -> Measured:
    before = _files(site)
    done = subprocess.run(
        [sys.executable, "-c", _STEP, str(root), str(site)],
        cwd=code, env={**os.environ, "PYTHONPATH": str(code)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"the build failed: {done.stderr}")
    after = _files(site)
    written = {path: one for path, one in after.items() if before.get(path) != one}
    return Measured(**json.loads(done.stdout), written=written, files=after)


def _files(site: Path) -> Files:
    """Return size and time of each file that readers see."""
    found = (path for path in site.rglob("*") if not path.name.startswith(".pages"))
    return {path: (path.stat().st_size, path.stat().st_mtime_ns) for path in found if path.is_file()}


def _pages(files: Files) -> int:
    return sum(path.suffix == ".html" for path in files)


def main(arguments: list[str]) -> None:
    """Measure each size in a folder of its own."""
    logging.disable(logging.WARNING)
    sizes = [one for one in arguments if one.isdecimal()]
    commit = next((one for one in arguments if not one.isdecimal()), "")
    for tests in map(int, sizes):
        with tempfile.TemporaryDirectory() as folder:
            show(f"A day, {tests:,} tests", rows(tests, Path(folder), commit))


if __name__ == "__main__":
    main(sys.argv[1:] or ["700"])
