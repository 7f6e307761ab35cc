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


async def milliseconds(calls: Iterable[Callable[[], Awaitable[object]]]) -> list[float]:
    """Return the milliseconds of CPU that each of some awaited calls takes, one after the other."""
    times = []
    for call in calls:
        begin = time.process_time()
        await call()
        times.append((time.process_time() - begin) * 1000)
    return times


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
