"""The Customer API over HTTP: the only place that knows the HTTP library."""

import asyncio
import json
import logging
import random
import re
import ssl
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from ipaddress import ip_address
from types import TracebackType
from typing import Any, Self
from urllib.parse import SplitResult, urlsplit

import httpx
import orjson
import stamina
from stamina.instrumentation import RetryDetails, set_on_retry_hooks

from base.errors import InvalidInput
from fetch.api.breaker import Breaker, Turn
from fetch.api.errors import (
    BASE_URL_VARIABLE,
    TOKEN_VARIABLE,
    BadAnswer,
    Missing,
    RateLimited,
    Refused,
    ServerError,
    TimedOut,
    TooLarge,
    Unauthorized,
    Unreachable,
    UpstreamError,
)

LONGEST_WAIT = 60.0
"""Seconds that a `Retry-After` is honoured at most."""
LARGEST_BODY = 256 * 2**20
"""Unpacked bytes that an answer may have; the bugs of a busy test have about three million."""
LARGEST_MENDED = 16 * 2**20
"""Bytes of an answer that is read letter by letter when it is no proper JSON, which takes long."""

Params = Sequence[tuple[str, str | int]]
Shape = type[list[Any]] | type[dict[str, Any]]


@dataclass(frozen=True)
class ClientOptions:
    """How the API is reached.

    Attributes:
        base_url: Such as `https://api.test.io/customer/v2`.
        token: The customer's token; never printed.
        concurrency: Requests under way at once.
        timeout: Seconds for one complete answer.
        attempts: Tries of one request, the first included.

    Raises:
        InvalidInput: For a base URL or a token that cannot be used.
    """

    base_url: str
    token: str = field(repr=False)
    concurrency: int = 10
    timeout: float = 90.0
    attempts: int = 5

    def __post_init__(self) -> None:
        check_base_url(self.base_url)
        if not re.fullmatch(r"[\x21-\x7e]+", self.token):
            raise InvalidInput(
                f"{TOKEN_VARIABLE} cannot be used as a token.",
                "It is empty or holds blanks or characters that a header cannot carry.",
                "Copy it again.",
            )

    @property
    def host(self) -> str:
        """The host of the base URL, without port."""
        return urlsplit(self.base_url).hostname or ""


@dataclass
class Statistics:
    """What a client did.

    Attributes:
        requests: All that were sent, repeated ones included.
        retries: Those that were repeated.
    """

    requests: int = 0
    retries: int = 0


@dataclass(frozen=True)
class _Question:
    path: str
    root: str
    params: Params
    shape: Shape


def check_base_url(url: str) -> str:
    """Return the base URL without a trailing slash.

    Raises:
        InvalidInput: Unless it is https, or http to this machine, and holds no credentials or query.
    """
    parts = _split(url) if re.fullmatch(r"[\x21-\x7e]+", url) else None
    if parts is None or not parts.hostname or parts.scheme not in {"http", "https"}:
        raise InvalidInput(
            f"{BASE_URL_VARIABLE} is not a URL.", "", "Write it like https://api.test.io/customer/v2"
        )
    if parts.username is not None or parts.query or parts.fragment:
        raise InvalidInput(
            f"{BASE_URL_VARIABLE} holds more than scheme, host and path.",
            "Credentials and query strings do not belong there.",
            f"The token goes into {TOKEN_VARIABLE}.",
        )
    if parts.scheme == "http" and not loopback(parts.hostname):
        raise InvalidInput(
            f"{BASE_URL_VARIABLE} is http://{parts.hostname}, which is not encrypted.",
            "The token would travel in clear.",
            "Use https; http is for this machine only.",
        )
    return url.rstrip("/")


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port, httpx.URL(url).host
    except (ValueError, httpx.InvalidURL):
        return None
    return parts


