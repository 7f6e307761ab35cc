"""Reading one value of raw upstream JSON, of whatever type it came."""

from sys import intern
from typing import Any

from base.errors import InvalidInput
from base.text import clean
from quality.model.entities import Named

MAX_ID = 2**63 - 1
_MAX_DIGITS = 19


def identifier(value: Any) -> int | None:
    """Read a positive whole number, also from a numeric string; else None."""
    number = _whole(value)
    return number if number is not None and 0 < number <= MAX_ID else None


def identifiers(value: Any) -> tuple[int, ...]:
    """Read the usable ids of a list, given as numbers, strings or objects with an id."""
    found = (identifier(part(one, "id") if isinstance(one, dict) else one) for one in items(value))
    return tuple(one for one in found if one is not None)


def needed_id(raw: Any, what: str) -> int:
    """Read the object's id.

    Raises:
        InvalidInput: When it has none that can be used.
    """
    found = identifier(part(raw, "id"))
    if found is None:
        raise InvalidInput(f"The {what} has no usable id.", "An id is a positive whole number.")
    return found


def count(value: Any) -> int | None:
    """Read a whole number from 0 up, also from a numeric string; else None."""
    number = _whole(value)
    return number if number is not None and 0 <= number <= MAX_ID else None


def flag(value: Any) -> bool:
    """True for true, 1, "true", "1", "yes"; False for everything else."""
    if isinstance(value, str):
        return value.strip().casefold() in {"true", "1", "yes"}
    return value is True or (type(value) is int and value == 1)


def text(value: Any) -> str | None:
    """Read a text without outer blanks, a number as text; None for a blank one and every other type."""
    if isinstance(value, str):
        return clean(value).strip() or None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return None


def word(value: Any) -> str | None:
    """Read a status, type or other key for comparing: trimmed, without case."""
    found = text(value)
    return intern(found.casefold()) if found else None


def part(raw: Any, key: str) -> Any:
    """Return the member of an object; None when it is none or lacks it."""
    return raw.get(key) if isinstance(raw, dict) else None


def items(value: Any) -> list[Any]:
    """Return a list as it is, a single value as a list of one, null as an empty one."""
    if isinstance(value, list | tuple):
        return list(value)
    return [] if value is None else [value]


def objects(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a list, or the single object."""
    return [one for one in items(value) if isinstance(one, dict)]


def name_of(value: Any) -> str | None:
    """Read an object's name, or the text that stands in its place; equal ones share memory."""
    found = text(value.get("name") if isinstance(value, dict) else value)
    return intern(found) if found else None


def id_in(value: Any) -> int | None:
    """Read an object's id; None where there is none."""
    return identifier(value.get("id")) if isinstance(value, dict) else None


def names(value: Any) -> tuple[str, ...]:
    """Read the names in a list, in order."""
    return tuple(name for name in map(name_of, items(value)) if name)


def named(value: Any, name_key: str = "name") -> Named | None:
    """Read an id and a name; from a text the name alone, from a number the id alone; None without either."""
    if isinstance(value, dict):
        found = Named(identifier(value.get("id")), text(value.get(name_key)) or text(value.get("name")))
    elif isinstance(value, str):
        found = Named(None, text(value))
    else:
        found = Named(identifier(value), None)
    return None if found.id is None and found.name is None else found


def _whole(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    if isinstance(value, str):
        digits = value.strip()
        return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= _MAX_DIGITS else None
    return None
