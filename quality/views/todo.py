"""Everything that there is to do about products, what is most at stake first."""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from base.text import shorten
from quality.findings.criticals import CRITICALS
from quality.findings.finding import Finding
from quality.findings.reviews import DEADLINE
from quality.model.entities import SEVERITIES
from quality.model.facts import Facts
from quality.views.deadlines import DeadlineDay
from quality.views.rows import BugRow, bug_row, told_apart
from quality.views.table import Cell, Column, Day, Reference, Row, Table, Term, Text

_LONGEST_TITLE = 44
EVERY = sys.maxsize
_GRAVE = frozenset({"critical", "high"})


@dataclass(frozen=True, slots=True)
class Todo:
    """Hold what there is to do.

    Attributes:
        fix: The critical bugs that weigh on the products, those that can be reviewed until a day first.
        fix_by: Until when to fix or confirm them: `before 23 Nov`; empty without any.
        reviews: The other bugs that wait for their review, the next one first, grave ones first within a day.
        actions: What the other findings ask for, each with until when.
        several: Whether it is about several products.
        opened: What the open bugs wait for; empty when all of them are in `reviews`.
    """

    fix: tuple[BugRow, ...] = ()
    fix_by: str = ""
    reviews: tuple[BugRow, ...] = ()
    actions: tuple[Finding, ...] = ()
    several: bool = False
    opened: str = ""


def todo(
    facts: Facts, findings: Iterable[Finding], deadlines: Sequence[DeadlineDay], *, several: bool, opened: str
) -> Todo:
    """Return what there is to do: critical bugs, reviews, and what else findings ask for.

    Args:
        facts: The snapshot.
        findings: What stands out, in the order of what is at stake.
        deadlines: The days on which open bugs will be auto-accepted.
        several: Whether it is about several products.
        opened: What the open bugs wait for.
    """
    stated = [one for one in findings if one.level != "fine" and one.key != DEADLINE]
    criticals = next((one for one in stated if one.key == CRITICALS), None)
    grave = criticals.bug_ids if criticals else ()
    due = {row.id: row for one in deadlines if not one.overdue for row in one.bugs}
    fix = [due.get(one) or bug_row(facts, facts.bugs[one]) for one in grave if one in facts.bugs]
    return Todo(
        fix=tuple(sorted(fix, key=_when)),
        fix_by=criticals.due if criticals else "",
        reviews=tuple(sorted((row for one, row in due.items() if one not in grave), key=_order)),
        actions=tuple(one for one in stated if one is not criticals),
        several=several,
        opened=opened,
    )


def todo_table(whole: Todo, fixes: int = EVERY, reviews: int = EVERY, actions: int = EVERY) -> Table:
    """Return what there is to do as a table, with at most so many rows of each kind, noted what was cut.

    Of the reviews those of critical and high bugs stay longest. Who is to review stands beside them where
    the context files say so.
    """
    first, shown = whole.fix[:fixes], _chosen(whole.reviews, reviews)
    bugs = [*first, *shown]
    owned = any(row.reviewer for row in bugs)
    grave = any(row.severity in _GRAVE for row in shown)
    notes = [
        _cut(len(first), len(whole.fix), "critical bugs"),
        _cut(len(shown), len(whole.reviews), f"to review{', high ones among them' if grave else ''}"),
        "Nobody is named to review them." if whole.reviews and not owned else "",
    ]
    columns = (
        Column("task", "What to do"),
        Column("severity", "Severity"),
        *((Column("product", "Product"),) if whole.several else ()),
        Column("test", "Test"),
        *((Column("reviewer", "Reviewer"),) if owned else ()),
        Column("due", "Due (UTC)", "day"),
    )
    tests = told_apart(bugs)
    rows = [_bug(row, tests[row.test_id], whole, owned=owned) for row in bugs]
    rows += [
        Row((Text(one.do), *(None,) * (len(columns) - 2), Text(one.due) if one.due else None))
        for one in whole.actions[:actions]
    ]
    note = " ".join(text for text in notes if text)
    return Table("todo", "Do now", columns, tuple(rows), note)


def _bug(row: BugRow, test: str, whole: Todo, *, owned: bool) -> Row:
    review = row.due_at is not None
    verb = "Review" if review else "Fix"
    cells: list[Cell | None] = [
        Text(f"{verb}: {shorten(row.title, _LONGEST_TITLE)}", Reference("bug", row.id, row.test_id)),
        Term("severity", row.severity),
    ]
    if whole.several:
        cells.append(Text(row.product))
    cells.append(Text(test, Reference("test", row.test_id)))
    if owned:
        cells.append(Text(row.reviewer) if row.reviewer else None)
    cells.append(Day(row.due_at, exact=True) if review else Text(whole.fix_by))
    return Row(tuple(cells))


def _chosen(rows: Sequence[BugRow], most: int) -> list[BugRow]:
    """Return as many rows in their order, grave ones rather than others."""
    kept = sorted(range(len(rows)), key=lambda at: (rows[at].severity not in _GRAVE, at))[:most]
    return [rows[at] for at in sorted(kept)]


def _cut(shown: int, every: int, noun: str) -> str:
    return f"The first {shown} of {every} {noun}." if every > shown else ""


def _when(row: BugRow) -> datetime:
    return row.due_at or datetime.max.replace(tzinfo=UTC)


def _order(row: BugRow) -> tuple[object, ...]:
    """By day, grave ones first, then by hour."""
    at, severity = _when(row), SEVERITIES.index(row.severity)
    return at.date(), row.severity not in _GRAVE, at, severity, row.id
