"""What the kept versions of a snapshot folder say about how long reviews take."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from quality import normalise
from quality.entities import ReviewState, Test
from quality.errors import InvalidInput
from quality.history import review_days
from quality.raw import part
from snapshot.errors import SnapshotError
from snapshot.manifest import Entry
from snapshot.reader import Snapshot, open_snapshot
from snapshot.versions import version_ids


def known_review_days(snapshot: Snapshot, tests: Mapping[int, Test]) -> dict[int, float]:
    """Days from first seen open to first seen reviewed, by bug id, up to and including this version.

    Only documents of tests that changed between the versions are read. Versions and documents that cannot
    be read tell nothing; the one that is counted names its own damage.

    Args:
        snapshot: The version that is counted.
        tests: Its tests, normalised.
    """
    earlier = sorted(one for one in version_ids(snapshot.root) if one < snapshot.id)
    if not earlier:
        return {}
    seen: dict[int, dict[str, tuple[datetime, Entry]]] = {test_id: {} for test_id in tests}
    for version in _opened(snapshot, earlier):
        for entry in version.entries("test"):
            if entry.id in seen:
                seen[entry.id].setdefault(entry.sha256, (version.manifest.created_at, entry))
    return review_days(
        (moment, _reviews(snapshot, entry, tests[test_id]))
        for test_id, states in seen.items()
        if len(states) > 1
        for moment, entry in states.values()
    )


def _opened(snapshot: Snapshot, earlier: Iterable[str]) -> Iterator[Snapshot]:
    for version in earlier:
        try:
            yield open_snapshot(snapshot.root, version)
        except SnapshotError:
            continue
    yield snapshot


def _reviews(snapshot: Snapshot, entry: Entry, counted: Test) -> Mapping[int, ReviewState]:
    now = snapshot.entry("test", entry.id)
    if now is not None and now.sha256 == entry.sha256:
        return {bug.id: bug.review for bug in counted.bugs}
    try:
        data = snapshot.read(entry).data
        earlier = normalise.test(
            part(data, "test"), part(data, "bugs"), product_id=counted.product_id, reasons=()
        )
    except (SnapshotError, InvalidInput):
        return {}
    return {bug.id: bug.review for bug in earlier.bugs}
