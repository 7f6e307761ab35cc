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
    """Like `together`, but what has a result after `patience` seconds is taken without waiting for the rest.

    Results are taken in the order of their jobs, those that come late by themselves.
    """
    tasks: list[asyncio.Task[T]] = []
    try:
        async with asyncio.TaskGroup() as group:
            tasks.extend(group.create_task(job) for job in jobs)
            done, _ = await asyncio.wait(tasks, timeout=patience)
            await take([task.result() for task in tasks if task in done])
    except BaseExceptionGroup as failed:
        raise _first(failed) from None
    if late := [task.result() for task in tasks if task not in done]:
        await take(late)


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    error = group.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error
