"""Every dimension by which tests and bugs can be broken down, and the breakdown itself."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import product
from typing import NamedTuple

from base.errors import InvalidInput
from base.text import closest
from quality.metrics.tally import Tally, tally
from quality.model.entities import (
    BUG_TYPES,
    REVIEW_STATES,
    SEVERITIES,
    TEST_STATUSES,
    TESTING_TYPES,
    Bug,
    Named,
    Test,
)
from quality.model.facts import Facts
from quality.model.rejection import KNOWN_REJECT_REASONS, UNSPECIFIED
from quality.periods.periods import month_key, quarter_key, week_key
from quality.pivot.parts import with_features

MAX_DIMENSIONS = 2
FEATURE = "feature"
"""The dimension whose rows are parts of tests."""


class Label(NamedTuple):
    """One value of a dimension; a missing one has no id and is shown as "none".

    The id is a number where the upstream has one, else the name itself.
    """

    id: int | str | None
    name: str | None


NONE = Label(None, None)
UNATTRIBUTED = Label(None, "unattributed")
Labels = tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class Dimension:
    """One way to break numbers down.

    Attributes:
        help: What its values are, in a sentence.
        of_test: A test's values; None for a dimension of bugs, whose rows count only tests with such a bug.
        of_bug: A bug's own values; None when they are those of its test.
        many: A bug can be in several rows, so that these add up to more than the total.
        time: Its values are spans of time, in ascending order by default.
        names: Names by id that win over the ones found in tests and bugs.
        values: Values that are known whether anything has them or not.
    """

    key: str
    title: str
    help: str
    of_test: Callable[[Test], Labels] | None = None
    of_bug: Callable[[Bug], Labels] | None = None
    many: bool = False
    time: bool = False
    names: Callable[[Facts], Mapping[int | str | None, str]] = lambda _: {}
    values: Labels = ()


def breakdown(
    facts: Facts, tests: Iterable[Test], dimension: str, *, keep: Callable[[Bug], bool] | None = None
) -> dict[Label, Tally]:
    """Count a tally for each value of one dimension; see `cells`."""
    return {labels[0]: found for labels, found in cells(facts, tests, (dimension,), keep=keep).items()}


def cells(
    facts: Facts,
    tests: Iterable[Test],
    dimensions: Sequence[str],
    *,
    keep: Callable[[Bug], bool] | None = None,
    bare: bool | None = None,
) -> dict[Labels, Tally]:
    """Count a tally for each combination of values that occurs, in the order in which they are met.

    With a dimension of bugs only tests with at least one such bug count. In the row of a feature a test has
    that feature alone, and the user stories of that feature.

    Args:
        facts: Names of products and features.
        tests: The tests that count; where names differ between them the first one's is shown.
        dimensions: Keys of `DIMENSIONS`, at most two; without any there is one cell, the total.
        keep: Only these bugs count; by default all bugs of the tests.
        bare: Whether tests without such a bug count, with dimensions of tests alone; by default they do
            unless `keep` is given.

    Raises:
        InvalidInput: For an unknown dimension or more than two.
    """
    chosen = [dimension(key) for key in dimensions]
    if len(chosen) > MAX_DIMENSIONS:
        raise InvalidInput(
            f"{len(chosen)} dimensions are too many.",
            f"At most {MAX_DIMENSIONS} can be combined.",
            "Leave some out, or use them as filters.",
        )
    bare = (keep is None if bare is None else bare) and all(one.of_test for one in chosen)
    grid: _Grid = defaultdict(_Cell)
    for test in tests:
        if keep is None and all(one.of_bug is None for one in chosen):
            _place_whole(grid, test, chosen)
        else:
            _place_by_bug(grid, test, chosen, keep, bare=bare)
    return {
        labels: tally(cell.tests.values(), cell.bugs)
        for labels, cell in _named_once(grid, chosen, facts).items()
    }


def dimension(key: str) -> Dimension:
    """Return a dimension by its key.

    Raises:
        InvalidInput: For an unknown one, naming the closest and all.
    """
    if key not in DIMENSIONS:
        near = closest(key, DIMENSIONS)
        raise InvalidInput(
            f"{key[:80]!r} is not a dimension.",
            f"Possible values: {', '.join(DIMENSIONS)}.",
            f"Did you mean {' or '.join(near)}?" if near else "Choose one of these.",
        )
    return DIMENSIONS[key]


_Id = int | str | None


@dataclass(slots=True)
class _Cell:
    tests: dict[int, Test] = field(default_factory=dict)
    bugs: list[Bug] = field(default_factory=list)


_Grid = defaultdict[Labels, _Cell]


def _place_whole(grid: _Grid, test: Test, chosen: list[Dimension]) -> None:
    """Take the short way for dimensions of tests alone: all bugs go where their test goes."""
    for labels in product(*[one.of_test(test) for one in chosen if one.of_test]):
        cell = grid[labels]
        cell.tests[test.id] = _part(test, chosen, labels)
        cell.bugs.extend(test.bugs)


def _place_by_bug(
    grid: _Grid, test: Test, chosen: list[Dimension], keep: Callable[[Bug], bool] | None, *, bare: bool
) -> None:
    of_test = [one.of_test(test) if one.of_test else () for one in chosen]
    if bare:
        for labels in product(*of_test):
            grid[labels].tests[test.id] = _part(test, chosen, labels)
    readers = [one.of_bug or _constantly(labels) for one, labels in zip(chosen, of_test, strict=True)]
    for bug in test.bugs:
        if keep is None or keep(bug):
            for labels in product(*[values(bug) for values in readers]):
                cell = grid[labels]
                if test.id not in cell.tests:
                    cell.tests[test.id] = _part(test, chosen, labels)
                cell.bugs.append(bug)


def _part(test: Test, chosen: list[Dimension], labels: Labels) -> Test:
    """Return the test, or in the row of a feature what it says of that feature."""
    ids = [label.id for one, label in zip(chosen, labels, strict=True) if one.key == FEATURE]
    return with_features(test, ids) if ids else test


def _constantly(labels: Labels) -> Callable[[Bug], Labels]:
    return lambda _: labels


def _named_once(grid: _Grid, chosen: list[Dimension], facts: Facts) -> _Grid:
    """Return the cells with one name for each id: the snapshot's own, else the first one met."""
    names: list[dict[_Id, str]] = [dict(one.names(facts)) for one in chosen]
    for labels in grid:
        for known, label in zip(names, labels, strict=True):
            if label.name is not None:
                known.setdefault(label.id, label.name)
    merged: _Grid = defaultdict(_Cell)
    for labels, cell in grid.items():
        into = merged[tuple(map(_renamed, chosen, names, labels))]
        into.tests.update(cell.tests)
        into.bugs.extend(cell.bugs)
    return merged


