"""A circuit breaker: notices that the API fails wholesale rather than here and there.

Closed: all requests go through. After ten different ones that failed in a row, over all endpoints, it is
half-open: one request goes on trying while all others wait. If that is answered, the breaker is closed
again; if it fails to its last try, the breaker is open and nothing more is asked. So a restart of the API
costs seconds, and its end few requests.
"""

import asyncio
from collections.abc import Hashable
from dataclasses import dataclass, field
from enum import Enum

from fetch.api.errors import CircuitOpen, Declined, Missing, UpstreamError


class State(Enum):
    """The requests that go through: all, a single one that tries for the others, or none."""

    CLOSED = "closed"
    HALF_OPEN = "half-open"
    OPEN = "open"


@dataclass
class Breaker:
    """The health of the API as far as it is known.

    Attributes:
        limit: Different requests that fail in a row until the breaker is half-open.
        suspects: Those that failed since the last answer.
        last: The failure that opened the breaker, or None.
    """

    limit: int = 10
    suspects: set[Hashable] = field(default_factory=set)
    last: UpstreamError | None = None
    _trying: asyncio.Lock = field(default_factory=asyncio.Lock)

    def turn(self, key: Hashable, *, counted: bool) -> "Turn":
        """Begin a request's way through; `counted` when its failure tells something about the whole API."""
        return Turn(self, key, counted)

    def state(self) -> State:
        """Return which requests go through now."""
        if self.last is not None:
            return State.OPEN
        return State.HALF_OPEN if len(self.suspects) >= self.limit else State.CLOSED


@dataclass
class Turn:
    """One request with all its tries; leave it with `end`."""

    breaker: Breaker
    key: Hashable
    counted: bool
    alone: bool = False

    @property
    def must_wait(self) -> bool:
        """Return whether others try for this one."""
        state = self.breaker.state()
        return state is State.OPEN or (state is State.HALF_OPEN and not self.alone)

    async def pass_through(self, path: str) -> None:
        """Wait until the next try may be made.

        Raises:
            CircuitOpen: When the breaker is open.
        """
        breaker = self.breaker
        if breaker.state() is State.HALF_OPEN and not self.alone:
            await breaker._trying.acquire()  # noqa: SLF001 - one noun in two classes
            self.alone = True
            if breaker.state() is State.CLOSED:
                self.end()
        if breaker.last is not None:
            failures = f"The Customer API failed {len(breaker.suspects)} different requests in a row"
            raise CircuitOpen(
                path,
                "was not sent",
                why=f"{failures}; the last one, after all tries: {breaker.last.what}",
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
