"""Refreshes from an API that means harm: their peak memory, and how long after their deadline they end.

`python -m bench.worst` measures each attack by itself and all of them together, `python -m bench.worst
empty_lists together` some.
"""

import asyncio
import json
import logging
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from bench.attacks import ATTACKS
from bench.measure import peak, show
from bench.worst_api import ALL, ROOT, worst_api

DEADLINE = 8.0
MEGABYTE = 2**20


def measured(attack: str, deadline: float = DEADLINE, times: int = 2) -> dict[str, Any]:
    """Refresh from an attack a few times into one folder, each in a process of its own.

    Args:
        attack: Its name, or `ALL`.
        deadline: Of each refresh, in seconds.
        times: How many refreshes; the second one goes on from what the first one kept.

    Returns:
        The most memory in bytes, seconds and CPU seconds after a deadline, and how the last one ended.
    """
    with tempfile.TemporaryDirectory() as folder, worst_api(attack) as url:
        found = []
        for _ in range(times):
            command = [sys.executable, "-m", "bench.worst", "--refresh", folder, url, str(deadline)]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
            if done.returncode:
                raise RuntimeError(f"{attack}: {done.stderr[-3000:]}")
            found.append(json.loads(done.stdout))
    return {**found[-1], **{name: max(one[name] for one in found) for name in ("peak", "late", "cpu_late")}}


def rows(attacks: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """Measure some attacks."""
    for attack in attacks:
        found = measured(attack)
        late = f"{found['late']:.1f} s late, {found['cpu_late']:.1f} s of CPU"
        yield attack, f"{found['peak'] / MEGABYTE:.0f} MB, {late}", found["end"]


async def _refresh(root: Path, url: str, deadline: float) -> dict[str, Any]:
    from base.errors import UserError
    from fetch.api.options import ClientOptions
    from fetch.refresh.refresh import RefreshRequest, refresh

    at: list[float] = []
    timer = threading.Timer(deadline, lambda: at.append(time.process_time()))  # the loop may be at work then
    timer.daemon = True
    timer.start()
    options = ClientOptions(url, "worst-token-41c8", attempts=2)
    ends = time.perf_counter() + deadline
    try:
        result = await refresh(root, options, RefreshRequest(deadline=deadline, accept_loss=True))
        end = f"{result.counts.get('tests', 0)} tests, {len(result.problems)} gaps"
    except UserError as error:
        end = error.what
    late = max(time.perf_counter() - ends, 0.0)
    return {"late": late, "cpu_late": time.process_time() - at[0] if at else 0.0, "peak": peak(), "end": end}


def main(arguments: list[str]) -> None:
    """Measure, or be one of the processes that are measured."""
    match arguments:
        case ["--refresh", root, url, deadline]:
            logging.disable(logging.ERROR)
            print(json.dumps(asyncio.run(_refresh(Path(root), url, float(deadline)))))
        case names:
            show("The worst API", rows(names or [*ATTACKS, ALL]))


if __name__ == "__main__":
    main(sys.argv[1:])
