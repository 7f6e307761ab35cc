import asyncio
import gzip
import socket
import traceback
import tracemalloc
import zlib
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from pytest_httpx import HTTPXMock

from base.weight import weight
from demo.server.background import BackgroundServer, in_background
from fetch.api.client import ApiClient
from fetch.api.errors import (
    BadAnswer,
    TooLarge,
)
from fetch.api.mending import parse
from fetch.api.options import ClientOptions
from tests.effort import calls
from tests.fetch.stub_api import TOKEN, ask


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
