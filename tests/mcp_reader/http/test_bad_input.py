"""What is wrong is refused by its status and a clear text, and others are served meanwhile."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import uvicorn
from uvicorn.server import ServerState

from base.bounds import MESSAGE_BYTES
from mcp_reader.http import door, patience
from mcp_reader.http.openapi import PREFIX
from tests.mcp_reader.http.conftest import mcp_headers, rpc

JSON = {"Content-Type": "application/json"}
PATHS = ("/mcp", f"{PREFIX}/list_products")
FIFTY = 50 * 2**20


@pytest.mark.parametrize("path", PATHS)
async def test_a_body_of_fifty_megabytes_is_refused_before_it_is_read(
    web: httpx.AsyncClient, path: str
) -> None:
    read = 0

    async def pieces() -> AsyncIterator[bytes]:
        nonlocal read
        while read < FIFTY:
            read += 2**16
            yield b" " * 2**16

    declared = await web.post(path, headers={**JSON, "Content-Length": str(FIFTY)}, content=pieces())
    assert (declared.status_code, declared.json()["code"]) == (413, "TOO_LARGE")
    assert read == 0
    unknown = await web.post(path, headers=JSON, content=pieces())
    assert (unknown.status_code, unknown.json()["code"]) == (413, "TOO_LARGE")
    assert "Ask for less." in unknown.text
    assert read <= MESSAGE_BYTES + 2 * 2**16


@pytest.mark.parametrize("path", PATHS)
async def test_a_body_that_never_comes_ends_and_others_are_served_meanwhile(
    web: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    begun = asyncio.Event()

    async def pieces() -> AsyncIterator[bytes]:
        yield b"{"
        begun.set()
        await asyncio.Event().wait()

    slow = asyncio.create_task(web.post(path, headers=JSON, content=pieces()))
    await begun.wait()
    assert (await web.get(f"{PREFIX}/list_products")).status_code == 200
    slow.cancel()
    monkeypatch.setattr(door, "BODY_WAIT_SECONDS", 0.01)
    answer = await web.post(path, headers=JSON, content=pieces())
    assert (answer.status_code, answer.json()["code"]) == (408, "TIMED_OUT")
    assert answer.headers["connection"] == "close"


@pytest.mark.parametrize(
    ("headers", "content", "status"),
    [
        ({"Content-Type": "text/plain"}, b"{}", {400, 415}),
        ({"Content-Type": "application/json", "Accept": "text/html"}, b"{}", {400, 406}),
        (mcp_headers(JSON), b"{", {400}),
        (mcp_headers(JSON), b"[" * 100_000, {400}),
        (mcp_headers(JSON), b'"\xff"', {400}),
    ],
    ids=["type", "accept", "half", "deep", "bytes"],
)
async def test_a_message_that_is_none_is_refused_by_mcp_and_the_next_one_answered(
    web: httpx.AsyncClient, headers: dict[str, str], content: bytes, status: set[int]
) -> None:
    answer = await web.post("/mcp", headers=headers, content=content)
    assert answer.status_code in status, answer.text
    assert answer.text
    assert "Traceback" not in answer.text
    listed = await web.post("/mcp", json=rpc("tools/list"), headers=mcp_headers({}))
    assert listed.json()["result"]["tools"]


async def _says_ok(_: Any, __: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


@asynccontextmanager
async def listening() -> AsyncIterator[int]:
    config, state = uvicorn.Config(_says_ok, log_config=None, access_log=False), ServerState()
    config.load()
    server = await asyncio.get_running_loop().create_server(
        lambda: patience.PatientProtocol(config, state, {}), "127.0.0.1", 0
    )
    async with server:
        yield int(server.sockets[0].getsockname()[1])


async def sent(port: int, content: bytes) -> bytes:
    """What a connection answers until it ends."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(content)
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


async def test_a_connection_without_a_whole_request_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """So a thousand clients that say nothing, or a letter a minute, do not stay."""
    whole = b"GET / HTTP/1.1\r\nHost: x\r\n"
    async with listening() as port:
        answer = await sent(port, whole + b"Connection: close\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200")
        monkeypatch.setattr(patience, "HEAD_WAIT_SECONDS", 0.01)
        assert await sent(port, b"") == b""
        for begun in (b"G", whole):
            answer = await sent(port, begun)
            assert b"408 Request Timeout" in answer
            assert answer.endswith(b"did not arrive in time.\n")
