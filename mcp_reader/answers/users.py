"""Fill the answers about people."""

from collections import Counter

from pydantic import BaseModel

from base.text import shorten
from mcp_reader.answers.base import Answer, NamedRef, Number, day, number, without_bounds
from mcp_reader.lookup.chosen import product_ref
from mcp_reader.paging import Listing
from mcp_reader.text import short
from quality.model.facts import Facts
from quality.periods.periods import ALL_TIME
from quality.views.lists.users import UserRow

MOST_PRODUCTS = 12
MOST_REASONS = 15


class UserLine(BaseModel):
    """One person in a list.

    Attributes:
        user_ids: The upstream's; several for people of the same name, who are counted together.
        test_count: Tests with the tester's bugs, or tests that the customer created.
        bugs_in_their_tests: Of a customer, whoever reported them; the metrics are of these.
        metrics: Of the tester's own bugs, or of all bugs of the customer's tests.
    """

    name: str
    user_ids: list[int] | None = None
    user_type: str
    test_count: int
    bugs_in_their_tests: int | None = None
    metrics: dict[str, Number]
    last_activity: str | None = None


class UserList(Listing):
    """A page of people; `period` says which executed tests count, none of which runs or has no end."""

    period: str
    users: list[UserLine]


class UserPart(BaseModel):
    """The activity of one person as a tester or as a customer."""

    user_type: str
    user_ids: list[int] | None = None
    test_count: int
    metrics: dict[str, Number]
    bugs_by_severity: dict[str, int] | None = None
    bugs_by_review: dict[str, int] | None = None
    rejected_by_reason: dict[str, int] | None = None
    tests_by_status: dict[str, int] | None = None
    products: list[NamedRef] | None = None
    first_activity: str | None = None
    last_activity: str | None = None


class UserSummary(Answer):
    """One person over all executed tests; a name that is a tester's and a customer's has both parts."""

    period: str = f"{ALL_TIME.title}, running and undated tests too"
    name: str
    activity: list[UserPart]


def fill_line(row: UserRow) -> UserLine:
    """Return the row of a person."""
    return UserLine(
        name=shorten(row.name),
        user_ids=list(row.ids) or None,
        user_type=row.user_type,
        test_count=row.tally.test_count,
        bugs_in_their_tests=row.tally.bug_count if row.user_type == "customer" else None,
        metrics={key: without_bounds(value) for key, value in _numbers(row).items()},
        last_activity=day(row.last_activity),
    )


def fill_part(facts: Facts, row: UserRow) -> UserPart:
    """Return what a person did in one of both roles."""
    tests = row.tally.tests.values()
    creates = row.user_type == "customer"
    products = Counter(test.product_id for test in tests)
    return UserPart(
        user_type=row.user_type,
        user_ids=list(row.ids) or None,
        test_count=row.tally.test_count,
        metrics=_numbers(row),
        bugs_by_severity=dict(row.tally.severities.most_common()) or None,
        bugs_by_review=dict(row.tally.reviews.most_common()) or None,
        rejected_by_reason=_reasons(row),
        tests_by_status=dict(Counter(short(test.status) or "none" for test in tests).most_common(12))
        if creates
        else None,
        products=[product_ref(facts, one) for one, _ in products.most_common(MOST_PRODUCTS)] or None,
        first_activity=day(row.first_activity),
        last_activity=day(row.last_activity),
    )


def _reasons(row: UserRow) -> dict[str, int] | None:
    """Return the rejected bugs by reason, the rarest of many together."""
    found = row.tally.reasons.most_common()
    shown = {shorten(key, 40): count for key, count in found[:MOST_REASONS]}
    if rest := sum(count for _, count in found[MOST_REASONS:]):
        shown["other"] = shown.get("other", 0) + rest
    return shown or None


def _numbers(row: UserRow) -> dict[str, Number]:
    shown = ((key, number(measure)) for key, measure in row.measures.items())
    return {key: value for key, value in shown if value is not None}
