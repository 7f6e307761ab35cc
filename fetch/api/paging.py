"""Reading a list page by page from an API that repeats, shifts and breaks its pages."""

import logging
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from itertools import count, pairwise
from typing import Any, Protocol

from fetch.api.errors import UpstreamError
from fetch.api.ids_and_statuses import id_of
from fetch.api.retries import NARROWING, PATIENT, SECOND_LOOK, SMALLEST_PART, RetryPolicy

log = logging.getLogger(__name__)

SEAM_TRIES = 3
"""How often two pages that shifted against each other are read again."""
GLANCE = 5
"""Rows of the page that shows whether anything came in at the top."""
HOPELESS = 3
"""Broken positions, and no other that is answered: the whole page is not, whatever it holds."""

Json = dict[str, Any]


class FetchPage(Protocol):
    """Asks for one page, from 1, as often as the policy says."""

    def __call__(
        self, page: int, per_page: int, /, *, policy: RetryPolicy = PATIENT
    ) -> Coroutine[Any, Any, Sequence[Any]]:
        """Return the page's rows."""


@dataclass(frozen=True)
class Broken:
    """A position of the list that the API does not answer, whatever the page size.

    Attributes:
        position: From 0, the newest.
        before: The row before it, when there is one. Likewise `after`.
    """

    position: int
    error: UpstreamError
    before: Json | None = None
    after: Json | None = None


@dataclass
class Listing:
    """The part of a list that could be read.

    Attributes:
        rows: By id, in the list's order; of a row that was read twice, the newer.
        broken: Positions that cannot be read.
        ended: Whether the list was read to its end.
        short: Whether the last page had fewer rows than were asked for.
        failed: Why reading stopped too early, or None.
        nameless: Whether there were rows without a usable id, which are left out.
    """

    rows: dict[int, Json] = field(default_factory=dict)
    broken: list[Broken] = field(default_factory=list)
    ended: bool = False
    short: bool = False
    failed: UpstreamError | None = None
    nameless: bool = False


async def read(
    fetch: FetchPage, *, per_page: int, enough: Callable[[Listing], bool], into: Listing | None = None
) -> Listing:
    """Read a list until a page is empty or brings nothing new.

    A page that fails is asked for in ever smaller parts until the broken positions are known. Where two
    pages meet, a small page across the seam shows whether the list shifted while it was read; if it did,
    both are read again.

    Args:
        fetch: Asks for one page.
        per_page: Rows of a page; the API may give fewer.
        enough: Asked after each page; True ends the reading before the list does.
        into: Holds what was read so far, also when the reading is stopped.

    Raises:
        UpstreamError: When the first page fails as a whole, or any with an error that is fatal.
    """
    reader = _Reader(fetch, per_page, Listing() if into is None else into)
    for page in count(1):
        try:
            going_on = await reader.turn(page)
        except UpstreamError as error:
            if page == 1 or error.fatal:
                raise
            reader.listing.failed = error
            break
        if not going_on or enough(reader.listing):
            break
    if page > 1 and not reader.listing.failed:
        await reader.look_at_the_top_again()
    return reader.finished()


