"""Executions of user stories in the selected tests, counted by outcome."""

from collections.abc import Sequence
from dataclasses import dataclass

from quality.metrics.tally import tally
from quality.model.entities import Execution, Test
from quality.views.table import Amount, Column, Row, Table, Text
from quality.wording import counted


@dataclass(frozen=True, slots=True)
class StoryCounts:
    """Executions of user stories by outcome: a story counts once for each test that has it.

    Attributes:
        total: With the others None where the upstream gave none.
        distinct: How many stories the tests name, each counted once.
    """

    total: int | None
    tested: int | None
    passed: int | None
    failed: int | None
    blocked: int | None
    distinct: int = 0


def stories(tests: Sequence[Test]) -> StoryCounts:
    """Executions of user stories by outcome, of the tests whose metrics say how many were tested.

    These are the tests of `story_coverage`, so that both show the same counts.
    """
    known = [one for one in (test.execution for test in tests) if one is not None and _is_whole(one)]

    def total(name: str) -> int | None:
        counts = [count for count in (getattr(one, name) for one in known) if count is not None]
        return sum(counts) if counts else None

    return StoryCounts(
        total=total("total_user_stories"),
        tested=total("tested_user_stories"),
        passed=total("passed_user_stories"),
        failed=total("failed_user_stories"),
        blocked=total("blocked_user_stories"),
        distinct=tally(tests, ()).distinct_stories,
    )


def _is_whole(execution: Execution) -> bool:
    tested, every = execution.tested_user_stories, execution.total_user_stories
    return tested is not None and every is not None and tested <= every


def stories_table(found: StoryCounts) -> Table:
    """Return the results as a table; without rows when no test gave any."""
    every = (
        ("All", found.total), ("Tested", found.tested), ("Passed", found.passed),
        ("Failed", found.failed), ("Blocked", found.blocked),
    )  # fmt: skip
    return Table(
        key="stories",
        title="User story executions by result",
        columns=(Column("result", "Story executions"), Column("count", "Count", "count")),
        rows=tuple(
            Row((Text(name), Amount(count))) for name, count in every if found.total and count is not None
        ),
        note="A user story counts once for each test that has it:"
        f" {counted(found.distinct, 'distinct story')}."
        if found.total and found.distinct
        else "",
    )
