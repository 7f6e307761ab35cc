"""The operators of a typed query: OR and | between words, - before one; AND stands by itself."""

import re
from dataclasses import dataclass

_TOKEN = re.compile(r'(?P<without>(?<!\S)-(?=[^\W\d_]|"))|"[^"]*"|\||[^\s"|]+')
_OR, _NOT, _AND = {"OR", "|"}, {"NOT"}, {"AND", "&", "&&"}
_WITHOUT_MEANING = re.compile(r'(?<!\S)[(]|[)](?!\S)|\bNEAR\b|(?<!\S)[\w-]+:(?=[\w"])|(?<=\w)[~^]\d*(?!\S)')


@dataclass(frozen=True, slots=True)
class Operated:
    """A query by its operators; every piece is text as it was typed, phrases in their quotes.

    Attributes:
        groups: All of them must be there, of each one any of its pieces.
        without: None of these may be there.
        notice: Which operators were ignored; empty for none.
    """

    groups: tuple[tuple[str, ...], ...]
    without: tuple[str, ...]
    notice: str

    @property
    def plain(self) -> bool:
        """Return whether nothing but words that must all be there was typed."""
        return not self.without and all(len(group) == 1 for group in self.groups)


def operated(text: str) -> Operated:
    """Take a typed query apart. OR joins the two pieces beside it: `a b OR c` is a, and b or c."""
    groups: list[list[str]] = []
    without: list[str] = []
    joins = negates = dangling = False
    for found in _TOKEN.finditer(text):
        token = found.group()
        if token in _OR:
            dangling |= joins or not groups
            joins = bool(groups)
        elif found["without"] or token in _NOT:
            negates = True
        elif token not in _AND:
            if negates:
                without.append(token)
            elif joins:
                groups[-1].append(token)
            else:
                groups.append([token])
            joins = negates = False
    ignored = list(dict.fromkeys(_WITHOUT_MEANING.findall(text)))
    if dangling or joins:
        ignored.append("OR without a word on each side")
    if without and not groups:
        ignored.append("- without a word to look for")
    said = f"Without a meaning here, and ignored: {', '.join(ignored[:5])}." if ignored else ""
    return Operated(tuple(map(tuple, groups)), tuple(without), said)
