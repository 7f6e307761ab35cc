"""Open bugs by the day on which their review days end."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from quality.deadlines import Waiting, waiting
from quality.model.entities import SEVERITIES, Test
from quality.model.facts import Facts
from quality.views.rows import BugRow, bug_row
from quality.views.table import Column, Day, Reference, Row, Table, Term, Text
from quality.wording import counted, day, day_utc, listing, moment, time


@dataclass(frozen=True, slots=True)
class DeadlineDay:
    """Open bugs whose review days end on `day` (UTC).

    Attributes:
        days_left: Days from now; negative when overdue.
        overdue: The review days are over and the snapshot still has these bugs open.
        text: `24 Nov 2026, 14:00 UTC, in 3 days: 5 open bugs will be auto-accepted`; and who reviews them.
        first_at: When the first of them is auto-accepted; others may follow later that day.
        reviewers: Who is to review them: `Mara and Jonas`; empty where nobody says so.
    """

    day: date
    days_left: int
    bugs: tuple[BugRow, ...]
    overdue: bool = False
    text: str = ""
    first_at: datetime | None = None
    reviewers: str = ""

    @property
    def first_count(self) -> int:
        """Return how many are auto-accepted at the hour of the first."""
        return sum(one.due_at == self.first_at for one in self.bugs)


def deadline_days(facts: Facts, tests: Iterable[Test], now: datetime) -> tuple[DeadlineDay, ...]:
    """Return the days on which open bugs of the tests will be auto-accepted, earliest first.

    A day whose time has passed comes as overdue: the snapshot still has its bugs open, though
    the upstream may have accepted them since. A day can come twice, once overdue.
    """
    by_day: dict[tuple[date, bool], list[Waiting]] = {}
    for one in waiting(tests, now):
        by_day.setdefault((one.day, one.overdue), []).append(one)
    return tuple(
        _day(facts, ends_on, overdue, found, now)
        for (ends_on, overdue), found in sorted(by_day.items(), key=lambda item: (item[0][0], not item[0][1]))
    )


def due_table(deadlines: Iterable[DeadlineDay]) -> Table:
    """Return the bugs whose review days end ahead, the next one first, critical ones before others.

    Who is to review them stands beside them where the context files say so.
    """
    rows = [row for one in deadlines if not one.overdue for row in one.bugs]
    rows.sort(
        key=lambda row: (row.due_at or datetime.max.replace(tzinfo=UTC), SEVERITIES.index(row.severity))
    )
    owned = any(row.reviewer for row in rows)
    return Table(
        key="due",
        title="Do now: review these bugs",
        columns=(
            Column("bug", "Bug"),
            Column("severity", "Severity"),
            Column("product", "Product"),
            Column("test", "Test"),
            *((Column("reviewer", "Reviewer"),) if owned else ()),
            Column("due", "Due (UTC)", "day"),
        ),
        rows=tuple(
            Row(
                (
                    Text(row.title, Reference("bug", row.id, row.test_id)),
                    Term("severity", row.severity),
                    Text(row.product),
                    Text(row.test_title, Reference("test", row.test_id)),
                    *((Text(row.reviewer) if row.reviewer else None,) if owned else ()),
                    Day(row.due_at, exact=True),
                )
            )
            for row in rows
        ),
    )


def overdue_text(deadlines: Iterable[DeadlineDay]) -> str:
    """Say what to do about overdue bugs, whose number the headline tells; empty when none is."""
    over = sum(len(one.bugs) for one in deadlines if one.overdue)
    if not over:
        return ""
    bugs, them = ("bug", "it") if over == 1 else ("bugs", "them")
    return f"Review the overdue {bugs} now, or ask Test IO about {them}."


def in_days(left: int) -> str:
    """`today`, `tomorrow`, `in 3 days`, `3 days ago`."""
    if left in _NEAR:
        return _NEAR[left]
    return f"in {left} days" if left > 0 else f"{-left} days ago"


def _day(facts: Facts, ends_on: date, overdue: bool, found: list[Waiting], now: datetime) -> DeadlineDay:
    rows = tuple(bug_row(facts, bug, one.ends_at) for one in found for bug in one.bugs)
    left = (ends_on - now.astimezone(UTC).date()).days
    bugs = counted(len(rows), "open bug")
    first_at, last_at = found[0].ends_at, found[-1].ends_at
    if overdue:
        text = f"{day_utc(ends_on)}, {in_days(left)}: the review time of {bugs} is over"
    else:
        once = first_at == last_at
        text = f"{moment(first_at) if once else day(ends_on)}, {in_days(left)}: {bugs} will be auto-accepted"
        if not once:
            count = sum(len(one.bugs) for one in found if one.ends_at == first_at)
            text += f", the first {count:,} at {time(first_at)}"
    who = listing(dict.fromkeys(row.reviewer for row in rows if row.reviewer))
    text += f" (reviewer: {who})" if who else ""
    return DeadlineDay(ends_on, left, rows, overdue, text, first_at, who)


_NEAR = {-1: "yesterday", 0: "today", 1: "tomorrow"}
