"""The bugs of many tests as columns of codes, which are counted many times faster than one by one."""

from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, compress
from operator import and_, is_
from typing import Any, Generic, TypeVar

from quality.model.entities import Bug, ReviewState, Severity, Test

Kind = tuple[ReviewState, Severity, bool]
"""Review, severity and the known mark of a bug: what most counts are made of."""
Key = tuple[Any, ...]

_T = TypeVar("_T")
_CODE = "I"


def kind_of(bug: Bug) -> Kind:
    """Return what most counts are made of."""
    return bug.review, bug.severity, bug.known


@dataclass(frozen=True, slots=True)
class Value:
    """A value that bugs have by themselves or from their tests; the key stands for the functions.

    Attributes:
        of_bug: A bug's own; None when it is that of its test.
        of_test: A test's; None when only bugs have one.
    """

    key: str
    of_bug: Callable[[Bug], Hashable] | None = None
    of_test: Callable[[Test], Hashable] | None = None


@dataclass(frozen=True, slots=True)
class Rows:
    """Some tests by their numbers, and the places of their bugs, in the order of these tests."""

    tests: Sequence[int]
    bugs: Sequence[range]


@dataclass(frozen=True, slots=True)
class _Column:
    codes: Sequence[int]
    values: Sequence[Any]


class Later(Mapping[int, _T], Generic[_T]):
    """Objects by id that are looked up only when they are asked for.

    Args:
        make: Looks them up.
        size: How many they are, where that is known before.
    """

    def __init__(self, make: Callable[[], Mapping[int, _T]], size: int | None = None) -> None:
        self._make = make
        self._size = size
        self._made: Mapping[int, _T] | None = None

    def __getitem__(self, key: int) -> _T:
        return self._held()[key]

    def __iter__(self) -> Iterator[int]:
        return iter(self._held())

    def __len__(self) -> int:
        return len(self._held()) if self._size is None else self._size

    def _held(self) -> Mapping[int, _T]:
        if self._made is None:
            self._made = self._make()
        return self._made


