"""The parts of a product's bugs that its reports count: those of a feature, a reason, a platform."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

from quality.metrics.columns import BY_BUGS, BY_DEVICE_SHOWN, FEATURES_PAGE, LISTED
from quality.model.entities import Bug
from quality.pivot.dimensions import FEATURE, dimension
from quality.wording import NONE

MOST_SHOWN: Mapping[str, int] = {
    FEATURE: 8, "rejection_reason": 5, "platform": 4, "browser": 4, "tester": 3,
}  # fmt: skip
"""So many values of each dimension have counts on a report that lead to their bugs.

They are those with most bugs, of features those with most accepted critical and high ones.
"""
MOST_FEATURES = 80
"""So many features of all time have counts that lead to their bugs."""
ALL_TIME = "all"
_NAMED_NONE = frozenset({FEATURE, "tester"})
"""Dimensions with a row of the bugs that have no value of them."""
_OF_DEVICES = frozenset({"platform", "browser"})
_GRAVE = ("critical", "high")
_ACCEPTED = ("active_accepted", "auto_accepted")
_PLAIN = frozenset({("", "")})
_BY_BUGS = frozenset(LISTED[key] for key in BY_BUGS)
_BY_DEVICE = frozenset(LISTED[key] for key in BY_DEVICE_SHOWN)
_OF_FEATURES = frozenset(
    {
        *(LISTED[key] for key in FEATURES_PAGE if key in LISTED),
        *(("", review) for review in ("by-person", "by-time", "rejected", "open")),
    }
)


class Value(NamedTuple):
    """A value of a dimension; its id is None where bugs have none."""

    dimension: str
    id: int | str | None


@dataclass(frozen=True, slots=True)
class Spanned:
    """The bugs of a test, and the reports that count them."""

    bugs: tuple[Bug, ...]
    spans: tuple[str, ...]


@lru_cache(maxsize=4096)
def part_word(key: str, value: int | str | None) -> str:
    """Return a value of a dimension as filters have it: `f-12`; a text by digits of its hash.

    A text could hold a dot or the word of another filter.
    """
    if isinstance(value, str):
        value = f"x{blake2b(value.encode(errors='replace'), digest_size=4).hexdigest()}"
    return f"{key[0]}-{'none' if value is None else value}"


def part_title(key: str) -> str:
    """Return the name of a dimension of parts."""
    return dimension(key).title


def values_of(bug: Bug) -> tuple[Value, ...]:
    """Return the values of a bug by which reports count it."""
    return _values(bug.feature_id, bug.rejection_reason, bug.platforms, bug.browsers, bug.tester)


@lru_cache(maxsize=4096)
def _values(
    feature: int | None,
    reason: str | None,
    platforms: tuple[str, ...],
    browsers: tuple[str, ...],
    tester: str | None,
) -> tuple[Value, ...]:
    return (
        Value(FEATURE, feature),
        *((Value("rejection_reason", reason),) if reason else ()),
        *(Value("platform", one) for one in platforms),
        *(Value("browser", one) for one in browsers),
        Value("tester", tester),
    )


def filters_of(value: Value) -> Collection[tuple[str, str]]:
    """Return the filters of severity and review that a report has beside a value."""
    if value.dimension == FEATURE:
        return _OF_FEATURES
    if value.dimension in _OF_DEVICES:
        return _BY_DEVICE
    return _PLAIN if value.dimension == "rejection_reason" else _BY_BUGS


def shown_values(groups: Iterable[Spanned]) -> dict[str, frozenset[Value]]:
    """Return the values whose counts each report shows, as its tables order them.

    Args:
        groups: The bugs of each test, with the reports that count it.
    """
    bugs: dict[str, Counter[Value]] = defaultdict(Counter)
    tests: dict[str, Counter[Value]] = defaultdict(Counter)
    grave: dict[str, Counter[tuple[Value, str]]] = defaultdict(Counter)
    for group in groups:
        if group.spans:
            found = Counter(value for bug in group.bugs for value in values_of(bug))
            worst = Counter(
                (Value(FEATURE, bug.feature_id), bug.severity)
                for bug in group.bugs
                if bug.severity in _GRAVE and bug.review in _ACCEPTED
            )
            for span in group.spans:
                bugs[span].update(found)
                tests[span].update(found.keys())
                grave[span].update(worst)
    return {span: frozenset(_shown(span, found, tests[span], grave[span])) for span, found in bugs.items()}


def _shown(
    span: str, bugs: Mapping[Value, int], tests: Mapping[Value, int], grave: Counter[tuple[Value, str]]
) -> Iterable[Value]:
    """Yield the values whose counts a report shows; that of all time also those of the list of features."""
    for key, most in MOST_SHOWN.items():
        counts = {value: (count,) for value, count in bugs.items() if value.dimension == key}
        if key == FEATURE:
            stakes = {
                value: (*(grave[value, one] for one in _GRAVE), *count) for value, count in counts.items()
            }
            yield from _first(stakes, tests, most)
        if key != FEATURE or span == ALL_TIME:
            yield from _first(counts, tests, MOST_FEATURES if key == FEATURE else most)


def _first(bugs: Mapping[Value, tuple[int, ...]], tests: Mapping[Value, int], most: int) -> Iterable[Value]:
    """Yield the values with the highest counts; of testers, who are many, as few as their table has."""
    if not bugs:
        return
    ordered = sorted(
        bugs,
        key=lambda value: (
            *(-count for count in bugs[value]),
            -tests[value],
            value.id is None,
            str(value.id).casefold(),
            str(value.id),
        ),
    )
    least = bugs[ordered[min(most, len(ordered)) - 1]]
    for at, value in enumerate(ordered):
        if at < most or (bugs[value] == least and value.dimension != "tester"):
            yield value


def value_name(value: Value, bug: Bug, names: Mapping[str, str]) -> str:
    """Return the name of a value that a bug has.

    Args:
        value: One of the bug's.
        bug: The bug.
        names: Those of the rejection reasons.
    """
    if value.id is None:
        return f"without a {value.dimension}" if value.dimension in _NAMED_NONE else NONE
    if value.dimension == FEATURE:
        return bug.feature or f"Feature {value.id}"
    return names.get(str(value.id), str(value.id)) if value.dimension == "rejection_reason" else str(value.id)
