"""Errors over HTTP: problem details (RFC 9457) with the code that the tools give."""

import logging
from collections.abc import Mapping
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from base.errors import UserError
from base.log_context import bound_values
from config.scrubbing import scrub

log = logging.getLogger(__name__)

STATUSES: Mapping[str, int] = {
    "INVALID_INPUT": 422,
    "NOT_FOUND": 404,
    "UPSTREAM_NOT_CONFIGURED": 503,
    "UNAVAILABLE": 503,
    "LOCKED": 409,
    "FORBIDDEN": 403,
    "FAILED": 500,
}
"""The status of a code; of any other, something that the server needs is not there (503)."""
_UNAVAILABLE = 503


def problem(status: int, code: str, *parts: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return an error as problem details, whose parts are title, detail (why) and hint (what to do).

    What a caller sent may be told back, but no secret of this server. Its `request_id` is that of the
    answer's head and of the lines that were logged meanwhile.
    """
    named = {key: scrub(part) for key, part in zip(("title", "detail", "hint"), parts, strict=False) if part}
    request = {"request_id": one} if (one := bound_values().get("request")) else {}
    said = {"type": "about:blank", "status": status, "code": code, **named, **request}
    return JSONResponse(said, status, dict(headers or {}), media_type="application/problem+json")


def told(code: str, *parts: str) -> Response:
    """Return an error of a tool as problem details."""
    return problem(STATUSES.get(code, _UNAVAILABLE), code, *parts)


async def of_http(_: Request, error: Exception) -> Response:
    """Answer an error of the routes: no such page, a method that is not served."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = error.headers if isinstance(error, HTTPException) else None
    phrase = HTTPStatus(status)
    code = "NOT_FOUND" if status == HTTPStatus.NOT_FOUND else phrase.name
    return problem(status, code, f"{phrase.phrase}.", phrase.description, headers=headers)


async def of_anything(_: Request, error: Exception) -> Response:
    """Answer what nobody foresaw, without a word of it."""
    log.error("a request failed unexpectedly: %s", type(error).__name__, exc_info=error)
    return problem(
        500,
        UserError.code,
        "The request failed unexpectedly.",
        "The server's log has the details.",
        "Try again.",
    )
