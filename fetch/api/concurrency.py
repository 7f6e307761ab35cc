"""Doing several things at once.

Not by `asyncio.TaskGroup`: before Python 3.13 a group cancels its own task when a job fails, and leaves that
behind, so that a deadline which comes later is no `TimeoutError` but ends everything.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

T = TypeVar("T")


async def together(jobs: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Run all jobs at once and return their results in order.

    The first one that fails ends the others, and its error is raised as it is.
    """
    async with _begun(jobs) as tasks:
        if tasks:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        return _results(tasks)


async def patiently(
    jobs: Iterable[Coroutine[Any, Any, T]], take: Callable[[list[T]], Awaitable[None]], patience: float
) -> None:
    """Run jobs like `together`, but take what is there every `patience` seconds, in the order of the jobs."""
    async with _begun(jobs) as tasks:
        waiting = set(tasks)
        while waiting:
            done, waiting = await asyncio.wait(waiting, timeout=patience, return_when=asyncio.FIRST_EXCEPTION)
            await take(_results([task for task in tasks if task in done]))


@asynccontextmanager
async def _begun(jobs: Iterable[Coroutine[Any, Any, T]]) -> AsyncIterator[Sequence[asyncio.Task[T]]]:
    """Start jobs; those that have not ended with the block are ended then."""
    tasks = [asyncio.create_task(job) for job in jobs]
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        try:
            await _ended(tasks)
        finally:
            for task in tasks:
                if not task.cancelled():
                    task.exception()  # it counts as seen: the first one is told


async def _ended(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Wait for jobs to end, also when the wait itself is ended: a job must not outlive what it works with."""
    ended: asyncio.CancelledError | None = None
    while waiting := [task for task in tasks if not task.done()]:
        try:
            await asyncio.wait(waiting)
        except asyncio.CancelledError as error:
            ended = error
    if ended is not None:
        raise ended


def _results(tasks: Iterable[asyncio.Task[T]]) -> list[T]:
    """Return the results of jobs that have ended, or raise the error of the first that failed."""
    ended = [task for task in tasks if task.done()]
    errors = [task.exception() for task in ended if not task.cancelled()]
    for error in errors:
        if error is not None:
            raise error
    return [task.result() for task in ended]
