"""What a refresh could not get: as failures while it runs, as problems in the manifest."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from fetch.paging import Broken, Listing
from fetch.plan import Key, Known, ListedTest, Plan, listed_test
from snapshot.documents import KINDS, Kind
from snapshot.manifest import Entry, Neighbour, Problem, ProblemKind, State


@dataclass(frozen=True)
class Failure:
    """Something that could not be had.

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
    """What the next version will hold."""

    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...]


def broken_position(product_id: int, broken: Broken) -> Failure:
    """The failure of a test of which only its place in the list is known."""
    beside = (listed_test(row) for row in (broken.before, broken.after) if row)
    return Failure(
        "tests",
        None,
        product_id,
        f"A test in place {broken.position + 1} of the list cannot be read: {broken.error.what}",
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

    What was asked for and not had keeps its older copy, marked stale. A test that the upstream no longer
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
    # A settled test was asked for only to see whether it still exists; it needs no newer copy.
    spared: set[Key] = {("test", wanted.id) for wanted in plan.tests if wanted.why == "unlisted"}
    missed = [failure for failure in failures if _subject(failure) not in spared]
    explained = {_subject(failure) for failure in failures} | spared
    for key, product_id in plan.asked:
        kind, number = key
        older = known.entries.get(key)
        if older and key not in fetched:
            entries[key] = _marked(older, "gone", now) if key in gone else older
        if key in fetched or (key in gone and older):
            continue
        if key in gone:
            missed.append(
                Failure(*key, product_id, "It is listed, but does not exist when it is asked for.", 404)
            )
        elif key not in explained:
            reason = "It was not reached before the deadline."
            missed.append(Failure(kind, number or None, product_id, reason))
    for key in map(_subject, missed):
        if key in entries and key not in fetched:
            entries[key] = _marked(entries[key], "stale", now)
    before = list(known.problems)
    problems = [_problem(failure, _earlier(failure, before), entries, now) for failure in missed]
    problems += _unread(before, listings, entries)
    return Outcome(
        tuple(sorted(entries.values(), key=_entry_order)), tuple(sorted(problems, key=_problem_order))
    )


def _marked(entry: Entry, state: State, now: datetime) -> Entry:
    since = entry.since if entry.state == state and entry.since else now
    return entry.model_copy(update={"state": state, "since": since})


def _subject(failure: Failure | Problem) -> Key:
    """The document that a failure or problem is about."""
    kind: Kind = "test" if failure.kind == "bugs" or failure.kind == "tests" else failure.kind  # noqa: PLR1714
    return kind, failure.id or 0


def _earlier(failure: Failure, before: list[Problem]) -> Problem | None:
    """The record of the same problem in the previous version, taken out of `before`."""
    for problem in before:
        if problem.product_id == failure.product_id and _same(failure, problem):
            before.remove(problem)
            return problem
    return None


def _same(failure: Failure, problem: Problem) -> bool:
    if failure.position is None or problem.position is None:
        listed = "tests" in {failure.kind, problem.kind}
        alike = failure.kind == problem.kind if listed else _subject(failure) == _subject(problem)
        return failure.position is problem.position is None and alike
    return bool({one.id for one in failure.neighbours} & {one.id for one in problem.neighbours})


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
        stale=failure.position is None and _subject(failure) in entries,
        position=failure.position,
        neighbours=failure.neighbours,
    )


def _unread(
    before: Iterable[Problem], listings: Mapping[int, Listing], entries: Mapping[Key, Entry]
) -> Iterator[Problem]:
    """The problems that this refresh did not come across: of other products, or further down a list."""
    for problem in before:
        listing = listings.get(problem.product_id or 0)
        if listing is None:
            if ("product", problem.product_id or 0) in entries:
                yield problem
        elif problem.position is not None and not _read_past(problem, listing):
            yield problem


def _read_past(problem: Problem, listing: Listing) -> bool:
    return listing.ended or any(neighbour.id in listing.rows for neighbour in problem.neighbours)


def _entry_order(entry: Entry) -> tuple[int, int]:
    return KINDS.index(entry.kind), entry.id


def _problem_order(problem: Problem) -> tuple[int, str, int, int]:
    return problem.product_id or 0, problem.kind, problem.id or 0, problem.position or 0
