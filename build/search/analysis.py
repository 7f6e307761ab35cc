"""The terms of a text in one pass: those of `words.terms`, counted by term and encoded for the index."""

import re
from collections.abc import Generator, Iterator, Mapping
from functools import cache, lru_cache
from typing import Any

from whoosh.analysis.acore import Token
from whoosh.analysis.analyzers import CompositeAnalyzer
from whoosh.analysis.tokenizers import Tokenizer
from whoosh.fields import TEXT
from whoosh.formats import Positions

from build.search.documents import BETWEEN, LONGEST_TEXT
from build.search.words import terms

Places = Mapping[bytes, int | list[int]]
"""Each term of a text with its only place, or with all of them in their order."""

_WORD = re.compile(r"\w+", re.ASCII)
_REMEMBERED = 50_000
_LONGEST_REMEMBERED = 100


class Terms(Tokenizer):
    """Tell Whoosh the terms of a text; several may have one place."""

    def __call__(self, value: str, start_pos: int = 0, **asked: Any) -> Iterator[Token]:
        """Yield one token, again and again, with the next term."""
        token = Token(positions=True, chars=False, removestops=False, mode=asked.get("mode", ""))
        token.boost = 1.0
        token.stopped = False
        for token.text, place in terms(value):
            token.pos = start_pos + place
            yield token


class Words(TEXT):
    """A field of text that is counted in one pass, with the terms and places of its analyzer `Terms`."""

    def __init__(self) -> None:
        super().__init__(analyzer=CompositeAnalyzer(Terms()), stored=True)

    def index(self, value: str, **_: Any) -> Generator[tuple[bytes, int, float, bytes], Any, None]:
        """Yield each term with its frequency, its weight and its encoded places."""
        for term, at in places(value)[0].items():
            some = [at] if isinstance(at, int) else at
            yield term, len(some), float(len(some)), encode(some)


def places(text: str) -> tuple[Places, int]:
    """Return the terms of a text with their places, and how many there are with repetitions."""
    found: dict[bytes, int | list[int]] = {}
    place = more = 0
    if not text.isascii():
        text = text.replace(BETWEEN, " ")
    for piece in _WORD.findall(text) if text.isascii() else text.split():
        known = _remembered(piece) if len(piece) <= _LONGEST_REMEMBERED else _terms(piece)
        if isinstance(known, bytes):  # nearly always; so this is written out
            if known not in found:
                found[known] = place
            elif isinstance(before := found[known], int):
                found[known] = [before, place]
            else:
                before.append(place)
            place += 1
            continue
        own, width = known
        for term, after in own:
            if term not in found:
                found[term] = place + after
            elif isinstance(before := found[term], int):
                found[term] = [before, place + after]
            else:
                before.append(place + after)
        place += width
        more += len(own) - width
    return found, place + more


def _terms(piece: str) -> bytes | tuple[tuple[tuple[bytes, int], ...], int]:
    """Return the terms of a text without blanks with their places and how many it takes; or its one term."""
    found = tuple((term.encode(), place) for term, place in terms(piece))
    if len(found) == 1:
        return found[0][0]
    return found, found[-1][1] + 1 if found else 0


_remembered = lru_cache(maxsize=_REMEMBERED)(_terms)


def encode(several: list[int]) -> bytes:
    """Return places as postings have them."""
    encoded: bytes = Positions().encode(several)
    return encoded


@cache
def single_places() -> tuple[bytes, ...]:
    """Return every place that a text can have, encoded as the only one of a term."""
    return tuple(encode([place]) for place in range(LONGEST_TEXT))
