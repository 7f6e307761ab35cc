"""Texts of any origin: what they may hold, how they are cut, and which of them are alike."""

import re
import unicodedata
from collections.abc import Container, Iterable
from difflib import get_close_matches

_PARTING = "\t\x0b\x0c\x1c-\x1f\x85\u2028\u2029"
"""Controls that part words: a soft break of a word processor, a line end of another system."""
_UNSEEN = (
    "\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"  # the other controls but the new line
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180e\u200b\u2061-\u2065\u3164\ufeff\uffa0\ufff0-\ufffb"  # no width
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f"  # what turns the direction of the text around it
    "\U000e0000-\U000e0fff"  # tags, which hide text from people but not from models
    "\ud800-\udfff\ufdd0-\ufdef"  # halves of a pair, and what is no character at all
    + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000))
)
"""Without the joiners U+200C and U+200D, which letters and emoji need, and U+2060, which Markdown needs."""
_HOSTILE = re.compile(f"(?P<parting>[{_PARTING}])|[{_UNSEEN}]+")
_HOSTILE_AT_ALL = re.compile(f"[{_PARTING}{_UNSEEN}\r]")
_ALIKE = 0.75
"""How like a word must be, from 0 to 1: `active` is not meant by `archived`."""
_APOSTROPHES = str.maketrans(dict.fromkeys("’‘ʼ`´", "'"))
_JOINERS = str.maketrans("-_", "  ")


def clean(text: str) -> str:
    """Return the text as it may stand in any file, page, answer or terminal.

    A control that parts words becomes a blank, every line end a new line; what has no width or turns the
    direction of a text, other controls, and what UTF-8 cannot hold is dropped.
    """
    if text.isascii() and text.isprintable():
        return text
    lines = text.split("\n")
    if not any(_HOSTILE_AT_ALL.search(one) for one in lines if not (one.isascii() and one.isprintable())):
        return text
    ended = text.replace("\r\n", "\n").replace("\r", "\n")
    return _HOSTILE.sub(lambda found: " " if found["parting"] else "", ended)


def ascii_escapes(json_text: str) -> str:
    """Return JSON in which whatever `clean` would change in a value is an escape, so that the values stay."""

    def escape(found: re.Match[str]) -> str:
        units = found[0].encode("utf-16-be", "surrogatepass").hex()
        return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))

    return _HOSTILE.sub(escape, json_text)


def one_line(text: str) -> str:
    """Return the clean text without line breaks and doubled blanks."""
    if text.isascii() and text.isprintable() and "  " not in text:  # most texts are: nothing is copied
        return text.strip(" ")
    return " ".join(clean(text).split())


def shorten(text: str | None, width: int = 120) -> str:
    """Return the text on one line of at most `width` characters; an ellipsis stands for what is cut off."""
    line = one_line(text or "")
    return line if len(line) <= width else f"{line[: width - 1].rstrip()}…"


def fold(text: str) -> str:
    """Return the text for comparing: no case, white space folded, every apostrophe the same."""
    return " ".join(text.casefold().translate(_APOSTROPHES).split())


def name_key(text: str) -> str:
    """Return the text as names are compared: like `fold`, with `-` and `_` as blanks and no accents."""
    plain = unicodedata.normalize("NFKD", fold(text))
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).translate(_JOINERS).split())


def closest(text: str, choices: Iterable[str], count: int = 3) -> list[str]:
    """Return the choices that look most like the text, best first; none when none does."""
    by_key = {name_key(choice): choice for choice in choices}
    return [by_key[key] for key in get_close_matches(name_key(text[:100]), list(by_key), count, _ALIKE)]


def closest_ids(wanted: int, known: Container[int], count: int = 3) -> list[int]:
    """Return the known ids with one digit other, more or less, or two swapped; the nearest number first."""
    digits = str(wanted)
    cuts = [(digits[:place], digits[place:]) for place in range(len(digits) + 1)]
    near = {before + after[1:] for before, after in cuts if after}
    near |= {before + digit + after[1:] for before, after in cuts if after for digit in "0123456789"}
    near |= {before + digit + after for before, after in cuts for digit in "0123456789"}
    near |= {before + after[1] + after[0] + after[2:] for before, after in cuts if len(after) > 1}
    ids = {int(one) for one in near if one} - {wanted}
    return sorted((one for one in ids if one in known), key=lambda one: (abs(one - wanted), one))[:count]


def listed(words: Iterable[object], limit: int = 40) -> str:
    """Return `a, b, c`, cut with the number of those left out."""
    texts = [str(word) for word in words]
    left = len(texts) - limit
    return ", ".join(texts[:limit]) + (f" and {left} more" if left > 0 else "")
