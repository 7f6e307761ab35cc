"""What a refresh could not get: as failures while it runs, as problems in the manifest."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import inf

from fetch.api.paging import Broken, Listing
from fetch.refresh.known import Key, Known
from fetch.refresh.plan import ListedTest, Plan, listed_test
from snapshot.format.kinds import KINDS, ProblemKind, subject
from snapshot.format.manifest import Entry, Neighbour, Problem, State


@dataclass(frozen=True)
class Failure:
    """Something that could not be fetched.

    Attributes:
        reason: One sentence without secrets.
        status: The upstream's last HTTP status.
        position: In a product's list of tests, from 0.
        neighbours: The tests beside that position.
    """

    kind: ProblemKind
    id: int | None
    product_id: int | None
    reason: str
    status: int | None = None
    position: int | None = None
    neighbours: tuple[Neighbour, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """The content of the next version."""

    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...]
    cleared: tuple[Problem, ...] = ()


def broken_position(product_id: int, broken: Broken) -> Failure:
    """Return the failure of a test of which only its place in the list is known."""
    beside = (listed_test(row) for row in (broken.before, broken.after) if row)
    return Failure(
        "tests",
        None,
        product_id,
        broken.error.what,
        broken.error.status,
        broken.position,
        tuple(_neighbour(row) for row in beside if row),
    )


def _neighbour(row: ListedTest) -> Neighbour:
    return Neighbour(id=row.id, start_at=row.start_at, end_at=row.end_at)


def outcome(
    known: Known,
    plan: Plan,
    *,
    fetched: Mapping[Key, Entry],
    failures: Sequence[Failure],
    gone: Collection[Key],
    listings: Mapping[int, Listing],
    now: datetime,
) -> Outcome:
    """Put together what was kept, fetched and missed.

    What was asked for and not fetched keeps its older copy, marked stale. A test that the upstream no longer
    has keeps its entry, marked gone; one that is listed and yet was never known is a problem.

    Args:
        known: The previous version.
        plan: What was asked for.
        fetched: What was stored.
        failures: What failed.
        gone: What the upstream answered with 404.
        listings: The lists that were read, by product.
        now: The refresh's time.
    """
    entries: dict[Key, Entry] = {(entry.kind, entry.id): entry for entry in plan.kept} | dict(fetched)
    failures = _recognised(failures, known, listings, fetched, gone)
    # A settled test was asked for only to see whether it still exists; it needs no newer copy.
    spared: set[Key] = {("test", wanted.id) for wanted in plan.tests if wanted.why == "unlisted"}
    spared -= {_subject(failure) for failure in failures if failure.position is not None}
    missed = [failure for failure in failures if _subject(failure) not in spared]
    explained = {_subject(failure) for failure in failures}
    for key, product_id in plan.asked:
        kind, number = key
        older = known.entries.get(key)
        if older and key not in fetched:
            entries[key] = marked(older, "gone", now) if key in gone else older
        if key in fetched or (key in gone and older):
            continue
        if key in gone:
            missed.append(Failure(*key, product_id, "It is listed, but the API does not have it.", 404))
        elif key not in explained:
            reason = "It was not reached before the deadline."
            missed.append(Failure(kind, number or None, product_id, reason))
    for key in map(_subject, missed):
        if key in entries and key not in fetched and entries[key].state != "gone":
            entries[key] = marked(entries[key], "stale", now)
    before, cleared = _Earlier(known.problems), _Earlier(known.cleared)
    problems = [_problem(failure, before.take(failure), entries, now) for failure in missed]
    for failure in missed:
        cleared.take(failure)
    problems += _unread(before.left(), listings, entries)
    return Outcome(
        tuple(sorted(entries.values(), key=_entry_order)),
        tuple(sorted(problems, key=_problem_order)),
        tuple(sorted(_unread(cleared.left(), listings, entries), key=_problem_order)),
    )


def _recognised(
    failures: Sequence[Failure],
    known: Known,
    listings: Mapping[int, Listing],
    fetched: Mapping[Key, Entry],
    gone: Collection[Key],
) -> Sequence[Failure]:
    """Return the failures, each broken position with its test where only known ones can stand there.

    A list is newest first, so between two neighbours stand the tests whose ids lie between theirs. Where
    as many of them are known, and were asked for by their ids, as positions are broken, no unknown test is
    among them. A part of such a test that could be fetched by its id is no failure.
    """
    listed = {test_id for listing in listings.values() for test_id in listing.rows}
    places: dict[tuple[int | None, tuple[Neighbour, ...]], list[Failure]] = defaultdict(list)
    for failure in failures:
        if failure.kind == "tests" and failure.position is not None:
            places[failure.product_id, failure.neighbours].append(failure)
    own = {one.id: one for one in failures if one.kind in {"test", "bugs"} and one.id is not None}
    now: dict[int | None, set[int]] = defaultdict(set)
    for entry in (*known.done.values(), *fetched.values()):
        if entry.kind == "test":
            now[entry.product_id].add(entry.id)
    everywhere = set().union(*now.values())
    hidden: dict[int | None, list[int]] = {}
    instead: dict[int, Failure | None] = {}
    for (product_id, beside), broken in places.items():
        had = now[product_id]
        if product_id not in hidden:
            gone_here = {number for kind, number in gone if kind == "test"}
            here = {*known.tests(product_id or 0), *had} - listed - (everywhere - had) - gone_here
            hidden[product_id] = sorted(here, reverse=True)
        first, last = _bounds(beside, broken)
        between = _between(hidden[product_id], first, last)
        if len(between) != len(broken) or not all(one in had or one in own for one in between):
            continue
        for failure, test_id in zip(broken, between, strict=True):
            instead[id(failure)] = None
            if test_id not in had:
                found = own[test_id]
                instead[id(found)] = replace(found, position=failure.position, neighbours=beside)
    recognised = (instead.get(id(failure), failure) for failure in failures)
    return [failure for failure in recognised if failure is not None]


def _between(descending: Sequence[int], first: float, last: float) -> Sequence[int]:
    """Return the ids below `first` and above `last`."""
    begin = bisect_right(descending, -first, key=lambda one: -one)
    return descending[begin : bisect_left(descending, -last, key=lambda one: -one)]


def _bounds(beside: Sequence[Neighbour], broken: Sequence[Failure]) -> tuple[float, float]:
    """Return the ids between which the broken positions' ids lie; positions that share their neighbours."""
    ids: list[float] = [one.id for one in beside]
    if len(ids) == 1:
        ids = [inf, *ids] if broken[0].position == 0 else [*ids, 0]
    return (ids[0], ids[1]) if ids else (inf, 0)


