"""Jobs that run at once end together, and leave nothing behind that a later deadline stumbles over."""

import asyncio
import gc
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

import pytest

from fetch.api.concurrency import patiently, together


class Failed(Exception):
    pass


async def fail() -> int:
    raise Failed


async def _in_time(job: Coroutine[Any, Any, None]) -> None:
    async with asyncio.timeout(0.01):
        await job


async def wait(ended: list[str]) -> int:
    try:
        await asyncio.Event().wait()
    finally:
        ended.append("x")
    return 1


async def test_results_come_in_the_order_of_the_jobs() -> None:
    gate = asyncio.Event()

    async def first() -> int:
        await gate.wait()
        return 1

    async def second() -> int:
        gate.set()
        return 2

    assert await together([first(), second()]) == [1, 2]
    assert await together([]) == []


async def test_the_first_failure_ends_the_other_jobs_and_is_raised_as_it_is() -> None:
    ended: list[str] = []
    with pytest.raises(Failed):
        await together([wait(ended), fail(), wait(ended)])
    assert ended == ["x", "x"]


async def test_a_deadline_after_a_failure_is_still_a_deadline() -> None:
    """The refresh ended with a traceback at its deadline, and published nothing of what it had."""

    async def fail_and_wait() -> None:
        for _ in range(3):
            with suppress(Failed):
                await together([asyncio.sleep(0), fail()])
        await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        await _in_time(fail_and_wait())


async def test_a_deadline_in_the_middle_of_a_failure_is_not_lost() -> None:
    """The job went on for ever after it: whoever waited for the refresh waited in vain."""

    async def linger() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.02)

    async def fail_and_wait() -> None:
        with suppress(Failed):
            await together([linger(), fail()])
        await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        await _in_time(fail_and_wait())


async def test_who_is_stopped_ends_its_jobs() -> None:
    ended: list[str] = []
    job = asyncio.create_task(together([wait(ended), wait(ended)]))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await job
    assert ended == ["x", "x"]


async def test_what_is_there_is_taken_while_others_still_work() -> None:
    taken: list[list[int]] = []
    gate = asyncio.Event()

    async def late() -> int:
        await gate.wait()
        return 2

    async def take(found: list[int]) -> None:
        taken.append(found)
        gate.set()

    await patiently([late(), asyncio.sleep(0, 1)], take, patience=0.001)
    assert [number for found in taken for number in found] == [1, 2]


async def test_what_fails_while_it_is_ended_is_no_error_that_nobody_saw() -> None:
    """A refresh that the API refused left a "Task exception was never retrieved" in the log."""
    unseen: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: unseen.append(context))

    async def fail_late() -> int:
        try:
            await asyncio.Event().wait()
        finally:
            await fail()
        return 1

    with pytest.raises(Failed):
        await together([fail_late(), fail(), fail(), fail_late()])
    gc.collect()
    await asyncio.sleep(0)
    assert unseen == []


async def test_jobs_are_waited_for_although_the_wait_is_ended_again() -> None:
    """A job that outlived its client left connections open, of which nobody knew any more."""
    ended: list[str] = []
    ending = asyncio.Event()

    async def slow_to_end() -> int:
        try:
            await asyncio.Event().wait()
        finally:
            ending.set()
            for _ in range(5):
                await asyncio.sleep(0)
            ended.append("x")
        return 1

    job = asyncio.create_task(together([slow_to_end()]))
    for _ in range(3):
        await asyncio.sleep(0)
    job.cancel()
    await ending.wait()
    job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await job
    assert ended == ["x"]
