"""Timing, memory, and the table that figures are printed in."""

import resource
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

from rich.console import Console
from rich.table import Table


def seconds(work: Callable[[], object], repeat: int = 1) -> float:
    """Return the median wall time of `work` in seconds."""
    times = []
    for _ in range(repeat):
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


async def milliseconds(call: Callable[[], Awaitable[object]], repeat: int) -> tuple[float, float]:
    """Return median and 95th percentile of an awaited call in milliseconds, after one call to warm up."""
    await call()
    times = []
    for _ in range(repeat):
        begin = time.perf_counter()
        await call()
        times.append((time.perf_counter() - begin) * 1000)
    return statistics.median(times), statistics.quantiles(times, n=20)[-1]


def peak() -> int:
    """Return the most memory this process ever had, in bytes, where Linux says it, without the parent's."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def kilobytes(paths: Iterable[Path]) -> str:
    """Say how many files there are, and their median and largest size in KB."""
    sizes = sorted(path.stat().st_size for path in paths)
    if not sizes:
        return "none"
    return f"{len(sizes)}: median {statistics.median(sizes) / 1024:.1f} KB, largest {sizes[-1] / 1024:.1f} KB"


def show(title: str, rows: Iterable[tuple[str, str, str]]) -> None:
    """Print rows of (what, figure, beside what)."""
    table = Table(title=title, title_justify="left")
    table.add_column("measured")
    table.add_column("figure", justify="right")
    table.add_column("against")
    for row in rows:
        table.add_row(*row)
    Console(width=120).print(table)
