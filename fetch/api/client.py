"""The Customer API over HTTP: the only place that knows the HTTP library."""

import asyncio
import logging
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

import httpx
import stamina
from stamina.instrumentation import set_on_retry_hooks

from base.bounds import LARGE_BYTES, LARGE_WEIGHT
from base.version import version
from base.weight import weight
from fetch.api.body import Params, Question, Shape, check_status, parse_body, read_content
from fetch.api.breaker import Breaker, Turn
from fetch.api.errors import (
    BadAnswer,
    Distrusted,
    TimedOut,
    Unreachable,
    UpstreamError,
)
from fetch.api.network import certificates, distrust, proxy_for, proxy_variable
from fetch.api.options import ClientOptions, check_base_url, loopback
from fetch.api.retries import PATIENT, PAUSES, RetryPolicy, log_retry, retry_pause
from fetch.redaction.secrets import Secrets

Use = Callable[[Any], Awaitable[Any]]
Observe = Callable[[str], AbstractContextManager[object]]
"""Opens what stands around each request, tries included; takes the path."""


async def _closed(connections: Iterable[httpx.AsyncHTTPTransport]) -> None:
    """Close connections to the last one, also when the work is cancelled meanwhile."""
    closing = asyncio.gather(*(one.aclose() for one in connections))
    try:
        await asyncio.shield(closing)
    except asyncio.CancelledError:
        await closing
        raise


async def _as_it_is(value: Any) -> Any:
    return value


@dataclass
class Statistics:
    """The work of a client in numbers.

    Attributes:
        requests: All that were sent, repeated ones included.
        retries: Those that were repeated.
    """

    requests: int = 0
    retries: int = 0


set_on_retry_hooks([log_retry])


