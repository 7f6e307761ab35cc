import asyncio
import logging
import re
import socket
import traceback
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest
import stamina
from pytest_httpx import HTTPXMock

from base.errors import InvalidInput
from demo.server.background import BackgroundServer, in_background
from fetch.api.client import ApiClient
from fetch.api.errors import (
    BadAnswer,
    Declined,
    Missing,
    RateLimited,
    ServerError,
    TimedOut,
    Unauthorized,
    Unreachable,
    UpstreamError,
)
from fetch.api.options import ClientOptions, check_base_url
from fetch.api.retries import (
    BROKEN_BEFORE,
    LONGEST_WAIT,
    NARROWING,
    PATIENT,
    SECOND_LOOK,
    RetryPolicy,
    retry_after,
)
from tests.fetch.stub_api import BASE_URL, TOKEN, ask, options

NOW = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)


async def test_it_sends_a_get_with_the_token_and_takes_what_stands_below_the_root(
    httpx_mock: HTTPXMock,
) -> None:
    httpx_mock.add_response(json={"products": [{"id": 1}]})
    assert await ask(params=[("filter[product_ids][]", 1), ("filter[product_ids][]", 2)]) == [{"id": 1}]
    request = httpx_mock.get_requests()[0]
    assert request.method == "GET"
    assert request.headers["Authorization"] == f"Token {TOKEN}"
    assert request.headers["User-Agent"].startswith("testio-reports/")
    assert request.url.params.get_list("filter[product_ids][]") == ["1", "2"]
    assert str(request.url).startswith(f"{BASE_URL}/products?")


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 507, 520, 524, 599])
async def test_a_passing_fault_is_tried_again(httpx_mock: HTTPXMock, status: int) -> None:
    httpx_mock.add_response(status_code=status)
    httpx_mock.add_response(json={"products": []})
    assert await ask() == []


@pytest.mark.parametrize(
    "content",
    [b"", b'{"products": [{"id": 1}', b"<!DOCTYPE html><html>Maintenance</html>", b"  <p>", b"null", b"[]",
     b'{"error": "x"}', b'{"products": {"id": 1}}', b'{"products": null}'],
)  # fmt: skip
async def test_a_body_that_is_not_the_expected_json_counts_as_a_failed_try(
    httpx_mock: HTTPXMock, content: bytes
) -> None:
    httpx_mock.add_response(content=content)
    httpx_mock.add_response(json={"products": []})
    assert await ask() == []


@pytest.mark.parametrize(
    "fault", [httpx.ConnectError, httpx.ReadTimeout, httpx.ReadError, httpx.RemoteProtocolError]
)
async def test_a_connection_that_breaks_is_tried_again(
    httpx_mock: HTTPXMock, fault: Callable[[str], Exception]
) -> None:
    httpx_mock.add_exception(fault("broken"))
    httpx_mock.add_response(json={"products": []})
    assert await ask() == []


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, Declined), (401, Unauthorized), (403, Unauthorized), (404, Missing),
     (410, Missing), (422, Declined), (301, Declined), (302, Declined), (501, ServerError),
     (505, ServerError)],
)  # fmt: skip
async def test_what_will_not_change_is_asked_once(
    httpx_mock: HTTPXMock, status: int, kind: type[UpstreamError]
) -> None:
    httpx_mock.add_response(status_code=status, headers={"Location": "https://elsewhere.example.com/"})
    with pytest.raises(kind) as caught:
        await ask()
    assert caught.value.status == status
    assert len(httpx_mock.get_requests()) == 1


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ({"status_code": 429}, RateLimited),
        ({"status_code": 503}, ServerError),
        ({"text": "<html>"}, BadAnswer),
        ({"text": "{"}, BadAnswer),
    ],
)
async def test_after_all_tries_the_error_says_what_it_was(
    httpx_mock: HTTPXMock, answer: dict[str, Any], kind: type[UpstreamError]
) -> None:
    httpx_mock.add_response(**answer, is_reusable=True)
    async with ApiClient(options()) as client:
        with pytest.raises(kind):
            await client.get("/products", root="products")
        assert (client.statistics.requests, client.statistics.retries) == (5, 4)


