import asyncio
import gzip
import logging
import re
import socket
import traceback
import tracemalloc
import zlib
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest
import stamina
from pytest_httpx import HTTPXMock

from base.errors import InvalidInput
from base.weight import weight
from demo.server.background import BackgroundServer, in_background
from fetch.api.breaker import Breaker, State
from fetch.api.client import ApiClient
from fetch.api.errors import (
    BadAnswer,
    CircuitOpen,
    Declined,
    Missing,
    RateLimited,
    ServerError,
    TimedOut,
    TooLarge,
    Unauthorized,
    Unreachable,
    UpstreamError,
)
from fetch.api.mending import parse
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
from tests.effort import calls
from tests.fetch.stub_api import BASE_URL, TOKEN, options

NOW = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)


async def ask(breaker: Breaker | None = None, **more: Any) -> Any:
    async with ApiClient(options(), breaker) as client:
        return await client.get("/products", root="products", **more)


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


async def test_a_body_that_cannot_be_unpacked_is_a_bad_answer(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_exception(httpx.DecodingError("bad gzip"), is_reusable=True)
    with pytest.raises(BadAnswer):
        await ask()


async def test_an_answer_without_end_is_given_up_and_not_asked_for_again(
    httpx_mock: HTTPXMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fetch.api.body.LIST_BYTES", 1000)
    httpx_mock.add_response(content=b'{"products": [' + b" " * 2000 + b"]}")
    with pytest.raises(TooLarge, match="more than 1,000 bytes"):
        await ask()
    assert TooLarge.narrowable


@pytest.mark.parametrize(
    "piece", [b"[],", b"{},", b"0,", b'"",', b"[[],[]],", b'{"a":{}},', b"[" * 50 + b"]" * 50 + b","]
)
@pytest.mark.parametrize("shape", [list, dict])
async def test_an_answer_is_weighed_before_it_is_parsed(
    httpx_mock: HTTPXMock, monkeypatch: pytest.MonkeyPatch, piece: bytes, shape: Any
) -> None:
    """47 MB of brackets in each of six tests took eight gigabytes."""
    parsed: list[str] = []
    monkeypatch.setattr("fetch.api.body.parse", lambda path, _: parsed.append(path))
    monkeypatch.setattr("fetch.api.body.LIST_WEIGHT", 200_000)
    monkeypatch.setattr("fetch.api.body.DETAIL_WEIGHT", 200_000)
    content = b'{"products": [' + piece * (40_000 // len(piece) + 2000) + b"0]}"
    httpx_mock.add_response(content=content)
    with pytest.raises(TooLarge, match="bytes of memory"):
        await ask(shape=shape)
    assert parsed == []


@pytest.mark.slow
def test_every_bomb_weighs_at_least_what_it_takes() -> None:
    """The estimate must not be less than the memory, or the bound would be none."""
    for piece in (b"[],", b"{},", b"7,", b"7.5,", b'"",', b'"ab",', b"[[]],", b'{"a":1},', b"1e5,"):
        content = b"[" + piece * 50_000 + b"0]"
        tracemalloc.start()
        value = parse("/x", content)
        taken, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert value
        assert taken < 1.5 * weight(content), piece


@pytest.mark.parametrize(("size", "most"), [(3_000, 1), (10, 4)])
async def test_large_answers_are_read_and_used_one_at_a_time(
    monkeypatch: pytest.MonkeyPatch, size: int, most: int
) -> None:
    """Ten large answers at once filled the memory together."""
    monkeypatch.setattr("fetch.api.body.LARGE_BYTES", 1000)
    monkeypatch.setattr("fetch.api.client.LARGE_BYTES", 1000)
    busy = highest = 0

    async def answer(_: Any, __: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b'{"products": ["%s"]}' % (b"x" * size)})

    async def use(value: Any) -> Any:
        nonlocal busy, highest
        busy += 1
        highest = max(highest, busy)
        for _ in range(200):
            await asyncio.sleep(0)
            if busy == most:
                break
        busy -= 1
        return value

    listener = socket.create_server(("127.0.0.1", 0))
    with in_background(BackgroundServer(answer), listener):
        here = ClientOptions(f"http://127.0.0.1:{listener.getsockname()[1]}", TOKEN, concurrency=4)
        async with ApiClient(here) as client:
            asking = (client.get(f"/products/{one}", root="products", use=use) for one in range(8))
            await asyncio.gather(*asking)
    assert highest <= most
    assert (highest == 1) is (most == 1)


async def test_a_body_that_is_packed_several_times_is_not_unpacked(httpx_mock: HTTPXMock) -> None:
    packed = gzip.compress(gzip.compress(b'{"products": []}'))
    httpx_mock.add_response(content=packed, headers={"Content-Encoding": "gzip, gzip"}, is_reusable=True)
    with pytest.raises(BadAnswer, match="compressed several times"):
        await ask()


async def test_half_an_emoji_does_not_spoil_an_answer(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(content=b'{"products": [{"name": "cut \\ud83d"}, {"name": "\\ud83d\\ude00"}]}')
    assert await ask() == [{"name": "cut �"}, {"name": "😀"}]


async def test_a_byte_of_another_encoding_does_not_spoil_an_answer(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(content='{"products": [{"name": "Gerät"}, {"name": "Übung"}]}'.encode("latin-1"))
    assert await ask() == [{"name": "Ger\ufffdt"}, {"name": "\ufffdbung"}]


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e400", "9" * 400, "9" * 5000])
async def test_a_number_that_is_none_costs_its_value_alone(
    httpx_mock: HTTPXMock, caplog: pytest.LogCaptureFixture, number: str
) -> None:
    """One NaN in one of many products, and nothing at all was published; in one bug, all bugs of its test."""
    content = b'{"products": [{"id": 1, "rate": %s, "name": "NaN"}, {"id": 2}]}' % number.encode()
    httpx_mock.add_response(content=content)
    assert await ask() == [{"id": 1, "rate": None, "name": "NaN"}, {"id": 2}]
    (note,) = [record for record in caplog.records if record.getMessage().startswith("numbers")]
    assert (note.__dict__["path"], note.__dict__["numbers"]) == ("/products", 1)


async def test_a_whole_number_of_many_digits_stays_a_number(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(content=b'{"products": [{"id": 12345678901234567890123, "rate": NaN}]}')
    assert await ask() == [{"id": 12345678901234567890123.0, "rate": None}]


@pytest.mark.parametrize("piece", [b"\\ud83d", b"\xff", b"\xed\xa0\x80"])
def test_an_answer_full_of_halves_is_mended_in_few_steps(piece: bytes) -> None:
    """15 MB of them were mended letter by letter, and a refresh went minutes over its deadline."""

    def mended(size: int) -> int:
        content = b'{"products": ["' + piece * (size // len(piece)) + b'"]}'
        return calls(lambda: parse("/products", content))

    mended(100)
    assert mended(200_000) < mended(100_000) * 1.2


async def test_an_answer_that_is_too_large_to_be_mended_is_refused(
    httpx_mock: HTTPXMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fetch.api.mending.MENDED_BYTES", 1000)
    httpx_mock.add_response(content=b'{"products": ["\xff"' + b" " * 1000 + b"]}", is_reusable=True)
    with pytest.raises(BadAnswer, match="cut or broken"):
        await ask()


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


@pytest.mark.slow
@pytest.mark.parametrize(("encoding", "packed"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
async def test_a_small_answer_that_unpacks_to_much_is_given_up_before_it_did(
    monkeypatch: pytest.MonkeyPatch, encoding: str, packed: Callable[[bytes], bytes]
) -> None:
    """Ten answers at once, each of half a megabyte that becomes half a gigabyte, took 760 MB."""
    monkeypatch.setattr("fetch.api.body.LIST_BYTES", 2000)
    body = packed(b"[" * 50_000_000)

    async def answer(_: Any, __: Any, send: Any) -> None:
        headers = [(b"content-encoding", encoding.encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    listener = socket.create_server(("127.0.0.1", 0))
    with in_background(BackgroundServer(answer), listener):
        here = ClientOptions(f"http://127.0.0.1:{listener.getsockname()[1]}", TOKEN)
        async with ApiClient(here) as client:
            tracemalloc.start()
            try:
                with pytest.raises(TooLarge):
                    await client.get("/products", root="products")
                _, peak = tracemalloc.get_traced_memory()
            finally:
                tracemalloc.stop()
    assert peak < 10_000_000


@pytest.mark.parametrize(
    "content",
    [b'{"products": [' + b"[" * 5000, b'{"products": {"a": "' + b"x" * 5000 + b'"}}', b"," * 5000],
)
async def test_an_error_that_is_kept_keeps_no_answer(httpx_mock: HTTPXMock, content: bytes) -> None:
    """Failed answers of five megabytes stayed in memory until the end, in the frames of their errors."""
    httpx_mock.add_response(content=content, is_reusable=True)
    with pytest.raises(BadAnswer) as caught:
        await ask()
    frames = [frame for frame, _ in traceback.walk_tb(caught.value.__traceback__)]
    here = [frame for frame in frames if frame.f_code.co_filename.endswith(("body.py", "mending.py"))]
    assert here == []
    assert caught.value.__context__ is None


@pytest.mark.parametrize("encoding", ["br", "zstd", "compress", "GZIP;q=1", "gzip,br"])
async def test_a_body_is_unpacked_in_the_one_way_that_was_asked_for(
    httpx_mock: HTTPXMock, encoding: str
) -> None:
    """A few kilobytes of zstd may become gigabytes before the first of them is counted."""
    httpx_mock.add_response(
        content=b'{"products": []}', headers={"Content-Encoding": encoding}, is_reusable=True
    )
    with pytest.raises(BadAnswer, match=r"compressed|unpacked"):
        await ask()
    assert httpx_mock.get_requests()[0].headers["Accept-Encoding"] == "gzip"


async def test_a_mark_of_the_byte_order_does_not_spoil_an_answer(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(content='\ufeff{"products": [{"name": "\\u00e9"}]}'.encode())
    assert await ask() == [{"name": "é"}]


@pytest.mark.parametrize(
    "content", [b'{"products": [+1]}', b'{"products": [01]}', b'{"products": [nan]}', b'{"products": [\xff']
)
async def test_what_is_no_json_is_refused_all_the_same(httpx_mock: HTTPXMock, content: bytes) -> None:
    httpx_mock.add_response(content=content, is_reusable=True)
    with pytest.raises(BadAnswer, match="cut or broken"):
        await ask()


def numbered(client: ApiClient, numbers: Iterable[int], **more: Any) -> list[Awaitable[Any]]:
    return [client.get(f"/bugs/{number}", root="bug", shape=dict, **more) for number in numbers]


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
