"""What a snapshot folder says of the past: how long reviews take, and how it was before.

By the versions that it keeps, and by the history document for those that were pruned.
"""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from operator import itemgetter

from base.errors import UserError
from quality.deadlines import with_overdue
from quality.model.entities import ReviewState, Test
from quality.model.facts import Facts
from quality.model.history import History
from quality.normalise import from_upstream
from quality.normalise.people import without_names
from quality.normalise.values import objects, part
from quality.review_times import Observation, history, review_days
from snapshot.format.manifest import Entry
from snapshot.history import Histories, Seen, read_history, seen_in
from snapshot.reader import Snapshot
from snapshot.versions import versions_before

Reviews = Mapping[int, ReviewState]
"""The review of each bug of a test, by the bug's id."""
Known = Callable[[Snapshot, Sequence[Entry], Callable[[Entry], Reviews]], Mapping[str, Reviews]]
"""Reads reviews of earlier versions by hash: those that it does not know, with the function."""
KnownTests = Callable[[Snapshot, Sequence[Entry]], Mapping[int, Test]]
"""Reads tests of an earlier version."""


@dataclass(frozen=True, slots=True)
class Past:
    """Hold what kept and pruned versions say of bugs.

    Attributes:
        days: The days to the review, by bug id; see `review_days`.
        history: What became of the open bugs of each product, by its id.
    """

    days: Mapping[int, float]
    history: Mapping[int, History]


def past(snapshot: Snapshot, tests: Mapping[int, Test], known: Known | None = None) -> Past:
    """Return how long reviews took and how many bugs were open, up to this version.

    Only documents of tests that changed between the versions are read. Versions and documents that cannot
    be read tell nothing; the one that is counted names its own damage.

    Args:
        snapshot: The version that is counted.
        tests: Its tests, normalised.
        known: Reads the reviews in documents of earlier versions, instead of each document.
    """
    earlier = list(versions_before(snapshot))
    pruned = _pruned(snapshot)  # after the list of versions: what is pruned meanwhile is in one of both
    if not earlier and not pruned:
        return Past({}, {})
    versions = [*reversed(earlier), snapshot]
    seen = _changes(versions, tests, pruned)
    now = {entry.sha256 for entry in snapshot.entries("test")}
    every = {entry.sha256: entry for states in seen.values() for _, entry in states}
    older = [entry for sha256, entry in every.items() if sha256 not in now]

    def read(entry: Entry) -> Reviews:
        before = _test(snapshot, entry)
        return {bug.id: bug.review for bug in before.bugs} if before else {}

    reviews = known(snapshot, older, read) if known else {entry.sha256: read(entry) for entry in older}

    def observed(test_id: int) -> list[Observation]:
        kept: list[Observation] = [
            (moment, reviews[entry.sha256] if entry.sha256 in reviews else _reviews(tests[entry.id]))
            for moment, entry in seen[test_id]
        ]
        if test_id not in pruned:
            return kept
        now = snapshot.manifest.created_at
        before = (_observation(one) for one in seen_in(pruned[test_id]) if one.at < now)
        return sorted([*before, *kept], key=itemgetter(0))

    days: dict[int, float] = {}

    def followed(test_ids: Iterable[int]) -> Iterator[list[Observation]]:
        for test_id in test_ids:  # one after the other: what was seen of all tests at once is a lot
            observations = observed(test_id)
            days.update(review_days(observations))
            yield observations

    begun = min(version.manifest.created_at for version in versions)
    begun = min([begun, *(next(seen_in(line)).at for line in pruned.values())])
    by_product: dict[int, list[int]] = {}
    for test_id, test in tests.items():
        by_product.setdefault(test.product_id, []).append(test_id)
    found = {one: history(begun, followed(some)) for one, some in by_product.items()}
    return Past(days, found)


def _changes(
    versions: Iterable[Snapshot], tests: Iterable[int], pruned: Container[int]
) -> dict[int, list[tuple[datetime, Entry]]]:
    """Return the documents of each test where they changed; every one where others lay between them."""
    seen: dict[int, list[tuple[datetime, Entry]]] = {test_id: [] for test_id in tests}
    for version in versions:
        for entry in version.entries("test"):
            states = seen.get(entry.id)
            if states is None:
                continue
            if not states or entry.id in pruned or states[-1][1].sha256 != entry.sha256:
                states.append((version.manifest.created_at, entry))
    return seen


def _pruned(snapshot: Snapshot) -> dict[int, bytes]:
    """Return the lines of the history document that begin before a version, by test."""
    known: Histories = read_history(snapshot.root)
    return {
        test_id: line
        for (host, test_id), line in known.items()
        if host == snapshot.manifest.api_host and next(seen_in(line)).at < snapshot.manifest.created_at
    }


def _observation(seen: Seen) -> Observation:
    def review(state: str) -> ReviewState:
        status, _, auto = state.partition(" ")
        return from_upstream.review_of(status, auto)

    return seen.at, {bug_id: review(state) for bug_id, state in seen.bugs.items()}


def facts_before(
    snapshot: Snapshot, facts: Facts, version: Snapshot | None = None, known: KnownTests | None = None
) -> Facts | None:
    """Return the tests of the version before, or None when this is the first one that can be read.

    Only documents that changed since are read. One that cannot be read counts as unchanged, so that
    nothing is called new that was there.

    Args:
        snapshot: The version of the facts.
        facts: What it says.
        version: The version before, where it is open already.
        known: Reads the documents that changed, instead of each by itself.
    """
    version = version or version_before(snapshot)
    if version is None:
        return None
    changed = []
    tests: dict[int, Test] = {}
    for entry in version.entries("test"):
        now, counted = snapshot.entry("test", entry.id), facts.tests.get(entry.id)
        if entry.state == "gone":
            continue
        if counted is not None and now is not None and now.sha256 == entry.sha256:
            tests[entry.id] = counted
        else:
            changed.append(entry)
    read = known(version, changed) if known else {entry.id: _test(version, entry) for entry in changed}
    for entry in changed:
        before, counted = read.get(entry.id), facts.tests.get(entry.id)
        if before:
            tests[entry.id] = without_names(before) if facts.hide_names else before
        elif counted:
            tests[entry.id] = counted
    at = version.manifest.created_at
    tests = {test_id: with_overdue(test, at) for test_id, test in sorted(tests.items())}
    return replace(facts, snapshot_id=version.id, as_of=at, tests=tests)


def version_before(snapshot: Snapshot) -> Snapshot | None:
    """Return the newest readable earlier version of the same upstream."""
    return next(versions_before(snapshot), None)


def _test(version: Snapshot, entry: Entry) -> Test | None:
    try:
        data = version.read(entry).data
        return from_upstream.test(
            part(data, "test"), objects(part(data, "bugs")), product_id=entry.product_id, reasons=()
        )
    except UserError:
        return None


def _reviews(test: Test) -> Reviews:
    return {bug.id: bug.review for bug in test.bugs}
