"""A parsed file against its shape: the values, or what is wrong with them, in the file's own words."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from base.bounds import CONTEXT_FAULTS
from base.text import closest, listed, shorten
from context_files.shapes import Shape
from context_files.yaml import Parsed, Path
from quality.model.context import Fault, Place

_Shape = TypeVar("_Shape", bound=Shape)
_NEEDS = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "string": "a text",
    "tuple": "a list, one value a line after a dash",
    "dict": "a table of names and values",
    "model": "a table of names and values",
    "date": "a date such as 2026-11-21",
}
_SAID = {
    "missing": "is missing.",
    "literal_error": "is {value}; choose {expected}.",
    "greater_than_equal": "is {value}; it must be at least {ge}.",
    "less_than_equal": "is {value}; it must be at most {le}.",
    "string_too_long": "is too long; it takes at most {max_length} characters.",
    "string_too_short": "is empty; it needs a text.",
}


def shaped(
    parsed: Parsed, shape: type[_Shape], file: str, at: Path = (), *, value: Any = None
) -> tuple[_Shape | None, list[Fault]]:
    """Return the value at a path as its shape; None, and the faults, when it does not fit.

    Args:
        parsed: The file.
        shape: What it should be.
        file: As faults name it.
        at: Where in the file the value stands.
        value: What stands there.
    """
    try:
        return shape.model_validate(value, strict=False), []
    except ValidationError as error:
        found = error.errors(include_url=False)
        faults = [_fault(one, parsed, shape, file, at) for one in found[:CONTEXT_FAULTS]]
        return None, faults


def _fault(error: Mapping[str, Any], parsed: Parsed, shape: type[Shape], file: str, at: Path) -> Fault:
    inner = tuple(part for part in error["loc"] if not str(part).startswith("function-"))
    name = named((*at, *inner)) or "The file"
    value = shorten(str(error["input"]), 40)
    line = parsed.line((*at, *inner))
    said = _said(error, value, shape, inner)
    return Fault(Place(file, line), f"{name}{'' if said.startswith(':') else ' '}{said}")


def named(path: Iterable[str | int]) -> str:
    """Write a path as people count: `actions, entry 2, owner`."""
    return ", ".join(f"entry {part + 1}" if isinstance(part, int) else shorten(part, 60) for part in path)


def _said(error: Mapping[str, Any], value: str, shape: type[Shape], inner: Path) -> str:
    kind, context = str(error["type"]), error.get("ctx", {})
    if kind == "extra_forbidden":
        return f"is not known here; {_meant(shape, inner)}"
    if kind == "value_error":
        text = str(context.get("error", error["msg"]))
        shown = f"is {value!r}, which " if isinstance(error["input"], str) else ": "
        return f"{shown}{text}{'' if text.endswith('?') else '.'}"
    if kind in _SAID:
        return _SAID[kind].format(value=repr(value), **{key: _plain(one) for key, one in context.items()})
    needs = next((needs for prefix, needs in _NEEDS.items() if kind.startswith(prefix)), "another value")
    return f"is empty; it needs {needs}." if error["input"] is None else f"is {value!r}; it needs {needs}."


def _plain(value: object) -> str:
    return f"{value:,}" if isinstance(value, int | float) else str(value).replace("'", "")


def _meant(shape: type[Shape], inner: Path) -> str:
    if len(inner) > 1:  # of a table inside, whose keys are not at hand
        return "leave it out."
    known = tuple(shape.model_fields)
    near = closest(str(inner[-1]), known, 1)
    return f"did you mean {near[0]}?" if near else f"known are {listed(known)}."
