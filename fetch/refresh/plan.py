"""What a refresh asks for: a pure function of what is known, what is listed, the time and the options."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import inf
from typing import Any, Literal

from fetch.api.ids_and_statuses import feature_requests, id_of, immutable, status_of
from fetch.refresh.known import REASONS, Key, Known
from quality.normalise.times import instant
from quality.normalise.values import part
from snapshot.format.manifest import Entry

BATCH = 15
"""Tests whose bugs are asked for at once."""
SAFETY = 50
"""Settled tests that are read beyond the last one that is not: two pages of the API's own size."""
PAGE = 25
"""The API's own page size."""
REASONS_TTL = timedelta(days=7)
"""Reject reasons hardly ever change, and only reviews that are fetched need them."""

Why = Literal["new", "mutable", "last time", "again", "retry", "unlisted"]
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class PlanOptions:
    """The amount that is asked for.

    Attributes:
        full: Everything, whatever is known.
        since: Tests that ended before are left as they are: not fetched when they are new, kept when known.
        ttl: How long features count as fresh.
        problems_only: Only what could not be fetched the last time.
    """

    full: bool = False
    since: datetime | None = None
    ttl: timedelta = timedelta(hours=1)
    problems_only: bool = False


@dataclass(frozen=True, slots=True)
class ListedTest:
    """A row of a product's list of tests."""

    id: int
    status: str | None
    start_at: datetime | None
    end_at: datetime | None

    def before(self, since: datetime | None) -> bool:
        """Return whether it ended before that moment."""
        return since is not None and self.end_at is not None and self.end_at < since


