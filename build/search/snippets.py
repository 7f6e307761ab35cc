"""The part of a text that shows why it was found, as plain pieces: whoever shows them escapes them."""

import re
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from build.search.documents import BETWEEN
from build.search.words import LETTER, folded, words

WIDTH = 200
_BEFORE = 50


class Piece(NamedTuple):
    """A part of a snippet; `match` when it is one of the words that were looked for."""

    text: str
    match: bool


def pattern(sought: Iterable[str], beginnings: Collection[str] = ()) -> re.Pattern[str]:
    """Return a pattern that finds folded words, and everything that begins with some of them."""
    found = []
    for word in sorted(sought, reverse=True):
        before = r"(?<!\d)" if word.isdecimal() else rf"(?<!{LETTER})"  # the number of `v2` is found alone
        after = f"{LETTER}*" if word in beginnings else rf"(?!{LETTER})"
        unparted = any(one.unparted for one in words(word))
        found.append(re.escape(word) if unparted else f"{before}{re.escape(word)}{after}")
    return re.compile("|".join(found) or r"(?!)")


def snippet(text: str, wanted: re.Pattern[str], width: int = WIDTH) -> tuple[Piece, ...]:
    """Cut about `width` characters with as many wanted words as possible, else the text's beginning.

    The pieces, joined, are the text itself, with … where it was cut.
    """
    matches = _matches(text, wanted)
    start, end = _window(text, matches, width)
    pieces = [Piece("…", match=False)] if start else []
    place = start
    for first, last in matches:
        if start <= first and last <= end:
            if place < first:
                pieces.append(Piece(text[place:first], match=False))
            pieces.append(Piece(text[first:last], match=True))
            place = last
    if place < end:
        pieces.append(Piece(text[place:end], match=False))
    if end < len(text):
        pieces.append(Piece("…", match=False))
    return tuple(pieces)


def _matches(text: str, wanted: re.Pattern[str]) -> list[tuple[int, int]]:
    if (plain := text.replace(BETWEEN.strip(), " ")).isascii():
        return [match.span() for match in wanted.finditer(plain.lower())]
    letters: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for word in words(text):
        letters.append(word.text)
        starts += (*word.starts, word.ends[-1])  # the last one for the line end between two words
        ends += (*word.ends, word.ends[-1])
    found: list[tuple[int, int]] = []
    for match in wanted.finditer("\n".join(letters)):
        start, end = starts[match.start()], ends[match.end() - 1]
        if not found or start >= found[-1][1]:
            found.append((start, end))
    return found


def _window(text: str, matches: Sequence[tuple[int, int]], width: int) -> tuple[int, int]:
    if len(text) <= width:
        return 0, len(text)
    first = _richest(text, matches, width - _BEFORE)
    start = max(0, min(first - _BEFORE, len(text) - width))
    if start:
        start = _after_blank(text, start, first)
    end = min(len(text), start + width)
    if end < len(text):
        end = max(text.rfind(" ", first, end), start + width // 2)
    return start, end


def _richest(text: str, matches: Sequence[tuple[int, int]], width: int) -> int:
    """Find where the stretch of this width with the most different words begins."""
    best, most = 0, 0
    last = 0
    for at, (start, _) in enumerate(matches):
        last = max(last, at)
        while last < len(matches) and matches[last][1] <= start + width:
            last += 1
        different = len({folded(text[first:end]) for first, end in matches[at : min(last, at + 32)]})
        if different > most:
            best, most = start, different
    return best


def _after_blank(text: str, start: int, limit: int) -> int:
    blank = text.find(" ", start, limit)
    return start if blank < 0 else blank + 1
