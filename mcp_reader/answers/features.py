"""Fill the answers about features."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from pydantic import BaseModel

from base.text import shorten
from mcp_reader.answers.base import Answer, NamedRef, Number, day, number
from mcp_reader.answers.bug_rows import LONGEST_TITLE, BugLine, bug_line
from mcp_reader.answers.said import NotePart, feature_notes
from mcp_reader.paging import Listing
from mcp_reader.text import excerpt, short
from quality.model.entities import Feature, Test
from quality.model.facts import Facts
from quality.periods.periods import ALL_TIME
from quality.views.lists.feature_rows import UNTESTED, FeatureRow, StoryRow, story_rows

MOST_STORIES = 30
RECENT = 5
LONG_AGO = datetime.min.replace(tzinfo=UTC)


class StoryLine(BaseModel):
    """A user story; `outcomes` counts its executions, `last` is that of the newest test that tested it."""

    title: str
    outcomes: dict[str, int] | None = None
    last: str | None = None
    last_tested: str | None = None


class FeatureLine(BaseModel):
    """One feature in a list, zeros included.

    Attributes:
        metrics: Absent beside the stories.
        last_test_end_at: The day (UTC) on which the newest test with it ended, or will end.
    """

    id: int
    title: str
    product: str | None = None
    user_stories: int
    metrics: dict[str, Number] | None = None
    last_test_end_at: str | None = None
    stories: list[StoryLine] | None = None


class FeatureList(Listing):
    """A page of features; `period` says which executed tests count.

    Attributes:
        stories_by_last_outcome: Of all these features, not of the page alone; only with the stories.
    """

    product: NamedRef | None = None
    products: list[NamedRef] | None = None
    period: str
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
    recent_tests: list[FeatureTestLine] | None = None
    recent_bugs: list[BugLine] | None = None
    team_notes: list[NotePart] | None = None


def fill_line(row: FeatureRow, product: str | None, stories: Sequence[StoryRow] | None = None) -> FeatureLine:
    """Return the row of a feature.

    Args:
        row: The feature.
        product: Its product's name, where a list has several.
        stories: Its user stories, where they are asked for.
    """
    return FeatureLine(
        id=row.id,
        title=shorten(row.title, LONGEST_TITLE),
        product=product,
        user_stories=row.story_count,
        metrics=_numbers(row) if stories is None else None,
        last_test_end_at=day(row.last_end_at) if stories is None else None,
        stories=None if stories is None else [_story(one) for one in stories] or None,
    )


def stories_of(facts: Facts, row: FeatureRow) -> list[StoryRow]:
    """Return the user stories of a feature with their outcomes in the tests that count."""
    return story_rows(_feature(facts, row), _newest(row.tally.tests.values()))


def last_outcomes(stories: Iterable[StoryRow]) -> dict[str, int]:
    """Return how many stories have which last outcome; those that no test tested are `not_tested`."""
    return dict(Counter(short(one.last) or UNTESTED for one in stories).most_common(8))


def fill_summary(facts: Facts, row: FeatureRow, product: NamedRef) -> FeatureSummary:
    """Fill the answer about one feature."""
    feature = _feature(facts, row)
    tests = _newest(row.tally.tests.values())
    bugs = sorted(
        row.tally.bugs.values(),
        key=lambda bug: (bug.reported_at or LONG_AGO, bug.id),
        reverse=True,
    )
    stories = story_rows(feature, tests)
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
    )


def _numbers(row: FeatureRow) -> dict[str, Number]:
    shown = ((key, number(measure)) for key, measure in row.measures.items())
    return {key: value for key, value in shown if value is not None}


def _newest(tests: Iterable[Test]) -> list[Test]:
    return sorted(tests, key=lambda test: (test.end_at or LONG_AGO, test.id), reverse=True)
