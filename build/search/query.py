"""Searching the index: ranked hits with snippets, within bounded time whatever is typed."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from heapq import nsmallest
from itertools import chain
from pathlib import Path
from threading import Lock
from typing import Any

from whoosh.index import Index
from whoosh.scoring import BM25F
from whoosh.searching import Searcher

from base.errors import Unavailable
from build.search import suggest
from build.search.documents import KINDS, EntityKind, moment, uid
from build.search.index import HIDDEN, STATE
from build.search.index_files import mark_damaged, open_files, stamp
from build.search.matching import Effort, Postings, counts_of, full_effort, less
from build.search.parse import FIELDS, Parsed, expanded, parsed, whoosh_query
from build.search.snippets import Piece, pattern, snippet
from build.search.words import in_sequence, words

__all__ = ["EntityKind", "Hit", "Piece", "SearchIndex", "SearchResult", "open_index", "search"]

_BY_NUMBER = re.compile(r"\s*(?:(product|feature|test|bug)s?\s*)?#?\s*([0-9]{1,19})\s*", re.IGNORECASE)
NUMBER_SCORE = 1000.0
MOST_NAMED = 10_000


@dataclass(frozen=True, slots=True)
class Hit:
    """Something found.

    Attributes:
        title: The entity's own title: plain text, hostile.
        test_id: The test itself, or a bug's; None for the others.
        score: Higher is better; comparable within one result only.
        snippet: Plain pieces of the rest of its text; those with `match` are the words looked for.
    """

    kind: EntityKind
    id: int
    title: str
    product_id: int
    test_id: int | None
    score: float
    snippet: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The answer to one search.

    Attributes:
        hits: The page that was asked for, best first.
        total: All that match, exactly.
        matched: Of them, how many have all words in the title, in it and the feature's name, and in any text;
            empty when that is too dear to tell, and then the scores alone rank.
        did_you_mean: A query that finds something, when this one finds nothing.
        notice: What was left out of account, in words; empty when nothing was.
    """

    hits: tuple[Hit, ...]
    total: int
    did_you_mean: str | None = None
    notice: str = ""
    matched: Mapping[str, int] = field(default_factory=dict)


class SearchIndex:
    """The index as one commit left it; later commits do not change it.

    Several threads may search at once: they take turns.
    """

    def __init__(self, index_dir: Path, opened_as: tuple[int, int, int], index: Index) -> None:
        self.searcher: Searcher = index.searcher(weighting=BM25F(title_B=0.4))
        self.postings = Postings(self.searcher)
        self.turn = Lock()
        self.index_dir = index_dir
        self._opened_as = opened_as
        state = self.searcher.document(uid=STATE)
        self.only: frozenset[int] | None = None
        self.snapshot_id: str | None = state.get("snapshot") if state else None
        self.hides_names = state is not None and state.get("people") == HIDDEN

    def latest(self) -> "SearchIndex | None":
        """Return this index while it is the newest; else the newest, or None when that cannot be opened."""
        return self if stamp(self.index_dir) == self._opened_as else open_index(self.index_dir)

    def limited(self, product_ids: Collection[int]) -> "SearchIndex":
        """Return the same index, in which only these products are found."""
        _ = self.vocabulary  # read once, not by every copy
        found = copy(self)
        found.only = frozenset(product_ids)
        return found

    def close(self) -> None:
        """Let go of the files; the index cannot be searched afterwards."""
        with self.turn:
            self.searcher.close()

    @cached_property
    def vocabulary(self) -> list[str]:
        """Return the words of all titles, folded."""
        return [word.decode() for word in self.searcher.reader().lexicon("title")]

    @cached_property
    def ends(self) -> list[str]:
        """Return the ends of all tests, sorted, as the index writes them."""
        return [end.decode() for end in self.searcher.reader().lexicon("ended")]


