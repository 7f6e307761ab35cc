"""Bugs as lists show them."""

from collections.abc import Iterable
from datetime import datetime

from pydantic import BaseModel

from base.text import shorten
from mcp_reader.answers.base import day, stamp
from mcp_reader.text import short
from quality.deadlines import waiting
from quality.model.entities import Bug, ReviewState, Severity, Test
from quality.periods.periods import Period


class BugLine(BaseModel):
    """One bug in a list.

    Attributes:
        severity: A functional bug's severity; for the other types the type's name.
        review: `open` waits for the customer's review.
        reported_at: The day, in UTC.
        known: Present when the bug is marked as known.
        auto_accepted_at: When an open bug of a test that has ended will be auto-accepted.
    """

    id: int
    title: str
    severity: Severity
    review: ReviewState
    test_id: int | None = None
    reported_at: str | None = None
    rejection_reason: str | None = None
    known: bool | None = None
    auto_accepted_at: str | None = None


def tests_of(period: Period) -> str:
    """Say which tests a period selects; their bugs go with them."""
    return period.title if period.start is period.end is None else f"tests that end {period.title}"


def auto_accepted_at(tests: Iterable[Test], now: datetime) -> dict[int, datetime]:
    """Return when each open bug of the ended tests will be auto-accepted, by the bug's id."""
    return {bug.id: one.ends_at for one in waiting(tests, now) for bug in one.bugs}


def bug_line(bug: Bug, due: datetime | None = None) -> BugLine:
    """Return a bug in a list; `due` is when it will be auto-accepted."""
    return BugLine(
        id=bug.id,
        title=shorten(bug.title),
        severity=bug.severity,
        review=bug.review,
        test_id=bug.test_id,
        reported_at=day(bug.reported_at),
        rejection_reason=short(bug.rejection_reason),
        known=bug.known or None,
        auto_accepted_at=stamp(due) if due else None,
    )