def _renamed(dimension: Dimension, names: Mapping[_Id, str], label: Label) -> Label:
    fallback = None if label.id is None else f"{dimension.title} {label.id}"
    return Label(label.id, names.get(label.id, fallback))


def _text(value: str | None) -> Labels:
    return (NONE if value is None else Label(value, value),)


def _texts(values: Iterable[str]) -> Labels:
    return tuple([Label(value, value) for value in values])


def _named(value: Named | None) -> Labels:
    return (NONE if value is None else Label(value.name if value.id is None else value.id, value.name),)


_KNOWN, _NOT_KNOWN = Label("true", "known"), Label("false", "not known")


def _bug_feature(bug: Bug) -> Labels:
    return (UNATTRIBUTED if bug.feature_id is None else Label(bug.feature_id, bug.feature),)


def _test_features(test: Test) -> Labels:
    """Return the attached features and its bugs' own; unattributed for a bug without, or with none."""
    found: dict[int | None, Label] = {}
    for feature in test.features:
        if feature.feature_id is not None:
            found.setdefault(feature.feature_id, Label(feature.feature_id, feature.title))
    for bug in test.bugs:
        found.setdefault(bug.feature_id, *_bug_feature(bug))
    return tuple(found.values()) or (UNATTRIBUTED,)


def _ended(key: Callable[[datetime], str]) -> Callable[[Test], Labels]:
    return lambda test: _text(None if test.end_at is None else key(test.end_at))


