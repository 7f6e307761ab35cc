"""Features of products with what their tests found, zeros included, and how their user stories went."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from quality.metrics import columns
from quality.metrics.measures import Measure, measures
from quality.metrics.metric import Weights
from quality.metrics.tally import Tally
from quality.model.entities import Feature, Test, TestFeature, UserStory
from quality.model.facts import Facts
from quality.pivot.cells import breakdown
from quality.pivot.dimensions import FEATURE

UNTESTED = "not_tested"
PASSED = "passed"


@dataclass(frozen=True, slots=True)
class FeatureRow:
    """A feature, the tests that had it, and the bugs that name it.

    Attributes:
        story_count: User stories of the catalogue.
        measures: By the keys of `columns.FEATURES`.
        last_end_at: When the newest of its tests ended; None while none has.
        runs_until: When the last of those ends that have not ended yet.
    """

    id: int
    title: str
    product_id: int
    story_count: int
    tally: Tally
    measures: Mapping[str, Measure]
    last_end_at: datetime | None
    runs_until: datetime | None


@dataclass(frozen=True, slots=True)
class StoryRow:
    """A user story and its executions by outcome.

    Attributes:
        last: The outcome in the newest test that tested it; None without one.
        last_end_at: When that test ended; None while it runs.
        runs_until: When it ends, while it runs.
    """

    title: str
    outcomes: Mapping[str, int]
    last: str | None
    last_end_at: datetime | None
    runs_until: datetime | None


@dataclass(frozen=True, slots=True)
class StoryTotals:
    """User stories by their last outcome; those that no test tested are `not_tested`."""

    by_last: Mapping[str, int]

    @property
    def tested(self) -> int:
        """Return how many were tested at all."""
        return sum(self.by_last.values()) - self.by_last.get(UNTESTED, 0)

    @property
    def passed(self) -> int:
        """Return how many of them passed when they were last tested."""
        return self.by_last.get(PASSED, 0)


def feature_rows(
    facts: Facts, tests: Sequence[Test], product_ids: Collection[int] | None, weights: Weights
) -> list[FeatureRow]:
    """Return every feature of the products' catalogues, and those that only tests name, by id.

    Args:
        facts: The catalogues.
        tests: The tests that count.
        product_ids: Whose features; None for all.
        weights: Of the severity score.
    """
    found = {label.id: tally for label, tally in breakdown(facts, tests, FEATURE).items()}
    titles = {label.id: label.name for label in breakdown(facts, tests, FEATURE)}
    listed: dict[int, tuple[str, int, int]] = {
        one.id: (one.title, product_id, len(one.user_stories))
        for product_id, catalogue in facts.features.items()
        if product_ids is None or product_id in product_ids
        for one in catalogue
    }
    for number, tally in found.items():
        if isinstance(number, int) and number not in listed:
            product_id = next(iter(tally.tests.values())).product_id
            if product_ids is None or product_id in product_ids:
                listed[number] = (titles[number] or f"Feature {number}", product_id, 0)
    return [
        _row(number, *named, tally=found.get(number, Tally()), weights=weights, now=facts.as_of)
        for number, named in sorted(listed.items())
    ]


def story_rows(feature: Feature, tests: Sequence[Test], now: datetime) -> list[StoryRow]:
    """Return the user stories of a feature with their outcomes in the tests (newest first).

    Args:
        feature: As its catalogue has it.
        tests: The tests that count.
        now: When "ended" is.
    """
    executed: dict[str, list[tuple[str, datetime | None]]] = {}
    for test in tests:
        for story in _stories(test.features, feature.id):
            if story.execution_status:
                for key in _keys(story):
                    executed.setdefault(key, []).append((story.execution_status, test.end_at))
    rows = []
    for story in feature.user_stories:
        outcomes = next((executed[key] for key in _keys(story) if key in executed), [])
        last, ended = next((one for one in outcomes if one[0] != UNTESTED), (None, None))
        counts = Counter(one for one, _ in outcomes)
        rows.append(StoryRow(story.title, counts, last, *_ended_or_runs(ended, now)))
    return rows


def story_totals(stories: Iterable[StoryRow]) -> StoryTotals:
    """Count user stories by their last outcome, the most frequent first."""
    return StoryTotals(dict(Counter(one.last or UNTESTED for one in stories).most_common()))


def _ended_or_runs(end: datetime | None, now: datetime) -> tuple[datetime | None, datetime | None]:
    return (None, end) if end is not None and end > now else (end, None)


def _stories(features: Sequence[TestFeature], feature_id: int) -> list[UserStory]:
    return [story for one in features if one.feature_id == feature_id for story in one.user_stories]


def _keys(story: UserStory) -> list[str]:
    """Return what a story is recognised by in another test: its id, else its title."""
    return [f"#{story.id}", story.title] if story.id is not None else [story.title]


def _row(
    number: int,
    title: str,
    product_id: int,
    stories: int,
    *,
    tally: Tally,
    weights: Weights,
    now: datetime,
) -> FeatureRow:
    ends = [test.end_at for test in tally.tests.values() if test.end_at is not None]
    return FeatureRow(
        id=number,
        title=title,
        product_id=product_id,
        story_count=stories,
        tally=tally,
        measures=measures(tally, weights, columns.FEATURES),
        last_end_at=max((end for end in ends if end <= now), default=None),
        runs_until=max((end for end in ends if end > now), default=None),
    )
