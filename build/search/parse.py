"""What a person typed → a query of bounded cost.

Words must all be there, "words in quotes" next to each other, and a word with * at its end
stands for every word that begins so. Nothing else has a meaning: no fields, no operators, no
ranges, no patterns, so that no text makes the search slow or fails.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from heapq import nlargest
from itertools import accumulate
from typing import Any

from whoosh.fields import Schema
from whoosh.qparser import AndGroup, MultifieldPlugin, PhrasePlugin, QueryParser, WhitespacePlugin
from whoosh.query import Or, Phrase, Query, Term
from whoosh.reading import IndexReader

from build.search.schema import WORD, folded

LONGEST_QUERY = 300
MOST_WORDS = 16
MOST_PHRASES = 3
MOST_BEGINNINGS = 2
MOST_EXPANDED = 64
_MOST_POSTINGS = 6_000

_FIELDS = ["title", "text"]
_BEGINNING = re.compile(rf"({WORD.pattern})\*(?!\S)")
_SPELT_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
_CONTRACTED = re.compile("ae|oe|ue")


@dataclass(frozen=True, slots=True)
class Parsed:
    """A typed query.

    Attributes:
        words: Its words as the index knows them, in order, each once.
        beginnings: Those that stand for every word that begins so.
        spellings: Other ways to write a word: `loeschen` for `löschen` and the other way round.
        text: What is handed to the parser.
        notice: What was left out of account; empty when nothing was.
    """

    words: tuple[str, ...]
    beginnings: frozenset[str]
    spellings: Mapping[str, frozenset[str]]
    text: str
    notice: str


def parsed(text: str) -> Parsed:
    """Split a typed query into words, cut to the size that is searched for."""
    notices = []
    if len(text) > LONGEST_QUERY:
        notices.append(f"Only the first {LONGEST_QUERY} characters were searched for.")
        text = text[:LONGEST_QUERY]
    found = list(WORD.finditer(text))
    if len(found) > MOST_WORDS:
        notices.append(f"Only the first {MOST_WORDS} words were searched for.")
        text = text[: found[MOST_WORDS].start()]
        found = found[:MOST_WORDS]
    if len(quotes := list(re.finditer('"', text))) > 2 * MOST_PHRASES:
        notices.append(f"Only the first {MOST_PHRASES} phrases were searched for as phrases.")
        rest = quotes[2 * MOST_PHRASES].start()
        text = text[:rest] + text[rest:].replace('"', " ")
    beginnings = list(dict.fromkeys(folded(match[1]) for match in _BEGINNING.finditer(text)))
    if len(beginnings) > MOST_BEGINNINGS:
        notices.append(f"Only the first {MOST_BEGINNINGS} words with * were searched for as beginnings.")
    return Parsed(
        words=tuple(dict.fromkeys(folded(match[0]) for match in found)),
        beginnings=frozenset(beginnings[:MOST_BEGINNINGS]),
        spellings={folded(match[0]): _spellings(match[0]) for match in found},
        text=text,
        notice=" ".join(notices),
    )


def whoosh_query(query: Parsed, schema: Schema, reader: IndexReader) -> tuple[Query, frozenset[str]]:
    """Return the query over titles and texts, and the beginnings with more words than it looks for."""
    plugins: list[Any] = [WhitespacePlugin(), PhrasePlugin(), MultifieldPlugin(_FIELDS)]
    parser = QueryParser(None, schema, plugins=plugins, group=AndGroup)
    cut: set[str] = set()
    found: Query = parser.parse(query.text, normalize=False).accept(_rewriting(query, reader, cut))
    return found.normalize(), frozenset(cut)


def expanded(reader: IndexReader, field: str, beginning: str) -> tuple[list[str], bool]:
    """Return the most frequent words of a field that begin so, and whether there are more of them.

    They are at most `MOST_EXPANDED`, and fewer when these have too many postings.
    """
    words = [(info.doc_frequency(), word) for word, info in reader.iter_prefix(field, beginning)]
    found = nlargest(MOST_EXPANDED, words)
    most = max(_MOST_POSTINGS, reader.doc_count_all() // 4)
    affordable = sum(total <= most for total in accumulate(frequency for frequency, _ in found))
    kept = found[: max(1, affordable)]
    return [word.decode() for _, word in kept], len(kept) < len(words)


def _rewriting(query: Parsed, reader: IndexReader, cut: set[str]) -> Callable[[Query], Query]:
    @cache
    def alternatives(field: str, word: str) -> Query:
        words = {
            word,
            *(other for other in query.spellings.get(word, ()) if reader.doc_frequency(field, other)),
        }
        if word in query.beginnings:
            for start in sorted(words):
                more, left_out = expanded(reader, field, start)
                words.update(more)
                cut.update({word} if left_out else ())
        terms = [Term(field, other) for other in sorted(words)]
        return terms[0] if len(terms) == 1 else Or(terms)

    def rewritten(part: Query) -> Query:
        if isinstance(part, Phrase):
            words = part.words
            return (
                Phrase(part.fieldname, words)
                if len(words) > 1
                else Or([Term(part.fieldname, one) for one in words])
            )
        return alternatives(part.fieldname, part.text) if isinstance(part, Term) else part

    return rewritten


def _spellings(word: str) -> frozenset[str]:
    lowered = word.lower()
    other = {
        folded(lowered.translate(_SPELT_OUT)),
        folded(_CONTRACTED.sub(lambda found: found[0][0], lowered)),
    }
    return frozenset(other - {folded(word)})
