"""User stories of the selected tests, counted by outcome."""

from collections.abc import Iterable
from dataclasses import dataclass

from quality.model.entities import Execution, Test
from quality.views.table import Amount, Column, Row, Table, Text


@dataclass(frozen=True, slots=True)
class StoryCounts:
    """User stories by outcome over the selected tests; None where the upstream gave none."""

    total: int | None
    tested: int | None
    passed: int | None
    failed: int | None
    blocked: int | None


def stories(tests: Iterable[Test]) -> StoryCounts:
    """User stories by outcome, summed over the tests whose execution metrics say how many were tested.

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
        title="User stories by result",
        columns=(Column("result", "User stories"), Column("count", "Count", "count")),
        rows=tuple(
            Row((Text(name), Amount(count))) for name, count in every if found.total and count is not None
        ),
    )
