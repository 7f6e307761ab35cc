"""The customer's review days: until when an open bug can be reviewed before it is auto-accepted."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from msgspec import structs

from quality.model.entities import IMMUTABLE_STATUSES, WAITING_FOR_TESTER, Bug, Test
from quality.model.facts import Facts

REVIEW_DAYS = 10
URGENT_AFTER_DAYS = 7


@dataclass(frozen=True, slots=True)
class Waiting:
    """The open bugs of one test that wait for the customer, in the order of their ids, and until when.

    Bugs about which the customer has asked the tester something wait for the tester, and are left out
    until their review days are over too.

    Attributes:
        ends_at: The test's end and ten days.
        overdue: The review days were over at `now`, and yet the bugs are open in the snapshot.
        urgent: More than seven of the ten days are over.
    """

    test: Test
    bugs: tuple[Bug, ...]
    ends_at: datetime
    overdue: bool
    urgent: bool

    @property
    def day(self) -> date:
        """Return the day of auto-acceptance, in UTC."""
        return self.ends_at.astimezone(UTC).date()


def ahead(test: Test, now: datetime) -> bool:
    """Tell whether a test has not ended."""
    return test.end_at is not None and test.end_at > now


def final(test: Test) -> bool:
    """Tell whether neither the test nor its bugs can change any more."""
    return test.status in IMMUTABLE_STATUSES


def review_ends_at(end_at: datetime) -> datetime:
    """Return the end of the review days of a test that ends then."""
    try:
        return end_at + timedelta(days=REVIEW_DAYS)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)


def with_overdue(test: Test, now: datetime) -> Test:
    """Return the test with its open bugs marked as overdue when it ended more than ten days before `now`.

    A test that can change no more leaves its open bugs as they are: nothing is late about them.
    """
    over = test.end_at is not None and not final(test) and review_ends_at(test.end_at) < now
    if not any(bug.overdue != (over and bug.review == "open") for bug in test.bugs):
        return test
    bugs = (structs.replace(bug, overdue=over and bug.review == "open") for bug in test.bugs)
    return replace(test, bugs=tuple(bugs))


def facts_at(facts: Facts, now: datetime | None) -> Facts:
    """Return the facts with the bugs marked that are overdue at another moment than the snapshot's own."""
    if now is None or now == facts.as_of:
        return facts
    return replace(facts, tests={one.id: with_overdue(one, now) for one in facts.tests.values()})


def waits_for_customer(bug: Bug) -> bool:
    """Tell whether it is the customer's turn: an open bug about which the tester has not been asked."""
    return bug.review == "open" and not bug.waits_for_tester


def without_deadline(tests: Iterable[Test], now: datetime) -> dict[str, int]:
    """Count the open bugs of some tests that `waiting` leaves out, by why; what is none is left out."""
    given = [test for test in tests if not test.demo]
    due = {bug.id for one in waiting(given, now) for bug in one.bugs}
    why: dict[str, int] = {}
    for test in given:
        for bug in test.bugs:
            if bug.review != "open" or bug.id in due:
                continue
            ended = test.end_at is not None and test.end_at <= now
            reason = "in_final_tests" if final(test) else WAITING_FOR_TESTER if ended else "in_running_tests"
            why[reason] = why.get(reason, 0) + 1
    return why


def waiting(tests: Iterable[Test], now: datetime) -> list[Waiting]:
    """Return the tests whose ended cycle left open bugs, the earliest deadline first.

    An archived test can change no more: its open bugs stay as they are and wait for nobody. A
    test that has not ended (or has no known end) has no deadline yet. Demo tests are left out.
    """
    found = []
    for test in tests:
        if test.demo or final(test) or test.end_at is None or test.end_at > now:
            continue
        ends_at = review_ends_at(test.end_at)
        overdue = ends_at < now
        opened = (bug for bug in test.bugs if bug.review == "open" and (overdue or not bug.waits_for_tester))
        bugs = tuple(sorted(opened, key=lambda bug: bug.id))
        if bugs:
            found.append(
                Waiting(
                    test=test,
                    bugs=bugs,
                    ends_at=ends_at,
                    overdue=overdue,
                    urgent=test.end_at + timedelta(days=URGENT_AFTER_DAYS) < now,
                )
            )
    return sorted(found, key=lambda one: (one.ends_at, one.test.id))
