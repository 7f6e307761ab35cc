"""Tests and bugs counted for each combination of values of dimensions."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from itertools import product

from base.errors import InvalidInput
from quality.metrics.tally import Tally, counted_tally, tally
from quality.model.columns import BugColumns, Key, Kind, Later, Value
from quality.model.entities import Bug, Test
from quality.model.facts import Facts
from quality.pivot.dimensions import FEATURE, MAX_DIMENSIONS, Dimension, Label, Labels, dimension
from quality.pivot.parts import with_features

LEAST_IN_COLUMNS = 100
"""Tests from which on columns are faster than their bugs one by one."""


@dataclass(frozen=True)
class Kept:
    """The bugs that some filters take.

    Attributes:
        values: A key, the values of a bug that the key stands for, and whether such values are taken.
    """

    values: tuple[tuple[str, Callable[[Bug], Labels], Callable[[Labels], bool]], ...]

    def __call__(self, bug: Bug) -> bool:
        """Return whether all filters take a bug."""
        return all(takes(of_bug(bug)) for _, of_bug, takes in self.values)


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
    tests = tuple(tests)
    if (counted := _by_columns(facts, tests, chosen, keep, bare=bare)) is not None:
        return counted
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


_Id = int | str | None


@dataclass(slots=True)
class _Cell:
    tests: dict[int, Test] = field(default_factory=dict)
    bugs: list[Bug] = field(default_factory=list)


_Grid = defaultdict[Labels, _Cell]


def _by_columns(
    facts: Facts,
    tests: Sequence[Test],
    chosen: Sequence[Dimension],
    keep: Callable[[Bug], bool] | None,
    *,
    bare: bool,
) -> dict[Labels, Tally] | None:
    """Count by columns what `cells` counts; None where they cannot, or would not be faster.

    Bugs and tests are looked up only where more is asked of a tally than counts by kind.
    """
    if len(tests) < LEAST_IN_COLUMNS or not (keep is None or isinstance(keep, Kept)):
        return None
    if any(one.key == FEATURE for one in chosen):
        return None
    rows = facts.columns.rows(tests) if facts.columns.distinct else None
    if rows is None:
        return None
    columns, values = facts.columns, [Value(one.key, one.of_bug, one.of_test) for one in chosen]
    taken = {} if keep is None else {Value(key, of_bug): takes for key, of_bug, takes in keep.values}
    found = columns.counts(rows, values, taken)
    bare_tests = columns.tests(rows, values) if bare else {}
    looked_up = cache(partial(columns.bugs, rows, values, taken))
    parts: dict[Labels, list[Key]] = {}
    for key in (*bare_tests, *found):
        for labels in product(*key):
            of_labels = parts.setdefault(labels, [])
            if key not in of_labels:
                of_labels.append(key)
    names = _names(parts, chosen, facts)
    merged: dict[Labels, list[Key]] = {}
    for labels, keys in parts.items():
        merged.setdefault(tuple(map(_renamed, chosen, names, labels)), []).extend(keys)
    return {
        labels: _counted(columns, found, bare_tests, looked_up, tuple(dict.fromkeys(keys)))
        for labels, keys in merged.items()
    }


def _counted(
    columns: BugColumns,
    found: Mapping[Key, Counter[Kind]],
    tests: Mapping[Key, Sequence[int]],
    looked_up: Callable[[], Mapping[Key, Sequence[int]]],
    keys: Sequence[Key],
) -> Tally:
    """Return the tally of some combinations of values, whose kinds of bugs are counted already."""
    kinds: Counter[Kind] = Counter()
    for key in keys:
        kinds.update(found.get(key, {}))
    numbers = _together(tests, keys)
    return counted_tally(
        Later(lambda: columns.tests_by_id(numbers), len(numbers))
        if tests
        else Later(lambda: columns.tests_of(_together(looked_up(), keys))),
        Later(lambda: columns.bugs_by_id(_together(looked_up(), keys)), kinds.total()),
        kinds,
    )


def _together(places: Mapping[Key, Sequence[int]], keys: Sequence[Key]) -> Sequence[int]:
    """Return the places of all keys in their order."""
    if len(keys) == 1:
        return places.get(keys[0], ())
    return sorted(place for key in keys for place in places.get(key, ()))


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
    names = _names(grid, chosen, facts)
    merged: _Grid = defaultdict(_Cell)
    for labels, cell in grid.items():
        into = merged[tuple(map(_renamed, chosen, names, labels))]
        into.tests.update(cell.tests)
        into.bugs.extend(cell.bugs)
    return merged


def _names(met: Iterable[Labels], chosen: Sequence[Dimension], facts: Facts) -> list[dict[_Id, str]]:
    """Return the name of each id of each dimension: the snapshot's own, else the first one met."""
    names: list[dict[_Id, str]] = [dict(one.names(facts)) for one in chosen]
    for labels in met:
        for known, label in zip(names, labels, strict=True):
            if label.name is not None:
                known.setdefault(label.id, label.name)
    return names


def _renamed(dimension: Dimension, names: Mapping[_Id, str], label: Label) -> Label:
    fallback = None if label.id is None else f"{dimension.title} {label.id}"
    return Label(label.id, names.get(label.id, fallback))