class _Reader:
    """The reading of one list: `size` rows of a page as the API gives them, `places` ids by position."""

    def __init__(self, fetch: FetchPage, per_page: int, listing: Listing) -> None:
        self.fetch = fetch
        self.asked = self.size = per_page
        self.listing = listing
        self.places: dict[int, int] = {}
        self.failures: dict[int, UpstreamError] = {}
        self.shifted = False
        self.idle = 0

    async def turn(self, page: int) -> bool:
        """Read a page; False at the end of the list."""
        rows = await self._page(page)
        seen = [row for row in rows if id_of(row) in self.listing.rows]
        if len(seen) == len(rows):
            self.idle += 1
            # One page that brings only a broken position does not end the list; two in a row do.
            self.listing.ended = self.idle > 1 or not self._broken_in(page)
            return not self.listing.ended
        self.idle = 0
        if page == 2 and self.listing.short:  # noqa: PLR2004 - pages count from 1
            self.size = len(self.listing.rows)
        self.listing.short = len(rows) < self.size and not self._broken_in(page)
        first = (page - 1) * self.size
        self.shifted |= bool(seen)
        self._add(first, rows)
        if page > 1 and not seen:
            await self._check_seam(first)
        self.listing.ended = len(rows) > self.asked  # the API ignores paging
        return not self.listing.ended

    async def _page(self, page: int) -> list[Json]:
        try:
            return _objects(await self.fetch(page, self.size))
        except UpstreamError as failure:
            if not failure.narrowable:
                raise
            error = failure
        first = (page - 1) * self.size
        log.warning("a page failed and is asked for in parts", extra={"first": first, "rows": self.size})
        narrowing = _Narrowing(self.fetch, first + self.size)
        rows = await narrowing.read(first, self.size, error)
        self.failures |= narrowing.failures
        return rows

    async def _check_seam(self, first: int) -> None:
        """Ask for a small page across the boundary before `first`; read both pages again if they shifted."""
        for _ in range(SEAM_TRIES):
            size = next(size for size in count(2) if first % size)
            try:
                rows = _objects(await self.fetch(first // size + 1, size, policy=SECOND_LOOK))
                ids = [id_of(row) for row in rows]
                known = (self.places.get(first - 1), self.places.get(first))
                if None in known or known in pairwise(ids):
                    return
                self.shifted = True
                self._add(first // size * size, rows)
                for page in (first // self.size, first // self.size + 1):
                    self._add(
                        (page - 1) * self.size,
                        _objects(await self.fetch(page, self.size, policy=SECOND_LOOK)),
                    )
            except UpstreamError as error:
                if error.fatal:
                    raise
                return

    async def look_at_the_top_again(self) -> None:
        """Read what came in at the top while the rest was read."""
        size = self.size if self.shifted else min(GLANCE, self.size)
        for _ in range(SEAM_TRIES):
            before = len(self.listing.rows)
            try:
                rows = _objects(await self.fetch(1, size, policy=SECOND_LOOK))
            except UpstreamError as error:
                if error.fatal:
                    raise
                return
            self._add(0, rows)
            if len(self.listing.rows) - before < size:
                return
            size = self.size

    def _add(self, first: int, rows: Sequence[Json]) -> None:
        places = [place for place in range(first, first + self.size) if place not in self.failures]
        if len(rows) > len(places):
            places = list(range(first, first + len(rows)))
        for place, row in zip(places, rows, strict=False):
            row_id = id_of(row)
            if row_id is None:
                self.listing.nameless = True
                log.warning("a listed test without a usable id is left out", extra={"position": place})
                continue
            self.places[place] = row_id
            self.listing.rows[row_id] = row

    def _broken_in(self, page: int) -> bool:
        return any(place // self.size == page - 1 for place in self.failures)

    def finished(self) -> Listing:
        """Return the listing, with the neighbours of what is broken."""
        known = sorted(self.places)
        for position, error in sorted(self.failures.items()):
            before = max((place for place in known if place < position), default=None)
            after = min((place for place in known if place > position), default=None)
            self.listing.broken.append(Broken(position, error, self._row(before), self._row(after)))
        return self.listing

    def _row(self, place: int | None) -> Json | None:
        return None if place is None else self.listing.rows[self.places[place]]


@dataclass
class _Narrowing:
    """The narrowing of one page that failed as a whole, down to the positions that are broken."""

    fetch: FetchPage
    end: int
    answers: int = 0
    failures: dict[int, UpstreamError] = field(default_factory=dict)

    async def read(self, first: int, size: int, error: UpstreamError) -> list[Json]:
        """Read all rows of the range that can be fetched.

        Raises:
            UpstreamError: When no part of it is answered.
        """
        if size == 1:
            self.failures[first] = error
            if not self.answers and len(self.failures) >= HOPELESS:
                await self._probe(first, error)
            return []
        part = max(divisor for divisor in range(1, size) if size % divisor == 0)
        found: list[Json] = []
        for start in range(first, first + size, part):
            try:
                policy = NARROWING if part > 1 else SMALLEST_PART
                rows = _objects(await self.fetch(start // part + 1, part, policy=policy))
            except UpstreamError as smaller:
                if not smaller.narrowable:
                    raise
                found += await self.read(start, part, smaller)
            else:
                self.answers += 1
                found += rows
                if len(rows) < part:
                    break
        return found

    async def _probe(self, place: int, error: UpstreamError) -> None:
        """See whether any place further down the page is answered, in ever longer steps.

        Raises:
            UpstreamError: When none is.
        """
        step = 1
        while place + step < self.end:
            try:
                rows = await self.fetch(place + step + 1, 1, policy=SECOND_LOOK)
            except UpstreamError as another:
                if not another.narrowable:
                    raise
            else:
                if not rows:
                    break  # the list has ended
                self.answers += 1
                return
            step *= 2
        raise error


def _objects(rows: Sequence[Any]) -> list[Json]:
    return [row for row in rows if isinstance(row, dict)]
