"""Features and their user stories: what the selected tests found there, and how the stories went."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from quality.deadlines import ahead
from quality.metrics import columns
from quality.metrics.measures import measures
from quality.metrics.tally import Tally, tally
from quality.model.entities import Execution, Feature, Test
from quality.model.facts import Facts
from quality.pivot.cells import breakdown
from quality.pivot.dimensions import FEATURE, Label
from quality.views.table import (
    Amount,
    Column,
    Day,
    Figure,
    Outcome,
    Reference,
    Row,
    Table,
    Term,
    Text,
    metric_column,
)
from quality.wording import counted


@dataclass(frozen=True, slots=True)
class FeatureFound:
    """A feature and what tests found in it.

    Attributes:
        id: None in the row of the bugs without a feature.
        found: Of the tests that had it; None where none of them did (0 bugs means none found).
        last: The newest of those that ended, or that ran and said what came of it.
        result: What that one said of it.
    """

    id: int | str | None
    name: str
    found: Tally | None = None
    last: Test | None = None
    result: str | None = None


def features_found(
    facts: Facts, tests: Sequence[Test], catalogue: Iterable[Feature], now: datetime
) -> tuple[FeatureFound, ...]:
    """Return features, those with most accepted critical and high bugs first, untested ones last.

    Args:
        facts: Names of features.
        tests: Those that count, the newest first.
        catalogue: The features that are known.
        now: Which tests have not ended.
    """
    found = breakdown(facts, tests, FEATURE)
    tested = [_feature_found(label, tally, tests, now) for label, tally in found.items()]
    known = {label.id for label in found}
    untested = [FeatureFound(one.id, one.title) for one in catalogue if one.id not in known]
    return (
        *sorted(tested, key=_stake),
        *sorted(untested, key=lambda one: (one.name.casefold(), str(one.id))),
    )


def _feature_found(label: Label, found: Tally, tests: Sequence[Test], now: datetime) -> FeatureFound:
    had = [test for test in tests if test.id in found.tests and test.end_at]
    results = {test.id: _result(test, label.id) for test in had}
    over = (test for test in had if not ahead(test, now) or results[test.id] not in {None, "not_tested"})
    last = next(over, None)
    return FeatureFound(label.id, label.name or "none", found, last, results[last.id] if last else None)


def _result(test: Test, feature_id: int | str | None) -> str | None:
    """Return what a test said of a feature; None where it said nothing."""
    if feature_id is None:
        return None
    return next((one.execution_status for one in test.features if one.feature_id == feature_id), None)


def _stake(row: FeatureFound) -> tuple[int, int, int, str, str]:
    found = row.found or Tally()
    grave = found.accepted_of("critical"), found.accepted_of("high")
    return (-grave[0], -grave[1], -found.bug_count, row.name.casefold(), str(row.id))


def features_table(rows: Iterable[FeatureFound]) -> Table:
    """Return features with what was found there and what became of it; untested ones have a gap instead."""

    def told(row: FeatureFound, found: Tally) -> Row:
        named = measures(found, keys=columns.FEATURES_PAGE)
        return Row(
            (
                Text(row.name),
                Day(row.last.end_at, Reference("test", row.last.id)) if row.last else None,
                Term("word", row.result),
                *(Figure(named[key]) for key in columns.FEATURES_PAGE),
                outcome(found),
            )
        )

    gaps = (None,) * (len(columns.FEATURES_PAGE) + 3)
    return Table(
        key="features",
        title="Features",
        columns=(
            Column("feature", "Feature"),
            Column("last_tested", "Last tested", "day"),
            Column("result", "Last result"),
            *(metric_column(key, short=True) for key in columns.FEATURES_PAGE),
            Column("outcome", "Outcome"),
        ),
        rows=tuple(
            Row((Text(row.name), *gaps), gap="not tested") if row.found is None else told(row, row.found)
            for row in rows
        ),
    )


def outcome(found: Tally) -> Outcome:
    """Return what became of these bugs, for a cell of a table."""
    return Outcome(found.active_accepted, found.auto_accepted, found.rejected, found.open)


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
