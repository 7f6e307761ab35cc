"""Bugs much like others of their product, by title and feature, with bounded work for titles of any kind."""

import hashlib
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice

from rapidfuzz import fuzz, process

from base.text import fold
from quality.model.entities import Bug, Test

MUCH_LIKE = 85
"""From this likeness of letters (0 to 100) on; of ten words one, and at least one of all, may be another."""
COMPARED_LETTERS = 300
"""Letters of a title that are compared: work grows with their square, and one title may have a million."""
LEAST_LETTERS = 12
"""Shorter titles, such as `Blank page`, are shared by bugs that have nothing else in common."""
MOST_COMPARED = 5_000
"""Bugs that one bug is compared with when it is asked for, the newest ones."""
_WORDS_LOOKED_UP = 4
_KEPT_OF_A_WORD = 20
MOST_CANDIDATES = 2 * _WORDS_LOOKED_UP * _KEPT_OF_A_WORD
"""Earlier bugs that each bug is compared with when all are looked through."""
_Key = tuple[int | str | None, str]
_ANY = "any"
_MARK = 16


@dataclass(frozen=True, slots=True)
class Found:
    """Hold what was found again in a product, and the marks of its bugs in the order of their ids."""

    marks: bytes = b""
    again: dict[int, int] = field(default_factory=dict)


def much_like(bug: Bug, others: Iterable[Bug], most: int = 1) -> list[tuple[Bug, float]]:
    """Return the bugs most like this one, best first, each with its likeness (0 to 100), from `MUCH_LIKE` on.

    Two bugs whose features are known and differ are never alike.
    """
    return _much_like(bug, others, _title, most)


def _much_like(
    bug: Bug, others: Iterable[Bug], title_of: Callable[[Bug], str], most: int = 1
) -> list[tuple[Bug, float]]:
    title = title_of(bug)
    if len(title) < LEAST_LETTERS:
        return []
    candidates = [one for one in others if one.id != bug.id and _related(bug, one)]
    titles = [title_of(one) for one in candidates]
    found = process.extract(title, titles, scorer=fuzz.token_sort_ratio, limit=None, score_cutoff=MUCH_LIKE)
    alike = ((candidates[place], score) for other, score, place in found if _same_words(title, other))
    return list(islice(alike, most))


def _same_words(title: str, other: str) -> bool:
    """Tell whether the titles name the same things: two other words of ten name another place or fault.

    Words that only one of them adds, such as `after logging in`, do not count.
    """
    mine, theirs = Counter(title.split()), Counter(other.split())
    differing = min((mine - theirs).total(), (theirs - mine).total())
    return differing <= max(1, min(mine.total(), theirs.total()) // 10)


def similar_bugs(bug: Bug, tests: Iterable[Test], most: int) -> list[tuple[Bug, float]]:
    """Return the bugs of these tests that are most like this one; see `much_like`."""
    others = sorted((one for test in tests for one in test.bugs), key=lambda one: -one.id)
    return much_like(bug, others[:MOST_COMPARED], most)


def found_again(tests: Iterable[Test]) -> dict[int, int]:
    """Return the id of each bug that is much like a bug decided before → the id of that one.

    The earlier bug, by id, is of another test of the same product, and accepted or rejected; two rejected
    ones agree, and are left out.
    """
    return found_since(tests, Found()).again


def found_since(tests: Iterable[Test], before: Found) -> Found:
    """Find what `found_again` does, looking only at the first bug that is another one than before and on.

    What is found of a bug rests on bugs with lower ids alone.
    """
    bugs = sorted((bug for test in tests for bug in test.bugs), key=lambda bug: bug.id)
    marks = b"".join(map(_mark, bugs))
    same = _alike_from_the_start(before.marks, marks)
    titles = {bug.id: _title(bug) for bug in bugs}
    earlier: dict[int, Earlier] = defaultdict(Earlier)
    again = {bug.id: before.again[bug.id] for bug in bugs[:same] if bug.id in before.again}
    for place, bug in enumerate(bugs):
        known = earlier[bug.product_id]
        if place >= same:
            for other, _ in _much_like(bug, known.candidates(bug), lambda one: titles[one.id]):
                again[bug.id] = other.id
        if bug.review != "open":
            known.add(bug)
    return Found(marks, again)


def _mark(bug: Bug) -> bytes:
    """Return what tells a bug from another one that may be found again otherwise."""
    said = (bug.id, bug.product_id, bug.test_id, bug.feature_id, bug.review, bug.title[:COMPARED_LETTERS])
    return hashlib.blake2b(repr(said).encode("utf-8", "surrogatepass"), digest_size=_MARK).digest()


def _alike_from_the_start(marks: bytes, others: bytes) -> int:
    """Return how many bugs are the same, from the first one on."""
    most = min(len(marks), len(others)) // _MARK
    places = (place * _MARK for place in range(most))
    return next((at // _MARK for at in places if marks[at : at + _MARK] != others[at : at + _MARK]), most)


class Earlier:
    """The decided bugs of one product so far, by the words of their titles; the newest of each word."""

    def __init__(self) -> None:
        self._by_word: dict[_Key, deque[Bug]] = defaultdict(lambda: deque(maxlen=_KEPT_OF_A_WORD))
        self._counts: Counter[str] = Counter()

    def add(self, bug: Bug) -> None:
        """Keep a decided bug."""
        for word in _words(bug):
            self._counts[word] += 1
            self._by_word[bug.feature_id, word].append(bug)
            self._by_word[_ANY, word].append(bug)

    def candidates(self, bug: Bug) -> list[Bug]:
        """Return at most `MOST_CANDIDATES` bugs that share one of its rarest words, the newest first."""
        rarest = sorted(_words(bug) & self._counts.keys(), key=lambda word: (self._counts[word], word))
        places = (_ANY,) if bug.feature_id is None else (bug.feature_id, None)
        found: Mapping[int, Bug] = {
            one.id: one
            for word in rarest[:_WORDS_LOOKED_UP]
            for place in places
            for one in self._by_word.get((place, word), ())
            if one.test_id != bug.test_id and not one.review == bug.review == "rejected"
        }
        return sorted(found.values(), key=lambda one: -one.id)


def _related(bug: Bug, other: Bug) -> bool:
    return None in {bug.feature_id, other.feature_id} or bug.feature_id == other.feature_id


def _title(bug: Bug) -> str:
    return fold(bug.title[:COMPARED_LETTERS])


def _words(bug: Bug) -> set[str]:
    return set(_title(bug).split())
