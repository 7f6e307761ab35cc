"""Which rows a query matches and how well, from scores that are kept for the next search.

Whoosh's own matchers step through all words of a query together, which is dear when they are
frequent, and count only by going through them again. Here each word's postings are read and scored
(by Whoosh, BM25F) once for each reader; a search then intersects and adds.
"""

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from whoosh.query import And, Or, Phrase, Query, Term
from whoosh.searching import Searcher

Scores = Mapping[int, float]
"""Row → score; more is better."""

_WEIGHTS = {"title": 3.0}
MOST_READ = 30_000
MOST_COMPARED = 8_000
_MOST_KEPT = 800_000  # scored postings, about 80 MB; rows of filters again as many
_FLAT = 0.1  # the score of a word that is nearly everywhere, and so says next to nothing
PLACES = ("id", "title", "feature", "text")
"""Where the words of a query can stand, the best first."""
_T = TypeVar("_T", bound=Sized)


@dataclass(frozen=True, slots=True)
class Matches:
    """The rows that match.

    Attributes:
        scores: Of each matching row.
        eased: Words or phrases that are so frequent that rows without them were not left out.
    """

    scores: Scores
    eased: tuple[str, ...] = ()


@dataclass(slots=True)
class Effort:
    """The effort that one search may still take: postings to read and rows to compare positions in."""

    reads: int
    comparisons: int
    eased: list[str] = field(default_factory=list)


def less(found: Matches, without: Matches) -> Matches:
    """Return the matches that the others do not hold."""
    kept = {row: score for row, score in found.scores.items() if row not in without.scores}
    return Matches(kept, (*found.eased, *without.eased))


def full_effort() -> Effort:
    """Return the effort that one search may take."""
    return Effort(MOST_READ, MOST_COMPARED)


def counts_of(places: Iterable[int]) -> dict[str, int]:
    """Return how many rows there are of each place, by its name, the best first."""
    return {PLACES[at]: number for at, number in sorted(Counter(places).items())}


class Postings:
    """The scored postings of a searcher, read when they are needed; not safe for several threads at once."""

    def __init__(self, searcher: Searcher) -> None:
        self._searcher = searcher
        self._scores = _Kept[Scores]()
        self._rows = _Kept[frozenset[int]]()

    def term(self, field: str, text: str) -> Scores:
        """Return the rows with this term in this field."""
        return self._scores.get((field, text), lambda: self._scored(field, text))

    def rows(self, field: str, texts: Iterable[str]) -> frozenset[int]:
        """Return the rows with any of these terms in this field."""
        wanted = tuple(sorted(texts))
        return self._rows.get((field, wanted), lambda: frozenset(self._numbers(field, wanted)))

    def matches(
        self, query: Query, among: AbstractSet[int] | None = None, effort: Effort | None = None
    ) -> Matches:
        """Return the rows that match a query of And, Or, Phrase and Term.

        The parts are tried from the rarest to the most frequent, and positions are compared last. What is
        too frequent to be read or compared in a bounded time is not insisted on; `eased` names it.

        Args:
            query: What is looked for; anything else in it matches nothing.
            among: The rows that come into question; None for all.
            effort: What is left of that of a search; None for all of it.
        """
        effort = effort or full_effort()
        scores = self._all(query.subqueries if isinstance(query, And) else [query], among, effort)
        return Matches(scores, tuple(dict.fromkeys(effort.eased)))

    def standing(self, query: Query, among: frozenset[int], effort: Effort) -> frozenset[int] | None:
        """Return those of the rows that match; None when telling them apart is too dear."""
        terms = {(one.fieldname, one.text) for one in query.leaves() if isinstance(one, Term)}
        terms |= {
            (one.fieldname, word) for one in query.leaves() if isinstance(one, Phrase) for word in one.words
        }
        reader = self._searcher.reader()
        unread = sum(reader.doc_frequency(*one) for one in terms if not self._scores.has(one))
        if unread > max(0, effort.reads):
            return None
        left = Effort(MOST_READ, effort.comparisons)
        found = frozenset(self._all([query], among, left))
        effort.reads, effort.comparisons = effort.reads - unread, left.comparisons
        return None if left.eased else found

    def _scored(self, field: str, text: str) -> Scores:
        weight = _WEIGHTS.get(field, 1.0)
        if self._searcher.reader().doc_frequency(field, text) > MOST_READ:
            return dict.fromkeys(self._numbers(field, [text]), _FLAT * weight)
        found = {}
        for searcher, offset in self._searcher.leaf_searchers():
            if searcher.reader().doc_frequency(field, text):
                postings = searcher.postings(field, text)
                while postings.is_active():
                    found[postings.id() + offset] = weight * postings.score()
                    postings.next()
        return found

    def _numbers(self, field: str, texts: Iterable[str]) -> Iterator[int]:
        for searcher, offset in self._searcher.leaf_searchers():
            reader = searcher.reader()
            for text in texts:
                if reader.doc_frequency(field, text):
                    yield from (number + offset for number in reader.postings(field, text).all_ids())

    def _all(self, parts: Iterable[Query], among: AbstractSet[int] | None, effort: Effort) -> Scores:
        scores: Scores | None = None
        for (_, cost), _, part in sorted((self._cost(part), at, part) for at, part in enumerate(parts)):
            if scores is None:
                scores = self._one(part, among, effort)
            elif cost > effort.reads:
                effort.eased.append(_said(part))
            else:
                found = self._one(part, scores.keys(), effort)
                scores = {row: scores[row] + score for row, score in found.items()}
            if not scores:
                break
        return scores or {}

    def _one(self, part: Query, among: AbstractSet[int] | None, effort: Effort) -> Scores:
        match part:
            case Term():
                scores = self.term(part.fieldname, part.text)
                effort.reads -= len(scores)
                return _restricted(scores, among)
            case Or():
                return _added(self._one(each, among, effort) for each in part.subqueries)
            case And():
                return self._all(part.subqueries, among, effort)
            case Phrase():
                return self._phrase(part, among, effort)
            case _:
                return {}

    def _phrase(self, phrase: Phrase, among: AbstractSet[int] | None, effort: Effort) -> Scores:
        field, words = phrase.fieldname, phrase.words
        scores = self._all([Term(field, word) for word in dict.fromkeys(words)], among, effort)
        if len(scores) > effort.comparisons:
            effort.eased.append(_said(phrase))
            return scores
        effort.comparisons -= len(scores)
        return {
            row + offset: scores[row + offset]
            for searcher, offset in self._searcher.leaf_searchers()
            for row in _in_sequence(searcher, offset, field, words, scores)
        }

    def _cost(self, part: Query) -> tuple[bool, int]:
        """Return whether positions have to be compared, which comes last, and how many postings there are."""
        reader = self._searcher.reader()
        if isinstance(part, Term):
            return False, reader.doc_frequency(part.fieldname, part.text)
        if isinstance(part, Phrase):
            return True, sum(reader.doc_frequency(part.fieldname, word) for word in part.words)
        costs = [self._cost(each) for each in part.children()]
        return any(phrase for phrase, _ in costs), sum(cost for _, cost in costs)


