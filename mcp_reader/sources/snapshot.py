"""The published snapshot, opened by the first call that needs it and replaced when a new one is published."""

import asyncio
import gc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import anyio
import anyio.to_thread

from mcp_reader.sources.context_folder import ContextFolder
from mcp_reader.sources.pulling import Pulling
from mcp_reader.sources.remembered import Remembered
from mcp_reader.telemetry import span

if TYPE_CHECKING:
    from build.facts.account import Account
    from build.search.query import SearchIndex
    from build.search.scan import Unindexed
    from quality.model.entities import Test
    from quality.model.facts import Facts
    from snapshot.reader import Snapshot

MOST_LIMITED = 64
"""So many selections of products are kept ready for callers who may see no others."""
_T = TypeVar("_T")
_AT_ONCE = 4
"""Threads that count for tools: they share one core, so that each more makes all of them slower."""


@dataclass(frozen=True)
class Edition:
    """One published version, which a call keeps from its beginning to its end.

    Attributes:
        facts: Without the long texts of tests and bugs: see `whole`.
        answers: Over exactly these facts; a version that was changed or limited has its own.
    """

    snapshot: "Snapshot"
    facts: "Facts"
    account: "Account"
    answers: Remembered = field(default_factory=Remembered, init=False, compare=False)

    async def whole(self, test_ids: Iterable[int]) -> dict[int, "Test"]:
        """Return tests of the snapshot with their long texts, by id; those that it lacks are left out."""
        held = [one for one in dict.fromkeys(test_ids) if one in self.account.facts.tests]
        return await anyio.to_thread.run_sync(self._read, held)

    def _read(self, test_ids: Iterable[int]) -> dict[int, "Test"]:
        from build.facts.account import whole_test

        return {one: whole_test(self.account, one) for one in test_ids}


_of_call: ContextVar[Edition | None] = ContextVar("edition", default=None)


@contextmanager
def holding(edition: Edition) -> Iterator[None]:
    """Let the call that runs now see this version, and nothing newer, to its end."""
    before = _of_call.set(edition)
    try:
        yield
    finally:
        _of_call.reset(before)


class Library:
    """Opens the snapshot and the search index; notices by itself when either was replaced.

    Args:
        root: The snapshot folder.
        pulling: Keeps the folder as new as another place; None leaves it to whoever refreshes.
        context: What people say beside the snapshot; None for nothing.
        hide_names: Give people pseudonyms.
    """

    def __init__(
        self,
        root: Path,
        pulling: Pulling | None = None,
        context: ContextFolder | None = None,
        *,
        hide_names: bool = False,
    ) -> None:
        self.root = root
        self._hide_names = hide_names
        self._context = context
        self._pulling = pulling
        if pulling is not None:
            pulling.begin()
        self._edition: Edition | None = None
        self._index: SearchIndex | None = None
        self._unindexed: tuple[Facts, Unindexed] | None = None
        self._limited: dict[frozenset[int], tuple[Edition, Edition]] = {}
        self._opening = asyncio.Lock()
        self._gathering = asyncio.Lock()
        self._room = anyio.CapacityLimiter(_AT_ONCE)

    async def work(self, function: Callable[..., _T], *arguments: Any, **named: Any) -> _T:
        """Run what takes more than some milliseconds beside the event loop, a few such at a time."""
        return await anyio.to_thread.run_sync(partial(function, *arguments, **named), limiter=self._room)

    async def edition(self) -> Edition:
        """Return the version that is published now, or that this call holds.

        Raises:
            SnapshotError: When none is published or could be pulled, or it cannot be read.
        """
        from snapshot.reader import current_id

        if (held := _of_call.get()) is not None:
            return held
        if self._pulling is not None:
            await self._pulling.settled()
        if self._edition is None or self._edition.snapshot.id != current_id(self.root):
            async with self._opening:
                if self._edition is None or self._edition.snapshot.id != current_id(self.root):
                    self._edition = await anyio.to_thread.run_sync(self._open)
        if self._context is not None:
            self._edition = await anyio.to_thread.run_sync(self._told, self._edition, self._context)
        return self._edition

    def _told(self, edition: Edition, folder: ContextFolder) -> Edition:
        """Return the edition with what the context folder says now."""
        context = folder.read(edition.snapshot.manifest.api_host)
        if context is edition.facts.context:
            return edition
        return replace(edition, facts=replace(edition.facts, context=context))

    def _open(self) -> Edition:
        from build.facts.account import open_account
        from build.facts.load import uncollected
        from snapshot.errors import NoSnapshot
        from snapshot.reader import open_snapshot

        with span("snapshot.open"), uncollected():
            try:
                account = open_account(open_snapshot(self.root), hide_names=self._hide_names)
            except NoSnapshot:  # pruned while it was read: a newer one is published
                account = open_account(open_snapshot(self.root), hide_names=self._hide_names)
            gc.freeze()  # what stays as long as the version is never looked through for cycles
        return Edition(account.snapshot, account.facts, account)

    def limited(self, product_ids: frozenset[int]) -> "Library":
        """Return the same library, in which there is nothing but these products."""
        return _Limited(self, product_ids)

    async def edition_of(self, product_ids: frozenset[int]) -> Edition:
        """Return the version that is published now as if it held these products alone.

        Raises:
            SnapshotError: As `edition`.
        """
        whole = await self.edition()
        of, held = self._limited.get(product_ids, (None, whole))
        if of is not whole:
            while len(self._limited) >= MOST_LIMITED:
                self._limited.popitem()
            facts = whole.facts.of_products(product_ids)
            held = Edition(whole.snapshot, facts, replace(whole.account, facts=facts))
            self._limited[product_ids] = whole, held
        return held

    async def close(self) -> None:
        """Stop looking for a newer version."""
        if self._pulling is not None:
            await self._pulling.close()

    async def search_index(self) -> "SearchIndex | None":
        """Return the search index as it is now; None when none was built.

        It may be of an older snapshot than the one that is published. One that says other names of people
        than these answers counts as none.
        """
        return await anyio.to_thread.run_sync(self._searchable)

    async def unindexed(self, edition: Edition) -> "Unindexed":
        """Return what can be found without an index: made by the first search of a version, and kept."""
        async with self._gathering:
            if self._unindexed is None or self._unindexed[0] is not edition.facts:
                self._unindexed = edition.facts, await self.work(_gathered, edition)
            return self._unindexed[1]

    def _searchable(self) -> "SearchIndex | None":
        from build.search.place import readable_index
        from build.search.query import open_index

        self._index = (
            self._index.latest() if self._index is not None else open_index(readable_index(self.root))
        )
        if self._index is not None and self._index.hides_names != self._hide_names:
            return None
        return self._index


def _gathered(edition: Edition) -> "Unindexed":
    from build.facts.account import whole_tests
    from build.search.scan import gather

    return gather(edition.facts, partial(whole_tests, edition.account))


class _Limited(Library):
    """A library as a caller sees it who may see some products only."""

    def __init__(self, whole: Library, product_ids: frozenset[int]) -> None:
        super().__init__(whole.root)
        self._whole, self._room = whole, whole._room  # noqa: SLF001 - of the same kind
        self._product_ids = product_ids

    async def edition(self) -> Edition:
        return _of_call.get() or await self._whole.edition_of(self._product_ids)

    async def search_index(self) -> "SearchIndex | None":
        index = await self._whole.search_index()
        return None if index is None else await anyio.to_thread.run_sync(index.limited, self._product_ids)

    async def unindexed(self, edition: Edition) -> "Unindexed":
        return await self._whole.unindexed(edition)
