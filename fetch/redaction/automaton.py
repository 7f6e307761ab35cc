"""What finds all known credentials, and the signs of others, in one pass over a text."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import ahocorasick

from fetch.redaction.forms import Where, folded, packed, packed_whole
from fetch.redaction.shapes import FIRST_SIGNS, SIGNS, Sign


def of_all(known: Mapping[str, Where], written: Mapping[str, str], pairs: Iterable[tuple[str, str]]) -> Any:
    """Return what finds each word with where it is looked for, and the signs in it.

    Args:
        known: By each credential, folded, where it is looked for.
        written: Each as it was written.
        pairs: User names with their passwords.
    """
    forms = [form for word, kind in known.items() if kind < Where.LABELLED for form in packed(written[word])]
    forms += [form for pair in pairs for form in packed_whole(":".join(written[one] for one in pair))]
    kinds: dict[str, Where] = {folded(form): Where.PACKED for form in forms} | dict(known)
    inside, first = (_by_word(signs) for signs in (SIGNS, FIRST_SIGNS))
    words = kinds.keys() | inside.keys() | first.keys()
    return _made({word: (word, kinds.get(word), inside.get(word, 0), first.get(word, 0)) for word in words})


def of_parted(known: Mapping[str, Where]) -> Any:
    """Return what finds passwords without the blanks in them; None when there are none."""
    words = ("".join(word.split()) for word, kind in known.items() if kind is Where.ANYWHERE)
    found = {word: word for word in words if word}
    return _made(found) if found else None


def _made(values: Mapping[str, Any]) -> Any:
    automaton = ahocorasick.Automaton()
    for word, value in values.items():
        automaton.add_word(word, value)
    automaton.make_automaton()
    return automaton


def _by_word(signs: Mapping[Sign, Sequence[str]]) -> Mapping[str, int]:
    """Return the sum of the signs that each word is, in small letters."""
    found: dict[str, int] = {}
    for sign, words in signs.items():
        for word in words:
            found[word.lower()] = found.get(word.lower(), 0) | sign
    return found
