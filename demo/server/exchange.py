"""How faults come between a request and the demo API's answer to it."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar
from zlib import crc32

from demo.server.answers import Query


@dataclass(frozen=True)
class Asked:
    """A request.

    Attributes:
        path: Below the base URL.
        query: Its parameters.
        key: What names it: path and query string as they came.
        nth: How often the same request came before, from 0 (a try that an earlier fault spoiled did not).
        number: How many requests the server had before, from 0.
    """

    path: str
    query: Query
    key: str
    nth: int
    number: int


@dataclass(frozen=True)
class Answer:
    """An answer on its way.

    Attributes:
        delay: Seconds that it takes beside the server's latency.
        reset: Whether the connection is reset when half of the body was sent.
    """

    status: int
    body: bytes
    media_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    delay: float = 0.0
    reset: bool = False


GoOn = Callable[[Asked], Answer]


@dataclass(frozen=True)
class Hits:
    """The requests that a fault hits.

    Attributes:
        path: A pattern that the path and query contain; empty for all.
        times: How often in a row the same request is hit; None for always.
        share: The part of the matching requests that is hit, by the seed.
        seed: Chooses another part.
    """

    path: str = ""
    times: int | None = 1
    share: float = 1.0
    seed: int = 0

    def __call__(self, asked: Asked) -> bool:
        """Return whether the fault hits this request."""
        if self.times is not None and asked.nth >= self.times:
            return False
        drawn = crc32(f"{self.seed}/{asked.key}".encode()) / 2**32
        return drawn < self.share and re.search(self.path, asked.key) is not None


ONCE = Hits()
ALWAYS = Hits(times=None)


@dataclass(frozen=True)
class Fault:
    """A fault that does nothing."""

    of_content: ClassVar[bool] = False
    """Whether it is wrong in what the server says, not in how it arrives."""

    def answer(self, asked: Asked, go_on: GoOn) -> Answer:
        """Answer a request, with what the rest of the server says to it if that is of use."""
        return go_on(asked)

    def listing(self, product_id: int, test_ids: Sequence[int], reads: int) -> Sequence[int]:
        """Return the tests of a product, newest first, after its list was read so often."""
        del product_id, reads
        return test_ids

    @property
    def lost(self) -> frozenset[int]:
        """Return the tests that nobody can fetch because of this fault."""
        return frozenset()


class Chain:
    """Faults in a row before a server's answers, with the counts that they ask for."""

    def __init__(self, faults: Sequence[Fault] = ()) -> None:
        self._faults = sorted(faults, key=lambda fault: fault.of_content)
        self._came: Counter[tuple[int, str]] = Counter()
        self._reads: Counter[int] = Counter()

    def answer(self, path: str, query: Query, key: str, number: int, plain: GoOn) -> Answer:
        """Answer a request through all faults; `plain` is the answer without them."""
        return self._from(0, Asked(path, query, key, 0, number), plain)

    def listing(self, product_id: int, test_ids: Sequence[int]) -> Sequence[int]:
        """Return a product's tests as the faults show them; counts as one read."""
        reads = self._reads[product_id]
        self._reads[product_id] += 1
        for fault in self._faults:
            test_ids = fault.listing(product_id, test_ids, reads)
        return test_ids

    def _from(self, place: int, asked: Asked, plain: GoOn) -> Answer:
        if place == len(self._faults):
            return plain(asked)
        counted = replace(asked, nth=self._came[place, asked.key])
        self._came[place, asked.key] += 1
        return self._faults[place].answer(counted, lambda other: self._from(place + 1, other, plain))