def marked(entry: Entry, state: State, now: datetime) -> Entry:
    """Return the entry as stale or gone, since when it first was."""
    since = entry.since if entry.state == state and entry.since else now
    return entry.model_copy(update={"state": state, "since": since})


def _subject(failure: Failure | Problem) -> Key:
    """Return the document that a failure or problem is about."""
    return subject(failure.kind), failure.id or 0


class _Earlier:
    """The problems of the previous version, found by what they are about: there may be 100,000 of them."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self._left = dict(enumerate(problems))
        self._places: dict[Hashable, list[int]] = defaultdict(list)
        for place, problem in self._left.items():
            for mark in _marks(problem):
                self._places[mark].append(place)

    def take(self, failure: Failure) -> Problem | None:
        """Take the record of the same problem out, if there is one."""
        places = {
            place
            for mark in _marks(failure)
            for place in self._places.get(mark, ())
            if place in self._left and _same(failure, self._left[place])
        }
        return self._left.pop(min(places)) if places else None

    def left(self) -> Iterable[Problem]:
        """Return those that were not taken."""
        return self._left.values()


def _marks(one: Failure | Problem) -> Iterator[Hashable]:
    """Yield what two of the same have in common, one or another of it."""
    if one.id is not None:
        yield one.product_id, _subject(one)
    for neighbour in one.neighbours:
        yield one.product_id, neighbour.id
    if one.id is one.position is None:
        yield one.product_id, one.kind


def _same(failure: Failure, problem: Problem) -> bool:
    if failure.id is not None and problem.id is not None:
        return _subject(failure) == _subject(problem)
    if failure.position is not None and problem.position is not None:
        return bool({one.id for one in failure.neighbours} & {one.id for one in problem.neighbours})
    if failure.position is problem.position is failure.id is problem.id is None:
        return failure.kind == problem.kind
    return False


def _problem(
    failure: Failure, earlier: Problem | None, entries: Mapping[Key, Entry], now: datetime
) -> Problem:
    return Problem(
        kind=failure.kind,
        id=failure.id,
        product_id=failure.product_id,
        reason=failure.reason,
        since=earlier.since if earlier else now,
        tries=earlier.tries + 1 if earlier else 1,
        status=failure.status,
        stale=_subject(failure) in entries and entries[_subject(failure)].state == "stale",
        position=failure.position,
        neighbours=failure.neighbours,
    )


def _unread(
    before: Iterable[Problem], listings: Mapping[int, Listing], entries: Mapping[Key, Entry]
) -> Iterator[Problem]:
    """Find the problems that this refresh did not meet: of other products, or further down a list."""
    for problem in before:
        if problem.kind == "product" and problem.id is None:
            continue  # the list of products: read anew by every refresh
        listing = listings.get(problem.product_id or 0)
        if listing is None:
            if problem.kind == "product" or ("product", problem.product_id or 0) in entries:
                yield problem
        elif problem.id is None and problem.position is not None and not _read_past(problem, listing):
            yield problem


def _read_past(problem: Problem, listing: Listing) -> bool:
    """Return whether a list was read to the test below the place; when none is known, beyond the place."""
    beside = [neighbour.id for neighbour in problem.neighbours]
    far = len(beside) > 1 or len(listing.rows) > (problem.position or 0)
    return listing.ended or (far and bool(beside) and beside[-1] in listing.rows)


def _entry_order(entry: Entry) -> tuple[int, int]:
    return list(KINDS).index(entry.kind), entry.id


def _problem_order(problem: Problem) -> tuple[int, str, int, int]:
    return problem.product_id or 0, problem.kind, problem.id or 0, problem.position or 0
