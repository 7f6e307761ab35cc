"""What the kept versions of a snapshot folder say: how long reviews take, and how it was before."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from base.errors import UserError
from quality.deadlines import with_overdue
from quality.model.entities import ReviewState, Test
from quality.model.facts import Facts
from quality.normalise import entities
from quality.normalise.values import objects, part
from quality.review_times import review_days
from snapshot.format.manifest import Entry
from snapshot.reader import Snapshot
from snapshot.versions import versions_before


def known_review_days(snapshot: Snapshot, tests: Mapping[int, Test]) -> dict[int, float]:
    """Return the days from first seen open to first seen reviewed, by bug id, up to this version.

    Only documents of tests that changed between the versions are read. Versions and documents that cannot
    be read tell nothing; the one that is counted names its own damage.

    Args:
        snapshot: The version that is counted.
        tests: Its tests, normalised.
    """
    earlier = list(versions_before(snapshot))
    if not earlier:
        return {}
    seen: dict[int, dict[str, tuple[datetime, Entry]]] = {test_id: {} for test_id in tests}
    for version in (*reversed(earlier), snapshot):
        for entry in version.entries("test"):
            if entry.id in seen:
                seen[entry.id].setdefault(entry.sha256, (version.manifest.created_at, entry))
    return review_days(
        (moment, _reviews(snapshot, entry, tests[test_id]))
        for test_id, states in seen.items()
        if len(states) > 1
        for moment, entry in states.values()
    )


def facts_before(snapshot: Snapshot, facts: Facts) -> Facts | None:
    """Return the tests of the version before, or None when this is the first one that can be read.

    Only documents that changed since are read. One that cannot be read counts as unchanged, so that
    nothing is called new that was there.

    Args:
        snapshot: The version of the facts.
        facts: What it says.
    """
    version = next(versions_before(snapshot), None)
    if version is None:
        return None
    tests: dict[int, Test] = {}
    for entry in version.entries("test"):
        now, counted = snapshot.entry("test", entry.id), facts.tests.get(entry.id)
        if entry.state == "gone":
            continue
        if counted is not None and now is not None and now.sha256 == entry.sha256:
            tests[entry.id] = counted
        elif before := _test(version, entry) or counted:
            tests[entry.id] = before
    at = version.manifest.created_at
    tests = {test.id: with_overdue(test, at) for test in tests.values()}
    return replace(facts, snapshot_id=version.id, as_of=at, tests=tests)


def _test(version: Snapshot, entry: Entry) -> Test | None:
    try:
        data = version.read(entry).data
        return entities.test(
            part(data, "test"), objects(part(data, "bugs")), product_id=entry.product_id, reasons=()
        )
    except UserError:
        return None


def _reviews(snapshot: Snapshot, entry: Entry, counted: Test) -> Mapping[int, ReviewState]:
    now = snapshot.entry("test", entry.id)
    if now is not None and now.sha256 == entry.sha256:
        return {bug.id: bug.review for bug in counted.bugs}
    before = _test(snapshot, entry)
    return {bug.id: bug.review for bug in before.bugs} if before else {}
