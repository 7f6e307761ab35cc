import asyncio
from collections.abc import Awaitable, Iterable
from contextlib import suppress
from typing import Any

import httpx
from pytest_httpx import HTTPXMock

from fetch.api.breaker import Breaker, State
from fetch.api.client import ApiClient
from fetch.api.errors import (
    CircuitOpen,
    Missing,
    ServerError,
)
from fetch.api.retries import (
    RetryPolicy,
)
from tests.fetch.stub_api import options


def numbered(client: ApiClient, numbers: Iterable[int], **more: Any) -> list[Awaitable[Any]]:
    return [client.get(f"/bugs/{number}", root="bug", shape=dict, **more) for number in numbers]


async def test_an_api_that_is_down_is_left_alone_after_few_requests(httpx_mock: HTTPXMock) -> None:
    """Ten different requests fail in a row; then one goes on to its last try while the others wait."""
    httpx_mock.add_response(status_code=503, is_reusable=True)
    breaker = Breaker()
    assert breaker.state() is State.CLOSED
    async with ApiClient(options(), breaker) as client:
        answers = await asyncio.gather(*numbered(client, range(60)), return_exceptions=True)
        assert client.statistics.requests <= 10 + 5
    assert breaker.state() is State.OPEN
    assert {type(answer) for answer in answers} == {ServerError, CircuitOpen}
    assert "GET /bugs/" in str(next(answer for answer in answers if isinstance(answer, CircuitOpen)))


async def test_an_api_that_was_down_for_a_moment_answers_everything(httpx_mock: HTTPXMock) -> None:
    for _ in range(13):
        httpx_mock.add_response(status_code=502)
    httpx_mock.add_response(json={"bug": {}}, is_reusable=True)
    async with ApiClient(options(), Breaker()) as client:
        answers = await asyncio.gather(*numbered(client, range(60)))
    assert answers == [{}] * 60


async def test_an_api_that_fails_every_request_once_answers_everything(httpx_mock: HTTPXMock) -> None:
    failed: set[str] = set()

    def once(request: httpx.Request) -> httpx.Response:
        known = request.url.path in failed
        failed.add(request.url.path)
        return httpx.Response(200 if known else 500, json={"bug": {}})

    httpx_mock.add_callback(once, is_reusable=True)
    async with ApiClient(options(), Breaker()) as client:
        assert await asyncio.gather(*numbered(client, range(60))) == [{}] * 60


async def test_an_answer_or_a_missing_thing_in_between_leaves_no_doubt(httpx_mock: HTTPXMock) -> None:
    breaker = Breaker()
    for status in [500] * 9 + [404] + [500] * 9 + [200] + [500] * 9:
        httpx_mock.add_response(status_code=status, json={"bug": {}})
    async with ApiClient(options(), breaker) as client:
        for job in numbered(client, range(29), policy=RetryPolicy(1)):
            with suppress(ServerError, Missing):
                await job
    assert breaker.state() is State.CLOSED
    assert len(breaker.suspects) == 9


async def test_requests_whose_failure_is_expected_do_not_count(httpx_mock: HTTPXMock) -> None:
    breaker = Breaker()
    httpx_mock.add_response(status_code=500, is_reusable=True)
    async with ApiClient(options(), breaker) as client:
        await asyncio.gather(
            *numbered(client, range(20), policy=RetryPolicy(counted=False)), return_exceptions=True
        )
    assert breaker.state() is State.CLOSED


async def test_one_request_that_fails_for_ever_is_no_doubt(httpx_mock: HTTPXMock) -> None:
    breaker = Breaker()
    httpx_mock.add_response(status_code=500, is_reusable=True)
    async with ApiClient(options(), breaker) as client:
        await asyncio.gather(*numbered(client, [7] * 20), return_exceptions=True)
    assert breaker.state() is State.CLOSED