@dataclass(frozen=True)
class ListedProduct:
    """A product as the upstream listed it.

    Attributes:
        product: Its redacted object.
        tests: In the list's order, newest first.
        ended: Whether the list was read to its end without a gap.
    """

    id: int
    product: Mapping[str, Any]
    tests: tuple[ListedTest, ...] = ()
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """A test whose detail and bugs are asked for.

    Attributes:
        product_id: The product that it is stored under, unless it names one of `others` itself.
        listed: Whether the product's list shows it.
        others: The other products that list it, and the one that had it before.
    """

    id: int
    product_id: int
    why: Why
    listed: bool = True
    others: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Plan:
    """The requests of a refresh, and what is taken as it is.

    Attributes:
        tests: Detail and bugs of each.
        features: The products whose features are asked for, as listed.
        reject_reasons: Whether they are asked for.
        kept: Entries that are taken over.
    """

    tests: tuple[Wanted, ...] = ()
    features: tuple[Mapping[str, Any], ...] = ()
    reject_reasons: bool = False
    kept: tuple[Entry, ...] = ()

    @property
    def asked(self) -> tuple[tuple[Key, int | None], ...]:
        """Return every document that is asked for, with its product."""
        tests: list[tuple[Key, int | None]] = [
            (("test", wanted.id), wanted.product_id) for wanted in self.tests
        ]
        features: list[tuple[Key, int | None]] = [
            (("features", number), number) for number in map(id_of, self.features) if number is not None
        ]
        return (*tests, *features, *(((REASONS, None),) if self.reject_reasons else ()))

    @property
    def requests(self) -> int:
        """Return how many requests it takes when none fails."""
        batches = -(-len(self.tests) // BATCH)
        return (
            len(self.tests) + batches + sum(map(feature_requests, self.features)) + int(self.reject_reasons)
        )


def listed_test(row: Mapping[str, Any]) -> ListedTest | None:
    """Read a row of the list; None without a usable id."""
    test_id = id_of(row)
    if test_id is None:
        return None
    return ListedTest(test_id, status_of(row), instant(part(row, "start_at")), instant(part(row, "end_at")))


def plan(known: Known, listed: Sequence[ListedProduct], now: datetime, options: PlanOptions) -> Plan:
    """Decide what is asked for.

    Args:
        known: The previous version, and what was stored since.
        listed: The products to refresh. Everything else that is known is taken over.
        now: The refresh's time.
        options: How much is asked for.
    """
    owners = _owners(known, listed)
    asks = {product.id: _asking(known, product.id, options) for product in listed}
    tests = [wanted for product in listed for wanted in _tests(known, product, owners, asks[product.id])]
    tests.sort(key=lambda wanted: _last_had(known, wanted))  # so that each deadline leaves other tests over
    features = [
        product
        for product in listed
        if _due(known, ("features", product.id), now, options.ttl, asks[product.id])
    ]
    reasons = _due(known, REASONS, now, REASONS_TTL if tests else timedelta.max, options)
    asked: set[Key] = {("test", wanted.id) for wanted in tests} | {("features", one.id) for one in features}
    asked |= {("product", product.id) for product in listed} | ({REASONS} if reasons else set())
    kept = {key: entry for key, entry in known.entries.items() if key not in asked}
    kept |= {key: entry for key, entry in known.done.items() if key not in asked and _belongs(entry, listed)}
    return Plan(tuple(tests), tuple(one.product for one in features), reasons, tuple(kept.values()))


def left_out_before(
    known: Known, listed: ListedProduct, held: Collection[int], since: datetime | None
) -> datetime | None:
    """Return before which end tests of a product are left out of a version; None when none is.

    Args:
        known: The previous version.
        listed: What the upstream listed.
        held: The ids of all tests that the new version holds.
        since: Tests that ended before were not asked for.
    """
    unread = not listed.ended and not known.tests(listed.id)
    if since is not None and (
        unread or any(row.before(since) and row.id not in held for row in listed.tests)
    ):
        return since
    return None if listed.ended else known.bounds.get(listed.id)


@dataclass(frozen=True, slots=True)
class _Owner:
    """Under which product a listed test is asked for, and which others could have it."""

    product_id: int
    others: frozenset[int]


def _owners(known: Known, listed: Sequence[ListedProduct]) -> dict[int, _Owner]:
    """Return the owner of each listed test: the product that has it already, else the first that lists it.

    So a test that several products list stays where it is, whichever answer comes first. One that the list
    of its product does not show any more has moved, if that list was read to its end.
    """
    ended = {product.id for product in listed if product.ended}
    listing: dict[int, set[int]] = {}
    for product in listed:
        for row in product.tests:
            listing.setdefault(row.id, set()).add(product.id)
    owners = {}
    for test_id, products in listing.items():
        before = known.owner(test_id)
        chosen = before if before in products else min(products)
        others = products | ({before} if before and before not in ended else set())
        owners[test_id] = _Owner(chosen, frozenset(others) - {chosen})
    return owners


def _asking(known: Known, product_id: int, options: PlanOptions) -> PlanOptions:
    """Return how much is asked for of a product: all that can have changed if it failed the last time."""
    return replace(options, problems_only=False) if known.product_failed(product_id) else options


def _last_had(known: Known, wanted: Wanted) -> datetime:
    entry = known.entries.get(("test", wanted.id))
    return _NEVER if entry is None else entry.fetched_at


def far_enough(
    rows: Iterable[ListedTest], known: Mapping[int, Entry], options: PlanOptions, *, short: bool
) -> bool:
    """Return whether a list need not be read further: the known boundary and two pages more were seen.

    Args:
        rows: What was read of the list.
        known: The known tests of the product.
        options: How much is asked for.
        short: Whether the last page was shorter than asked, as at the end of a list.
    """
    listed = list(rows)
    if options.full and options.since is None:
        return False
    unsettled = [
        place
        for place, row in enumerate(listed, 1)
        if not row.before(options.since) and not _settled(row, known, options)
    ]
    boundary = -(-max(unsettled, default=0) // PAGE) * PAGE
    everything_seen = bool(known) and known.keys() <= {row.id for row in listed}
    return len(listed) >= boundary + SAFETY or (short and everything_seen and not options.full)


def _settled(row: ListedTest, known: Mapping[int, Entry], options: PlanOptions) -> bool:
    entry = known.get(row.id)
    return not options.full and entry is not None and entry.settled and immutable(row.status)


def _tests(
    known: Known, listed: ListedProduct, owners: Mapping[int, _Owner], options: PlanOptions
) -> Iterable[Wanted]:
    """Choose the tests of one product; `owners` has all that are listed, under whatever product."""
    entries = known.tests(listed.id)
    # New tests in a list that was broken were hidden by the problem.
    news = not options.problems_only or known.list_is_broken(listed.id)
    troubled = {
        problem.id
        for problem in known.troubles_of(listed.id)
        if problem.kind in {"test", "bugs"} and problem.id is not None
    }
    bottom = _bottom(listed)
    for row in listed.tests:
        if owners[row.id].product_id != listed.id:
            continue
        why = _why(row, entries.get(row.id), troubled, options, news=news)
        if why is None and news and known.has_elsewhere(row.id, listed.id):
            why = "new"  # it has moved here, however long ago it ended
        if why and not known.has_done(row.id, listed.id):
            yield Wanted(row.id, listed.id, why, others=owners[row.id].others)
    for test_id in sorted({*entries, *troubled}.difference(owners), reverse=True):
        why = _why_unlisted(entries.get(test_id), troubled, options)
        if why is None and test_id >= bottom and not options.problems_only:
            why = "unlisted"
        if why and not known.has_done(test_id, listed.id):
            yield Wanted(test_id, listed.id, why, listed=False)


def _why(
    row: ListedTest, entry: Entry | None, troubled: set[int], options: PlanOptions, *, news: bool
) -> Why | None:
    if row.id in troubled or (entry and entry.state == "stale"):
        return "retry"
    if entry is None:
        return None if row.before(options.since) or not news else "new"
    if options.problems_only:
        return None
    if options.full:
        return None if row.before(options.since) else "again"
    if entry.settled:
        return None if immutable(row.status) else "mutable"
    return "last time" if immutable(row.status) else "mutable"


def _why_unlisted(entry: Entry | None, troubled: set[int], options: PlanOptions) -> Why | None:
    if entry is None or entry.id in troubled or entry.state == "stale":
        return "retry"
    return None if entry.settled or options.problems_only else "mutable"


def _bottom(listed: ListedProduct) -> float:
    """Return the least id that the list would have shown by now, if it exists."""
    if listed.ended:
        return 0
    ids = [row.id for row in listed.tests]
    descending = all(first > second for first, second in pairwise(ids))
    return ids[-1] if ids and descending else inf


def _due(known: Known, key: Key, now: datetime, ttl: timedelta, options: PlanOptions) -> bool:
    if key in known.done:
        return False
    entry = known.entries.get(key)
    if entry is None or entry.state != "fresh":
        return True
    if options.problems_only:
        return False
    return options.full or not timedelta(0) <= now - entry.fetched_at < ttl


def _belongs(entry: Entry, listed: Sequence[ListedProduct]) -> bool:
    return entry.kind == "reject_reasons" or entry.product_id in {product.id for product in listed}
