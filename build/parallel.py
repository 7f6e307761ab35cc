"""Tasks in several processes, as many as there are cores for them."""

import gc
import logging
import multiprocessing
import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

log = logging.getLogger(__name__)

Task = Callable[[], Any]
"""Does something and returns a value that can be pickled."""

_CGROUPS = Path("/sys/fs/cgroup")
_STOPPING = (signal.SIGINT, signal.SIGTERM)
_tasks: Sequence[Task] = ()
"""The tasks of a worker process, which it has from the process that it was forked from."""
_results = Path()
"""The folder of a worker's results, each in a file named by the number of its task."""


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
        done = _spread(tasks, workers)
    finally:
        gc.unfreeze()
    return [done[number] if number in done else task() for number, task in enumerate(tasks)]


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


def _spread(tasks: Sequence[Task], workers: int) -> dict[int, Any]:
    """Run tasks in worker processes, and return the results of those that did not fail, by their numbers.

    Results go through files: a worker that is stopped while it sends one would leave half of a message, and
    who reads it would wait for the rest.
    """
    with ExitStack() as stack:
        try:
            folder = Path(stack.enter_context(TemporaryDirectory(ignore_cleanup_errors=True)))
            fork = multiprocessing.get_context("fork")
            pool = stack.enter_context(ProcessPoolExecutor(workers, fork, _begin, (tasks, folder)))
        except OSError as error:  # a box without /dev/shm, where locks are, or without a temporary folder
            log.warning("the build takes one process only", extra={"reason": str(error)})
            return {}
        try:
            with _signals_wait():  # a worker that is not set up yet would tell of one as of an error
                waiting = [pool.submit(_run, number) for number in range(len(tasks))]
            done = [number for number, future in enumerate(waiting) if _is_done(future)]
        except BaseException:  # who is stopped waits for no work, only for its workers to be gone
            for worker in multiprocessing.active_children():
                worker.terminate()
            pool.shutdown(cancel_futures=True)
            raise
        return {number: pickle.loads((folder / str(number)).read_bytes()) for number in done}  # noqa: S301 - own


def _begin(tasks: Sequence[Task], results: Path) -> None:
    """Set up a worker, which a terminal's ^C reaches too: who started it ends it."""
    global _tasks, _results
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPPING)
    _tasks, _results = tasks, results


@contextmanager
def _signals_wait() -> Iterator[None]:
    """Hold back what stops this process until the end of the block; its children hold it back too."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _STOPPING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _run(number: int) -> bool:
    """Run a task in a worker, keep its result, and return whether that is done."""
    try:
        (_results / str(number)).write_bytes(pickle.dumps(_tasks[number]()))
    except Exception:  # noqa: BLE001 - it is run again, and raised, where it can be told
        return False
    return True


def _is_done(future: Future[bool]) -> bool:
    try:
        return future.result()
    except Exception as error:  # noqa: BLE001 - whatever became of the worker
        log.warning(
            "a worker of the build ended; its work is done again", extra={"reason": repr(error)[:200]}
        )
        return False
