"""What the kept versions of a snapshot folder say: how long reviews take, and how it was before."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from base.errors import UserError
from quality.deadlines import with_overdue
from quality.model.entities import ReviewState, Test
from quality.model.facts import Facts
from quality.normalise import from_upstream
from quality.normalise.values import objects, part
from quality.review_times import review_days
from snapshot.format.manifest import Entry
from snapshot.reader import Snapshot
from snapshot.versions import versions_before

Reviews = Mapping[int, ReviewState]
"""The review of each bug of a test, by the bug's id."""
Known = Callable[[Snapshot, Sequence[Entry], Callable[[Entry], Reviews]], Mapping[str, Reviews]]
"""Reads reviews of earlier versions by hash: those that it does not know, with the function."""
KnownTests = Callable[[Snapshot, Sequence[Entry]], Mapping[int, Test]]
"""Reads tests of an earlier version."""


def known_review_days(
    snapshot: Snapshot, tests: Mapping[int, Test], known: Known | None = None
) -> dict[int, float]:
    """Return the days from first seen open to first seen reviewed, by bug id, up to this version.

    Only documents of tests that changed between the versions are read. Versions and documents that cannot
    be read tell nothing; the one that is counted names its own damage.

    Args:
        snapshot: The version that is counted.
        tests: Its tests, normalised.
        known: Reads the reviews in documents of earlier versions, instead of each document.
    """
    earlier = list(versions_before(snapshot))
    if not earlier:
        return {}
    seen: dict[int, dict[str, tuple[datetime, Entry]]] = {test_id: {} for test_id in tests}
    for version in (*reversed(earlier), snapshot):
        for entry in version.entries("test"):
            if entry.id in seen:
                seen[entry.id].setdefault(entry.sha256, (version.manifest.created_at, entry))
    changed = [one for states in seen.values() if len(states) > 1 for one in states.values()]
    now = {entry.sha256 for entry in snapshot.entries("test")}
    older = [entry for _, entry in changed if entry.sha256 not in now]

    def read(entry: Entry) -> Reviews:
        before = _test(snapshot, entry)
        return {bug.id: bug.review for bug in before.bugs} if before else {}

    reviews = known(snapshot, older, read) if known else {entry.sha256: read(entry) for entry in older}
    return review_days(
        (moment, reviews[entry.sha256] if entry.sha256 in reviews else _reviews(tests[entry.id]))
        for moment, entry in changed
    )


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
        if before := read.get(entry.id) or facts.tests.get(entry.id):
            tests[entry.id] = before
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
