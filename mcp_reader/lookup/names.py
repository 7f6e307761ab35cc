"""Names where an id is asked for: a name that only one entity has is as good as its id."""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Literal

from base.errors import InvalidInput, NotFound
from base.text import closest, listed, name_key, shorten
from mcp_reader.text import short
from quality.model.facts import Facts
from quality.wording import state

EntityKind = Literal["product", "feature", "test", "bug", "user"]
_SHOWN = 5
_CHOICES = 50


class Alike(InvalidInput):
    """A name that several products have.

    Attributes:
        argument: Which argument has it.
        name: As it was written.
        options: Id and what tells the product from the others.
    """

    def __init__(self, error: InvalidInput, argument: str, name: str, options: Mapping[int, str]) -> None:
        super().__init__(error.what, error.why, error.hint)
        self.argument = argument
        self.name = name
        self.options = options


def ids_of(
    facts: Facts, kind: EntityKind, given: Sequence[int | str] | None, argument: str
) -> tuple[int, ...] | None:
    """Return the ids that were given, each name replaced by the id of what has it.

    Args:
        facts: Whose names count.
        kind: What the ids and names are of.
        given: As `Ids` gives them; numbers pass as they are.
        argument: Its name, for errors.

    Raises:
        NotFound: For a name that nothing has.
        InvalidInput: For a name that several have.
    """
    if given is None:
        return None
    if all(isinstance(one, int) for one in given):
        return tuple(one for one in given if isinstance(one, int))
    named = names_of(facts, kind)
    by_name: dict[str, list[int]] = {}
    for number, name in named.items():
        by_name.setdefault(name_key(name), []).append(number)
    found = chain.from_iterable(
        (one,) if isinstance(one, int) else _found(kind, one, by_name, named, argument, facts=facts)
        for one in given
    )
    return tuple(dict.fromkeys(found))


def id_of(facts: Facts, kind: EntityKind, given: int | str, argument: str) -> int:
    """Return the one id that was given, or that has the name.

    Raises:
        NotFound: For a name that nothing has.
        InvalidInput: For a name that several have, or for several names.
    """
    found = ids_of(facts, kind, (given,), argument) or ()
    if len(found) != 1:
        raise InvalidInput(
            f"{argument} has {len(found)} values.",
            f"{argument} takes one id.",
            "Call the tool once for each id.",
        )
    return found[0]


def names_of(facts: Facts, kind: EntityKind) -> Mapping[int, str]:
    """Return the names of everything of a kind by id."""
    match kind:
        case "product":
            return {one.id: one.name for one in facts.products.values()}
        case "feature":
            return {one.id: one.title for of_product in facts.features.values() for one in of_product}
        case "test":
            return {one.id: one.title for one in facts.tests.values()}
        case "bug":
            return {one.id: one.title for one in facts.bugs.values()}
        case "user":
            testers = {bug.tester_id: bug.tester for bug in facts.bugs.values()}
            creators = {test.created_by_id: test.created_by for test in facts.tests.values()}
            both = {**creators, **testers}
            return {number: name for number, name in both.items() if number is not None and name}


def _found(
    kind: EntityKind,
    text: str,
    by_name: Mapping[str, list[int]],
    named: Mapping[int, str],
    argument: str,
    *,
    facts: Facts,
) -> Iterable[int]:
    """Return the id of what is called so; of a list of names the id of each."""
    numbers = by_name.get(name_key(text), [])
    if len(numbers) == 1:
        return numbers
    if numbers:
        error = InvalidInput(
            f"{argument}={shorten(text, 80)!r} is the name of {len(numbers)} {kind}s.",
            f"Their ids are {listed((_told(kind, one, facts) for one in sorted(numbers)), 10)}.",
            f"Choose one: {argument}={min(numbers)}.",
        )
        if kind != "product":
            raise error
        shown = sorted(numbers)[:_CHOICES]
        raise Alike(error, argument, text, {one: f"{shorten(named[one], 60)} ({one})" for one in shown})
    parts = [part.strip() for part in re.split(r"[,;\n]", text) if part.strip()]
    if len(parts) > 1 and any(part.isdecimal() or name_key(part) in by_name for part in parts):
        return chain.from_iterable(
            (int(part),) if part.isdecimal() else _found(kind, part, by_name, named, argument, facts=facts)
            for part in parts
        )
    raise NotFound(
        f"{argument}={shorten(text, 80)!r} is neither an id nor the name of a {kind}.",
        "Names count as a whole, in any case.",
        _near(kind, text, named),
    )


def _told(kind: EntityKind, number: int, facts: Facts) -> str:
    """Return an id; of a test with what tells it from others of its name."""
    test = facts.tests.get(number) if kind == "test" else None
    if test is None or test.end_at is None:
        return str(number)
    return f"{number} ({state(short(test.status))}, ends {test.end_at:%Y-%m-%d})"


def _near(kind: EntityKind, text: str, named: Mapping[int, str]) -> str:
    key = name_key(text)
    near = [number for number, name in named.items() if key and key in name_key(name)]
    if not near:
        alike = set(closest(text, named.values()))
        near = [number for number, name in named.items() if name in alike]
    shown = listed((f"{number} {shorten(named[number], 60)!r}" for number in sorted(near)), _SHOWN)
    words = shorten(text, 60)
    finder = {"product": f"list_products(search={words!r})", "user": "list_users()"}.get(
        kind, f"search(query={words!r})"
    )
    return f"Closest: {shown}." if shown else f"Find the id by its words: {finder}"
