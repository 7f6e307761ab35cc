"""A snapshot can be taken by a tool: with progress, one at a time, stopped without a loss."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from demo.account.account import demo_account
from demo.server.server import DemoServer, serve
from snapshot.reader import current_id
from snapshot.storage.lock import writing
from tests.mcp_reader.calls import asking


@pytest.fixture
def api() -> Iterator[DemoServer]:
    with serve(demo_account(12, bugs=40)) as server:
        yield server


def reaching(api: DemoServer) -> dict[str, Any]:
    return {"testio_customer_api_base_url": api.base_url, "testio_customer_api_token": api.token}


@pytest.mark.slow
async def test_a_snapshot_is_taken_with_progress_and_can_be_searched_at_once(
    api: DemoServer, tmp_path: Path
) -> None:
    told: list[tuple[float, float | None, str | None]] = []

    async def note(progress: float, total: float | None, message: str | None) -> None:
        told.append((progress, total, message))

    async with asking(tmp_path, **reaching(api)) as ask:
        said = await ask.client.call_tool_mcp("sync_data", {}, progress_handler=note)
        answer = said.structured_content
        assert answer is not None, said
        assert answer["complete"]
        assert answer["counts"]["tests"] == 12
        assert answer["snapshot"] == current_id(tmp_path)
        assert (await ask("search", query="the"))["hits"]
        again = await ask("sync_data", product_ids="Halo Shop")
        assert again["documents_written"] < answer["documents_written"]
        assert (await ask("get_server_diagnostics"))["index"]["state"] == "current"
    assert told
    assert all(total is not None and done <= total for done, total, _ in told)


async def test_while_another_one_writes_it_says_so_and_the_rest_answers(
    api: DemoServer, demo_snapshot: Path, tmp_path: Path
) -> None:
    async with asking(tmp_path, **reaching(api)) as ask:
        with writing(tmp_path, "refresh"):
            said = await ask.failing("sync_data")
    assert "in use by refresh" in said
    assert "call again" in said
    async with asking(demo_snapshot) as ask:
        assert "TESTIO_CUSTOMER_API_TOKEN" in await ask.failing("sync_data")


@pytest.mark.slow
async def test_a_cancelled_one_stops_and_the_next_goes_on(tmp_path: Path) -> None:
    reached = asyncio.Event()
    told: list[tuple[float, float | None, str | None]] = []

    async def note(progress: float, total: float | None, message: str | None) -> None:
        told.append((progress, total, message))
        if message == "features: 5 of 5":
            reached.set()

    with serve(demo_account(12, bugs=40), latency=0.05) as api:
        async with asking(tmp_path, **reaching(api)) as ask:
            call = asyncio.create_task(ask.client.call_tool_mcp("sync_data", {}, progress_handler=note))
            await reached.wait()
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            assert current_id(tmp_path) is None
            before = {path for path, _ in api.requests}
            api.requests.clear()
            result = await ask.client.call_tool_mcp("sync_data", {})
            while result.is_error:  # the one that was stopped lets go of the lock
                assert "in use" in str(result.content)
                result = await ask.client.call_tool_mcp("sync_data", {})
    assert result.structured_content is not None
    assert result.structured_content["complete"]
    kept = before - {path for path, _ in api.requests}
    assert sum(path.endswith("/features") for path in kept) >= 5  # what was fetched is not asked for again
