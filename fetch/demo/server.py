"""The demo API: a real HTTP server of the Customer API's read endpoints, on loopback."""

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import parse_qs

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fetch.demo.account import Account
from fetch.demo.answers import Answers, NotThere, Query, Refused

DEMO_TOKEN = "demo-token-7f3a9c51d2"  # noqa: S105 - it opens nothing but this demo
"""The only token that the demo API knows."""

_PREFIX = "/customer/v2"


@dataclass
class DemoServer:
    """A running demo API.

    Attributes:
        base_url: What a client takes as the API's base URL.
        token: What it sends as its token.
        requests: Every request so far as (path below the base URL, query string).
    """

    base_url: str
    token: str
    requests: list[tuple[str, str]] = field(default_factory=list)


@contextmanager
def serve(
    account: Account, *, latency: float = 0.0, host: str = "127.0.0.1", port: int = 0, token: str = DEMO_TOKEN
) -> Iterator[DemoServer]:
    """Serve an account over HTTP until the block ends.

    Args:
        account: What is served.
        latency: Seconds that every answer takes at least.
        host: The address to listen at.
        port: The port, or 0 for a free one.
        token: The token that is asked for.

    Yields:
        Where the server listens and what it was asked.

    Raises:
        OSError: The port cannot be had.
    """
    listener = socket.create_server((host, port))
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # or every answer waits 40 ms for an ACK
    running = DemoServer(f"http://{host}:{listener.getsockname()[1]}{_PREFIX}", token)
    app = _app(Answers(account), running, latency)
    server = _Server(
        uvicorn.Config(app, http="h11", ws="none", lifespan="off", log_config=None, access_log=False)
    )
    thread = threading.Thread(target=server.run_until_stopped, args=(listener,), name="demo-api", daemon=True)
    thread.start()
    try:
        server.ready.wait()
        yield running
    finally:
        server.stop()
        thread.join()
        listener.close()


class _Server(uvicorn.Server):
    """A uvicorn server that starts and stops at once instead of looking every 100 ms."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended = asyncio.Event()

    def run_until_stopped(self, listener: socket.socket) -> None:
        """Serve in the calling thread; `ready` is set even when the server cannot start."""
        try:
            self.run([listener])
        finally:
            self.ready.set()

    def stop(self) -> None:
        """Ask the server's own thread to end."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._ended.set)

    async def main_loop(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.ready.set()
        await self._ended.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for listening in self.servers:
            listening.close()
        for listener in sockets or ():
            listener.close()
        for connection in tuple(self.server_state.connections):
            connection.transport.abort()
        for _ in range(3):  # connections are told that they are lost; what was being sent ends
            await asyncio.sleep(0)
        tasks = tuple(self.server_state.tasks)
        for task in tasks:  # those that wait; the others end by themselves, their connection is gone
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _not_before(moment: float, send: Send) -> Send:
    """Hold an answer back until a moment of the loop's clock, or until the server is stopped."""

    async def late(message: Message) -> None:
        if message["type"] == "http.response.start":
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(moment - asyncio.get_running_loop().time())
        await send(message)

    return late


class _Door:
    """What every request passes: the log, the latency, the token, the method."""

    def __init__(self, app: ASGIApp, running: DemoServer, latency: float) -> None:
        self.app = app
        self.running = running
        self.latency = latency
        self.credentials = f"Token {running.token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.latency:
            send = _not_before(asyncio.get_running_loop().time() + self.latency, send)
        path = scope["path"].removeprefix(_PREFIX)
        self.running.requests.append((path, scope["query_string"].decode("latin-1")))
        if dict(scope["headers"]).get(b"authorization") != self.credentials:
            await _failure(401, "The token is missing or wrong.")(scope, receive, send)
        elif scope["method"] != "GET":
            await _failure(405, "Only GET is served here.")(scope, receive, send)
        else:
            await self.app(scope, receive, send)


def _app(answers: Answers, running: DemoServer, latency: float) -> Starlette:
    routes = [
        _route("/products", lambda _, query: answers.products(query)),
        _route("/products/{id:int}", lambda ids, _: answers.product(ids[0])),
        _route("/products/{id:int}/exploratory_tests", lambda ids, query: answers.tests(ids[0], query)),
        _route("/exploratory_tests/{id:int}", lambda ids, query: answers.test(ids[0], query)),
        _route("/products/{id:int}/features", lambda ids, query: answers.features(ids[0], query)),
        _route(
            "/products/{id:int}/sections/{section_id:int}/features",
            lambda ids, query: answers.features(ids[0], query, ids[1]),
        ),
        _route("/products/{id:int}/user_stories", lambda ids, query: answers.user_stories(ids[0], query)),
        _route("/products/{id:int}/test_environments", lambda ids, _: answers.environments(ids[0])),
        _route("/user_story_version_executions", lambda _, query: answers.executions(query)),
        _route("/bugs", lambda _, query: answers.bugs(query)),
        _route("/bugs/reject_reasons", lambda _, __: answers.reject_reasons()),
        _route("/bugs/{id:int}", lambda ids, _: answers.bug(ids[0])),
    ]
    return Starlette(
        routes=routes,
        middleware=[Middleware(_Door, running=running, latency=latency)],
        exception_handlers={404: _not_found},
    )


def _route(path: str, answer: Callable[[Sequence[int], Query], bytes]) -> Route:
    async def endpoint(request: Request) -> Response:
        query = parse_qs(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)
        try:
            body = answer(tuple(request.path_params.values()), query)
        except NotThere:
            return _failure(404, "There is no such thing.")
        except Refused as error:
            return _failure(422, str(error))
        return Response(body, media_type="application/json", headers={"cache-control": "no-cache"})

    answered: Callable[[Request], Awaitable[Response]] = endpoint
    return Route(_PREFIX + path, answered, methods=["GET"])


async def _not_found(_: Request, __: Exception) -> Response:
    return _failure(404, "There is no such endpoint.")


def _failure(status: int, message: str) -> Response:
    return Response(
        orjson.dumps({"error": {"status": status, "message": message}}), status, media_type="application/json"
    )