def loopback(host: str) -> bool:
    """Whether a host is this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds to wait by a `Retry-After` header (seconds or an HTTP date), between 0 and `LONGEST_WAIT`."""
    if not value:
        return None
    if re.fullmatch(r"\s*\d+(\.\d+)?\s*", value, re.ASCII):
        seconds = float(value)
    else:
        try:
            until = parsedate_to_datetime(value)
        except ValueError:
            return None
        seconds = (until if until.tzinfo else until.replace(tzinfo=UTC)).timestamp() - now.timestamp()
    return min(max(seconds, 0.0), LONGEST_WAIT)


def _backoff(error: Exception) -> bool | float:
    """Whether to try again, and after how many seconds when the API said so."""
    if isinstance(error, RateLimited) and error.retry_after is not None:
        return error.retry_after + random.uniform(0, 0.5)  # noqa: S311 - jitter
    return isinstance(error, UpstreamError) and error.retryable


def _say_again(details: RetryDetails) -> None:
    # By the standard library's logging, which the MCP reader scrubs without having loaded structlog.
    logging.getLogger("fetch").warning("asked again in %.1f s: %s", details.wait_for, details.caused_by)


set_on_retry_hooks([_say_again])


class ApiClient:
    """An async context manager over one connection pool; it sends nothing but GET."""

    def __init__(self, options: ClientOptions, breaker: Breaker | None = None) -> None:
        self.options = options
        self.statistics = Statistics()
        self._breaker = breaker or Breaker(limit=sys.maxsize)
        self._slots = asyncio.Semaphore(options.concurrency)
        trust_env = not loopback(options.host)
        self._http = httpx.AsyncClient(
            base_url=check_base_url(options.base_url) + "/",
            headers={
                "Authorization": f"Token {options.token}",
                "Accept": "application/json",
                "User-Agent": f"testio-reports/{_version()}",
            },
            timeout=options.timeout,
            limits=httpx.Limits(
                max_connections=options.concurrency,
                max_keepalive_connections=options.concurrency,
            ),
            follow_redirects=False,
            trust_env=trust_env,
            verify=_certificates(trust_env),
        )
        for name in ("httpx", "httpcore"):  # they log whole URLs
            logging.getLogger(name).setLevel(logging.WARNING)

    async def __aenter__(self) -> Self:
        await self._http.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._http.__aexit__(kind, error, trace)

    async def get(
        self,
        path: str,
        *,
        root: str,
        params: Params = (),
        shape: Shape = list,
        attempts: int | None = None,
        counted: bool = True,
    ) -> Any:
        """Ask for one answer.

        Args:
            path: Below the base URL, such as `/products`.
            root: The name that the answer is wrapped in.
            params: The query, in order; a name may be given several times.
            shape: What is expected below the root.
            attempts: Tries while it fails so that asking for less may help; the options' when left out, as
                for all other errors.
            counted: Whether a failure says something about the API as a whole.

        Returns:
            What stands below the root, not redacted.

        Raises:
            UpstreamError: The kind that says why there is no answer.
        """
        question = _Question(path, root, params, shape)
        turn = self._breaker.turn((path, *params), counted=counted)
        try:
            return await self._tried(question, turn, attempts or self.options.attempts)
        except UpstreamError as error:
            turn.failed(error, finally_=True)
            raise
        finally:
            turn.end()

    async def _tried(self, question: _Question, turn: Turn, attempts: int) -> Any:
        too_much = 0

        def backoff(error: Exception) -> bool | float:
            nonlocal too_much
            too_much += isinstance(error, UpstreamError) and error.narrowable
            return too_much < attempts and _backoff(error)

        async for attempt in stamina.retry_context(
            on=backoff,
            attempts=self.options.attempts,
            timeout=None,
            wait_initial=0.5,
            wait_max=15.0,
            wait_jitter=1.0,
        ):
            with attempt:
                try:
                    value = await self._asked(question, turn, again=attempt.num > 1)
                except UpstreamError as error:
                    turn.failed(error, finally_=False)
                    raise
                turn.answered()
                return value
        raise AssertionError  # pragma: no cover - the last try returns or raises

    async def _asked(self, question: _Question, turn: Turn, *, again: bool) -> Any:
        while True:
            await turn.pass_through(question.path)
            async with self._slots:
                if turn.must_wait:  # the API came into doubt while this waited for a slot
                    continue
                self.statistics.requests += 1
                self.statistics.retries += again
                response, content = await self._sent(question.path, question.params)
            return _body(response, content, question)

    async def _sent(self, path: str, params: Params) -> tuple[httpx.Response, bytes]:
        request = self._http.stream("GET", path.lstrip("/"), params=list(params))
        try:
            async with asyncio.timeout(self.options.timeout), request as response:
                content = await _content(path, response)
        except (TimeoutError, httpx.TimeoutException):
            problem = f"did not answer within {self.options.timeout:g} s"
            raise TimedOut(path, problem, hint="See HTTP_TIMEOUT_SECONDS.") from None
        except httpx.DecodingError:
            raise BadAnswer(path, "was answered with a body that cannot be unpacked") from None
        except httpx.HTTPError as error:
            problem = f"reached no complete answer of {self.options.host} ({type(error).__name__})"
            raise Unreachable(path, problem, hint="Check the network.") from None
        _check_status(path, response)
        return response, content


