"""Everything that there is to do about products, by until when."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby

from base.text import shorten
from quality.findings.criticals import CRITICALS
from quality.findings.finding import Finding
from quality.findings.reviews import DEADLINE
from quality.model.entities import SEVERITIES
from quality.model.facts import Facts
from quality.views.deadlines import DeadlineDay
from quality.views.rows import BugRow, bug_row
from quality.views.table import Amount, Cell, Column, Day, Reference, Row, Table, Term, Text
from quality.wording import counted, grave, hour, listing

_LONGEST_TITLE = 60
_LONGEST_NAME = 56
_NAMED = 2
"""So many grave bugs are named below the reviews of a test."""
EVERY = sys.maxsize
_GRAVE = frozenset({"critical", "high"})
_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Todo:
    """Hold what there is to do.

    Attributes:
        fix: The critical bugs that weigh on the products.
        fix_by: Until when to fix or confirm them: `before 23 Nov`; empty without any.
        fix_at: The moment of that.
        reviews: The other bugs that wait for their review, by day.
        actions: What the other findings ask for, each with until when.
        several: Whether it is about several products.
        opened: What open bugs of tests that the report does not count wait for; empty when all of them are in
            `reviews`.
    """

    fix: tuple[BugRow, ...] = ()
    fix_by: str = ""
    fix_at: datetime | None = None
    reviews: tuple[BugRow, ...] = ()
    actions: tuple[Finding, ...] = ()
    several: bool = False
    opened: str = ""


@dataclass(frozen=True, slots=True)
class _Task:
    """Something to do by a moment: a critical bug, reviews of one test, or what a finding asks for."""

    at: datetime
    bugs: tuple[BugRow, ...] = ()
    action: Finding | None = None
    fix: bool = False

    @property
    def order(self) -> tuple[object, ...]:
        severity = min((SEVERITIES.index(row.severity) for row in self.bugs), default=len(SEVERITIES))
        return self.at, not self.fix, severity, self.bugs[0].id if self.bugs else 0

    @property
    def weight(self) -> int:
        return 0 if self.fix else 1 if any(row.severity in _GRAVE for row in self.bugs) else 2


def todo(
    facts: Facts, findings: Iterable[Finding], deadlines: Sequence[DeadlineDay], *, several: bool, opened: str
) -> Todo:
    """Return what there is to do: critical bugs, reviews, and what else findings ask for.

    Args:
        facts: The snapshot.
        findings: What stands out, in the order of what is at stake.
        deadlines: The days on which open bugs will be auto-accepted.
        several: Whether it is about several products.
        opened: What open bugs of tests that the report does not count wait for.
    """
    stated = [one for one in findings if one.level != "fine" and one.key != DEADLINE]
    criticals = next((one for one in stated if one.key == CRITICALS), None)
    grave = criticals.bug_ids if criticals else ()
    due = {row.id: row for one in deadlines if not one.overdue for row in one.bugs}
    fix = [due.get(one) or bug_row(facts, facts.bugs[one]) for one in grave if one in facts.bugs]
    return Todo(
        fix=tuple(fix),
        fix_by=criticals.due if criticals else "",
        fix_at=criticals.due_at if criticals else None,
        reviews=tuple(row for one, row in due.items() if one not in grave),
        actions=tuple(one for one in stated if one is not criticals),
        several=several,
        opened=opened,
    )


def todo_table(whole: Todo, most: int = EVERY) -> Table:
    """Return what there is to do as a table, by until when; with a note on the reviews that it leaves out.

    Critical bugs stay longest, then reviews of high ones; those of a test until one hour share a row. Who is
    to review stands beside them where the context files say so.

    Args:
        whole: What there is to do.
        most: How many rows there is room for.
    """
    every = _tasks(whole)
    shown, rest = _chosen(every, most)
    bugs = [row for one in shown for row in one.bugs]
    owned = any(row.reviewer for row in bugs)
    unowned = not any(row.reviewer for row in whole.reviews)
    left = [row for one in rest for row in one.bugs]
    notes = [
        f"{counted(len(left), 'more bug')} to review{_first_due(left)}." if left else "",
        "Nobody is named to review them." if whole.reviews and unowned else "",
    ]
    columns = (
        Column("task", "What to do"),
        Column("severity", "Severity"),
        *((Column("product", "Product"),) if whole.several else ()),
        Column("test", "Test"),
        *((Column("reviewer", "Reviewer"),) if owned else ()),
        Column("due", "Due (UTC)", "day"),
    )
    rows = [
        _action(one.action, len(columns)) if one.action else _bugs(one.bugs, whole, owned=owned)
        for one in shown
    ]
    return Table("todo", "Do now", columns, tuple(rows), " ".join(text for text in notes if text))


def todo_list(whole: Todo) -> Table:
    """Return the same as a table for files: each bug in a row of its own, with ids and whole titles."""
    columns = (
        Column("task", "What to do"),
        Column("bug_id", "Bug id", "count"),
        Column("title", "Bug"),
        Column("severity", "Severity"),
        Column("test_id", "Test id", "count"),
        Column("test", "Test"),
        Column("reviewer", "Reviewer"),
        Column("due", "Due (UTC)", "day"),
    )
    rows = (_listed(one) for one in _tasks(whole, each=True))
    return Table("todo", "Do now", columns, tuple(rows))


def _listed(task: _Task) -> Row:
    due = Day(None if task.at == _NEVER else task.at)
    if task.action:
        test_id = task.action.test_ids[0] if task.action.test_ids else None
        return Row((Text(task.action.do), None, None, None, Amount(test_id), None, None, due))
    (bug,) = task.bugs
    return Row(
        (
            Text(_verb(bug)),
            Amount(bug.id),
            Text(bug.title, _to(bug)),
            Term("severity", bug.severity),
            Amount(bug.test_id),
            Text(bug.test_title, Reference("test", bug.test_id)),
            Text(bug.reviewer) if bug.reviewer else None,
            due,
        )
    )


def actions_left_out(whole: Todo, most: int) -> tuple[Finding, ...]:
    """Return what findings ask for that a table with so many rows has no room for."""
    return tuple(one.action for one in _chosen(_tasks(whole), most)[1] if one.action)


def _tasks(whole: Todo, *, each: bool = False) -> list[_Task]:
    fixes = [_Task(row.due_at or whole.fix_at or _NEVER, (row,), fix=True) for row in whole.fix]
    actions = [_Task(one.due_at or _NEVER, action=one) for one in whole.actions]
    return sorted([*fixes, *_reviews(whole.reviews, each=each), *actions], key=lambda one: one.order)


def _reviews(rows: Sequence[BugRow], *, each: bool) -> Iterator[_Task]:
    for _, together in groupby(
        sorted(rows, key=lambda row: (_when(row), row.test_id)),
        key=lambda row: (row.due_at, row.test_id, row.id if each else 0),
    ):
        bugs = tuple(sorted(together, key=_order))
        yield _Task(_when(bugs[0]), bugs)


def _chosen(tasks: Sequence[_Task], most: int) -> tuple[list[_Task], list[_Task]]:
    """Return as many tasks in their order, what weighs most rather than others; and the rest."""
    kept = frozenset(sorted(range(len(tasks)), key=lambda at: (tasks[at].weight, at))[:most])
    parts: tuple[list[_Task], list[_Task]] = ([], [])
    for at, one in enumerate(tasks):
        parts[at not in kept].append(one)
    return parts


def _bugs(bugs: Sequence[BugRow], whole: Todo, *, owned: bool) -> Row:
    first = bugs[0]
    who = listing(dict.fromkeys(row.reviewer for row in bugs if row.reviewer))
    cells: list[Cell | None] = [_what(bugs), Term("severity", first.severity)]
    if whole.several:
        cells.append(Text(first.product))
    cells.append(Text(first.test_title, Reference("test", first.test_id)))
    if owned:
        cells.append(Text(who) if who else None)
    cells.append(Day(first.due_at, exact=True) if first.due_at else Text(whole.fix_by))
    return Row(tuple(cells))


def _what(bugs: Sequence[BugRow]) -> Text:
    """`Fix: Stuck`, `Review: Lost`, or `Review 7 bugs, 2 high` above the names of the grave ones."""
    first, *more = bugs
    if not more:
        return Text(f"{_verb(first)}: {shorten(first.title, _LONGEST_TITLE)}", _to(first))
    kinds = [row.severity for row in bugs]
    beside = grave(kinds.count("critical"), kinds.count("high"))
    named = [row for row in bugs if row.severity in _GRAVE][:_NAMED]
    return Text(
        f"Review {counted(len(bugs), 'bug')}, {beside}",
        Reference("test", first.test_id),
        tuple(Text(shorten(row.title, _LONGEST_NAME), _to(row)) for row in named),
    )


def _verb(row: BugRow) -> str:
    return "Review" if row.due_at else "Fix"


def _first_due(rows: Sequence[BugRow]) -> str:
    """Return `, due 26 Nov, 03:35`, of several times the first of them; empty without a time."""
    times = {row.due_at for row in rows if row.due_at}
    return f", {'the first ' if len(times) > 1 else ''}due {hour(min(times))}" if times else ""


def _to(row: BugRow) -> Reference:
    return Reference("bug", row.id, row.test_id)


def _action(one: Finding, width: int) -> Row:
    to = Reference("test", one.test_ids[0]) if one.test_ids else None
    return Row((Text(one.do, to), *(None,) * (width - 2), Text(one.due) if one.due else None))


def _when(row: BugRow) -> datetime:
    return row.due_at or _NEVER


def _order(row: BugRow) -> tuple[object, ...]:
    return _when(row), SEVERITIES.index(row.severity), row.id