class BugColumns:
    """All bugs of some tests in the order of these; a column is made when it is first asked for.

    Attributes:
        distinct: Whether each bug has an id of its own; else columns would count some twice.
    """

    def __init__(self, tests: Iterable[Test]) -> None:
        self._tests = tuple(tests)
        self._bugs = [bug for test in self._tests for bug in test.bugs]
        self._owners = array(
            _CODE, chain.from_iterable([n] * len(test.bugs) for n, test in enumerate(self._tests))
        )
        self._places: dict[int, tuple[Test, int, range]] = {}
        start = 0
        for number, test in enumerate(self._tests):
            self._places[test.id] = (test, number, range(start, start + len(test.bugs)))
            start += len(test.bugs)
        self.distinct = len({bug.id for bug in self._bugs}) == len(self._bugs)
        self._last: tuple[tuple[Test, ...], Rows] = ((), Rows((), ()))
        self._columns: dict[tuple[str, str], _Column] = {}

    def rows(self, tests: Iterable[Test]) -> Rows | None:
        """Return the rows of these tests; None when one of them is not, as it is, among the columns' own."""
        tests = tuple(tests)
        asked, found = self._last
        if len(asked) == len(tests) and all(map(is_, asked, tests)):
            return found
        numbers: list[int] = []
        spans: list[range] = []
        for test in tests:
            held = self._places.get(test.id)
            if held is None or held[0] is not test:
                return None
            numbers.append(held[1])
            if spans and spans[-1].stop == held[2].start:
                spans[-1] = range(spans[-1].start, held[2].stop)
            elif held[2]:
                spans.append(held[2])
        found = Rows(numbers, spans)
        self._last = (tests, found)
        return found

    def counts(
        self, rows: Rows, values: Sequence[Value], keep: Mapping[Value, Callable[[Any], bool]]
    ) -> dict[Key, Counter[Kind]]:
        """Count the bugs of some rows by kind for each combination of values, in the order they are met.

        Args:
            rows: Of the tests that count.
            values: What is combined.
            keep: Only bugs of whose values all of these are true.
        """
        kinds = self._of_bugs(Value("kind", kind_of))
        columns = [self._of_bugs(one) for one in values]
        found: dict[Key, Counter[Kind]] = defaultdict(Counter)
        picked = self._picked(rows, [*columns, kinds], keep)
        for (*codes, kind), number in Counter(zip(*picked, strict=True)).items():
            found[_key(columns, codes)][kinds.values[kind]] = number
        return found

    def bugs(
        self, rows: Rows, values: Sequence[Value], keep: Mapping[Value, Callable[[Any], bool]]
    ) -> dict[Key, list[int]]:
        """Return the places of the bugs of some rows for each combination of values."""
        columns = [self._of_bugs(one) for one in values]
        places = _Column(range(len(self._bugs)), ())
        by_codes: dict[tuple[int, ...], list[int]] = defaultdict(list)
        for *codes, place in zip(*self._picked(rows, [*columns, places], keep), strict=True):
            by_codes[tuple(codes)].append(place)
        return {_key(columns, codes): found for codes, found in by_codes.items()}

    def tests(self, rows: Rows, values: Sequence[Value]) -> dict[Key, list[int]]:
        """Return the numbers of the tests of some rows for each combination of their values."""
        columns = [self._of_tests(one) for one in values]
        if not columns:
            return {(): list(rows.tests)} if rows.tests else {}
        by_codes: dict[tuple[int, ...], list[int]] = defaultdict(list)
        picked = [map(column.codes.__getitem__, rows.tests) for column in columns]
        for *codes, number in zip(*picked, rows.tests, strict=True):
            by_codes[tuple(codes)].append(number)
        return {_key(columns, codes): found for codes, found in by_codes.items()}

    def bugs_by_id(self, places: Iterable[int]) -> dict[int, Bug]:
        """Return the bugs in these places."""
        return {bug.id: bug for bug in map(self._bugs.__getitem__, places)}

    def tests_of(self, places: Iterable[int]) -> dict[int, Test]:
        """Return the tests of the bugs in these places."""
        return self.tests_by_id(dict.fromkeys(map(self._owners.__getitem__, places)))

    def tests_by_id(self, numbers: Iterable[int]) -> dict[int, Test]:
        """Return the tests of these numbers."""
        return {test.id: test for test in map(self._tests.__getitem__, numbers)}

    def _picked(
        self, rows: Rows, columns: Sequence[_Column], keep: Mapping[Value, Callable[[Any], bool]]
    ) -> list[Sequence[int]]:
        """Return the codes of the columns in the rows that are kept."""
        mask: bytes | None = None
        for value, takes in keep.items():
            column = self._of_bugs(value)
            taken = [takes(one) for one in column.values]
            own = bytes(map(taken.__getitem__, _in(rows, column.codes)))
            mask = own if mask is None else bytes(map(and_, mask, own))
        picked = [_in(rows, column.codes) for column in columns]
        return picked if mask is None else [list(compress(codes, mask)) for codes in picked]

    def _of_bugs(self, value: Value) -> _Column:
        place = ("bug", value.key)
        if place not in self._columns:
            if value.of_bug is not None:
                self._columns[place] = _coded(map(value.of_bug, self._bugs))
            else:
                of_tests = self._of_tests(value)
                codes = array(_CODE, map(of_tests.codes.__getitem__, self._owners))
                self._columns[place] = _Column(codes, of_tests.values)
        return self._columns[place]

    def _of_tests(self, value: Value) -> _Column:
        place = ("test", value.key)
        if place not in self._columns and value.of_test is not None:
            self._columns[place] = _coded(map(value.of_test, self._tests))
        return self._columns[place]


def _key(columns: Sequence[_Column], codes: Iterable[int]) -> Key:
    return tuple([column.values[code] for column, code in zip(columns, codes, strict=True)])


def _coded(values: Iterable[Hashable]) -> _Column:
    index: dict[Hashable, int] = {}
    codes = array(_CODE, [index.setdefault(value, len(index)) for value in values])
    return _Column(codes, tuple(index))


def _in(rows: Rows, codes: Sequence[int]) -> Sequence[int]:
    if len(rows.bugs) == 1:
        return codes[rows.bugs[0].start : rows.bugs[0].stop]
    return list(chain.from_iterable(codes[span.start : span.stop] for span in rows.bugs))
