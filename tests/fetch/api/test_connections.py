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


async def test_a_refresh_that_is_cancelled_while_it_ends_closes_every_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Those after the first were left to the collector, which told of them at any later moment."""
    close, closed = httpx.AsyncHTTPTransport.aclose, 0
    with serve(demo_account(2, bugs=2)) as server:
        client = ApiClient(ClientOptions(server.base_url, server.token, timeout=5))

        async def ended_meanwhile(connection: httpx.AsyncHTTPTransport) -> None:
            nonlocal closed
            job.cancel()
            await asyncio.sleep(0)
            await close(connection)
            closed += 1

        async def asking() -> None:
            async with client:
                await asyncio.gather(*(endpoints.products(client) for _ in range(3)))
                monkeypatch.setattr(httpx.AsyncHTTPTransport, "aclose", ended_meanwhile)

        job = asyncio.create_task(asking())
        await asyncio.wait([job])
        assert job.cancelled()
        assert closed == len(client._idle) > 1