async def _content(path: str, response: httpx.Response) -> bytes:
    """The unpacked body, as far as it is of a size that an answer can have."""
    if "," in response.headers.get("Content-Encoding", ""):
        raise BadAnswer(path, "was answered with a body that is packed several times over")
    pieces, size = [], 0
    async for piece in response.aiter_bytes():
        pieces.append(piece)
        size += len(piece)
        if size > LARGEST_BODY:
            raise TooLarge(path, f"was answered with more than {LARGEST_BODY:,} bytes")
    return b"".join(pieces)


def _check_status(path: str, response: httpx.Response) -> None:
    status = response.status_code
    if status in {401, 403}:
        raise Unauthorized(path, status)
    if status in {404, 410}:
        raise Missing(path, f"does not exist (status {status})", status=status)
    if status == httpx.codes.TOO_MANY_REQUESTS:
        raise RateLimited(path, retry_after(response.headers.get("Retry-After"), datetime.now(UTC)))
    if response.is_server_error:
        raise ServerError(path, status)
    if response.is_redirect or not response.is_success:
        hint = f"Check {BASE_URL_VARIABLE}." if response.is_redirect else ""
        raise Refused(path, f"was answered with status {status}", status=status, hint=hint)


def _body(response: httpx.Response, content: bytes, question: _Question) -> Any:
    path, status = question.path, response.status_code
    if content.lstrip()[:1] == b"<":
        problem = "was answered with a web page instead of JSON"
        raise BadAnswer(path, problem, status=status, hint=f"Check {BASE_URL_VARIABLE}.")
    try:
        value = _parsed(content)
    except (ValueError, RecursionError):
        raise BadAnswer(path, "was answered with JSON that is cut or broken", status=status) from None
    if not isinstance(value, dict) or not isinstance(value.get(question.root), question.shape):
        raise BadAnswer(path, f"was answered without {question.root!r}", status=status)
    return value[question.root]


def _parsed(content: bytes) -> Any:
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        if len(content) > LARGEST_MENDED:
            raise
    # Half an emoji (`\\ud83d` alone) or a byte of another encoding would cost a test for ever: a replacement
    # character takes its place.
    whole = json.dumps(json.loads(content.decode("utf-8-sig", "replace")), ensure_ascii=False)
    return orjson.loads(whole.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))


@cache
def _certificates(trust_env: bool) -> ssl.SSLContext:
    """What servers are checked against; reading it takes longer than a request on this machine."""
    return httpx.create_ssl_context(trust_env=trust_env)


def _version() -> str:
    try:
        return version("testio-reports")
    except PackageNotFoundError:
        return "0"
