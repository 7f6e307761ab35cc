"""Fill the answer about review deadlines."""

from collections.abc import Mapping

from pydantic import BaseModel

from base.text import shorten
from mcp_reader.answers.base import Answer, NamedRef, stamp
from mcp_reader.answers.bug_rows import LONGEST_TITLE
from quality.context.owners import reviewers
from quality.deadlines import Waiting
from quality.model.facts import Facts


class DeadlineRow(BaseModel):
    """Open bugs of one test that are auto-accepted on one day; `day` and `at` are in UTC."""

    day: str
    at: str
    product: str
    test_id: int
    test: str
    bug_count: int
    reviewer: str | None = None


class Deadlines(Answer):
    """The coming deadlines, the earliest first, and apart from them what is overdue.

    Attributes:
        coming_bugs: Open bugs due within the days that were asked for.
        later_bugs: Open bugs due after them.
        overdue_bugs: Open bugs whose review days are over.
        without_deadline: Other open bugs: the tester was asked, the test runs, or it can change no more.
        days: The coming bugs by day; in `by_product` by product and day.
    """

    within_days: int
    products: list[NamedRef]
    coming_bugs: int
    later_bugs: int
    overdue_bugs: int
    without_deadline: dict[str, int] | None = None
    days: dict[str, int]
    by_product: dict[str, dict[str, int]] | None = None
    coming: list[DeadlineRow]
    overdue: list[DeadlineRow] | None = None


def fill_row(facts: Facts, one: Waiting, names: Mapping[int, str]) -> DeadlineRow:
    """Return the row of a test whose open bugs wait for a review."""
    who = reviewers(facts, ((bug.product_id, bug.feature_id) for bug in one.bugs))
    return DeadlineRow(
        day=f"{one.day}",
        at=stamp(one.ends_at),
        product=names[one.test.product_id],
        test_id=one.test.id,
        test=shorten(one.test.title, LONGEST_TITLE),
        bug_count=len(one.bugs),
        reviewer=shorten(who, 80) if who else None,
    )
