"""The demo API: a real HTTP server of the Customer API's read endpoints, on loopback."""

import asyncio
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import parse_qs

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from demo.account.account import Account
from demo.server.answers import Answers, NotThere, Query, Refused
from demo.server.background import BackgroundServer, in_background
from demo.server.exchange import Answer, Asked, Chain, Fault

DEMO_TOKEN = "demo-token-7f3a9c51d2"  # noqa: S105 - it opens nothing but this demo
"""The only token that the demo API knows."""

_HOST = "127.0.0.1"
_PREFIX = "/customer/v2"
_UNTIL = "demo.until"
"""Where a request notes the moment of the loop's clock before which it is not answered."""


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
    account: Account,
    *,
    latency: float = 0.0,
    faults: Sequence[Fault] = (),
    port: int = 0,
) -> Iterator[DemoServer]:
    """Serve an account over HTTP until the block ends.

    Args:
        account: What is served.
        latency: Seconds that every answer takes at least.
        faults: What goes wrong.
        port: The port, or 0 for a free one.

    Yields:
        Where the server listens and what it was asked.

    Raises:
        OSError: When the port is taken.
    """
    listener = socket.create_server((_HOST, port))
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # or every answer waits 40 ms for an ACK
    running = DemoServer(f"http://{_HOST}:{listener.getsockname()[1]}{_PREFIX}", DEMO_TOKEN)
    chain = Chain(faults)
    app = Starlette(
        routes=_routes(Answers(account, chain.listing), chain), exception_handlers={404: _no_endpoint}
    )
    server = app.state.server = BackgroundServer(_Door(app, running, latency))
    with in_background(server, listener):
        yield running


class _Door:
    """The checks that every request passes: the log, the latency, the token, the method."""

    def __init__(self, app: ASGIApp, running: DemoServer, latency: float) -> None:
        self.app = app
        self.running = running
        self.latency = latency
        self.credentials = f"Token {running.token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope[_UNTIL] = asyncio.get_running_loop().time() + self.latency
        scope["state"]["number"] = len(self.running.requests)
        query = scope["query_string"].decode("latin-1")
        self.running.requests.append((scope["path"].removeprefix(_PREFIX), query))
        app = self.app
        if dict(scope["headers"]).get(b"authorization") != self.credentials:
            app = _failure(401, "The token is missing or wrong.")
        elif scope["method"] != "GET":
            app = _failure(405, "Only GET is served here.")
        await app(scope, receive, _held_back(scope, send))


def _held_back(scope: Scope, send: Send) -> Send:
    """Send no answer before its time, unless the server is stopped."""

    async def late(message: Message) -> None:
        if message["type"] == "http.response.start":
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(scope[_UNTIL] - asyncio.get_running_loop().time())
        await send(message)

    return late


def _routes(answers: Answers, chain: Chain) -> list[Route]:
    """List the read endpoints: path and answer from the path's ids and the query."""
    endpoints: dict[str, Callable[[Sequence[int], Query], bytes]] = {
        "/products": lambda _, query: answers.products(query),
        "/products/{id:int}": lambda ids, _: answers.product(ids[0]),
        "/products/{id:int}/exploratory_tests": lambda ids, query: answers.tests(ids[0], query),
        "/exploratory_tests/{id:int}": lambda ids, query: answers.test(ids[0], query),
        "/products/{id:int}/features": lambda ids, query: answers.features(ids[0], query),
        "/products/{id:int}/sections/{section:int}/features": (
            lambda ids, query: answers.features(ids[0], query, ids[1])
        ),
        "/products/{id:int}/user_stories": lambda ids, query: answers.user_stories(ids[0], query),
        "/products/{id:int}/test_environments": lambda ids, _: answers.environments(ids[0]),
        "/user_story_version_executions": lambda _, query: answers.executions(query),
        "/bugs": lambda _, query: answers.bugs(query),
        "/bugs/reject_reasons": lambda _, __: answers.reject_reasons(),
        "/bugs/{id:int}": lambda ids, _: answers.bug(ids[0]),
    }
    return [_route(path, answer, chain) for path, answer in endpoints.items()]


def _route(path: str, answer: Callable[[Sequence[int], Query], bytes], chain: Chain) -> Route:
    async def endpoint(request: Request) -> Response:
        ids = tuple(request.path_params.values())

        def plain(asked: Asked) -> Answer:
            try:
                return Answer(200, answer(ids, asked.query))
            except NotThere:
                return Answer(404, _error(404, "There is no such thing."))
            except Refused as error:
                return Answer(422, _error(422, str(error)))

        text = request.scope["query_string"].decode("latin-1")
        below = request.scope["path"].removeprefix(_PREFIX)
        query = parse_qs(text, keep_blank_values=True)
        found = chain.answer(below, query, f"{below}?{text}", request.state.number, plain)
        request.scope[_UNTIL] += found.delay
        kind = _BrokenOff if found.reset else Response
        headers = {"cache-control": "no-cache", **dict(found.headers)}
        return kind(found.body, found.status, headers, found.media_type)

    return Route(_PREFIX + path, endpoint, methods=["GET"])


class _BrokenOff(Response):
    """An answer whose connection is reset when half of the body was sent."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del receive
        half = bytes(self.body[: len(self.body) // 2])
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": half, "more_body": True})
        await asyncio.sleep(0.005)  # the client reads what came
        await scope["app"].state.server.reset(tuple(scope["client"]))


async def _no_endpoint(_: Request, __: Exception) -> Response:
    return _failure(404, "There is no such endpoint.")


def _failure(status: int, message: str) -> Response:
    return Response(_error(status, message), status, media_type="application/json")


def _error(status: int, message: str) -> bytes:
    return orjson.dumps({"error": {"status": status, "message": message}})