@pytest.mark.parametrize(
    ("fault", "kind"), [(httpx.ConnectError("no route"), Unreachable), (httpx.ReadTimeout("slow"), TimedOut)]
)
async def test_no_answer_is_told_from_a_late_one(
    httpx_mock: HTTPXMock, fault: Exception, kind: type[UpstreamError]
) -> None:
    httpx_mock.add_exception(fault, is_reusable=True)
    with pytest.raises(kind):
        await ask()


async def test_an_answer_that_trickles_in_is_given_up_at_the_timeout(httpx_mock: HTTPXMock) -> None:
    async def late(_: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    httpx_mock.add_callback(late, is_reusable=True)
    async with ApiClient(options(timeout=0.01)) as client:
        with pytest.raises(TimedOut, match=r"did not answer within 0\.01 s"):
            await client.get("/products", root="products", policy=RetryPolicy(2))


async def test_errors_name_method_path_and_status_and_hold_no_token_and_no_query(
    httpx_mock: HTTPXMock,
) -> None:
    httpx_mock.add_response(status_code=422, text=f"bad {TOKEN}")
    with pytest.raises(Declined) as caught:
        await ask(params=[("page", 700 + 77)])
    error = caught.value
    assert (error.method, error.path, error.status) == ("GET", "/products", 422)
    told = "".join(traceback.format_exception(error)) + repr(error) + str(error)
    assert "GET /products" in told
    assert TOKEN not in told
    assert "777" not in told


async def test_a_refused_token_names_the_variable(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(status_code=401)
    with pytest.raises(Unauthorized, match="TESTIO_CUSTOMER_API_TOKEN"):
        await ask()


async def test_a_redirect_is_not_followed(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(status_code=302, headers={"Location": "https://evil.example.com/"})
    with pytest.raises(Declined):
        await ask()
    assert [request.url.host for request in httpx_mock.get_requests()] == ["api.example.com"]


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0), (" 0 ", 0.0), ("1.5", 1.5), ("86400", LONGEST_WAIT),
        (format_datetime(NOW + timedelta(seconds=20), usegmt=True), 20.0),
        (format_datetime(NOW - timedelta(days=1), usegmt=True), 0.0),
        ("Fri, 20 Nov 2026 06:00:05", 5.0),
        ("", None), (None, None), ("soon", None), ("-3", None), ("٣", None),
        ("Fri, 99 Nov 2026 06:00:05 GMT", None),
        ("Fri, 20 Nov 100000000000000000000 06:00:05 GMT", None),
        ("Fri, 20 Nov 2026 99999999999:00:00 GMT", None),
        ("Fri, 20 Nov 2026 06:00:05 +9999", None),
        ("Fri, 31 Dec 9999 23:59:59 -2359", LONGEST_WAIT),
        ("9" * 400, LONGEST_WAIT),
        ("9" * 5_000, LONGEST_WAIT),
    ],
)  # fmt: skip
def test_retry_after_is_seconds_or_a_date_within_bounds(header: str | None, seconds: float | None) -> None:
    """A date of the year 10^20 ended the refresh with an OverflowError."""
    assert retry_after(header, NOW) == seconds


