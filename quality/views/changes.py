"""What one product has that it had not in an earlier snapshot, or not before a day by its own dates."""

from dataclasses import dataclass
from datetime import datetime

from quality.metrics.tally import tally
from quality.model.entities import Bug, Test
from quality.model.facts import Facts
from quality.views.rows import BugRow, TestRow, bug_row, test_row
from quality.wording import counted, listing, near_moment


@dataclass(frozen=True, slots=True)
class SinceSnapshot:
    """The changes of one product's snapshot since an earlier one.

    Attributes:
        text: One sentence with the counts and the earlier snapshot's time.
        new_tests: Listed now and not then.
        moved_tests: Tests whose status is another one: (test, status then).
        gone_test_ids: Tests that only the earlier snapshot has.
        new_bugs: Bugs that only this snapshot has.
        reviewed_bugs: Bugs that were open then and are not any more.
    """

    snapshot_id: str
    as_of: datetime
    text: str
    new_tests: tuple[TestRow, ...]
    moved_tests: tuple[tuple[TestRow, str | None], ...]
    gone_test_ids: tuple[int, ...]
    new_bugs: tuple[BugRow, ...]
    reviewed_bugs: tuple[BugRow, ...]


@dataclass(frozen=True, slots=True)
class SinceDate:
    """Everything that a product's snapshot dates itself, bugs newest first: decisions have no date in it.

    Attributes:
        text: One sentence with the counts.
        reported_bugs: Reported since then.
        started_tests: Started since then, and up to the snapshot.
        ended_tests: Ended since then, and up to the snapshot.
    """

    text: str
    reported_bugs: tuple[BugRow, ...]
    started_tests: tuple[TestRow, ...]
    ended_tests: tuple[TestRow, ...]


def since_date(facts: Facts, product_id: int, start: datetime) -> SinceDate:
    """Find what a product's snapshot itself dates from a moment on, demo tests left out."""
    tests = [test for test in facts.tests_by_product.get(product_id, ()) if not test.demo]

    def is_new(at: datetime | None) -> bool:
        return at is not None and start <= at <= facts.as_of

    bugs = [bug for test in tests for bug in test.bugs if is_new(bug.reported_at)]
    bugs.sort(key=lambda bug: (bug.reported_at or start, bug.id), reverse=True)
    started = [test for test in tests if is_new(test.start_at)]
    ended = [test for test in tests if is_new(test.end_at)]
    parts = [
        f"{counted(tally((), bugs).bug_count, 'bug')} reported" if bugs else "",
        f"{counted(len(started), 'test')} started" if started else "",
        f"{counted(len(ended), 'test')} ended" if ended else "",
    ]
    return SinceDate(
        text=f"{listing(part for part in parts if part) or 'nothing reported, started or ended'}.",
        reported_bugs=tuple(bug_row(facts, bug) for bug in bugs),
        started_tests=tuple(test_row(facts, test) for test in started),
        ended_tests=tuple(test_row(facts, test) for test in ended),
    )


def since_snapshot(earlier: Facts, facts: Facts, product_id: int) -> SinceSnapshot:
    """Find a product's new, moved and gone tests and new and reviewed bugs, demo tests left out.

    Args:
        earlier: The earlier snapshot.
        facts: The snapshot of the page.
        product_id: Of the product.
    """
    then = {test.id: test for test in earlier.tests_by_product.get(product_id, ()) if not test.demo}
    now = [test for test in facts.tests_by_product.get(product_id, ()) if not test.demo]
    known = {bug.id: bug for test in then.values() for bug in test.bugs}
    new_tests = [test for test in now if test.id not in then]
    moved = [test for test in now if test.id in then and then[test.id].status != test.status]
    gaps = {gap.test_id for gap in facts.gaps}
    gone = tuple(sorted(then.keys() - {test.id for test in now} - gaps))
    new_bugs = [bug for test in now for bug in test.bugs if bug.id not in known]
    reviewed = [
        bug
        for test in now
        for bug in test.bugs
        if bug.review != "open" and bug.id in known and known[bug.id].review == "open"
    ]
    said = _said(new_tests, moved, gone, new_bugs, reviewed)
    return SinceSnapshot(
        snapshot_id=earlier.snapshot_id,
        as_of=earlier.as_of,
        text=f"Since the snapshot of {near_moment(earlier.as_of, facts.as_of)}: {said}.",
        new_tests=tuple(test_row(facts, test) for test in new_tests),
        moved_tests=tuple((test_row(facts, test), then[test.id].status) for test in moved),
        gone_test_ids=gone,
        new_bugs=tuple(bug_row(facts, bug) for bug in new_bugs),
        reviewed_bugs=tuple(bug_row(facts, bug) for bug in reviewed),
    )


def _said(
    new_tests: list[Test], moved: list[Test], gone: tuple[int, ...], new_bugs: list[Bug], reviewed: list[Bug]
) -> str:
    decided = tally((), reviewed)
    outcomes = [
        f"{number:,} {word}"
        for number, word in (
            (decided.active_accepted, "accepted"),
            (decided.auto_accepted, "auto-accepted"),
            (decided.rejected, "rejected"),
        )
        if number
    ]
    bugs = counted(decided.bug_count, "open bug")
    moved_tests = f"{len(moved):,}" if new_tests else counted(len(moved), "test")
    parts = [
        counted(len(new_tests), "new test") if new_tests else "",
        f"{moved_tests} with another status" if moved else "",
        f"{counted(len(gone), 'test')} gone" if gone else "",
        counted(tally((), new_bugs).bug_count, "new bug") if new_bugs else "",
        f"{bugs} decided ({listing(outcomes)})" if reviewed else "",
    ]
    return listing(part for part in parts if part) or "nothing has changed"
