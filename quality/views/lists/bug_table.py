"""The table of a product's bugs, for files."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from quality.deadlines import waits_for_customer
from quality.model.entities import WAITING_FOR_TESTER, Test
from quality.model.facts import Facts
from quality.views.lists.bugs import TestBugs
from quality.views.rows import grave_bugs
from quality.views.table import Amount, Column, Day, Reference, Row, Table, Term, Text, select

_OF_GRAVE = (
    "id", "title", "severity", "review", "rejection_reason", WAITING_FOR_TESTER, "found_again",
    "fix_confirmation", "exported_at", "known", "feature", "reported_at", "test_id", "test",
)  # fmt: skip


def table_of_bugs(groups: Iterable[TestBugs], again: Mapping[int, int]) -> Table:
    """Return bugs as a table for files, in the order given.

    Args:
        groups: The bugs, by their tests.
        again: The id of a bug → that of the earlier one that it is much like.
    """
    return Table(
        key="bugs",
        title="Bugs",
        columns=(
            Column("id", "Id", "count"),
            Column("title", "Bug"),
            Column("severity", "Severity"),
            Column("review", "Review"),
            Column("rejection_reason", "Rejection reason"),
            Column(WAITING_FOR_TESTER, "Waiting for the tester"),
            Column("found_again", "Much like bug", "count"),
            Column("fix_confirmation", "Fix confirmation"),
            Column("exported_at", "Exported (UTC)", "day"),
            Column("known", "Known"),
            Column("feature", "Feature"),
            Column("tester", "Tester"),
            Column("platforms", "Platforms"),
            Column("reported_at", "Reported (UTC)", "day"),
            Column("due_at", "Review until (UTC)", "day"),
            Column("test_id", "Test id", "count"),
            Column("test", "Test"),
            Column("test_end_at", "Test ended (UTC)", "day"),
            Column("periods", "Counted in"),
        ),
        rows=tuple(
            Row(
                (
                    Amount(bug.id),
                    Text(bug.title, Reference("bug", bug.id, bug.test_id)),
                    Term("severity", bug.severity),
                    Term("review", bug.review),
                    Term("word", bug.rejection_reason),
                    Text("yes" if bug.waits_for_tester else "no"),
                    Amount(again.get(bug.id)),
                    Term("word", bug.confirmation),
                    Day(bug.exported_at),
                    Text("yes" if bug.known else "no"),
                    Text(bug.feature) if bug.feature else None,
                    Text(bug.tester) if bug.tester else None,
                    Text(", ".join(bug.platforms)),
                    Day(bug.reported_at),
                    Day(group.due if waits_for_customer(bug) else None),
                    Amount(group.test.id),
                    Text(group.test.title, Reference("test", group.test.id)),
                    Day(group.test.end_at),
                    Text(" ".join(group.periods)),
                )
            )
            for group in groups
            for bug in group.bugs
        ),
    )


def table_of_grave_bugs(facts: Facts, tests: Iterable[Test]) -> Table:
    """Return the critical and high bugs of tests as a table for files, in the order of the page's."""
    groups = (TestBugs(facts.tests[bug.test_id], (bug,), ()) for bug in grave_bugs(facts, tests))
    table = select(table_of_bugs(groups, facts.found_again), _OF_GRAVE)
    return replace(table, key="grave", title="Critical and high bugs")