async def test_retry_after_decides_how_long_is_waited(
    httpx_mock: HTTPXMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []

    async def noted(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr("asyncio.sleep", noted)
    httpx_mock.add_response(status_code=429, headers={"Retry-After": "7"})
    httpx_mock.add_response(status_code=500)
    httpx_mock.add_response(json={"products": []})
    with stamina.set_testing(False):
        await ask()
    assert 7.0 <= waits[0] <= 7.5
    assert 0.5 <= waits[1] <= 2.5


async def test_no_more_requests_are_under_way_than_allowed(httpx_mock: HTTPXMock) -> None:
    under_way, most = 0, 0

    async def busy(_: httpx.Request) -> httpx.Response:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        for _turn in range(5):
            await asyncio.sleep(0)
        under_way -= 1
        return httpx.Response(200, json={"products": []})

    httpx_mock.add_callback(busy, is_reusable=True)
    async with ApiClient(options(concurrency=3)) as client:
        await asyncio.gather(*(client.get("/products", root="products") for _ in range(20)))
    assert most == 3


@pytest.mark.parametrize(
    "cookie",
    [
        "session=\u00e9; Path=/",
        "s\u00fc\u00df=1",
        "a=\u2713",
        "a=1; Domain=\u00e4.example.com",
        "=;=;=",
        "a=" + "x" * 9000,
    ],
)
async def test_no_cookie_is_kept(cookie: str) -> None:
    """One letter beyond ASCII in Set-Cookie, and no later request of the refresh could be sent."""
    asked: list[httpx.Headers] = []

    async def answer(scope: Any, _: Any, send: Any) -> None:
        asked.append(httpx.Headers(scope["headers"]))
        headers = [(b"set-cookie", cookie.encode()), (b"set-cookie", b"plain=1; Path=/")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b'{"products": []}'})

    listener = socket.create_server(("127.0.0.1", 0))
    with in_background(BackgroundServer(answer), listener):
        here = ClientOptions(f"http://127.0.0.1:{listener.getsockname()[1]}", TOKEN)
        async with ApiClient(here) as client:
            for _ in range(3):
                assert await client.get("/products", root="products") == []
    assert [headers.get("cookie") for headers in asked] == [None] * 3


@pytest.mark.parametrize(
    ("one", "other", "tries"),
    [
        (PATIENT, PATIENT, None),
        (PATIENT, NARROWING, 1),
        (SECOND_LOOK, BROKEN_BEFORE, 2),
        (NARROWING, PATIENT, 1),
    ],
)
def test_a_policy_that_is_limited_tries_less_and_says_as_much_about_the_api(
    one: RetryPolicy, other: RetryPolicy, tries: int | None
) -> None:
    assert one.at_most(other) == RetryPolicy(tries, one.counted)


async def test_retries_are_logged_without_token_and_query(
    httpx_mock: HTTPXMock, caplog: pytest.LogCaptureFixture
) -> None:
    httpx_mock.add_response(status_code=500)
    httpx_mock.add_response(json={"products": []})
    await ask(params=[("page", 777)])
    (told,) = caplog.messages
    assert re.fullmatch(r"asked again in \d\.\d s: GET /products failed with status 500\.", told)


async def test_the_http_library_logs_no_urls(httpx_mock: HTTPXMock, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    httpx_mock.add_response(json={"products": []})
    await ask(params=[("page", 777)])
    assert "777" not in caplog.text


def test_options_do_not_print_the_token() -> None:
    assert TOKEN not in repr(options())
    assert TOKEN not in str(options())


@pytest.mark.parametrize(
    "url",
    ["http://api.test.io/v2", "ftp://api.test.io", "api.test.io", "", "https://", "https://joe:pw@api.test.io",
     "https://api.test.io/?token=x", "https://api.test.io/#x", "http://10.0.0.1/", "http://localhost.evil.com/",
     "http://[::2]/", "https://[bad", "https://api.test.io:99999999/", "https://api.test.io/v2\n",
     "https://api.test.io/\r\nX: y", "https://api.test.io/\x00", "https://xn--/", "https://\u202eapi.test.io/",
     "https://a b/"],
)  # fmt: skip
def test_a_base_url_that_would_leak_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        ClientOptions(url, "t")
    assert "pw" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    ["https://api.test.io/customer/v2/", "http://127.0.0.1:8000/x", "http://localhost:1", "http://[::1]:80/"],
)
def test_https_and_loopback_are_taken(url: str) -> None:
    assert check_base_url(url) == url.rstrip("/")


@pytest.mark.parametrize("token", ["", " ", "a b", "a\nb", "tökén"])
def test_a_token_that_no_header_can_carry_is_refused_without_showing_it(token: str) -> None:
    with pytest.raises(InvalidInput, match="TESTIO_CUSTOMER_API_TOKEN") as caught:
        ClientOptions(BASE_URL, token)
    assert not token.strip() or token not in str(caught.value)
