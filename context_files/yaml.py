"""YAML as data with line numbers: no tag is followed, no alias, and nothing without a bound.

Values are built from PyYAML's events, so that nothing is ever constructed that a file names.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from base.bounds import CONTEXT_DEPTH, CONTEXT_VALUES
from base.text import shorten

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml where the wheel has it: ten times faster
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE, _FALSE = frozenset({"true", "True", "TRUE"}), frozenset({"false", "False", "FALSE"})

Path = tuple[str | int, ...]
"""The way to a value: `("actions", 0, "owner")`."""


class Plain(str):
    """A value without quotes: `4.10` stays what was written until someone asks for a number."""

    __slots__ = ()


class BadYaml(Exception):
    """A text that is not read, with the line and the reason."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(why)
        self.line = line
        self.why = why


@dataclass(slots=True)
class Parsed:
    """Hold what a text says, and the line (from 1) on which each value begins."""

    value: Any = None
    lines: dict[Path, int] = field(default_factory=dict)

    def line(self, path: Path) -> int:
        """Return the line of a value, or of the nearest one that it would stand in."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


@dataclass(slots=True)
class _Open:
    """A list or table that is being read; `key` is the one whose value comes next."""

    held: Any
    path: Path
    key: str | None = None
    waits: bool = False


def parse(text: str) -> Parsed:
    """Read one document of lists, tables and texts; a plain null is None.

    Raises:
        BadYaml: For what is no YAML, and for tags, anchors, aliases, a key that stands twice, a second
            document, and anything beyond the bounds.
    """
    try:
        return _built(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise BadYaml(mark.line + 1 if mark else 1, _why(text, error, mark)) from None
    except yaml.reader.ReaderError as error:
        raise BadYaml(
            1 + text.count("\n", 0, error.position), "It has a character that no text has."
        ) from None


def typed(value: Any) -> Any:
    """Return a value with its plain texts as numbers and truths, as YAML 1.2 means them."""
    if isinstance(value, dict):
        return {key: typed(one) for key, one in value.items()}
    if isinstance(value, list):
        return [typed(one) for one in value]
    if not isinstance(value, Plain):
        return value
    if value in _TRUE or value in _FALSE:
        return value in _TRUE
    for kind in (int, float):
        if value[:1] in "+-.0123456789" and "_" not in value and len(value) <= 40:  # noqa: PLR2004 - digits
            try:
                return kind(value)
            except ValueError:
                continue
    return str(value)


def _built(text: str) -> Parsed:
    found = Parsed()
    stack: list[_Open] = []
    values = documents = 0
    for event in _events(text):
        line = event.start_mark.line + 1
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise BadYaml(line, "A second document begins here; a file holds one.")
        elif isinstance(event, yaml.NodeEvent):
            _see_harmless(event, line)
            values += 1
            if values > CONTEXT_VALUES or len(stack) >= CONTEXT_DEPTH:
                why = f"more than {CONTEXT_VALUES:,} values" if values > CONTEXT_VALUES else "too deep"
                raise BadYaml(line, f"It is {why}." if why == "too deep" else f"It has {why}.")
            _take(found, stack, event, line)
        elif isinstance(event, yaml.CollectionEndEvent):
            stack.pop()
    return found


def _events(text: str) -> Iterator[Any]:
    return iter(yaml.parse(text, Loader=_LOADER))


def _see_harmless(event: Any, line: int) -> None:
    if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
        raise BadYaml(line, "Anchors (&) and aliases (*) are not read; put the text in quotes or repeat it.")
    if event.tag is not None:
        raise BadYaml(line, f"The tag {shorten(event.tag, 60)!r} is not read; leave it out.")


def _take(found: Parsed, stack: list[_Open], event: Any, line: int) -> None:
    """Put a value in its place: as a key, as the value of one, into a list, or as the whole."""
    top = stack[-1] if stack else None
    if top is not None and isinstance(top.held, dict) and not top.waits:
        if not isinstance(event, yaml.ScalarEvent):
            raise BadYaml(line, "A key must be a text.")
        if event.value in top.held:
            raise BadYaml(line, f"{shorten(event.value, 60)!r} stands here twice.")
        top.key, top.waits = event.value, True
        found.lines[(*top.path, event.value)] = line
        return
    value: Any
    if isinstance(event, yaml.ScalarEvent):
        plain = not event.style
        value = (None if event.value in _NULLS else Plain(event.value)) if plain else event.value
    else:
        value = {} if isinstance(event, yaml.MappingStartEvent) else []
    path: Path = ()
    if top is None:
        found.value = value
    elif isinstance(top.held, dict):
        path, top.waits = (*top.path, str(top.key)), False
        top.held[top.key] = value
    else:
        path = (*top.path, len(top.held))
        top.held.append(value)
    found.lines.setdefault(path, line)
    if not isinstance(event, yaml.ScalarEvent):
        stack.append(_Open(value, path))


def _why(text: str, error: yaml.MarkedYAMLError, mark: Any) -> str:
    lines = text.split("\n")
    here = lines[mark.line] if mark and mark.line < len(lines) else ""
    if "\t" in here[: len(here) - len(here.lstrip())] or ("\t" in here and "\\t" in str(error.problem)):
        return "A tab stands where blanks are needed; indent with blanks."
    if ": " in here.partition(": ")[2] and "mapping values" in str(error.problem):
        return "A text with a colon needs quotes around it."
    return f"It is not YAML: {shorten(str(error.problem or error.context or 'it cannot be read'), 120)}."
