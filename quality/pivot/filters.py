"""Filters of a query: dimension → the values that count, taken as people write them."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from base.errors import InvalidInput
from base.text import closest, fold, listed, name_key
from quality.model.entities import REVIEW_STATES, WAITING_FOR_TESTER, Test
from quality.model.facts import Facts
from quality.pivot.cells import Kept
from quality.pivot.dimensions import REVIEW_WORDS, Dimension, Label, Labels, dimension

_Id = int | str | None
_TIMES: Mapping[str, tuple[re.Pattern[str], str]] = {
    "month": (re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])"), "2025-07"),
    "week": (re.compile(r"[0-9]{4}-W(0[1-9]|[1-4][0-9]|5[0-3])"), "2025-W07"),
    "reported_month": (re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])"), "2025-07"),
    "quarter": (re.compile(r"[0-9]{4}-Q[1-4]"), "2025-Q3"),
}


@dataclass(frozen=True, slots=True)
class Filter:
    """The values of one dimension that count; several widen it.

    Attributes:
        ids: Their ids; None is the missing value.
        words: `severity is critical or high`.
        shared: Names among the values that several ids have, all of which count.
    """

    dimension: Dimension
    ids: frozenset[_Id]
    words: str
    shared: tuple[str, ...] = ()

    def takes_test(self, test: Test) -> bool:
        """Return whether the test has one of the values; a dimension of bugs refuses no test."""
        of_test = self.dimension.of_test
        return of_test is None or any(label.id in self.ids for label in of_test(test))

    def takes(self, labels: Labels) -> bool:
        """Return whether one of the values is among these."""
        return any(label.id in self.ids for label in labels)


def read_filters(facts: Facts, filters: Mapping[str, Any]) -> tuple[Filter, ...]:
    """Read the filters, their values found by id or name without case.

    Args:
        facts: Which values there are.
        filters: Dimension → one value or a list of them; None or "none" is the missing value.

    Raises:
        InvalidInput: For an unknown dimension, an empty list or a value that nothing in the snapshot has.
    """
    return tuple(_read(facts, dimension(key), value) for key, value in filters.items())


def keeping(filters: Iterable[Filter]) -> Kept | None:
    """Return a function that says which bugs all filters take; None when none of them is about bugs."""
    about_bugs = tuple(
        (one.dimension.key, one.dimension.of_bug, one.takes) for one in filters if one.dimension.of_bug
    )
    return Kept(about_bugs) if about_bugs else None


def _read(facts: Facts, chosen: Dimension, value: Any) -> Filter:
    values = list(value) if isinstance(value, list | tuple | set | frozenset) else [value]
    if not values:
        raise InvalidInput(
            f"The filter {chosen.key} is an empty list.", "It would select nothing.", "Leave the filter out."
        )
    either = chosen.key == "review"
    wide = REVIEW_WORDS if either else chosen
    find = _finder(facts, wide, chosen.key)
    found = [find(one) for one in values]
    if wide is not chosen and any(WAITING_FOR_TESTER in ids for ids in found):
        chosen = wide
    shown = " or ".join("none" if one is None else str(one).strip() for one in values)
    shared = tuple(str(one) for one, ids in zip(values, found, strict=True) if len(ids) > 1 and not either)
    return Filter(chosen, frozenset().union(*found), f"{chosen.title.lower()} is {shown}", shared)


def _finder(facts: Facts, chosen: Dimension, key: str) -> Callable[[Any], frozenset[_Id]]:
    if chosen.key in _TIMES:
        return lambda value: _time(chosen, value)
    exact: dict[str, set[_Id]] = {}
    known: dict[str, set[_Id]] = {name_key("none"): {None}}
    names: list[str] = []
    for label in _vocabulary(facts, chosen):
        for word in (label.id, label.name):
            if word is not None:
                exact.setdefault(str(word), set()).add(label.id)
                known.setdefault(name_key(str(word)), set()).add(label.id)
        if label.name is not None:
            names.append(label.name)
    if chosen is REVIEW_WORDS:
        known.setdefault("accepted", {state for state in REVIEW_STATES if state.endswith("_accepted")})

    def find(value: Any) -> frozenset[_Id]:
        written = "none" if value is None else str(value)
        ids = exact.get(written.strip()) or known.get(name_key(written))
        if ids is None:
            near = closest(written, names)
            raise InvalidInput(
                f"{written[:80]!r} is not a value of the dimension {key}.",
                f"There are {listed(dict.fromkeys(names), 20) or 'none in this snapshot'}.",
                f"Did you mean {' or '.join(near)}?" if near else "Choose one of these.",
            )
        return frozenset(ids)

    return find


def _time(chosen: Dimension, value: Any) -> frozenset[_Id]:
    written = "none" if value is None else fold(str(value)).upper()
    form, example = _TIMES[chosen.key]
    if written == "NONE" or value is None:
        return frozenset({None})
    if not form.fullmatch(written):
        raise InvalidInput(
            f"{str(value)[:80]!r} is not a {chosen.key}.",
            f"It must look like {example}.",
            "Write it like this.",
        )
    return frozenset({written})


def _vocabulary(facts: Facts, chosen: Dimension) -> Iterable[Label]:
    """Yield every value that the snapshot has or the upstream can have, each id and name once."""
    seen = dict.fromkeys([*chosen.values, *(Label(id_, name) for id_, name in chosen.names(facts).items())])
    for test in facts.tests.values():
        if chosen.of_test:
            seen.update(dict.fromkeys(chosen.of_test(test)))
        if chosen.of_bug:
            for bug in test.bugs:
                seen.update(dict.fromkeys(chosen.of_bug(bug)))
    return seen
