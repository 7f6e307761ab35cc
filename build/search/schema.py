"""What the search index holds: its fields, and how text becomes words."""

from collections.abc import Iterator
from typing import Any

from whoosh.analysis.acore import Token
from whoosh.analysis.analyzers import CompositeAnalyzer
from whoosh.analysis.tokenizers import Tokenizer
from whoosh.fields import ID, STORED, TEXT, Schema

from build.search.words import terms

INDEX_NAME = "search2"
"""Also the format: an index with other fields or other words gets another number, and is rebuilt."""


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
        title=TEXT(analyzer=CompositeAnalyzer(Terms()), stored=True),
        text=TEXT(analyzer=CompositeAnalyzer(Terms()), stored=True),
        hash=STORED(),
        snapshot=STORED(),
    )
