"""Every dimension by which tests and bugs can be broken down, and the breakdown itself."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from base.errors import InvalidInput
from base.text import closest
from quality.model.entities import (
    BUG_TYPES,
    REVIEW_STATES,
    SEVERITIES,
    TEST_STATUSES,
    TESTING_TYPES,
    WAITING_FOR_TESTER,
    Bug,
    Named,
    Test,
)
from quality.model.facts import Facts
from quality.model.rejection import KNOWN_REJECT_REASONS, UNSPECIFIED
from quality.periods.periods import month_key, quarter_key, week_key

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
        "review", "Review",
        "What became of the bug: active_accepted, auto_accepted, rejected or open; a filter takes"
        " waiting_for_tester too, a part of open.",
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

REVIEW_WORDS = replace(
    DIMENSIONS["review"],
    key="review_words",
    of_bug=lambda bug: _texts(bug.review_words),
    values=_texts((*REVIEW_STATES, WAITING_FOR_TESTER)),
)
"""What a filter by review takes: no dimension, as a bug that waits for the tester is open too."""
