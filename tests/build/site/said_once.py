"""Finds figures that the prose of a page tells twice: those that are the same number of the same thing."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from itertools import combinations

from quality.model.entities import SEVERITIES

_FOLDED = re.compile(r"</summary>(?:(?!<details).)*?</details>", re.DOTALL)
_DRAWN = re.compile(r"<(title|desc|nav|table|figure|dl)\b.*?</\1>", re.DOTALL)
_NAME = re.compile(r"<(\w+)[^>]* dir=\"auto\">.*?</\1>", re.DOTALL)
_BLOCK = re.compile(r"</(?:p|h\d|li|div|summary|section)>")
_QUOTED = re.compile("“([^”]*)”")
_MONTH = re.compile(r"\b([A-Z][a-z]{2} 20\d\d)\b")
_NO_FIGURE = re.compile(
    r"\b\d+ [A-Z][a-z]{2}( \d{4})?(, \d\d:\d\d( UTC)?)?"  # a day
    r"|\b[A-Z][a-z]{2} 20\d\d\b"
    r"|[Ll]ast \d+ (days|months)"
    r"|\b\d+ days to \d+ [A-Z][a-z]{2}( \d{4})?"
    r"|The (first|last|newest) \d[\d,]* of \d[\d,]* \w+"  # how much of a table is shown
    r"|\b\d[\d,]* more\."  # and how much is not
    r"|\bof \d[\d,]*(?= )"  # the whole that a share is of may be named with each of its shares
)
_FIGURE = re.compile(r"(?<![\w.,-])(\d[\d,]*(?:\.\d+)?)( %)?([^\d.,;:()]*)")
_AFTER = frozenset({"in", "found", "failed", "had"})
"""What follows these words is not what was counted."""
_STATES = frozenset(
    {"accepted", "auto-accepted", "rejected", "open", "overdue", "settled", "fixed", "reviewed"}
)
_MEANING = _STATES | {*SEVERITIES, "rejection", "test", "feature", "older", "story", "decided", "distinct"}


@dataclass(frozen=True, slots=True)
class Told:
    """A figure of a text: its value, what it counts, and of which months or whether of the period before."""

    value: str
    meaning: frozenset[str]
    when: frozenset[str]
    text: str

    def same(self, other: "Told") -> bool:
        """Tell whether both are the same number of the same thing."""
        alike = self.meaning & other.meaning and not (self.meaning ^ other.meaning) & _STATES
        return (self.value, self.when) == (other.value, other.when) and bool(alike)


def prose(page: str) -> Iterator[str]:
    """Yield the texts of a page's content without what is folded, names, tables, drawings and navigation."""
    content = page[page.index("<main") : page.index("</main>")]
    while (shorter := _FOLDED.sub("</summary></details>", content)) != content:
        content = shorter
    for text in _BLOCK.split(_NAME.sub(" ", _DRAWN.sub(" ", content))):
        if plain := " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split()):
            yield plain


def figures(text: str) -> Iterator[Told]:
    """Yield the figures of a text; names, dates and the whole of a share are none."""
    named = _QUOTED.sub(lambda name: "name" + re.sub(r"\W|\d", "_", name[1]).lower(), text)
    for sentence in re.split(r"(?<=[.;]) ", named):
        months = frozenset(_MONTH.findall(sentence))
        for at, part in enumerate(re.split(r"\b[Bb]efore\b", _NO_FIGURE.sub(" ", sentence))):
            when, told = months | ({"before"} if at else set()), frozenset[str]()
            for one in _FIGURE.finditer(part):
                ahead = part[: one.start()]
                if ahead.endswith("("):  # beside a name or counts, of the same
                    beside = re.findall(r"\w+(?= \($)", ahead)
                    meaning = told if one[2] else frozenset(beside)
                else:
                    meaning = told = _meaning(one[3])
                if meaning:
                    yield Told(one[1] + (one[2] or ""), meaning, when, text)


def _meaning(after: str) -> frozenset[str]:
    """Return what the words after a number say that it counts; without one of these words, the first two."""
    words = re.findall(r"[a-z-]+", after.lower())
    end = next((at for at, word in enumerate(words) if word in _AFTER), len(words))
    counted = [word if word in _MEANING else word.rstrip("s") for word in words[:end]]
    return frozenset(counted) & _MEANING or frozenset([" ".join(counted[:2])] if counted else ())


def told_twice(page: str) -> list[tuple[str, str, str]]:
    """Return each figure that is told twice, with both texts."""
    told = [one for text in prose(page) for one in figures(text)]
    return [(one.value, one.text, other.text) for one, other in combinations(told, 2) if one.same(other)]