class ApiClient:
    """An async context manager over a few connections; it sends nothing but GET.

    Each connection is a pool of its own: a larger one looks at all of its connections for every request.

    Attributes:
        options: How the API is reached.
        statistics: What was sent.
        secrets: The credentials that its answers held so far; `endpoints` cuts them out of what it returns.
    """

    def __init__(
        self, options: ClientOptions, breaker: Breaker | None = None, observe: Observe = nullcontext
    ) -> None:
        self.options = options
        self.statistics = Statistics()
        self.secrets = Secrets(options.token)
        self._observe = observe
        self._breaker = breaker or Breaker(limit=sys.maxsize)
        self._slots = asyncio.Semaphore(options.concurrency)
        self._large = asyncio.Lock()
        url = options.base_url
        through = not loopback(options.host)
        self._proxy = proxy_variable(url) if through else None
        self._base = check_base_url(url)
        self._headers = httpx.Headers(
            {
                "Host": httpx.URL(url).netloc.decode("ascii"),
                "Authorization": f"Token {options.token}",
                "Accept": "application/json",
                "Accept-Encoding": "gzip",
                "User-Agent": f"testio-reports/{version()}",
            }
        )
        self._through = proxy_for(url) if through else None
        self._trusted = certificates(url.startswith("https"))
        self._idle: list[httpx.AsyncHTTPTransport] = []
        for name in ("httpx", "httpcore"):  # they log whole URLs
            logging.getLogger(name).setLevel(logging.WARNING)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await _closed(self._idle)

    async def get(
        self,
        path: str,
        *,
        root: str,
        params: Params = (),
        shape: Shape = list,
        policy: RetryPolicy = PATIENT,
        use: Use | None = None,
    ) -> Any:
        """Ask for one answer.

        Args:
            path: Below the base URL, such as `/products`.
            root: The name that the answer is wrapped in.
            params: The query, in order; a name may be given several times.
            shape: What is expected below the root.
            policy: How often it is tried, and whether a failure says something about the API as a whole.
            use: Is given what stands below the root before another large answer is read.

        Returns:
            What `use` makes of it; when left out, what stands below the root, not redacted.

        Raises:
            UpstreamError: The kind that says why there is no answer.
        """
        question = Question(path, root, params, shape)
        turn = self._breaker.turn((path, *params), counted=policy.counted)
        try:
            return await self._tried(question, turn, policy.tries or self.options.attempts, use or _as_it_is)
        except UpstreamError as error:
            turn.failed(error, finally_=True)
            raise
        finally:
            turn.end()

    async def _tried(self, question: Question, turn: Turn, narrowable: int, use: Use) -> Any:
        too_much = 0

        def backoff(error: Exception) -> bool | float:
            nonlocal too_much
            too_much += isinstance(error, UpstreamError) and error.narrowable
            return too_much < narrowable and retry_pause(error)

        async def asked(*, again: bool) -> Any:
            try:
                value = await self._asked(question, turn, use, again=again)
            except UpstreamError as error:
                error.__traceback__ = error.__context__ = None  # they would hold the whole answer
                turn.failed(error, finally_=False)
                raise
            turn.answered()
            return value

        try:  # almost all need no more, and counting tries costs as much as reading an answer
            return await asked(again=False)
        except UpstreamError as error:
            first = error
        async for attempt in stamina.retry_context(
            on=backoff,
            attempts=self.options.attempts,
            timeout=None,
            **PAUSES,
        ):
            with attempt:
                if attempt.num == 1:
                    raise first
                return await asked(again=True)
        raise AssertionError  # pragma: no cover - the last try returns or raises

    async def _asked(self, question: Question, turn: Turn, use: Use, *, again: bool) -> Any:
        while True:
            await turn.pass_through(question.path)
            async with self._slots:
                if turn.must_wait:  # the breaker opened by half while this waited for a slot
                    continue
                self.statistics.requests += 1
                self.statistics.retries += again
                async with AsyncExitStack() as alone:
                    with self._observe(question.path):
                        response, content = await self._sent(question, alone)
                    if len(content) <= LARGE_BYTES and weight(content) > LARGE_WEIGHT:
                        await alone.enter_async_context(self._large)
                    value = parse_body(response, content, question)
                    del content
                    return await use(value)

    async def _sent(self, question: Question, alone: AsyncExitStack) -> tuple[httpx.Response, bytes]:
        path = question.path
        try:
            async with asyncio.timeout(self.options.timeout), self._answer(question) as response:
                content = await read_content(
                    question, response, lambda: alone.enter_async_context(self._large)
                )
        except (TimeoutError, httpx.TimeoutException):
            problem = f"did not answer within {self.options.timeout:g} s"
            hint = "See HTTP_TIMEOUT_SECONDS" + (f" and {self._proxy}." if self._proxy else ".")
            raise TimedOut(path, problem, hint=hint) from None
        except httpx.DecodingError:
            raise BadAnswer(path, "was answered with a body that cannot be unpacked") from None
        except httpx.HTTPError as error:
            raise self._unreachable(path, error) from None
        check_status(path, response)
        return response, content

    def _connection(self) -> httpx.AsyncHTTPTransport:
        if self._idle:
            return self._idle.pop()
        return httpx.AsyncHTTPTransport(
            verify=self._trusted,
            trust_env=False,
            proxy=self._through,
            limits=httpx.Limits(max_connections=1),
        )

    @asynccontextmanager
    async def _answer(self, question: Question) -> AsyncIterator[httpx.Response]:
        """Yield an answer, not read yet; no redirect is followed and no cookie kept."""
        query = f"?{urlencode(question.params)}" if question.params else ""
        request = httpx.Request("GET", f"{self._base}{question.path}{query}", headers=self._headers)
        connection = self._connection()
        try:
            response = await connection.handle_async_request(request)
            try:
                yield response
            finally:
                await response.aclose()
        except BaseException:  # one that was cut off stays busy for ever
            await _closed([connection])
            raise
        self._idle.append(connection)

    def _unreachable(self, path: str, error: httpx.HTTPError) -> Unreachable:
        """Return what happened to a request without an answer, with what to do about it."""
        host = self.options.host
        if (distrusted := distrust(error)) is not None:
            why, hint = distrusted
            why = f"This machine does not trust its certificate: {why}."
            return Distrusted(path, f"did not reach {host}", why=why, hint=hint)
        if self._proxy and isinstance(error, httpx.ProxyError | httpx.ConnectError):
            why = f"It was stopped at the proxy that {self._proxy} names."
            hint = f"Check {self._proxy}, or name {host} in NO_PROXY."
            return Unreachable(path, f"did not reach {host}", why=why, hint=hint)
        problem = f"got no complete answer from {host} ({type(error).__name__})"
        return Unreachable(path, problem, hint="Check the network.")
