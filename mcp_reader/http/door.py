"""What every request passes on its way in and out: a bounded body, headers, a count and a line in the log."""

import asyncio
import logging
import re
import time
from base64 import b64encode
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from hashlib import sha256
from secrets import token_hex
from typing import Any

from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from base.bounds import BODY_WAIT_SECONDS, MESSAGE_BYTES
from base.log_context import bound
from base.text import shorten
from mcp_reader.http.access import as_bearer
from mcp_reader.http.openapi import PREFIX
from mcp_reader.http.pages import STYLE
from mcp_reader.http.problems import problem

audit = logging.getLogger("testio.audit")
Count = Callable[[str, int, float], None]

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex",
}
_STYLE_HASH = b64encode(sha256(STYLE.encode()).digest()).decode()
_POLICY = (
    "default-src 'none'; img-src 'self' data:; style-src 'self' '{style}'; script-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
).replace("{style}", f"sha256-{_STYLE_HASH}")
_FOREIGN = {
    421: (
        "MISDIRECTED_REQUEST",
        "This server does not answer to that host name.",
        "A page elsewhere could point a name of its own here.",
        "Call it by its address, or set TESTIO_PUBLIC_URL to the name that people use.",
    ),
    403: (
        "FORBIDDEN",
        "Pages of another origin may not call this server.",
        "It would answer them with what their reader may see.",
        "Set TESTIO_PUBLIC_URL to the address that the page itself has.",
    ),
}
_CALLED = "testio.called"
_REQUEST_ID = re.compile(r"[\w.-]{1,64}", re.ASCII)


class Door:
    """Wraps the whole application.

    Args:
        app: What answers.
        count: Takes route, status and seconds of every request.
        https: Whether browsers reach the server by https only.
    """

    def __init__(self, app: Starlette, count: Count, *, https: bool) -> None:
        self._app = app
        self._count = count
        self._headers = dict(_HEADERS, **{"Content-Security-Policy": _POLICY})
        if https:
            self._headers["Strict-Transport-Security"] = "max-age=31536000"

    def lifespan(self) -> AbstractAsyncContextManager[Any]:
        """Return what opens and closes the application, for who runs it without a server."""
        return self._app.router.lifespan_context(self._app)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in and its answer out."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status, worded, request_id = time.perf_counter(), 500, False, _id_of(scope)
        scope[_CALLED] = {}
        as_bearer(scope)

        async def out(message: Message) -> None:
            nonlocal status, worded
            if worded:
                return
            if message["type"] == "http.response.start":
                if (refusal := _refusal(message)) is not None:
                    await refusal(scope, receive, out)
                    worded = True
                    return
                status = int(message["status"])
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "private, no-cache" if _is_page(scope) else "no-store")
            await send(message)

        with bound(request=request_id):
            body, refusal = await _body(scope, receive)
            app: ASGIApp = refusal or self._app
            try:
                await app(scope, _again(body, receive), out)
            finally:
                seconds = time.perf_counter() - began
                self._count(route_of(scope), status, seconds)
                _note(scope, status, seconds)


def _refusal(message: Message) -> Response | None:
    """Return what a foreign host or origin is told, as the guard says it in two words of no content type."""
    status = int(message["status"])
    if status not in _FOREIGN or "content-type" in Headers(raw=message["headers"]):
        return None
    return problem(status, *_FOREIGN[status])


def _id_of(scope: Scope) -> str:
    """Return the id of a request: that of the proxy before this server, or a new one."""
    given = Headers(scope=scope).get("x-request-id", "")
    return given if _REQUEST_ID.fullmatch(given) else token_hex(8)


def called(scope: Scope, **values: object) -> None:
    """Note what belongs into the audit line of a request, such as the caller."""
    scope[_CALLED].update(values)


def route_of(scope: Scope) -> str:
    """Return a name for what was asked for, of which there are only some."""
    return getattr(scope.get("route"), "path", "refused")


def _is_page(scope: Scope) -> bool:
    return not scope["path"].startswith((PREFIX, "/mcp", "/healthz", "/readyz", "/metrics"))


async def _body(scope: Scope, receive: Receive) -> tuple[bytes, Response | None]:
    """Read the body, or say why it is not read: too large, or too slow."""
    too_large = problem(
        413, "TOO_LARGE", f"The body has more than {MESSAGE_BYTES:,} bytes.", "", "Ask for less."
    )
    declared = Headers(scope=scope).get("content-length", "0")
    if declared.isdigit() and int(declared) > MESSAGE_BYTES:
        return b"", too_large
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_WAIT_SECONDS):
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    return bytes(body), None
                body += message.get("body", b"")
                if len(body) > MESSAGE_BYTES:
                    return b"", too_large
                if not message.get("more_body"):
                    return bytes(body), None
    except TimeoutError:
        why = f"The wait ended after {BODY_WAIT_SECONDS:g} seconds."
        return b"", problem(
            408, "TIMED_OUT", "The body did not arrive.", why, headers={"Connection": "close"}
        )


def _again(body: bytes, receive: Receive) -> Receive:
    """Give a body that was read to whoever reads it next."""
    waiting = [body]

    async def once() -> Message:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}
        return await receive()

    return once


def _note(scope: Scope, status: int, seconds: float) -> None:
    """Write a line of who asked for what with which outcome; no contents."""
    route = route_of(scope)
    if route in {"/healthz", "/readyz", "/metrics"}:
        return
    values = {"caller": "anonymous", "route": route, "outcome": status, "ms": round(seconds * 1000)}
    extra = {key: shorten(str(value), 120) for key, value in scope.get(_CALLED, {}).items()}
    audit.info("call", extra=values | extra)
