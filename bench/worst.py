"""Refreshes from an API that means harm: their peak memory, and how far past their deadline they end.

`python -m bench.worst` measures each attack by itself and all of them together, `python -m bench.worst
empty_lists together` some.
"""

import asyncio
import json
import logging
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from bench.measure import peak, show
from bench.worst_api import ALL, ATTACKS, ROOT, worst_api

DEADLINE = 10.0
MEGABYTE = 2**20


def measured(attack: str, deadline: float = DEADLINE, times: int = 2) -> dict[str, Any]:
    """Refresh from an attack a few times into one folder, each in a process of its own.

    Args:
        attack: Its name, or `ALL`.
        deadline: Of each refresh, in seconds.
        times: How many refreshes; the second one goes on from what the first one kept.

    Returns:
        The most memory in bytes, the most seconds, and how the last one ended.
    """
    with tempfile.TemporaryDirectory() as folder, worst_api(attack) as url:
        found = []
        for _ in range(times):
            command = [sys.executable, "-m", "bench.worst", "--refresh", folder, url, str(deadline)]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
            if done.returncode:
                raise RuntimeError(f"{attack}: {done.stderr[-3000:]}")
            found.append(json.loads(done.stdout))
    return {**found[-1], **{name: max(one[name] for one in found) for name in ("peak", "seconds")}}


def rows(attacks: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """Measure some attacks."""
    for attack in attacks:
        found = measured(attack)
        late = found["seconds"] - DEADLINE
        over = f"{late:.1f} s after its deadline" if late > 0 else "before its deadline"
        yield attack, f"{found['peak'] / MEGABYTE:.0f} MB, {over}", found["end"]


def _refresh(root: Path, url: str, deadline: float) -> None:
    from base.errors import UserError
    from fetch.api.options import ClientOptions
    from fetch.refresh.refresh import RefreshRequest, refresh

    logging.disable(logging.ERROR)
    options = ClientOptions(url, "worst-token-41c8", attempts=2)
    began, own = time.perf_counter(), time.process_time()
    try:
        result = asyncio.run(refresh(root, options, RefreshRequest(deadline=deadline, accept_loss=True)))
        end = f"{result.counts.get('tests', 0)} tests, {len(result.problems)} gaps"
    except UserError as error:
        end = error.what
    used = {"seconds": time.perf_counter() - began, "cpu": time.process_time() - own, "peak": peak()}
    print(json.dumps({**used, "end": end}))


def main(arguments: list[str]) -> None:
    """Measure, or be one of the processes that are measured."""
    match arguments:
        case ["--refresh", root, url, deadline]:
            _refresh(Path(root), url, float(deadline))
        case names:
            show("The worst API", rows(names or [*ATTACKS, ALL]))


if __name__ == "__main__":
    main(sys.argv[1:])
