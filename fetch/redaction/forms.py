"""The forms in which a credential may stand in a text, and how much one looks like a credential."""

import html
import re
import string
import unicodedata
from base64 import b64encode
from collections.abc import Iterator
from enum import IntEnum
from html.entities import html5
from urllib.parse import unquote

from base.text import clean

_SHORTEST = 4
_LONG_WORD = 6
_LONG_PHRASE = 12
_WORD = re.compile(r"[^\W\d_]+")
_OPENING = re.compile(r"[\d!$%&§^+#@]")
"""Signs that passwords have and words have not."""

_BASE64 = re.compile(r"[A-Za-z0-9+/_=-]*")
_BASE64_SIGNS = string.ascii_letters + string.digits + "+/_=-"
_LONGEST_RUN = 2000
_URL_SAFE = str.maketrans("+/", "-_")

_REFERENCE = re.compile(
    r"&(?:#|[a-z][a-z0-9]{1,31};|" + "|".join(sorted(name for name in html5 if name[-1] != ";")) + ")",
    re.IGNORECASE,
)
"""Without any of these HTML means what is written; a query has many `&` before names."""
_BACKSLASH = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([^\w\s]))")
_JOINERS = re.compile("[\u200c\u200d\u2060\ufe00-\ufe0f]")
_BLANKS = "\u00a0\u1680\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
_ALIKE: dict[int, int | str] = {
    **dict.fromkeys(map(ord, _BLANKS), " "),
    **dict.fromkeys(range(0x2010, 0x2014), "-"),
    **{wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)},
}
_MARKS = re.compile("[\u0300-\u036f]+")
"""Accents that make no one letter with the sign before them, as on a digit."""
_BARE = {
    letter: bare[0]
    for letter in (*range(0xC0, 0x250), *range(0x1E00, 0x1F00))
    if len(bare := unicodedata.normalize("NFD", chr(letter))) > 1 and bare[0].isascii()
}


def plain(text: str) -> str:
    """Return the text as it is searched: clean, composed, without joiners, with plain blanks and signs."""
    if text.isascii() and text.isprintable():
        return text
    text = clean(text)
    if text.isascii():
        return text
    return _MARKS.sub("", unicodedata.normalize("NFKC", _JOINERS.sub("", text.translate(_ALIKE))))


class Where(IntEnum):
    """The places in a text where a credential is looked for."""

    ANYWHERE = 0
    ALONE = 1
    LABELLED = 2
    PACKED = 3


def where(text: str, *, is_name: bool) -> Where | None:
    """Return where a credential is looked for; None when it is too short to be any."""
    word = _WORD.fullmatch(text) is not None
    everyday = word and (text.islower() or text.isupper() or text[1:].islower() or len(text) < _LONG_WORD)
    phrase = all(_WORD.fullmatch(part) for part in text.split())
    if len(text) < _SHORTEST or everyday or (text.isdecimal() and len(text) < _LONG_WORD):
        return Where.LABELLED if len(text) > 1 else None
    if " " in text and phrase and (is_name or len(text) < _LONG_PHRASE):
        return Where.LABELLED
    if is_name or text.isdecimal() or len(text) < _LONG_WORD or not _OPENING.search(text):
        return Where.ALONE
    return Where.ANYWHERE


def decoded(text: str) -> str:
    """Return what a text stands for in an address, in HTML, or behind backslashes in JSON and Markdown."""
    if "%" in text:
        text = unquote(text)
    if "&" in text and _REFERENCE.search(text):
        text = html.unescape(text)
    return _BACKSLASH.sub(_unescaped, text) if "\\" in text else text


def _unescaped(found: re.Match[str]) -> str:
    letter = found[3] or chr(int(found[1] or found[2], 16))
    return found[0] if "\ud800" <= letter <= "\udfff" else letter


def folded(text: str) -> str:
    """Return the text without case and accents, and of the same length."""
    return text.lower() if text.isascii() else text.replace("\u0130", "i").translate(_BARE).lower()


def packed(text: str) -> Iterator[str]:
    """Yield these bytes in hexadecimal, and what every base64 text of them has in it, wherever they begin."""
    raw = text.encode("utf-8", "replace")
    yield raw.hex()
    for before in range(3):
        whole = b64encode(b"\0" * before + raw).decode()
        inner = whole[-(-before * 8 // 6) : (before + len(raw)) * 8 // 6]
        if len(inner) > _LONG_WORD:
            yield inner
            yield inner.translate(_URL_SAFE)


def packed_whole(text: str) -> Iterator[str]:
    """Yield the base64 texts that begin with these bytes."""
    whole = b64encode(text.encode("utf-8", "replace")).decode().rstrip("=")
    if len(whole) > _LONG_WORD:
        yield whole
        yield whole.translate(_URL_SAFE)


def run_around(text: str, start: int, stop: int) -> tuple[int, int]:
    """Return the whole base64 text around a piece of it."""
    before, after = text[max(0, start - _LONGEST_RUN) : start], _BASE64.match(text, stop)
    return start - len(before) + len(before.rstrip(_BASE64_SIGNS)), after.end() if after else stop


def stands_alone(text: str, start: int, stop: int) -> bool:
    """Return whether a piece of a text is a word by itself."""
    return not (_joined(text, start - 1, start - 2) or _joined(text, stop, stop + 1))


def _joined(text: str, near: int, beyond: int) -> bool:
    sign = text[near : near + 1] if near >= 0 else ""
    further = text[beyond : beyond + 1] if beyond >= 0 else ""
    return _letter(sign) or (sign in {"-", "_"} and _letter(further))


def _letter(sign: str) -> bool:
    """Return whether a sign is a letter or digit of a script whose words have blanks between them."""
    return sign.isalnum() and sign < "\u2e80"