def open_index(index_dir: Path) -> SearchIndex | None:
    """Open the index in a folder; None when it cannot be read: the next build rebuilds it."""
    opened_as = stamp(index_dir)
    index = open_files(index_dir, readonly=True)
    if index is None or opened_as is None:
        return None
    try:
        found = SearchIndex(index_dir, opened_as, index)
    except Exception:  # noqa: BLE001 - whatever the damage makes of the reading
        return None
    return found if found.snapshot_id else None


def search(
    index: SearchIndex,
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
    """Find what has all the words of a text; an id (`4001`, `#4001`, `bug 4001`) is found first.

    Filters left out filter nothing. A severity or review filter keeps only bugs, a status filter only
    tests and bugs. The dates are those of the test's end, in UTC and inclusive, a bug's those of its test;
    with a date nothing else is found.

    Args:
        index: Where to look.
        text: Words, "words next to each other", word* for a beginning, OR or | between words, -word.
        entities: Kinds.
        product_ids: Products.
        test_ids: Tests, and the bugs of these tests.
        severity: Severities.
        status: Statuses, in any case.
        review: Review states.
        start: The earliest end.
        end: The latest end.
        bugs: Only these bugs, by id.
        titles: Look in titles alone.
        named: For each word that must be there the bugs whose feature's name has it; they rank after titles.
        limit: Hits on the page, at least 1.
        offset: Hits to leave out before it.

    Raises:
        Unavailable: When the index turns out to be damaged.
    """
    chosen: dict[str, Collection[Any] | None] = {
        "kind": entities,
        "product": product_ids,
        "test": test_ids,
        "severity": severity,
        "status": status,
        "review": review,
    }
    if index.only is not None:
        chosen["product"] = index.only if product_ids is None else index.only & set(product_ids)
    with index.turn:
        try:
            if bugs is not None:
                chosen["uid"] = [uid("bug", one) for one in bugs]
            allowed = _allowed(index, chosen, start, end)
            return _search(index, text, allowed, max(1, limit), max(0, offset), named=named, titles=titles)
        except Exception as error:
            if not _is_readable(index):
                mark_damaged(index.index_dir)
            raise Unavailable(
                "The search index cannot be read.",
                f"It is damaged ({type(error).__name__}).",
                "Build again: damaged parts are rebuilt.",
            ) from error


def _is_readable(index: SearchIndex) -> bool:
    """Return whether every row and word can be read: else it is the index that failed, not the query."""
    reader = index.searcher.reader()
    try:
        for fields in reader.all_stored_fields():
            if "snapshot" not in fields:
                _ = fields["uid"].partition(":"), int(fields["product"]), fields["title"]
        for field in ("title", "text", "uid", "product"):
            for word in reader.lexicon(field):
                reader.postings(field, word).id()
    except Exception:  # noqa: BLE001 - whatever the damage makes of the reading
        return False
    return True


def _search(
    index: SearchIndex,
    text: str,
    allowed: frozenset[int] | None,
    limit: int,
    offset: int,
    *,
    named: Sequence[Collection[int]],
    titles: bool,
) -> SearchResult:
    asked = parsed(text)
    if not asked.words:
        return SearchResult((), 0, notice="There is no word to search for.")
    query, without, cut = whoosh_query(asked, index.searcher.reader(), ("title",) if titles else FIELDS)
    effort = full_effort()
    found = index.postings.matches(query, allowed, effort)
    if without is not None:
        found = less(found, index.postings.matches(without, found.scores.keys()))
    by_number = _by_number(index, text, allowed)
    total = len(found.scores.keys() | by_number)
    notice = " ".join(filter(None, (asked.notice, _said(cut, found.eased))))
    if not total:
        return SearchResult((), 0, _did_you_mean(index, asked, allowed), notice)
    scores = {**found.scores, **dict.fromkeys(by_number, NUMBER_SCORE)}
    place = _places(index, asked, frozenset(found.scores), named, effort)
    if place or not found.scores:
        place |= dict.fromkeys(by_number, 0)
    best = nsmallest(offset + limit, scores, key=lambda row: (place.get(row, 0), -scores[row], row))
    wanted = pattern({*asked.words, *chain.from_iterable(asked.spellings.values())}, asked.beginnings)
    hits = tuple(_hit(index, row, scores[row], wanted) for row in best[offset:])
    return SearchResult(hits, total, notice=notice, matched=counts_of(place.values()))


def _places(
    index: SearchIndex, asked: Parsed, rows: frozenset[int], named: Sequence[Collection[int]], effort: Effort
) -> dict[int, int]:
    """Return where in `PLACES` the words of each row stand; nothing when that is too dear to tell."""
    if sum(map(len, named)) > MOST_NAMED:
        return {}
    titled = featured = rows
    for at, group in enumerate(asked.groups):
        alone = replace(asked, groups=(group,), without=())
        query, _, _ = whoosh_query(alone, index.searcher.reader(), ("title",))
        here = index.postings.standing(query, featured, effort)
        if here is None:
            return {}
        titled &= here
        others = [uid("bug", one) for one in named[at]] if named else []
        featured &= here | index.postings.rows("uid", others) if others else here
    return {row: 1 if row in titled else 2 if row in featured else 3 for row in rows}


def _said(cut: Collection[str], eased: Collection[str]) -> str:
    """Say what was not looked for, or looked for only where words are rare."""
    said = []
    if cut:
        said.append(
            f"Of the words that begin with {', '.join(sorted(cut))} only the most frequent were searched for."
        )
    if eased:
        said.append(f"Too frequent to be required: {', '.join(eased)}; entries without it are listed, too.")
    return " ".join(said)


def _allowed(
    index: SearchIndex,
    chosen: dict[str, Collection[Any] | None],
    start: datetime | None,
    end: datetime | None,
) -> frozenset[int] | None:
    """Return the rows that pass every filter; None when there is no filter."""
    sets = [
        index.postings.rows(field, {str(value).strip().casefold() for value in values})
        for field, values in chosen.items()
        if values is not None
    ]
    if start or end:
        first = bisect_left(index.ends, moment(start) or "")
        last = bisect_right(index.ends, moment(end) or "~")
        sets.append(index.postings.rows("ended", index.ends[first:last]))
    return frozenset.intersection(*sets) if sets else None


def numbered(text: str) -> list[str]:
    """Return what a text that is nothing but an id can stand for, by its names in the index."""
    typed = _BY_NUMBER.fullmatch(text)
    if not typed:
        return []
    return [uid(kind, int(typed[2])) for kind in KINDS if not typed[1] or kind == typed[1].lower()]


def _by_number(index: SearchIndex, text: str, allowed: frozenset[int] | None) -> frozenset[int]:
    named = numbered(text)
    rows = index.postings.rows("uid", named) if named else frozenset[int]()
    return rows if allowed is None else rows & allowed


def _did_you_mean(index: SearchIndex, asked: Parsed, allowed: frozenset[int] | None) -> str | None:
    reader = index.searcher.reader()

    def frequency(word: str) -> int:
        alike = {word, *asked.spellings.get(word, ())}
        if word in asked.beginnings:
            alike.update(expanded(reader, "text", word)[0], expanded(reader, "title", word)[0])
        return sum(
            min(reader.doc_frequency(field, term) for term in in_sequence(words(one)))
            for one in alike
            for field in ("title", "text")
        )

    if not asked.plain:
        return None
    better = suggest.corrected(asked.words, index.vocabulary, frequency)
    if better is None:
        return None
    query, _, _ = whoosh_query(parsed(better), reader)
    return better if index.postings.matches(query, allowed).scores else None


def _hit(index: SearchIndex, row: int, score: float, wanted: re.Pattern[str]) -> Hit:
    stored = index.searcher.reader().stored_fields(row)
    kind, _, number = stored["uid"].partition(":")
    test = stored.get("test")
    return Hit(
        kind=kind,
        id=int(number),
        title=stored["title"],
        product_id=int(stored["product"]),
        test_id=int(test) if test else None,
        score=round(score, 3),
        snippet=snippet(stored.get("text", ""), wanted),
    )
