"""Read the body of an answer: bounded, decoded, in the shape that the endpoint promises."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

from fetch.api.errors import (
    BASE_URL_VARIABLE,
    BadAnswer,
    Declined,
    Missing,
    RateLimited,
    ServerError,
    TimedOut,
    TooLarge,
    Unauthorized,
)
from fetch.api.mending import parse
from fetch.api.retries import retry_after

LARGEST_BODY = 256 * 2**20
"""Unpacked bytes that an answer may have; the bugs of a busy test have about three million."""


Params = Sequence[tuple[str, str | int]]


Shape = type[list[Any]] | type[dict[str, Any]]


@dataclass(frozen=True)
class Question:
    """Name what is asked for, and the shape in which it is expected."""

    path: str
    root: str
    params: Params
    shape: Shape


async def read_content(path: str, response: httpx.Response) -> bytes:
    """Read the unpacked body, up to the size that an answer can have."""
    packing = response.headers.get("Content-Encoding", "identity").strip().lower()
    if "," in packing:
        raise BadAnswer(path, "was answered with a body that is compressed several times over")
    if packing not in {"", "identity", "gzip", "x-gzip", "deflate"}:
        raise BadAnswer(path, "was answered with a body that is compressed in another way than asked for")
    pieces, size = [], 0
    async for piece in response.aiter_bytes():
        pieces.append(piece)
        size += len(piece)
        if size > LARGEST_BODY:
            raise TooLarge(path, f"was answered with more than {LARGEST_BODY:,} bytes")
    return b"".join(pieces)


def check_status(path: str, response: httpx.Response) -> None:
    """Raise the kind of error that a status stands for; return when it is a success."""
    status = response.status_code
    if status in {401, 403}:
        raise Unauthorized(path, status)
    if status in {404, 410}:
        raise Missing(path, f"does not exist (status {status})", status=status)
    if status == httpx.codes.TOO_MANY_REQUESTS:
        raise RateLimited(path, retry_after(response.headers.get("Retry-After"), datetime.now(UTC)))
    if status == httpx.codes.REQUEST_TIMEOUT:
        raise TimedOut(path, "timed out (status 408)", status=status)
    if response.is_server_error:
        raise ServerError(path, status)
    if response.is_redirect or not response.is_success:
        hint = f"Check {BASE_URL_VARIABLE}." if response.is_redirect else ""
        raise Declined(path, f"was answered with status {status}", status=status, hint=hint)


def parse_body(response: httpx.Response, content: bytes, question: Question) -> Any:
    """Return what stands below the root, or raise BadAnswer when it is not of the expected shape."""
    path, status = question.path, response.status_code
    if content.lstrip()[:1] == b"<":
        problem = "was answered with a web page instead of JSON"
        raise BadAnswer(path, problem, status=status, hint=f"Check {BASE_URL_VARIABLE}.")
    try:
        value = parse(path, content)
    except (ValueError, RecursionError):
        raise BadAnswer(path, "was answered with JSON that is cut or broken", status=status) from None
    if not isinstance(value, dict) or not isinstance(value.get(question.root), question.shape):
        raise BadAnswer(path, f"was answered without {question.root!r}", status=status)
    return value[question.root]
