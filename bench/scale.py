"""A big account: each step in a process of its own, so that its memory, own CPU and time are told apart.

`python -m bench.scale` measures 8,000 tests with 100,000 bugs, `python -m bench.scale 700 8750` less.
"""

import asyncio
import json
import logging
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from bench.api import ROOT, demo_api
from bench.measure import peak, show

LATENCY = 0.1
CONCURRENCY = 10
MEGABYTE = 2**20

Figures = Mapping[str, Any]


def rows(folder: Path, tests: int = 8_000, bugs: int = 100_000) -> list[tuple[str, str, str]]:
    """Measure an account of this size, and leave what it writes in the folder."""
    root = folder / "snapshots"
    with demo_api(tests, bugs, latency=LATENCY) as url:
        full = _measured("refresh", root, url, 0)
    with demo_api(tests, bugs, latency=LATENCY, day=1) as url:
        warm = _measured("refresh", root, url, 1)
    loaded = _measured("load", root)
    cold = _measured("build", root, folder / "site")
    unchanged = _measured("build", root, folder / "site")
    most = 1.15 * _floor(full) + full["bugs"] / 1000
    return [
        *_refreshed("refresh, full", full, f"≤ {most:.0f} s: 1.15 × the floor + 1 ms a bug", "≤ 1 ms a bug"),
        *_refreshed("refresh, a day later", warm, "", "< 5 s"),
        ("load of the facts", f"{loaded['cpu']:.1f} s of CPU, {_memory(loaded)}", ""),
        ("build, cold", f"{cold['cpu']:.1f} s of CPU, {_memory(cold)}", ""),
        ("build, unchanged", f"{unchanged['cpu']:.1f} s of CPU, {_memory(unchanged)}", ""),
    ]


def _refreshed(name: str, found: Figures, most: str, most_own: str) -> list[tuple[str, str, str]]:
    own, bugs = found["cpu"], found["bugs"]
    floor = f"floor {_floor(found):.1f} s: requests × {1000 * LATENCY:.0f} ms ÷ {CONCURRENCY}"
    return [
        (f"{name}: {found['requests']:,} requests", f"{found['seconds']:.1f} s", most or floor),
        (f"{name}: own CPU", f"{own:.1f} s, {1000 * own / bugs:.2f} ms a bug", most_own),
        (f"{name}: peak memory", _memory(found), "≤ 400 MB"),
    ]


def _floor(found: Figures) -> float:
    """Return the seconds in which no client can be faster."""
    seconds: float = found["requests"] * LATENCY / CONCURRENCY
    return seconds


def _memory(found: Figures) -> str:
    return f"{found['peak'] / MEGABYTE:.0f} MB"


def _measured(step: str, *arguments: object) -> Figures:
    command = [sys.executable, "-m", "bench.scale", step, *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{step} failed: {done.stderr}")
    found: Figures = json.loads(done.stdout)
    return found


def _refresh(root: str, url: str, day: str) -> Figures:
    from demo.account.account import DEMO_NOW
    from demo.server.server import DEMO_TOKEN
    from fetch.api.options import ClientOptions
    from fetch.refresh.refresh import refresh

    options = ClientOptions(url, DEMO_TOKEN, concurrency=CONCURRENCY)
    result = asyncio.run(refresh(Path(root), options, now=DEMO_NOW + timedelta(days=int(day))))
    return {"requests": result.statistics.requests, "bugs": result.counts["bugs"]}


def _load(root: str) -> Figures:
    from build.facts.load import load_facts
    from snapshot.reader import open_snapshot

    return {"bugs": len(load_facts(open_snapshot(Path(root))).bugs)}


def _build(root: str, site: str) -> Figures:
    from build.everything import build_everything

    return {"pages": build_everything(Path(root), Path(site)).pages.written}


def _step(work: Callable[[], Figures]) -> None:
    """Print what a step found, its wall time and CPU in seconds and its peak memory in bytes."""
    logging.disable(logging.WARNING)
    wall, own = time.perf_counter(), time.process_time()
    found = work()
    used = {"seconds": time.perf_counter() - wall, "cpu": time.process_time() - own, "peak": peak()}
    print(json.dumps({**found, **used}))


def main(arguments: list[str]) -> None:
    """Measure, or be one of the processes that are measured."""
    match arguments:
        case ["refresh", root, url, day]:
            _step(lambda: _refresh(root, url, day))
        case ["load", root]:
            _step(lambda: _load(root))
        case ["build", root, site]:
            _step(lambda: _build(root, site))
        case sizes:
            with tempfile.TemporaryDirectory() as folder:
                found = rows(Path(folder), *map(int, sizes))
            show("Scale", found)


if __name__ == "__main__":
    main(sys.argv[1:])
