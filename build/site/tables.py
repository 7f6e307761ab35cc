"""Cut the rows of a page to what fits, with a sentence about the rest."""

from collections.abc import Sequence
from dataclasses import dataclass

from quality import wording
from quality.metrics.columns import TESTS_LISTED
from quality.metrics.measures import Measure
from quality.views.rows import TestRow
from quality.views.stories import StoryCounts

TESTS_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of texts: column labels, and rows of a name and its cells."""

    labels: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]


def story_figures(stories: StoryCounts | None) -> tuple[tuple[str, str], ...]:
    """The results of the user stories; empty when no test gave any."""
    if stories is None or not stories.total:
        return ()
    every = (
        ("All", stories.total), ("Tested", stories.tested), ("Passed", stories.passed),
        ("Failed", stories.failed), ("Blocked", stories.blocked),
    )  # fmt: skip
    return tuple((name, wording.number(count)) for name, count in every if count is not None)


@dataclass(frozen=True, slots=True)
class TestList:
    """Rows of tests under the columns of some measures."""

    columns: tuple[Measure, ...]
    rows: tuple[TestRow, ...]
    note: str


def list_tests(rows: Sequence[TestRow], limit: int | None = None) -> TestList:
    """The first rows, with a sentence when there are more."""
    shown = tuple(rows[:limit])
    columns = tuple(shown[0].measures[key] for key in TESTS_LISTED) if shown else ()
    note = (
        f"The newest {len(shown)} of {wording.counted(len(rows), 'test')}." if len(shown) < len(rows) else ""
    )
    return TestList(columns, shown, note)
