"""The way to the API in tests: an environment without any, and an API behind a private authority."""

import asyncio
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import trustme

from fetch.api.network import CERTIFICATES, KEY_LOG

VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", *CERTIFICATES, KEY_LOG)


@contextmanager
def bare_way() -> Iterator[None]:
    """Take every variable that leads the way to the API out of the environment, the machine's own too."""
    with pytest.MonkeyPatch.context() as patch:
        for name in VARIABLES:
            patch.delenv(name, raising=False)
            patch.delenv(name.lower(), raising=False)
        yield


@dataclass(frozen=True)
class PrivateApi:
    """An API behind TLS.

    Attributes:
        base_url: On loopback, of https.
        authority: A PEM file with the certificate of who signed the server's.
    """

    base_url: str
    authority: Path


@contextmanager
def behind_private_authority(base_url: str, folder: Path, name: str = "127.0.0.1") -> Iterator[PrivateApi]:
    """Serve what a server on loopback answers over TLS too, with a certificate of a private authority."""
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(name).configure_cert(context)
    place = folder / "authority.pem"
    authority.cert_pem.write_to_path(str(place))
    behind = urlsplit(base_url)
    listening: Future[tuple[int, asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def passed_on(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while piece := await source.read(65536):
            sink.write(piece)
            await sink.drain()

    async def both_ways(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        onward, back = await asyncio.open_connection(behind.hostname, behind.port)
        ways = [asyncio.create_task(passed_on(reader, back)), asyncio.create_task(passed_on(onward, writer))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            back.transport.abort()
            writer.transport.abort()
            await asyncio.wait(ways)

    async def serving() -> None:
        ended = asyncio.Event()
        async with await asyncio.start_server(both_ways, "127.0.0.1", 0, ssl=context) as server:
            port = server.sockets[0].getsockname()[1]
            listening.set_result((port, asyncio.get_running_loop(), ended))
            await ended.wait()

    thread = threading.Thread(target=asyncio.run, args=(serving(),))
    thread.start()
    port, loop, ended = listening.result()
    try:
        yield PrivateApi(f"https://127.0.0.1:{port}{behind.path}", place)
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join()
