"""Doing several things at once."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any, TypeVar

T = TypeVar("T")


async def together(jobs: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Run all jobs at once and return their results in order.

    The first one that fails ends the others, and its error is raised as it is.
    """
    tasks: list[asyncio.Task[T]] = []
    try:
        async with asyncio.TaskGroup() as group:
            tasks.extend(group.create_task(job) for job in jobs)
    except BaseExceptionGroup as failed:
        raise _first(failed) from None
    return [task.result() for task in tasks]


async def patiently(
    jobs: Iterable[Coroutine[Any, Any, T]], take: Callable[[list[T]], Awaitable[None]], patience: float
) -> None:
    """Run jobs like `together`, but take what is there every `patience` seconds, in the order of the jobs."""
    tasks: list[asyncio.Task[T]] = []
    try:
        async with asyncio.TaskGroup() as group:
            tasks.extend(group.create_task(job) for job in jobs)
            waiting = set(tasks)
            while waiting:
                done, waiting = await asyncio.wait(waiting, timeout=patience)
                await take([task.result() for task in tasks if task in done])
    except BaseExceptionGroup as failed:
        raise _first(failed) from None


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    error = group.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error
