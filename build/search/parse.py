"""What a person typed → a query of bounded cost.

Words must all be there, "words in quotes" next to each other, and a word with * at its end
stands for every word that begins so; OR and | stand between words of which one is enough, -
before one that may not be there. Nothing else has a meaning: no fields, no brackets, no ranges,
no patterns, so that no text makes the search slow or fails.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from heapq import nlargest
from itertools import accumulate
from typing import NamedTuple

from whoosh.query import And, Or, Phrase, Query, Term
from whoosh.reading import IndexReader

from build.search.operators import Operated, operated
from build.search.words import WORD, Word, folded, in_sequence, words

LONGEST_QUERY = 300
MOST_WORDS = 16
MOST_PHRASES = 3
MOST_BEGINNINGS = 2
MOST_EXPANDED = 64
_MOST_POSTINGS = 6_000

FIELDS = ("title", "text")
_BEGINNING = re.compile(rf"({WORD.pattern})\*(?!\S)")
_QUOTED = re.compile('"([^"]*)"')
_NUMBERS = re.compile(r"(?<![\w.])v?(\d+(?:\.\d+)+)(?!\w)", re.IGNORECASE | re.ASCII)
"""Numbers with points between them, such as a version: they must follow each other."""
_NUMBERED = re.compile(r"v(\d+)")
_SIGNS = str.maketrans({"\uff02": '"', "\uff0a": "*", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"'})
"""Quotes and stars as other keyboards write them."""
_SPELT_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
_CONTRACTED = re.compile("ae|oe|ue")


class Part(NamedTuple):
    """A part of a query: terms that follow each other; one that is not exact has other spellings too."""

    terms: tuple[str, ...]
    exact: bool


@dataclass(frozen=True, slots=True)
class Parsed:
    """A typed query.

    Attributes:
        words: Its words as the index knows them, in order, each once.
        beginnings: Those that stand for every word that begins so.
        spellings: Other ways to write a word: `loeschen` for `löschen` and the other way round.
        groups: What must all be there: of each group the parts of one of its alternatives.
        without: What may not be there: the parts of each.
        plain: Nothing but words that must all be there was typed.
        notice: What was left out of account; empty when nothing was.
    """

    words: tuple[str, ...]
    beginnings: frozenset[str]
    spellings: Mapping[str, frozenset[str]]
    groups: tuple[tuple[tuple[Part, ...], ...], ...]
    without: tuple[tuple[Part, ...], ...]
    plain: bool
    notice: str


def parsed(text: str) -> Parsed:
    """Split a typed query into words, cut to the size that is searched for."""
    notices = []
    if len(text) > LONGEST_QUERY:
        notices.append(f"Only the first {LONGEST_QUERY} characters were searched for.")
        text = text[:LONGEST_QUERY]
    text = text.translate(_SIGNS)
    end = _affordable(text)
    if end < len(text):
        notices.append(f"Only the first {MOST_WORDS} words were searched for.")
        text = text[:end]
    if len(quotes := list(re.finditer('"', text))) > 2 * MOST_PHRASES:
        notices.append(f"Only the first {MOST_PHRASES} phrases were searched for as phrases.")
        rest = quotes[2 * MOST_PHRASES].start()
        text = text[:rest] + text[rest:].replace('"', " ")
    beginnings = list(dict.fromkeys(_beginnings(text)))
    if len(beginnings) > MOST_BEGINNINGS:
        notices.append(f"Only the first {MOST_BEGINNINGS} words with * were searched for as beginnings.")
    typed = operated(text)
    notices.append(typed.notice)
    text = " ".join(piece for group in typed.groups for piece in group)
    found = list(words(text))
    return Parsed(
        words=tuple(dict.fromkeys(word.text for word in found)),
        beginnings=frozenset(beginnings[:MOST_BEGINNINGS]),
        spellings={
            word.text: _spellings(word.text, text[word.starts[0] : word.ends[-1]])
            for word in found
            if not word.unparted
        },
        groups=_groups(typed),
        without=tuple(parts for piece in typed.without if (parts := tuple(_parts(piece)))),
        plain=typed.plain,
        notice=" ".join(filter(None, notices)),
    )


def whoosh_query(
    query: Parsed, reader: IndexReader, fields: Sequence[str] = FIELDS
) -> tuple[Query, Query | None, frozenset[str]]:
    """Return what is looked for in these fields, what may not be there, and which beginnings were cut.

    Of a beginning that was cut only the most frequent words are looked for.
    """
    cut: set[str] = set()
    alternatives = _alternatives(query, reader, cut)

    def within(field: str, part: Part) -> Query:
        if len(part.terms) > 1:
            return Phrase(field, list(part.terms))
        return Term(field, part.terms[0]) if part.exact else alternatives(field, part.terms[0])

    def every(parts: Iterable[Part]) -> Query:
        return And([Or([within(field, part) for field in fields]) for part in parts])

    found: Query = And([Or([every(parts) for parts in group]) for group in query.groups])
    without = Or([every(parts) for parts in query.without]).normalize() if query.without else None
    return found.normalize(), without, frozenset(cut)


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


def _alternatives(query: Parsed, reader: IndexReader, cut: set[str]) -> Callable[[str, str], Query]:
    @cache
    def alternatives(field: str, word: str) -> Query:
        found = {
            word,
            *(other for other in query.spellings.get(word, ()) if reader.doc_frequency(field, other)),
        }
        if word in query.beginnings:
            for start in sorted(found):
                more, left_out = expanded(reader, field, start)
                found.update(more)
                cut.update({word} if left_out else ())
        terms = [Term(field, other) for other in sorted(found)]
        return terms[0] if len(terms) == 1 else Or(terms)

    return alternatives


def _affordable(text: str) -> int:
    """Return where the text has to end for not more than `MOST_WORDS` terms."""
    left = MOST_WORDS
    for word in words(text):
        if not left:
            return word.starts[0]
        if word.unparted and len(word.text) > left + 1:
            return word.starts[left + 1]
        left -= max(1, len(word.text) - 1) if word.unparted else 1
    return len(text)


def _beginnings(text: str) -> Iterator[str]:
    """Yield the words with a star; in a run without blanks every part is found as it is."""
    for match in _BEGINNING.finditer(text):
        found = list(words(match[1]))
        if found and not found[-1].unparted:
            yield found[-1].text


def _parts(text: str) -> Iterator[Part]:
    for at, segment in enumerate(_QUOTED.split(text)):
        if at % 2:
            if sought := in_sequence(words(segment)):
                yield Part(sought, exact=True)
            continue
        for number, between in enumerate(_NUMBERS.split(segment)):
            if number % 2:
                yield Part(in_sequence(words(between)), exact=True)
            else:
                yield from (_part(word) for word in words(between))


def _groups(typed: Operated) -> tuple[tuple[tuple[Part, ...], ...], ...]:
    """Return the groups that hold words; a group of one piece with several words is several groups."""
    found: list[tuple[tuple[Part, ...], ...]] = []
    for group in typed.groups:
        alternatives = tuple(dict.fromkeys(parts for piece in group if (parts := tuple(_parts(piece)))))
        if len(alternatives) == 1:
            found.extend(((part,),) for part in alternatives[0])
        elif alternatives:
            found.append(alternatives)
    return tuple(dict.fromkeys(found))


def _part(word: Word) -> Part:
    return Part(in_sequence([word]), exact=word.unparted)


def _spellings(word: str, typed: str) -> frozenset[str]:
    lowered = typed.lower()
    other = {
        folded(lowered.translate(_SPELT_OUT)),
        folded(_CONTRACTED.sub(lambda found: found[0][0], lowered)),
        *(found[1] for found in [_NUMBERED.fullmatch(word)] if found),
    }
    return frozenset(other - {word})
