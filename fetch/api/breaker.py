"""Notices that the API fails wholesale rather than here and there.

After ten different requests that failed in a row, over all endpoints, the API is in doubt: one
request goes on trying while all others wait. If it is answered, all go on; if it fails to its
last try, nothing more is asked. So a restart of the API costs seconds, and its end few requests.
"""

import asyncio
from collections.abc import Hashable
from dataclasses import dataclass, field

from fetch.api.errors import CircuitOpen, Declined, Missing, UpstreamError


@dataclass
class Breaker:
    """What is known of the API's health.

    Attributes:
        limit: Different requests that fail in a row until it is in doubt.
        suspects: Those that failed since the last answer.
        last: The failure that proved it to be down, or None.
    """

    limit: int = 10
    suspects: set[Hashable] = field(default_factory=set)
    last: UpstreamError | None = None
    _trying: asyncio.Lock = field(default_factory=asyncio.Lock)

    def turn(self, key: Hashable, *, counted: bool) -> "Turn":
        """One request's way through; `counted` when its failure says something about the API as a whole."""
        return Turn(self, key, counted)

    @property
    def in_doubt(self) -> bool:
        """Whether only one request may be under way."""
        return len(self.suspects) >= self.limit


@dataclass
class Turn:
    """One request with all its tries; leave it with `end`."""

    breaker: Breaker
    key: Hashable
    counted: bool
    alone: bool = False

    @property
    def must_wait(self) -> bool:
        """Whether others try for this one."""
        return self.breaker.last is not None or (self.breaker.in_doubt and not self.alone)

    async def pass_through(self, path: str) -> None:
        """Wait until the next try may be made.

        Raises:
            CircuitOpen: When the API is down.
        """
        breaker = self.breaker
        if breaker.in_doubt and not self.alone:
            await breaker._trying.acquire()  # noqa: SLF001 - one noun in two classes
            self.alone = True
            if not breaker.in_doubt:
                self.end()
        if breaker.last is not None:
            failures = f"The Customer API failed {len(breaker.suspects)} different requests in a row"
            raise CircuitOpen(
                path,
                "was not tried any more",
                why=f"{failures}, the last one to the end: {breaker.last.what}",
                hint="Try again later; what was fetched is kept.",
            )

    def answered(self) -> None:
        """Note that the API answers."""
        self.breaker.suspects.clear()

    def failed(self, error: UpstreamError, *, finally_: bool) -> None:
        """Note a failed try; `finally_` when there will be no other."""
        if isinstance(error, (Missing, Declined)):
            self.answered()
        elif self.counted and not isinstance(error, CircuitOpen):
            self.breaker.suspects.add(self.key)
            if self.alone and finally_:
                self.breaker.last = error

    def end(self) -> None:
        """Let the next request try."""
        if self.alone:
            self.alone = False
            self.breaker._trying.release()  # noqa: SLF001 - a request is a part of its breaker
