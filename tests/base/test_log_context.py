"""Values that stand in every line of a piece of work."""

import asyncio

from base.log_context import bound, bound_values


def test_values_hold_inside_and_end_with_the_block() -> None:
    with bound(refresh="r1"):
        with bound(part="tests"):
            assert bound_values() == {"refresh": "r1", "part": "tests"}
        assert bound_values() == {"refresh": "r1"}
    assert bound_values() == {}


async def test_tasks_that_run_at_once_do_not_see_the_values_of_each_other() -> None:
    async def work(name: str, other: asyncio.Event, own: asyncio.Event) -> object:
        with bound(refresh=name):
            own.set()
            await other.wait()
            return await asyncio.create_task(seen())

    async def seen() -> object:
        return bound_values()["refresh"]

    first, second = asyncio.Event(), asyncio.Event()
    assert [*await asyncio.gather(work("r1", first, second), work("r2", second, first))] == ["r1", "r2"]
