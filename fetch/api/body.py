"""Read the body of an answer: bounded, decoded, in the shape that the endpoint promises."""

import asyncio
import zlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

from base.bounds import DETAIL_BYTES, DETAIL_WEIGHT, LARGE_BYTES, LIST_BYTES, LIST_WEIGHT
from base.weight import weight
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

_GZIP_OR_ZLIB = 47
"""How `zlib` is told to look at the header itself."""

Params = Sequence[tuple[str, str | int]]


Shape = type[list[Any]] | type[dict[str, Any]]


@dataclass(frozen=True)
class Question:
    """Name what is asked for, and the shape in which it is expected."""

    path: str
    root: str
    params: Params
    shape: Shape

    @property
    def most_bytes(self) -> int:
        """Return how large the unpacked answer may be."""
        return LIST_BYTES if self.shape is list else DETAIL_BYTES

    @property
    def most_memory(self) -> int:
        """Return how much the parsed answer may weigh."""
        return LIST_WEIGHT if self.shape is list else DETAIL_WEIGHT


_PIECES = 100
"""Pieces of a body after which others, and the deadline, come in between."""


def _unpacked(piece: bytes, limit: int) -> bytes:
    return piece[:limit]


async def read_content(
    question: Question, response: httpx.Response, grows_large: Callable[[], Awaitable[object]]
) -> bytes:
    """Read the unpacked body, up to the size that an answer can have.

    Args:
        question: What was asked.
        response: The answer, not read yet.
        grows_large: Called once when the body is large; it is read on when that returns.
    """
    path = question.path
    packing = response.headers.get("Content-Encoding", "identity").strip().lower()
    if "," in packing:
        raise BadAnswer(path, "was answered with a body that is compressed several times over")
    if packing not in {"", "identity", "gzip", "x-gzip", "deflate"}:
        raise BadAnswer(path, "was answered with a body that is compressed in another way than asked for")
    # The library's own unpacking makes up to 64 MB of one piece at once.
    unpack = _unpacked if packing in {"", "identity"} else zlib.decompressobj(_GZIP_OR_ZLIB).decompress
    body, large, pieces = bytearray(), False, 0
    async for piece in response.aiter_raw():
        pieces += 1
        if pieces % _PIECES == 0:
            await asyncio.sleep(0)  # what was received at once may be thousands of chunks
        try:
            body += unpack(piece, question.most_bytes + 1 - len(body))
        except zlib.error:
            raise BadAnswer(path, "was answered with a body that cannot be unpacked") from None
        if len(body) > question.most_bytes:
            raise TooLarge(path, f"was answered with more than {question.most_bytes:,} bytes")
        if len(body) > LARGE_BYTES and not large:
            large = True
            await grows_large()
    return bytes(body)


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
    if (heavy := weight(content)) > question.most_memory:
        problem = f"was answered with JSON that would take {heavy:,} bytes of memory"
        raise TooLarge(path, problem, status=status)
    try:
        value = parse(path, content)
    except (ValueError, RecursionError):
        raise BadAnswer(path, "was answered with JSON that is cut or broken", status=status) from None
    if not isinstance(value, dict) or not isinstance(value.get(question.root), question.shape):
        raise BadAnswer(path, f"was answered without {question.root!r}", status=status)
    return value[question.root]
