"""Connections are used again, but none on which a request was cut off."""

import asyncio

import httpx
import pytest

from demo.account.account import demo_account
from demo.server.server import serve
from fetch.api import endpoints
from fetch.api.client import ApiClient
from fetch.api.options import ClientOptions


async def test_a_request_that_is_ended_while_its_answer_is_closed_leaves_no_connection_busy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The next request waited for that connection, try after try, and the refresh stood still."""
    close = httpx.Response.aclose

    async def ended_meanwhile(response: httpx.Response) -> None:
        job = asyncio.current_task()
        assert job is not None
        job.cancel()  # as `together` does to the others when one fails
        await close(response)

    with serve(demo_account(2, bugs=2)) as server:
        async with ApiClient(ClientOptions(server.base_url, server.token, timeout=5)) as client:
            found = await endpoints.products(client)
            with monkeypatch.context() as patched:
                patched.setattr(httpx.Response, "aclose", ended_meanwhile)
                job = asyncio.create_task(endpoints.products(client))
                await asyncio.wait([job])
                assert job.cancelled()
            assert await endpoints.products(client) == found
            assert client.statistics.retries == 0
