"""Bugs as lists show them."""

from pydantic import BaseModel

from mcp_reader.answers import day
from mcp_reader.texts import line, short
from quality.entities import Bug, ReviewState, Severity


class BugLine(BaseModel):
    """One bug in a list.

    Attributes:
        severity: A functional bug's severity; for the other types the type's name.
        review: `open` waits for the customer's review.
        reported_at: The day, in UTC.
        known: Present when the bug is marked as known.
    """

    id: int
    title: str
    severity: Severity
    review: ReviewState
    test_id: int | None = None
    reported_at: str | None = None
    rejection_reason: str | None = None
    known: bool | None = None


def bug_line(bug: Bug) -> BugLine:
    """A bug in a list."""
    return BugLine(
        id=bug.id,
        title=line(bug.title),
        severity=bug.severity,
        review=bug.review,
        test_id=bug.test_id,
        reported_at=day(bug.reported_at),
        rejection_reason=short(bug.rejection_reason),
        known=bug.known or None,
    )
