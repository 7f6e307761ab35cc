"""What the search index holds: its fields, and how text becomes words."""

import re

from whoosh.analysis.analyzers import CompositeAnalyzer
from whoosh.analysis.filters import CharsetFilter, LowercaseFilter
from whoosh.analysis.tokenizers import RegexTokenizer
from whoosh.fields import ID, STORED, TEXT, Schema
from whoosh.support.charset import accent_map

INDEX_NAME = "search1"
"""Also the format: an index with other fields or other words gets another number, and is rebuilt."""

LONGEST_WORD = 64
WORD = re.compile(rf"\w[\w\u0300-\u036f]{{0,{LONGEST_WORD - 1}}}")
"""A word, with accents that stand as characters of their own; a longer one is cut into several."""

_COMBINING = range(0x300, 0x370)
_LETTERS = {"ß": "ss", "ẞ": "ss", "æ": "ae", "Æ": "ae", "œ": "oe", "Œ": "oe"}
_FOLDED: dict[int, str | None] = {
    **{int(code): plain for code, plain in accent_map.items()},
    **dict.fromkeys(_COMBINING),
    **{ord(letter): plain for letter, plain in _LETTERS.items()},
}


def folded(word: str) -> str:
    """Return a word as the index knows it: without case and accents."""
    return word.lower().translate(_FOLDED)


def _analyzer() -> CompositeAnalyzer:
    return CompositeAnalyzer(RegexTokenizer(WORD), LowercaseFilter(), CharsetFilter(_FOLDED))


def search_schema() -> Schema:
    """Describe the fields of every row.

    `uid` is `bug:4001`, `ended` the end of the test in ISO 8601 (of a bug: of its test), `title` and `text`
    are what is searched; `hash` stands for everything that a row holds. The row `state` has `snapshot`.
    No word is left out for being common, so that "to be" finds what it says.
    """
    return Schema(
        uid=ID(stored=True, unique=True),
        kind=ID(stored=True),
        product=ID(stored=True),
        test=ID(stored=True),
        severity=ID(),
        status=ID(),
        review=ID(),
        ended=ID(),
        title=TEXT(analyzer=_analyzer(), stored=True),
        text=TEXT(analyzer=_analyzer(), stored=True),
        hash=STORED(),
        snapshot=STORED(),
    )
