"""Fill the answers about features."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime

from pydantic import BaseModel

from base.text import shorten
from mcp_reader.answers.base import Answer, NamedRef, Number, day, number, warn
from mcp_reader.answers.bug_rows import LONGEST_TITLE, BugLine, bug_line
from mcp_reader.answers.said import NotePart, feature_notes
from mcp_reader.paging import Listing, letters
from mcp_reader.text import LIMIT, excerpt, short
from quality.model.entities import Feature, Test
from quality.model.facts import Facts
from quality.periods.periods import ALL_TIME
from quality.views.lists.feature_rows import FeatureRow, StoryRow, story_rows, story_totals

MOST_STORIES = 30
STORIES_LIMIT = 2 * LIMIT
"""Characters of a list with stories, which is asked for, so that their names fit into one answer."""
MOST_OUTCOMES = 8
RECENT = 5
LONG_AGO = datetime.min.replace(tzinfo=UTC)


class StoryLine(BaseModel):
    """A user story; `outcomes` counts its executions, `last` is that of the newest test that tested it.

    Attributes:
        last_tested: The day (UTC) on which that test ended.
        running_test_ends: The day on which it will end, while it runs.
    """

    title: str
    outcomes: dict[str, int] | None = None
    last: str | None = None
    last_tested: str | None = None
    running_test_ends: str | None = None


class FeatureLine(BaseModel):
    """One feature in a list, zeros included.

    Attributes:
        metrics: Absent beside the stories, unless they are asked for too.
        last_test_end_at: The day (UTC) on which the newest test with it ended.
        running_test_ends: The day on which the first test with it will end, as long as none has.
    """

    id: int
    title: str
    product: str | None = None
    user_stories: int
    metrics: dict[str, Number] | None = None
    last_test_end_at: str | None = None
    running_test_ends: str | None = None
    stories: list[StoryLine] | None = None


class FeatureList(Listing):
    """A page of features; `period` says which executed tests count.

    Attributes:
        features_tested: Of all these features, not of the page alone; so are the others.
        untested: The names of the untested ones, the first of so many; only with the stories, like the rest.
        stories_passed: When they were last tested.
    """

    product: NamedRef | None = None
    products: list[NamedRef] | None = None
    period: str
    features_tested: int
    features_untested: int
    untested: list[str] | None = None
    stories_tested: int | None = None
    stories_passed: int | None = None
    stories_by_last_outcome: dict[str, int] | None = None
    features: list[FeatureLine]


class FeatureTestLine(BaseModel):
    """A test that had the feature."""

    id: int
    title: str
    end_at: str | None = None
    execution_status: str | None = None


class FeatureSummary(Answer):
    """One feature over all executed tests of all time."""

    period: str = ALL_TIME.title
    id: int
    title: str
    product: NamedRef
    description: str | None = None
    howtofind: str | None = None
    user_story_count: int
    user_stories: list[StoryLine] | None = None
    metrics: dict[str, Number]
    bugs_by_severity: dict[str, int] | None = None
    bugs_by_review: dict[str, int] | None = None
    last_test_end_at: str | None = None
    running_test_ends: str | None = None
    recent_tests: list[FeatureTestLine] | None = None
    recent_bugs: list[BugLine] | None = None
    team_notes: list[NotePart] | None = None


def fill_line(
    row: FeatureRow,
    product: str | None,
    stories: Sequence[StoryRow] | None = None,
    fields: Collection[str] = (),
) -> FeatureLine:
    """Return the row of a feature.

    Args:
        row: The feature.
        product: Its product's name, where a list has several.
        stories: Its user stories, where they are asked for.
        fields: What is asked for beside them; without stories a row has all.
    """

    def shown(name: str) -> bool:
        return stories is None or name in fields

    return FeatureLine(
        id=row.id,
        title=shorten(row.title, LONGEST_TITLE),
        product=product,
        user_stories=row.story_count,
        metrics=_numbers(row) if shown("metrics") else None,
        last_test_end_at=day(row.last_end_at) if shown("last_test_end_at") else None,
        running_test_ends=day(row.runs_until) if row.last_end_at is None else None,
        stories=None if stories is None else [_story(one) for one in stories] or None,
    )


def stories_of(facts: Facts, row: FeatureRow) -> list[StoryRow]:
    """Return the user stories of a feature with their outcomes in the tests that count."""
    return story_rows(_feature(facts, row), _newest(row.tally.tests.values()), facts.as_of)


def say_stories(answer: FeatureList, stories: Iterable[StoryRow]) -> None:
    """Say in the head of a list how many stories of all its features passed."""
    totals = story_totals(stories)
    answer.stories_tested, answer.stories_passed = totals.tested, totals.passed
    shown = list(totals.by_last.items())[:MOST_OUTCOMES]
    answer.stories_by_last_outcome = {shorten(outcome, 40): count for outcome, count in shown}


def keep_stories_short(answer: FeatureList) -> None:
    """Leave of each story its name and last outcome, where the answer would be too long otherwise."""
    if letters(answer) <= STORIES_LIMIT:
        return
    for row in answer.features:
        row.stories = row.stories and [StoryLine(title=one.title, last=one.last) for one in row.stories]
    warn(answer, "Left out of stories: outcomes and days; get_feature_summary has them.")


def untested_names(rows: Iterable[FeatureRow], names: Mapping[int, str]) -> list[str]:
    """Return what the untested of these features are called, with their products where a list has several."""
    untested = [row for row in rows if not row.tally.test_count]
    return [
        shorten(row.title, 80) + (f" ({names[row.product_id]})" if row.product_id in names else "")
        for row in untested
    ]


def fill_summary(facts: Facts, row: FeatureRow, product: NamedRef) -> FeatureSummary:
    """Fill the answer about one feature."""
    feature = _feature(facts, row)
    tests = _newest(row.tally.tests.values())
    bugs = sorted(
        row.tally.bugs.values(),
        key=lambda bug: (bug.reported_at or LONG_AGO, bug.id),
        reverse=True,
    )
    stories = story_rows(feature, tests, facts.as_of)
    return FeatureSummary(
        data_as_of="",
        id=row.id,
        title=shorten(row.title, LONGEST_TITLE),
        product=product,
        description=excerpt(feature.description, 600),
        howtofind=excerpt(feature.howtofind, 400),
        user_story_count=len(stories),
        user_stories=[_story(one) for one in stories[:MOST_STORIES]] or None,
        metrics=_numbers(row),
        bugs_by_severity=dict(row.tally.severities.most_common()) or None,
        bugs_by_review=dict(row.tally.reviews.most_common()) or None,
        team_notes=feature_notes(facts, row.id, facts.as_of),
        last_test_end_at=day(row.last_end_at),
        running_test_ends=day(row.runs_until),
        recent_tests=[
            FeatureTestLine(
                id=test.id,
                title=shorten(test.title, 100),
                end_at=day(test.end_at),
                execution_status=next(
                    (short(one.execution_status) for one in test.features if one.feature_id == row.id), None
                ),
            )
            for test in tests[:RECENT]
        ]
        or None,
        recent_bugs=[bug_line(bug) for bug in bugs[:RECENT]] or None,
    )


def _feature(facts: Facts, row: FeatureRow) -> Feature:
    """Return the feature as its catalogue has it; only tests may name it."""
    return next(
        (one for one in facts.features.get(row.product_id, ()) if one.id == row.id),
        Feature(row.id, row.product_id, row.title),
    )


def _story(one: StoryRow) -> StoryLine:
    return StoryLine(
        title=shorten(one.title, 160),
        outcomes={shorten(key, 40): count for key, count in one.outcomes.items()} or None,
        last=short(one.last),
        last_tested=day(one.last_end_at),
        running_test_ends=day(one.runs_until),
    )


def _numbers(row: FeatureRow) -> dict[str, Number]:
    shown = ((key, number(measure)) for key, measure in row.measures.items())
    return {key: value for key, value in shown if value is not None}


def _newest(tests: Iterable[Test]) -> list[Test]:
    return sorted(tests, key=lambda test: (test.end_at or LONG_AGO, test.id), reverse=True)
