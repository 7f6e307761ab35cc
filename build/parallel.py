"""Tasks in several processes, as many as there are cores for them."""

import gc
import logging
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)

Task = Callable[[], Any]
"""Does something and returns a value that can be pickled."""

_CGROUPS = Path("/sys/fs/cgroup")
_STOPPING = (signal.SIGINT, signal.SIGTERM)
_tasks: Sequence[Task] = ()
"""The tasks of a worker process, which it has from the process that it was forked from."""


def run_all(tasks: Sequence[Task], workers: int) -> list[Any]:
    """Run tasks, and return their results in the same order.

    A task that fails in a worker, or whose worker is killed, is run again in this process, which raises what
    it raises. So what a task did before it failed must not be in its way.

    Args:
        tasks: Independent of each other; they are not pickled.
        workers: Into how many processes they are spread; with one they run here.
    """
    if workers < 2 or len(tasks) < 2 or not _can_fork():  # noqa: PLR2004 - more than one
        return [task() for task in tasks]
    gc.collect()
    gc.freeze()  # the collector would write to each object, and so copy the memory that is shared
    try:
        pool = _pool(workers, tasks)
        if pool is None:
            return [task() for task in tasks]
        with pool:
            try:
                with _signals_wait():  # a worker that is not set up yet would tell of one as of an error
                    waiting = [pool.submit(_run, number) for number in range(len(tasks))]
                done = [_result(future) for future in waiting]
            except BaseException:  # who is stopped waits for no worker
                pool.shutdown(wait=False, cancel_futures=True)
                for worker in multiprocessing.active_children():
                    worker.terminate()
                raise
    finally:
        gc.unfreeze()
    return [task() if failed else value for task, (failed, value) in zip(tasks, done, strict=True)]


def cores() -> int:
    """Return how many cores this process may use: by its affinity, and by the limit of its container."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(min([count, *_limits(_CGROUPS)]), 1)


def _limits(cgroups: Path) -> list[int]:
    """Return the whole cores that the limits of a container leave, as both versions of cgroups tell them."""
    found = []
    with suppress(OSError, ValueError):
        quota, period = (cgroups / "cpu.max").read_text().split()
        if quota != "max":
            found.append(int(quota) // int(period))
    with suppress(OSError, ValueError):
        quota = (cgroups / "cpu" / "cpu.cfs_quota_us").read_text()
        if int(quota) > 0:
            found.append(int(quota) // int((cgroups / "cpu" / "cpu.cfs_period_us").read_text()))
    return found


def _can_fork() -> bool:
    """Return whether this process can be copied: only one without other threads can, and only on Linux."""
    return sys.platform == "linux" and threading.active_count() == 1


def _pool(workers: int, tasks: Sequence[Task]) -> ProcessPoolExecutor | None:
    """Return the worker processes; None where their locks have no place, as in a box without /dev/shm."""
    try:
        return ProcessPoolExecutor(workers, multiprocessing.get_context("fork"), _begin, (tasks,))
    except OSError as error:
        log.warning("the build takes one process only", extra={"reason": f"{error.strerror}: /dev/shm"})
        return None


def _begin(tasks: Sequence[Task]) -> None:
    """Set up a worker, which a terminal's ^C reaches too: who started it ends it."""
    global _tasks  # noqa: PLW0603 - set once, at the start of a worker
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPPING)
    _tasks = tasks


@contextmanager
def _signals_wait() -> Iterator[None]:
    """Hold back what stops this process until the end of the block; its children hold it back too."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _STOPPING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _run(number: int) -> tuple[bool, Any]:
    """Run a task in a worker: whether it failed, and its result."""
    try:
        return False, _tasks[number]()
    except Exception:  # noqa: BLE001 - it is run again, and raised, where it can be told
        return True, None


def _result(future: "Future[tuple[bool, Any]]") -> tuple[bool, Any]:
    try:
        return future.result()
    except Exception as error:  # noqa: BLE001 - whatever became of the worker
        log.warning(
            "a worker of the build ended; its work is done again", extra={"reason": repr(error)[:200]}
        )
        return True, None
