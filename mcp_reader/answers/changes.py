"""Fill the answer about what changed between two snapshots."""

from collections import Counter
from collections.abc import Sequence

from pydantic import BaseModel

from base.text import shorten
from mcp_reader.answers.base import Answer, day
from mcp_reader.text import short
from quality.views.changes import SinceDate, SinceSnapshot
from quality.views.rows import BugRow, TestRow

MOST_TESTS = 10
MOST_BUGS = 10


class ChangedTest(BaseModel):
    """A test that is new or has another status; `status_before` is absent of a new one."""

    id: int
    title: str
    status: str | None = None
    status_before: str | None = None
    end_at: str | None = None


class ChangedBug(BaseModel):
    """A bug that is new or was decided."""

    id: int
    title: str
    severity: str
    review: str
    test_id: int


class ProductChanges(BaseModel):
    """The changes of one product; lists have the first of them, counts are exact."""

    id: int
    name: str
    text: str
    counts: dict[str, int]
    new_tests: list[ChangedTest] | None = None
    moved_tests: list[ChangedTest] | None = None
    gone_test_ids: list[int] | None = None
    started_tests: list[ChangedTest] | None = None
    ended_tests: list[ChangedTest] | None = None
    reported_bugs: list[ChangedBug] | None = None
    new_bugs: list[ChangedBug] | None = None
    decided_bugs: list[ChangedBug] | None = None


class Changes(Answer):
    """The changes since an earlier snapshot; products without any are only counted.

    Attributes:
        since: The earlier snapshot's time; without one, from when on dates count.
        since_snapshot: Its id; absent when none is kept from then.
        counts: Of all products together.
    """

    since: str
    since_snapshot: str | None = None
    snapshot: str
    counts: dict[str, int]
    products: list[ProductChanges]
    unchanged_products: int


def counts_of(found: SinceSnapshot | SinceDate) -> dict[str, int]:
    """Return how much of each kind changed; what is zero is left out."""
    if isinstance(found, SinceDate):
        dated = {
            "reported_bugs": len(found.reported_bugs),
            "started_tests": len(found.started_tests),
            "ended_tests": len(found.ended_tests),
        }
        return {name: count for name, count in dated.items() if count}
    moved = Counter(test.status for test, _ in found.moved_tests)
    decided = Counter(bug.review for bug in found.reviewed_bugs)
    counts = {
        "new_tests": len(found.new_tests),
        "moved_tests": len(found.moved_tests),
        "archived_tests": moved["archived"],
        "gone_tests": len(found.gone_test_ids),
        "new_bugs": len(found.new_bugs),
        "decided_bugs": len(found.reviewed_bugs),
        **{f"decided_{review}": count for review, count in sorted(decided.items())},
    }
    return {name: count for name, count in counts.items() if count}


def fill_product(number: int, name: str, found: SinceSnapshot | SinceDate, most: int) -> ProductChanges:
    """Return the changes of a product, of each kind the first `most`."""
    if isinstance(found, SinceDate):
        return ProductChanges(
            id=number,
            name=shorten(name),
            text=found.text,
            counts=counts_of(found),
            started_tests=[_test(row) for row in found.started_tests[:most]] or None,
            ended_tests=[_test(row) for row in found.ended_tests[:most]] or None,
            reported_bugs=_bugs(found.reported_bugs, most),
        )
    return ProductChanges(
        id=number,
        name=shorten(name),
        text=found.text.partition(": ")[2],
        counts=counts_of(found),
        new_tests=[_test(row) for row in found.new_tests[:most]] or None,
        moved_tests=[_test(row, before or "none") for row, before in found.moved_tests[:most]] or None,
        gone_test_ids=list(found.gone_test_ids[:most]) or None,
        new_bugs=_bugs(found.new_bugs, most),
        decided_bugs=_bugs(found.reviewed_bugs, most),
    )


def _test(row: TestRow, before: str | None = None) -> ChangedTest:
    return ChangedTest(
        id=row.id,
        title=shorten(row.title, 100),
        status=short(row.status),
        status_before=short(before),
        end_at=day(row.end_at),
    )


def _bugs(rows: Sequence[BugRow], most: int) -> list[ChangedBug] | None:
    return [
        ChangedBug(
            id=row.id,
            title=shorten(row.title, 100),
            severity=row.severity,
            review=row.review,
            test_id=row.test_id,
        )
        for row in rows[:most]
    ] or None
