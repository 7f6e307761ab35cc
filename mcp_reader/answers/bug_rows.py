"""Bugs as lists show them."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime

from pydantic import BaseModel

from base.text import shorten
from mcp_reader.answers.base import day, stamp
from mcp_reader.text import excerpt, short
from quality.deadlines import Waiting, waiting
from quality.model.entities import Bug, Comment, RejectReason, ReviewState, Severity, Test
from quality.model.rejection import rejecting_comment
from quality.periods.periods import Period
from quality.wording import inside

LONGEST_TITLE = 300
MOST_STEPS = 10


class BugLine(BaseModel):
    """One bug in a list.

    Attributes:
        product: Present when the list has several products.
        severity: A functional bug's severity; for the other types the type's name.
        review: `open` waits for the customer's review.
        reported_at: The day, in UTC.
        settled: What became of an accepted bug by the team's own records, such as `fixed in 4.15`.
        known: Present when the bug is marked as known.
        auto_acceptance_due_at: When an open bug of a test that has ended will be auto-accepted.
        overdue: That time has passed, and the snapshot still has it open.
        waiting_for_tester: Present when the customer has asked the tester something.
    """

    id: int
    title: str
    product: str | None = None
    test_id: int | None = None
    severity: Severity
    review: ReviewState
    reported_at: str | None = None
    rejection_reason: str | None = None
    settled: str | None = None
    known: bool | None = None
    auto_acceptance_due_at: str | None = None
    overdue: bool | None = None
    waiting_for_tester: bool | None = None
    status: str | None = None
    bug_type: str | None = None
    tester: str | None = None
    feature: str | None = None
    language: str | None = None
    location: str | None = None
    exported_at: str | None = None
    rejected_by: str | None = None
    rejected_at: str | None = None
    rejection_comment: str | None = None
    fix_confirmation: str | None = None
    devices: list[str] | None = None
    steps: list[str] | None = None
    expected_result: str | None = None
    actual_result: str | None = None


FIELDS: Mapping[str, Callable[[Bug], object]] = {
    "status": lambda bug: short(bug.status),
    "bug_type": lambda bug: bug.bug_type,
    "tester": lambda bug: shorten(bug.tester) or None,
    "feature": lambda bug: shorten(bug.feature) or None,
    "language": lambda bug: short(bug.language),
    "location": lambda bug: shorten(bug.location, 200) or None,
    "exported_at": lambda bug: day(bug.exported_at),
    "fix_confirmation": lambda bug: bug.confirmation,
    "devices": lambda bug: [shorten(device.text, 160) for device in bug.devices[:8]] or None,
    "steps": lambda bug: [shorten(step, 250) for step in bug.steps[:MOST_STEPS]] or None,
    "expected_result": lambda bug: excerpt(bug.expected_result, 600),
    "actual_result": lambda bug: excerpt(bug.actual_result, 600),
}
"""Columns that a list has only when they are asked for."""

REJECTION: Mapping[str, Callable[[Comment], object]] = {
    "rejected_by": lambda said: shorten(said.author) or None,
    "rejected_at": lambda said: stamp(said.created_at) if said.created_at else None,
    "rejection_comment": lambda said: excerpt(said.body, 300),
}
"""Columns of the comment that rejects a bug, likewise."""

COLUMNS = (*FIELDS, *REJECTION)

ALWAYS = frozenset(BugLine.model_fields) - frozenset(COLUMNS)
"""Columns that every list has, as far as a bug has a value."""


def tests_of(period: Period) -> str:
    """Say which tests a period selects; their bugs go with them."""
    if period.tests is not None:
        return f"tests of {inside(period.title)}"
    if period.start is period.end is None:
        return period.title
    within = "" if period.key == "custom" else "in the " if period.key.startswith("last-") else "in "
    return f"tests that end {within}{inside(period.title)}"


def due_of(tests: Iterable[Test], now: datetime) -> dict[int, Waiting]:
    """Return what each open bug of the ended tests waits for, by the bug's id."""
    return {bug.id: one for one in waiting(tests, now) for bug in one.bugs}


def bug_line(
    bug: Bug,
    due: Waiting | None = None,
    *,
    product: str | None = None,
    settled: str | None = None,
    fields: Collection[str] = (),
    reasons: Sequence[RejectReason] = (),
) -> BugLine:
    """Return a bug in a list.

    Args:
        bug: The bug.
        due: When its review days end, of an open bug of a test that has ended.
        product: The name of its product, where the list has several.
        settled: What became of it.
        fields: Of `COLUMNS`.
        reasons: By which the comment that rejects a bug is known.
    """
    more = {name: FIELDS[name](bug) for name in fields if name in FIELDS}
    asked = REJECTION.keys() & set(fields)
    if asked and bug.review == "rejected" and (said := rejecting_comment(bug.comments, reasons)):
        more |= {name: REJECTION[name](said) for name in asked}
    return BugLine(
        id=bug.id,
        title=shorten(bug.title, LONGEST_TITLE),
        product=product,
        severity=bug.severity,
        review=bug.review,
        test_id=bug.test_id,
        reported_at=day(bug.reported_at),
        rejection_reason=short(bug.rejection_reason),
        settled=settled,
        known=bug.known or None,
        auto_acceptance_due_at=stamp(due.ends_at) if due else None,
        overdue=(due.overdue or None) if due else None,
        waiting_for_tester=bug.waits_for_tester or None,
    ).model_copy(update=more)
