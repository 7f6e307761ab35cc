"""Words of any script: how the index and a query know them, whatever form they were typed in."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple
from unicodedata import category, combining, normalize

from whoosh.support.charset import accent_map

LONGEST_WORD = 64
_MOST_MARKS = 16

_UNPARTED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\uaa60-\uaa7f"  # Thai, Lao, Burmese, Khmer
    "\u1100-\u11ff\ua960-\ua97f\uac00-\ud7ff"  # Korean, whose endings are written on to the words
    "\u3005-\u3007\u3021-\u3029\u3040-\u30ff\u3100-\u312f\u31a0-\u31bf\u31f0-\u31ff"  # kana, bopomofo
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Chinese characters
)
_WITH_MARKS = ((0x300, 0x3100), (0xA600, 0xAC00), (0xFB00, 0xFF00), (0x10A00, 0x12000))
_OWN_MARKS = "".join(
    chr(code)
    for first, last in _WITH_MARKS
    for code in range(first, last)
    if category(chr(code)).startswith("M") and not re.match(f"[{_UNPARTED}]", chr(code))
)
_UNSEEN = "\u200c\u200d\u2060\u0640"
"""What joins or stretches letters and is none itself."""
_MARKS = f"{_OWN_MARKS}{_UNSEEN}\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece"
_MARKS += "\u102b-\u103e\u17b4-\u17d3\u3099\u309a\uff9e\uff9f"

LETTER = rf"[\w{_MARKS}]"
"""A letter, a digit, or a mark that belongs to one."""
WORD = re.compile(rf"\w{LETTER}*")
_CLUSTER = re.compile(
    r"(?:[\u1100-\u115f\ua960-\ua97c]{1,3}[\u1160-\u11a7\ud7b0-\ud7c6]{0,3}[\u11a8-\u11ff\ud7cb-\ud7fb]{0,3}"
    rf"|[\uac00-\ud7a3][\u11a8-\u11ff]{{0,3}}|.)[{_MARKS}]{{0,{_MOST_MARKS}}}",
    re.DOTALL,
)
_PIECE = re.compile(rf"(?P<run>[{_UNPARTED}]+)|(?:[^\W{_UNPARTED}]|[{_OWN_MARKS}]){{1,{LONGEST_WORD}}}")
_NUMBERED = re.compile(r"[^\W\d_]+(\d+)")
_ALIKE = {
    "æ": "ae",
    "œ": "oe",
    "\u06cc": "\u064a",
    "\u0649": "\u064a",
    "\u06a9": "\u0643",
    "\u0671": "\u0627",
}
"""Ligatures, and Arabic letters that Persian keyboards write otherwise: yeh, kaf, alef."""
_POINTS = range(10, 37)
"""The combining classes of Hebrew and Arabic points."""
_ACCENTS = 200
"""The combining class from which on marks stand above or below a letter of any script."""
_PLAIN: dict[int, str | None] = {
    **{int(code): plain for code, plain in accent_map.items()},
    **{ord(letter): plain for letter, plain in _ALIKE.items()},
}


class Word(NamedTuple):
    """A word of a text, or a run of letters in a script that puts no blanks between words.

    Attributes:
        text: How the index knows it: composed compatibly (NFKC), without case and accents.
        starts: Where each of its letters begins in the text that it was taken from.
        ends: Where each of its letters ends there.
        unparted: Whether it is such a run: the index knows it by its pairs of letters.
    """

    text: str
    starts: Sequence[int]
    ends: Sequence[int]
    unparted: bool


def words(text: str) -> Iterator[Word]:
    """Yield the words of a text in their order; one beyond `LONGEST_WORD` letters is cut into several."""
    for found in WORD.finditer(text):
        raw, first = found[0], found.start()
        if raw.isascii():
            for at in range(0, len(raw), LONGEST_WORD):
                part = raw[at : at + LONGEST_WORD].lower()
                start = first + at
                yield Word(
                    part, range(start, start + len(part)), range(start + 1, start + 1 + len(part)), False
                )
            continue
        letters: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        for cluster in _CLUSTER.finditer(raw):
            plain = _folded(cluster[0])
            letters.append(plain)
            starts += [first + cluster.start()] * len(plain)
            ends += [first + cluster.end()] * len(plain)
        for piece in _PIECE.finditer("".join(letters)):
            here = slice(*piece.span())
            yield Word(piece[0], starts[here], ends[here], piece["run"] is not None)


def folded(text: str) -> str:
    """Return the words of a text as the index knows them, without what stands between them."""
    return "".join(word.text for word in words(text))


def terms(text: str) -> Iterator[tuple[str, int]]:
    """Yield the terms by which a text is found, with their places.

    A run without blanks is known by each of its letters and each pair of neighbours (`购物车` by 购物, 物车),
    a word with a number at its end also by that number (`v2` by 2), in the same place.
    """
    place = 0
    for word in words(text):
        if word.unparted:
            for at, letter in enumerate(word.text):
                yield letter, place + at
                if at + 1 < len(word.text):
                    yield word.text[at : at + 2], place + at
            place += len(word.text)
            continue
        yield word.text, place
        if parts := _NUMBERED.fullmatch(word.text):
            yield parts[1], place
        place += 1


def in_sequence(found: Iterable[Word]) -> tuple[str, ...]:
    """Return the terms that follow each other, place by place, where these words do."""
    sought: list[str] = []
    last = ""
    for word in found:
        if last:
            sought.append(last)
            last = ""
        if word.unparted and len(word.text) > 1:
            sought += (word.text[at : at + 2] for at in range(len(word.text) - 1))
            last = word.text[-1]  # stands in a place of its own, which counts when more comes after it
        else:
            sought.append(word.text)
    return tuple(sought)


@lru_cache(maxsize=20_000)
def _folded(cluster: str) -> str:
    bare = "".join(_bare(letter) for letter in normalize("NFKD", cluster))
    return normalize("NFC", bare.casefold().translate(_PLAIN))


def _bare(letter: str) -> str:
    """Return a letter or mark; nothing for an accent, a vowel point, or what no script needs to be read."""
    if letter.isdecimal():
        return str(int(letter))
    weight = combining(letter)
    accent = weight in _POINTS or weight >= _ACCENTS or (not weight and _is_decoration(letter))
    return "" if accent or letter in _UNSEEN else letter


def _is_decoration(letter: str) -> bool:
    return category(letter) == "Me" or "\ufe00" <= letter <= "\ufe0f"
