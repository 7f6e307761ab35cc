"""What the snapshot lacks, asked from the Customer API: once per entity, kept for a while, stored nowhere."""

import asyncio
import logging
import re
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import anyio.to_thread

from base.errors import Unavailable, UserError
from mcp_reader.errors.parts import ASK
from mcp_reader.telemetry import counted_fallback, span

if TYPE_CHECKING:
    from fetch.api.client import ApiClient
    from fetch.api.options import ClientOptions

log = logging.getLogger(__name__)

PATIENCE = 30.0
"""Seconds that the upstream may take while a model waits for the answer."""

MOST_KEPT = 256
_VARIABLE = re.compile(r"(SSLKEYLOGFILE|[A-Z]+(_[A-Z]+)+)(?= )", re.IGNORECASE)
"""The setting, or variable of the environment, that an error begins with."""


@dataclass(frozen=True)
class Fetched:
    """An answer of the upstream, redacted, and its time."""

    data: Any
    at: datetime


class NoUpstream(Unavailable):
    """Nothing can be asked: no token, or settings that cannot be used."""

    code = "UPSTREAM_NOT_CONFIGURED"


class Upstream:
    """The Customer API behind the snapshot.

    However many callers wait for an entity, it is asked for once; what came back is kept
    for `ttl` seconds. An error is given to all who wait and is not kept.

    Args:
        options: Gives where and how to ask, the first time that it is needed.
        ttl: Seconds that an answer is kept.
    """

    def __init__(self, options: "Callable[[], ClientOptions]", ttl: float) -> None:
        self._options = options
        self._ttl = ttl
        self._kept: OrderedDict[tuple[str, int], tuple[float, Fetched]] = OrderedDict()
        self._asked: dict[tuple[str, int], asyncio.Task[Fetched]] = {}
        self._open = AsyncExitStack()
        self._opening = asyncio.Lock()
        self._client: ApiClient | None = None

    async def product(self, product_id: int) -> Fetched:
        """Fetch the product's own object."""
        from fetch.api import endpoints
        from fetch.api.errors import UpstreamError
        from fetch.redaction.fields import cut_known

        async def alone(api: "ApiClient") -> Any:
            found = await endpoints.product(api, product_id)
            with suppress(UpstreamError):
                await endpoints.learn_environments(api, product_id)
            return cut_known(found, api.secrets)

        return await self._once(("product", product_id), alone)

    async def tests(self, product_id: int) -> Fetched:
        """Fetch the list of a product's tests, without their bugs."""
        from fetch.api import endpoints

        async def listed(api: "ApiClient") -> list[Any]:
            listing = await endpoints.tests(api, product_id)
            if listing.failed:
                raise listing.failed
            return list(listing.rows.values())

        return await self._once(("tests", product_id), listed)

    async def test(self, test_id: int) -> Fetched:
        """`{"test": …, "bugs": […]}`, as a test's document holds them."""
        from fetch.api import bug_batches, endpoints

        async def both(api: "ApiClient") -> dict[str, Any]:
            test = await endpoints.test(api, test_id)
            bugs = (await bug_batches.bugs_of(api, [test_id]))[test_id]
            if isinstance(bugs, UserError):
                raise bugs
            return {"test": test, "bugs": bugs}

        return await self._once(("test", test_id), both)

    async def bug(self, bug_id: int) -> Fetched:
        """Fetch the bug's own object."""
        from fetch.api import endpoints
        from fetch.api.errors import UpstreamError
        from fetch.api.ids_and_statuses import id_of
        from fetch.redaction.fields import cut_known

        async def alone(api: "ApiClient") -> Any:
            found = await endpoints.bug(api, bug_id)
            test_id = id_of(found.get("test"))
            if test_id is not None and test_id not in api.secrets.told:
                with suppress(UpstreamError):  # it is asked for the credentials that the bug may repeat
                    await endpoints.test(api, test_id)
            return cut_known(found, api.secrets)

        return await self._once(("bug", bug_id), alone)

    async def latency(self) -> float:
        """Seconds that a small request takes.

        Raises:
            UpstreamError: When it fails.
        """
        from fetch.api import endpoints
        from fetch.api.errors import Missing

        start = time.monotonic()
        with suppress(Missing):  # an API that serves no reject reasons answers all the same
            await endpoints.reject_reasons(await self._connected())
        return time.monotonic() - start

    async def close(self) -> None:
        """Stop asking and close the connections."""
        for task in self._asked.values():
            task.cancel()
        await asyncio.gather(*self._asked.values(), return_exceptions=True)
        await self._open.aclose()

    async def _once(self, key: tuple[str, int], ask: "Callable[[ApiClient], Awaitable[Any]]") -> Fetched:
        kept = self._kept.get(key)
        if kept is not None and time.monotonic() < kept[0]:
            return kept[1]
        task = self._asked.get(key)
        if task is None:
            task = asyncio.create_task(self._ask(key, ask))
            self._asked[key] = task
            task.add_done_callback(lambda done: self._settled(key, done))
        return await asyncio.shield(task)  # one caller that gives up takes nothing from the others

    async def _ask(self, key: tuple[str, int], ask: "Callable[[ApiClient], Awaitable[Any]]") -> Fetched:
        with counted_fallback(key[0]), span("upstream.ask", kind=key[0], id=key[1]):
            client = await self._connected()
            try:
                async with asyncio.timeout(PATIENCE):
                    fetched = Fetched(await ask(client), datetime.now(UTC))
            except TimeoutError:
                raise Unavailable(
                    "The Customer API took too long.",
                    f"it did not answer within {PATIENCE:g} seconds",
                    "Try again later.",
                ) from None
        self._kept[key] = (time.monotonic() + self._ttl, fetched)
        self._kept.move_to_end(key)
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return fetched

    def _settled(self, key: tuple[str, int], task: asyncio.Task[Fetched]) -> None:
        self._asked.pop(key, None)
        if not task.cancelled():
            task.exception()  # seen, even when every caller has gone

    async def _connected(self) -> "ApiClient":
        async with self._opening:
            if self._client is None:
                client = await anyio.to_thread.run_sync(self._made)
                self._client = await self._open.enter_async_context(client)
            return self._client

    def _made(self) -> "ApiClient":
        from fetch.api.client import ApiClient

        try:
            return ApiClient(self._usable(), observe=lambda path: span("upstream.request", path=path))
        except Unavailable as error:
            hint = "With a token the server asks the Customer API for what the snapshot lacks."
            raise NoUpstream(error.what, error.what, hint) from None
        except UserError as error:
            log.warning("The Customer API cannot be asked: %s", error)
            found = _VARIABLE.match(error.what)
            raise NoUpstream(
                "The Customer API cannot be asked.",
                f"{found[0] if found else 'one of its settings'} cannot be used",
                f"{ASK} `invoke doctor` says what is wrong with it.",
            ) from None

    def _usable(self) -> "ClientOptions":
        options = self._options()
        from fetch.api.retries import ATTEMPTS_WHILE_WAITED_FOR

        attempts = min(options.attempts, ATTEMPTS_WHILE_WAITED_FOR)
        return replace(options, timeout=min(options.timeout, PATIENCE), attempts=attempts)