_CATALOGUE = (
    Dimension(
        "product", "Product", "The product of the test.",
        of_test=lambda test: (Label(test.product_id, None),),
        names=lambda facts: {one.id: one.name for one in facts.products.values()},
    ),
    Dimension(
        FEATURE, "Feature",
        "A bug's own feature, or unattributed; a test is in each one attached to it or named by its bugs.",
        of_test=_test_features, of_bug=_bug_feature, values=(UNATTRIBUTED,),
        names=lambda facts: {one.id: one.title for catalogue in facts.features.values() for one in catalogue},
    ),
    Dimension(
        "platform", "Platform", "The operating systems of the bug's devices; a bug counts once in each.",
        of_bug=lambda bug: _texts(bug.platforms), many=True,
    ),
    Dimension(
        "browser", "Browser", "The browsers of the bug's devices; a bug counts once in each.",
        of_bug=lambda bug: _texts(bug.browsers), many=True,
    ),
    Dimension(
        "device_category", "Device category", "The kinds of the bug's devices; a bug counts once in each.",
        of_bug=lambda bug: _texts(bug.device_categories), many=True,
    ),
    Dimension("tester", "Tester", "Who reported the bug.", of_bug=lambda bug: _text(bug.tester)),
    Dimension("customer", "Customer", "Who created the test.", of_test=lambda test: _text(test.created_by)),
    Dimension(
        "severity", "Severity", "A functional bug's severity; for the other types the type's name.",
        of_bug=lambda bug: _text(bug.severity), values=_texts(SEVERITIES),
    ),
    Dimension(
        "bug_type", "Bug type", "functional, visual, content or custom.",
        of_bug=lambda bug: _text(bug.bug_type), values=_texts(BUG_TYPES),
    ),
    Dimension(
        "status", "Test status", "The test's status.",
        of_test=lambda test: _text(test.status), values=_texts(TEST_STATUSES),
    ),
    Dimension(
        "review", "Review", "What became of the bug: active_accepted, auto_accepted, rejected or open.",
        of_bug=lambda bug: _text(bug.review), values=_texts(REVIEW_STATES),
    ),
    Dimension(
        "testing_type", "Testing type", "Such as rapid or coverage; test_case for a test without a type.",
        of_test=lambda test: _text(test.testing_type),
        values=_texts(TESTING_TYPES),
    ),
    Dimension(
        "test_environment", "Test environment", "Where the product was tested.",
        of_test=lambda test: _named(test.environment),
    ),
    Dimension(
        "rejection_reason", "Rejection reason",
        "Why the bug was rejected, or unspecified; bugs that were not rejected are in the row none.",
        of_bug=lambda bug: _text(bug.rejection_reason),
        values=_texts((*(reason.key for reason in KNOWN_REJECT_REASONS), UNSPECIFIED)),
    ),
    Dimension(
        "known_bug", "Known bug", "Whether the bug was marked as known.",
        of_bug=lambda bug: (_KNOWN if bug.known else _NOT_KNOWN,), values=(_KNOWN, _NOT_KNOWN),
    ),
    Dimension("language", "Language", "The bug's language.", of_bug=lambda bug: _text(bug.language)),
    Dimension("section", "Section", "The section of the product.", of_test=lambda test: _named(test.section)),
    Dimension(
        "month", "Month", "The month in which the test ended (UTC).", of_test=_ended(month_key), time=True
    ),
    Dimension(
        "week", "Week", "The ISO week in which the test ended (UTC).", of_test=_ended(week_key), time=True
    ),
    Dimension(
        "quarter", "Quarter", "The quarter in which the test ended (UTC).",
        of_test=_ended(quarter_key), time=True,
    ),
    Dimension("test", "Test", "The test.", of_test=lambda test: (Label(test.id, test.title),)),
    Dimension(
        "reported_month", "Month of the report", "The month in which the bug was reported (UTC).",
        of_bug=lambda bug: _text(None if bug.reported_at is None else month_key(bug.reported_at)), time=True,
    ),
)  # fmt: skip

DIMENSIONS: Mapping[str, Dimension] = {one.key: one for one in _CATALOGUE}
