"""Arguments as people and models write them, and what they become.

`598`, `"598"`, `[598, 599]`, `"598,599"`, `"[598, 599]"` and `"Halo Shop"` all name products; words
likewise, in any case. Nothing here knows the snapshot: whether an id, a name or a word exists
is the tool's question.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ValidationInfo, WithJsonSchema

from base.errors import InvalidInput
from base.text import closest, listed, name_key, shorten

MOST_VALUES = 500
_ID = re.compile(r"#?([0-9]{1,18})")


def _parts(value: Any, name: str) -> list[Any]:
    """Return the values inside any of the list forms, blanks dropped.

    Raises:
        InvalidInput: When nothing is left, or too much is.
    """
    given = list(value) if isinstance(value, list | tuple | set | frozenset) else [value]
    found: list[Any] = []
    for item in given:
        if isinstance(item, str):
            found.extend(
                word for word in (part.strip(" \t\r\n\"'[]()") for part in re.split(r"[,;\n]", item)) if word
            )
        elif item is not None:
            found.append(item)
    if not found:
        raise InvalidInput(
            f"{name} is empty.",
            "A list of blanks would select nothing.",
            "Name at least one value.",
        )
    if len(found) > MOST_VALUES:
        raise InvalidInput(
            f"{name} has {len(found):,} values.",
            f"One call takes at most {MOST_VALUES}.",
            "Split the list over several calls.",
        )
    return found


def _as_id(value: Any, name: str) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**18:
        return value
    raise InvalidInput(
        f"{name}={shorten(repr(value), 80)} is not an id.",
        "Ids are positive whole numbers, such as 598.",
        "Ids are in the answers of list_products, list_tests, list_bugs and search.",
    )


def _refs_in(text: str) -> list[int | str]:
    """Return the ids in a text of ids, or the text itself, which is then a name."""
    words = re.split(r"[,;\s]+", text.strip(" \t\r\n[]()"))
    ids = [_ID.fullmatch(word.strip("\"'")) for word in words if word.strip("\"'")]
    if ids and all(ids):
        return [int(found[1]) for found in ids if found]
    if text.strip().startswith("["):
        return [int(found[1]) if (found := _ID.fullmatch(part)) else part for part in _parts(text, "")]
    return [shorten(text.strip("\"' "), 300)]


def _id(value: Any, info: ValidationInfo) -> int | str:
    name = info.field_name or "id"
    found = _ids(value if value is not None else "", info) or ()
    if len(found) > 1:
        raise InvalidInput(
            f"{name} has {len(found)} values.", f"{name} takes one id.", "Call the tool once for each id."
        )
    return found[0]


def _ids(value: Any, info: ValidationInfo) -> tuple[int | str, ...] | None:
    if value is None:
        return None
    name = info.field_name or "ids"
    given = list(value) if isinstance(value, list | tuple | set | frozenset) else [value]
    _parts(given, name)
    found: list[int | str] = []
    for item in given:
        if isinstance(item, str):
            found.extend(_refs_in(item) if item.strip(" \"'") else ())
        elif item is not None:
            found.append(_as_id(item, name))
    return tuple(dict.fromkeys(found))


def _words(value: Any, info: ValidationInfo) -> tuple[str, ...] | None:
    if value is None:
        return None
    name = info.field_name or "values"
    words = []
    for part in _parts(value, name):
        if not isinstance(part, str):
            raise InvalidInput(
                f"{name}={shorten(repr(part), 80)} is not a word.",
                f"{name} takes one word or a list of words.",
                f"For example {name}='first,second'.",
            )
        words.append(shorten(part, 200).casefold())
    return tuple(dict.fromkeys(words))


def _text(value: Any) -> Any:
    return shorten(value, 300) or None if isinstance(value, str) else value


def _word(value: Any) -> Any:
    return value.strip().casefold() or None if isinstance(value, str) else value


def _order(value: Any) -> Any:
    word = _word(value)
    return {"ascending": "asc", "descending": "desc"}.get(word, word) if isinstance(word, str) else word


_ONE = {"type": "integer", "minimum": 1}
_MANY_IDS = {"type": "array", "items": _ONE}
_MANY_WORDS = {"type": "array", "items": {"type": "string"}}

Id = Annotated[int | str, BeforeValidator(_id), WithJsonSchema(_ONE)]
"""One id, as a number or its digits; a text that is none is a name, which `lookup.names` looks up."""

Ids = Annotated[tuple[int | str, ...] | None, BeforeValidator(_ids), WithJsonSchema(_MANY_IDS)]
"""One id or several, in any of the forms above, or names; None when the argument is left out."""

Words = Annotated[tuple[str, ...] | None, BeforeValidator(_words), WithJsonSchema(_MANY_WORDS)]
"""One word or several, folded to lower case; None when the argument is left out."""

Text = Annotated[str | None, BeforeValidator(_text)]
"""One line of at most 300 characters; None when it is blank."""

Word = Annotated[str | None, BeforeValidator(_word)]
"""One word in lower case; None when it is blank."""

Order = Annotated[Literal["asc", "desc"] | None, BeforeValidator(_order)]
"""`asc` or `desc`."""


_MEANT: Mapping[str, tuple[str, ...]] = {
    "worst": ("product_verdict", "review_verdict"),
    "worst first": ("product_verdict", "review_verdict"),
}
"""Words that look like none of what they mean."""


def known(
    name: str,
    values: Sequence[str] | None,
    allowed: Collection[str],
    *,
    many: bool = True,
    names: Mapping[str, str] | None = None,
) -> frozenset[str] | None:
    """Return the words that were asked for, all known; blanks and hyphens do for underscores.

    Args:
        name: The argument, for the error.
        values: As `Words` gives them; None and, of several, `all` ask for no filter.
        allowed: What can be asked for, in lower case.
        many: Whether the argument takes several.
        names: Other names of some of these, and what they stand for.

    Raises:
        InvalidInput: Naming the first unknown word and the closest known ones.
    """
    if values is None or (many and tuple(values) == ("all",)):
        return None
    spelled = {name_key(word): word for word in allowed}
    spelled |= {name_key(word): meant for word, meant in (names or {}).items()}
    for value in values:
        if name_key(value) not in spelled:
            raise InvalidInput(
                f"{name}={value!r} is not known.",
                f"{name} takes {'any' if many else 'one'} of: {listed(sorted(allowed))}.",
                did_you_mean(value, allowed) or f"Use one of these values, or leave {name} out.",
            )
    return frozenset(spelled[name_key(value)] for value in values)


def choice(name: str, value: str | None, allowed: Sequence[str], default: str) -> str:
    """Return the one word that was asked for, or the default.

    Raises:
        InvalidInput: When it is not one of `allowed`.
    """
    if value is None:
        return default
    (found,) = known(name, (value,), allowed, many=False) or (default,)
    return found


def did_you_mean(value: str, allowed: Iterable[str]) -> str:
    """Return `Closest: a, b.`, or nothing when nothing is close."""
    choices = sorted(allowed)
    near = [one for one in _MEANT.get(name_key(value), ()) if one in choices] or closest(value, choices)
    return f"Closest: {listed(near)}." if near else ""