class _Kept(Generic[_T]):
    """The latest results, as much of them as `_MOST_KEPT` allows."""

    def __init__(self) -> None:
        self._values: OrderedDict[object, _T] = OrderedDict()
        self._size = 0

    def has(self, key: object) -> bool:
        """Return whether a result is kept."""
        return key in self._values

    def get(self, key: object, make: Callable[[], _T]) -> _T:
        if key in self._values:
            self._values.move_to_end(key)
            return self._values[key]
        value = self._values[key] = make()
        self._size += len(value)
        while self._size > _MOST_KEPT and len(self._values) > 1:
            self._size -= len(self._values.popitem(last=False)[1])
        return value


def _restricted(scores: Scores, among: AbstractSet[int] | None) -> Scores:
    if among is None:
        return scores
    if len(among) < len(scores):
        return {row: scores[row] for row in among if row in scores}
    return {row: score for row, score in scores.items() if row in among}


def _added(found: Iterable[Scores]) -> Scores:
    first, *rest = sorted(found, key=len, reverse=True) or [{}]
    total = dict(first)
    for scores in rest:
        for row, score in scores.items():
            total[row] = total.get(row, 0.0) + score
    return total


def _in_sequence(
    searcher: Searcher, offset: int, field: str, words: Sequence[str], rows: Iterable[int]
) -> Iterator[int]:
    """Find those of the rows in which the words follow each other, numbered as in the segment."""
    own = sorted(row - offset for row in rows if 0 <= row - offset < searcher.doc_count_all())
    reader = searcher.reader()
    if not own or not all(reader.doc_frequency(field, word) for word in words):
        return
    matchers = [reader.postings(field, word) for word in words]
    for row in own:
        starts: set[int] | None = None
        for place, matcher in enumerate(matchers):
            if matcher.is_active() and matcher.id() < row:
                matcher.skip_to(row)
            if not matcher.is_active() or matcher.id() != row:
                break
            here = {position - place for position in matcher.value_as("positions")}
            starts = here if starts is None else starts & here
            if not starts:
                break
        else:
            yield row


def _said(part: Query) -> str:
    if isinstance(part, Phrase):
        return f'"{" ".join(part.words)}"'
    if isinstance(part, Term):
        return str(part.text)
    return next((_said(each) for each in part.children()), "")
