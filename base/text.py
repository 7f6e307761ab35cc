"""Comparing texts as people write them."""

import re
import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches

_APOSTROPHES = str.maketrans(dict.fromkeys("’‘ʼ`´", "'"))
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")

_UNSEEN = re.compile(
    "["
    "\u0000-\u0008\u000b-\u001f\u007f-\u009f"  # controls but tab and newline
    "\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2061-\u206f\ufeff\ufff9-\ufffb"  # bidi, invisible
    "\ud800-\udfff"  # halves of a pair, which no encoder takes
    "\U000e0000-\U000e0fff"  # tags, which hide text from people but not from models
    "]"
)


def clean(text: str) -> str:
    """The text without the characters that no UTF-8 file or page can hold: controls and lone surrogates."""
    return _UNPRINTABLE.sub("", text)


def visible(text: str) -> str:
    """Return the text without control, bidirectional and invisible characters; its lines end as in Unix."""
    return _UNSEEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def fold(text: str) -> str:
    """The text for comparing: no case, white space folded, every apostrophe the same."""
    return " ".join(text.casefold().translate(_APOSTROPHES).split())


def name_key(text: str) -> str:
    """The text as a name is compared: like `fold`, with `-` and `_` as blanks and no accents."""
    plain = unicodedata.normalize("NFKD", fold(text))
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).translate(_JOINERS).split())


def closest(text: str, choices: Iterable[str], count: int = 3) -> list[str]:
    """The choices that look most like the text, best first; empty when none does."""
    by_key = {name_key(choice): choice for choice in choices}
    return [by_key[key] for key in get_close_matches(name_key(text[:100]), list(by_key), count, 0.6)]


def listed(words: Iterable[object], limit: int = 40) -> str:
    """`a, b, c`, cut with the number left out."""
    texts = [str(word) for word in words]
    left = len(texts) - limit
    return ", ".join(texts[:limit]) + (f" and {left} more" if left > 0 else "")


_JOINERS = str.maketrans("-_", "  ")
