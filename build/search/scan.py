"""Searching where there is no index: the words, operators and filters of `query.search` over the rows."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from heapq import nsmallest
from itertools import chain, cycle
from math import log
from typing import Any

from build.search import suggest
from build.search.analysis import Places, places
from build.search.documents import BETWEEN, EntityKind, Row, moment, rows, uid
from build.search.matching import counts_of
from build.search.parse import Parsed, Part, parsed
from build.search.query import NUMBER_SCORE, Hit, SearchResult, numbered
from build.search.snippets import pattern, snippet
from quality.model.entities import Test
from quality.model.facts import Facts

MOST_WHOLE = 1_500
"""Of so many tests, the newest, the long texts are looked through too: a second of CPU to read them."""
TEXT = "text"
_IN_TITLE = 3.0
_AT_ONCE = 200


@dataclass(frozen=True)
class Unindexed:
    """Everything that can be found, as rows in memory.

    Attributes:
        rows: Of every product, feature, test and bug.
        without_texts: Tests that were too many: of them and their bugs only titles and names are here.
    """

    rows: Sequence[Row]
    without_texts: int = 0

    def limited(self, product_ids: Collection[int]) -> "Unindexed":
        """Return the rows of these products alone."""
        only = {str(one) for one in product_ids}
        return replace(self, rows=[row for row in self.rows if row.keys["product"] in only])

    @cached_property
    def vocabulary(self) -> Counter[str]:
        """Return the words of all titles, folded, with how many titles have them."""
        return Counter(word.decode() for row in self.rows for word in places(row.title)[0])


def gather(
    facts: Facts, whole: Callable[[Sequence[int]], Mapping[int, Test]], most: int = MOST_WHOLE
) -> Unindexed:
    """Gather the rows of everything.

    Args:
        facts: What is to be found, without long texts.
        whole: Returns some tests with theirs, by id.
        most: Tests that it is asked for.
    """
    newest = sorted(facts.tests, reverse=True)
    readable = set(newest[:most])
    found = list(rows(replace(facts, tests={})))
    for at in range(0, len(newest), _AT_ONCE):
        some = newest[at : at + _AT_ONCE]
        tests = {one: facts.tests[one] for one in some}
        tests.update(whole([one for one in some if one in readable]))
        found += rows(replace(facts, products={}, features={}, tests=tests))
    return Unindexed(found, max(0, len(newest) - most))


def scan(
    where: Unindexed,
    text: str,
    *,
    entities: Collection[EntityKind] | None = None,
    product_ids: Collection[int] | None = None,
    test_ids: Collection[int] | None = None,
    severity: Collection[str] | None = None,
    status: Collection[str] | None = None,
    review: Collection[str] | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
    bugs: Collection[int] | None = None,
    titles: bool = False,
    named: Sequence[Collection[int]] = (),
    limit: int = 20,
    offset: int = 0,
) -> SearchResult:
    """Find what `query.search` finds, by the same arguments; only the scores are others."""
    asked = parsed(text)
    if not asked.words:
        return SearchResult((), 0, notice="There is no word to search for.")
    chosen: dict[str, Collection[Any] | None] = {
        "kind": entities,
        "product": product_ids,
        "test": test_ids,
        "severity": severity,
        "status": status,
        "review": review,
    }
    numbers = None if bugs is None else {uid("bug", one) for one in bugs}
    among = list(_among(where.rows, chosen, start, end, numbers))
    found = dict(_matches(asked, among, titles=titles))
    typed = set(numbered(text))
    scores = found | {at: NUMBER_SCORE for at, row in enumerate(among) if row.uid in typed}
    if not scores:
        return SearchResult((), 0, _did_you_mean(where, asked, among), asked.notice)
    bugs_named = [{uid("bug", one) for one in some} for some in named]
    place = {at: 0 if among[at].uid in typed else _place(asked, among[at], bugs_named) for at in scores}
    best = nsmallest(offset + limit, scores, key=lambda at: (place[at], -scores[at], at))[offset:]
    wanted = pattern({*asked.words, *chain.from_iterable(asked.spellings.values())}, asked.beginnings)
    hits = [_hit(among[at], scores[at], snippet(among[at].text, wanted)) for at in best]
    return SearchResult(tuple(hits), len(scores), notice=asked.notice, matched=counts_of(place.values()))


def _place(asked: Parsed, row: Row, named: Sequence[Collection[str]]) -> int:
    """Return where in `PLACES` the words of a row stand that has them all."""
    title = places(row.title)[0]
    here = [_holds(asked, group, title) for group in asked.groups]
    if all(here):
        return 1
    return 2 if named and all(one or row.uid in some for one, some in zip(here, named, strict=True)) else 3


def named_in(text: str, bugs: Mapping[str, Collection[int]]) -> list[set[int]]:
    """Return for each word of a query that must be there the bugs whose feature's name has it.

    Args:
        text: The query.
        bugs: The bugs' ids by the name of their feature.
    """
    asked = parsed(text)
    read = {name: places(name)[0] for name in bugs}
    return [
        set(chain.from_iterable(bugs[name] for name, field in read.items() if _holds(asked, group, field)))
        for group in asked.groups
    ]


def _holds(asked: Parsed, group: Sequence[Sequence[Part]], field: Places) -> bool:
    """Return whether one alternative of a group stands in a field."""
    return any(all(_times(asked, part, field) for part in some) for some in group)


def _among(
    found: Iterable[Row],
    chosen: Mapping[str, Collection[Any] | None],
    start: datetime | None,
    end: datetime | None,
    numbers: Collection[str] | None,
) -> Iterator[Row]:
    """Yield the rows that pass every filter; of a field that a row has not got, none passes."""
    wanted = {
        key: {str(value).strip().casefold() for value in values}
        for key, values in chosen.items()
        if values is not None
    }
    first, last = moment(start) or "", moment(end) or "~"
    dated = start is not None or end is not None
    for row in found:
        if (
            (numbers is None or row.uid in numbers)
            and all(row.keys.get(key, "").casefold() in values for key, values in wanted.items())
            and (not dated or first <= row.keys.get("ended", "~~") <= last)
        ):
            yield row


def _matches(asked: Parsed, among: Sequence[Row], *, titles: bool) -> Iterator[tuple[int, float]]:
    """Yield the place of each row that matches, with its score."""
    parts = dict.fromkeys(part for group in asked.groups for some in group for part in some)
    held: dict[int, list[float]] = {}
    for at, row in enumerate(among):
        text = "" if titles else row.text
        if not _may_match(asked, f"{row.title}\n{text}".replace(BETWEEN, " ").lower()):
            continue
        fields = (places(row.title)[0], places(text)[0])
        count = {part: [_times(asked, part, field) for field in fields] for part in parts}
        if not all(any(all(any(count[part]) for part in some) for some in group) for group in asked.groups):
            continue
        if any(
            all(any(_times(asked, part, field) for field in fields) for part in some)
            for some in asked.without
        ):
            continue
        held[at] = [_flat(times) for both in count.values() for times in both]
    having = [sum(map(bool, column)) for column in zip(*held.values(), strict=True)]
    worth = [
        weight * log(1 + len(among) / max(1, number))
        for number, weight in zip(having, cycle((_IN_TITLE, 1.0)), strict=False)
    ]
    for at, weights in held.items():
        yield at, sum(one * more for one, more in zip(weights, worth, strict=True))


def held_in(text: str) -> Callable[[Mapping[str, str]], list[str]]:
    """Return what tells in which named fields of a hit the words of a query stand; `text` is in none of them.

    Args:
        text: The query; each of its words is told in the first field that has it.
    """
    asked = parsed(text)

    def told(fields: Mapping[str, str]) -> list[str]:
        read = {name: places(field)[0] for name, field in fields.items()}
        found = {
            next(
                (name for name, field in read.items() if _holds(asked, group, field)),
                TEXT,
            )
            for group in asked.groups
        }
        return [name for name in (*fields, TEXT) if name in found]

    return told


def _flat(times: int) -> float:
    """Let the first time that a word stands somewhere count most."""
    return times / (times + 1)


def _may_match(asked: Parsed, low: str) -> bool:
    """Return whether a text can match as far as a quick look tells; only letters without accents are told."""
    return not low.isascii() or all(
        any(all(_may_hold(asked, part, low) for part in some) for some in group) for group in asked.groups
    )


def _may_hold(asked: Parsed, part: Part, low: str) -> bool:
    if len(part.terms) > 1:
        return all(term in low for term in part.terms)
    return any(word in low for word in _spelt(asked, part))


def _times(asked: Parsed, part: Part, field: Places) -> int:
    """Count how often a part of a query stands in a field."""
    if len(part.terms) > 1:
        starts: set[int] | None = None
        for step, term in enumerate(part.terms):
            here = {place - step for place in _places_of(field, term.encode())}
            starts = here if starts is None else starts & here
        return len(starts or ())
    spelt = [word.encode() for word in _spelt(asked, part)]
    if part.terms[0] in asked.beginnings and not part.exact:
        return sum(term.startswith(tuple(spelt)) for term in field)
    return sum(len(_places_of(field, word)) for word in spelt)


def _spelt(asked: Parsed, part: Part) -> tuple[str, ...]:
    return part.terms if part.exact else (*part.terms, *asked.spellings.get(part.terms[0], ()))


def _places_of(field: Places, term: bytes) -> Sequence[int]:
    at = field.get(term, ())
    return (at,) if isinstance(at, int) else at


def _did_you_mean(where: Unindexed, asked: Parsed, among: Sequence[Row]) -> str | None:
    """Return a query that finds something by likelier words; None when there is none."""
    if not asked.plain:
        return None

    def frequency(word: str) -> int:
        return where.vocabulary[word] or sum(1 for _ in _matches(parsed(word), where.rows, titles=False))

    better = suggest.corrected(asked.words, list(where.vocabulary), frequency)
    return better if better and any(_matches(parsed(better), among, titles=False)) else None


def _hit(row: Row, score: float, told: Any) -> Hit:
    kind, _, number = row.uid.partition(":")
    test = row.keys.get("test")
    return Hit(
        kind=kind,  # type: ignore[arg-type] # one of KINDS, as `rows` writes it
        id=int(number),
        title=row.title,
        product_id=int(row.keys["product"]),
        test_id=int(test) if test else None,
        score=round(score, 3),
        snippet=told,
    )
