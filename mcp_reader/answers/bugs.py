"""Fill the answers about bugs."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from pydantic import BaseModel

from base.text import shorten
from mcp_reader.answers.base import (
    Answer,
    NamedRef,
    stamp,
)
from mcp_reader.answers.bug_rows import BugLine, due_of
from mcp_reader.answers.said import NotePart, TrackerPart, bug_said
from mcp_reader.paging import Listing
from mcp_reader.text import excerpt, short
from quality.deadlines import Waiting
from quality.metrics.tally import tally
from quality.model.entities import Bug
from quality.model.facts import Facts
from quality.model.rejection import rejecting_comment

MOST_STEPS = 20


MOST_COMMENTS = 6


MOST_SIMILAR = 3


class ProductBugs(NamedRef):
    """A product with how many of its bugs the whole list has, and how many of those wait for a review."""

    bug_count: int
    open_bugs: int


class DueRow(BaseModel):
    """Bugs of one product that are auto-accepted on one day, over the whole list."""

    day: str
    product: str
    bug_count: int
    overdue: bool | None = None


class BugList(Listing):
    """A page of bugs; a test or product that all share is named once, several products with their ids.

    Attributes:
        period: Of the tests; `filters` are the others that were given, as they were understood.
        due: Only with deadline_before.
    """

    test: NamedRef | None = None
    product: NamedRef | None = None
    products: list[ProductBugs] | None = None
    period: str
    filters: dict[str, str] | None = None
    due: list[DueRow] | None = None
    bugs: list[BugLine]


class CommentLine(BaseModel):
    """A comment of a bug."""

    author: str | None = None
    at: str | None = None
    body: str


class SimilarBug(BaseModel):
    """A bug of the product, and of no other known feature, with much the same title; `likeness` is to 100."""

    id: int
    title: str
    review: str
    test_id: int
    likeness: int


class Rejection(BaseModel):
    """The rejection of a bug: its reason, and the comment that says it, where one does."""

    reason: str
    by: str | None = None
    at: str | None = None
    comment: str | None = None


class BugSummary(Answer):
    """One bug in full.

    Attributes:
        fix_confirmation: The result of the last fix confirmation, passed or failed; absent without one.
        waiting_for_tester: Present when the customer has asked the tester something.
        team_notes: What people of the team wrote on it.
    """

    id: int
    title: str
    status: str | None = None
    review: str
    severity: str
    bug_type: str
    known: bool
    rejection: Rejection | None = None
    tester: str | None = None
    language: str | None = None
    reported_at: str | None = None
    exported_at: str | None = None
    fix_confirmation: str | None = None
    waiting_for_tester: bool | None = None
    auto_acceptance_due_at: str | None = None
    overdue: bool | None = None
    test: NamedRef
    test_status: str | None = None
    product: NamedRef
    feature: NamedRef | None = None
    location: str | None = None
    steps: list[str] | None = None
    expected_result: str | None = None
    actual_result: str | None = None
    devices: list[str] | None = None
    comments: list[CommentLine] | None = None
    comment_count: int
    attachment_count: int
    attachments: list[str] | None = None
    similar_bugs: list[SimilarBug] | None = None
    team_notes: list[NotePart] | None = None
    tracker: TrackerPart | None = None


def products_of(refs: Sequence[NamedRef], bugs: Sequence[Bug]) -> list[ProductBugs]:
    """Return products with how many of these bugs they have, and how many of them are open."""
    found = {ref.id: tally((), [bug for bug in bugs if bug.product_id == ref.id]) for ref in refs}
    return [
        ProductBugs(id=ref.id, name=ref.name, bug_count=found[ref.id].bug_count, open_bugs=found[ref.id].open)
        for ref in refs
    ]


def due_rows(bugs: Sequence[Bug], due: Mapping[int, Waiting], names: Mapping[int, str]) -> list[DueRow]:
    """Return on which days these bugs are due, by product."""
    count = Counter((due[bug.id].day, names[bug.product_id], due[bug.id].overdue) for bug in bugs)
    return [
        DueRow(day=f"{day}", product=name, bug_count=number, overdue=overdue or None)
        for (day, name, overdue), number in sorted(count.items())
    ]


def product_of_bug(facts: Facts, product_id: int) -> NamedRef:
    """Return the product of a bug as answers name it."""
    product = facts.products.get(product_id)
    return NamedRef(id=product_id, name=shorten(product.name) if product else None)


def fill_summary(facts: Facts, bug: Bug, at: datetime) -> BugSummary:
    """Fill the answer about one bug."""
    test = facts.tests.get(bug.test_id)
    due = due_of((test,), at).get(bug.id) if test and bug.review == "open" else None
    notes, tracker = bug_said(facts, bug.id, facts.as_of)
    return BugSummary(
        data_as_of="",
        id=bug.id,
        title=shorten(bug.title, 300),
        status=short(bug.status),
        review=bug.review,
        severity=bug.severity,
        bug_type=bug.bug_type,
        known=bug.known,
        rejection=_rejection(facts, bug),
        tester=shorten(bug.tester) or None,
        language=short(bug.language),
        reported_at=stamp(bug.reported_at) if bug.reported_at else None,
        exported_at=stamp(bug.exported_at) if bug.exported_at else None,
        fix_confirmation=bug.confirmation,
        waiting_for_tester=bug.waits_for_tester or None,
        auto_acceptance_due_at=stamp(due.ends_at) if due else None,
        overdue=(due.overdue or None) if due else None,
        test=NamedRef(id=bug.test_id, name=shorten(test.title) if test else None),
        test_status=short(test.status) if test else None,
        product=product_of_bug(facts, bug.product_id),
        feature=NamedRef(id=bug.feature_id, name=shorten(bug.feature) or None) if bug.feature_id else None,
        location=shorten(bug.location, 300) or None,
        steps=_steps(bug.steps),
        expected_result=excerpt(bug.expected_result, 1200),
        actual_result=excerpt(bug.actual_result, 1200),
        devices=[shorten(device.text, 160) for device in bug.devices[:8]] or None,
        comments=[
            CommentLine(
                author=shorten(one.author) or None,
                at=stamp(one.created_at) if one.created_at else None,
                body=excerpt(one.body, 400) or "",
            )
            for one in bug.comments[-MOST_COMMENTS:]
        ]
        or None,
        comment_count=len(bug.comments),
        attachment_count=len(bug.attachments),
        attachments=[shorten(url, 200) for url in bug.attachments[:5]] or None,
        similar_bugs=_similar(facts, bug) or None,
        team_notes=notes,
        tracker=tracker,
    )


def _rejection(facts: Facts, bug: Bug) -> Rejection | None:
    if bug.rejection_reason is None:
        return None
    said = rejecting_comment(bug.comments, facts.reject_reasons)
    return Rejection(
        reason=shorten(bug.rejection_reason, 40),
        by=(shorten(said.author) or None) if said else None,
        at=stamp(said.created_at) if said and said.created_at else None,
        comment=excerpt(said.body, 600) if said else None,
    )


def _steps(steps: Sequence[str]) -> list[str] | None:
    shown = [excerpt(step, 250) or "" for step in steps[:MOST_STEPS]]
    if len(steps) > MOST_STEPS:
        shown.append(f"[cut; {len(steps)} steps in all]")
    return shown or None


def _similar(facts: Facts, bug: Bug) -> list[SimilarBug]:
    from build.facts.likeness import similar_bugs

    return [
        SimilarBug(
            id=other.id,
            title=shorten(other.title, 100),
            review=other.review,
            test_id=other.test_id,
            likeness=round(likeness),
        )
        for other, likeness in similar_bugs(bug, facts.tests_by_product.get(bug.product_id, ()), MOST_SIMILAR)
    ]
