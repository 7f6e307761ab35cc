"""Kinds of records that a team makes up, each described by a JSON Schema in `schemas/<kind>.json`."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from jsonschema.exceptions import SchemaError  # type: ignore[import-untyped]
from referencing import Registry

from base.bounds import CONTEXT_FAULTS
from base.text import shorten
from context_files.checked import named
from context_files.folder import File, fault
from context_files.yaml import BadYaml, Parsed, parse, typed
from quality.model.context import Fault, Own, Place

TAKEN = frozenset({"releases", "notes", "goals", "actions", "owners", "links", "schemas"})
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}", re.ASCII)
_REFUSED = frozenset({"pattern", "patternProperties", "$ref", "$dynamicRef", "$recursiveRef"})
"""A pattern may take forever on some text, references may multiply or lead elsewhere."""
_NAMES = frozenset({"properties", "$defs", "definitions", "dependentSchemas"})
_DATA = frozenset({"enum", "const", "default", "examples"})
_ABOUT = frozenset({"title", "name", "product", "visibility"})
_LONGEST_VALUE = 2_000


class _NotUsable(Exception):
    """A schema that says what is not taken here."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind with what checks its records."""

    name: str
    validator: Any


def kind_of(file: File) -> Kind | Fault:
    """Read the schema of a kind from `schemas/<kind>.json`."""
    name = file.parts[-1].removesuffix(".json")
    if not _NAME.fullmatch(name) or name in TAKEN:
        return fault(file, f"{shorten(name, 40)!r} cannot name a kind; choose another name in small letters.")
    try:
        schema = json.loads(file.text)
        _see_usable(schema)
    except json.JSONDecodeError as error:
        return fault(file, f"It is not JSON: {error.msg}.", error.lineno)
    except SchemaError as error:
        return fault(file, f"It is no JSON Schema: {shorten(error.message, 160)}.")
    except _NotUsable as error:
        return fault(file, str(error))
    except (ValueError, RecursionError):
        return fault(file, "It is no JSON Schema.")
    checker = Draft202012Validator.FORMAT_CHECKER
    return Kind(name, Draft202012Validator(schema, format_checker=checker, registry=Registry()))


def _see_usable(schema: Any) -> None:
    """Check that a schema is one, and has no keyword that is not taken.

    Raises:
        SchemaError: When it is none.
        _NotUsable: When it is no table, or has such a keyword.
    """
    if not isinstance(schema, dict):
        raise _NotUsable("A schema is a table: { … }.")
    if refused := next(_refused(schema), None):
        raise _NotUsable(f"{refused!r} is not taken in a schema here; use enum, format, items or lengths.")
    Draft202012Validator.check_schema(schema)


def record_of(file: File, kind: Kind) -> Own | list[Fault]:
    """Read a record of a kind from `<kind>/<name>.yaml`."""
    try:
        parsed = parse(file.text)
    except BadYaml as error:
        return [fault(file, error.why, error.line)]
    value = typed(parsed.value)
    faults = list(islice(_mismatches(file, kind, parsed, value), CONTEXT_FAULTS))
    if faults or not isinstance(value, dict):
        return faults or [fault(file, "A record is a table of names and values.")]
    product = value.get("product")
    title = str(value.get("title") or value.get("name") or file.parts[-1].rpartition(".")[0])
    return Own(
        Place(file.name),
        kind.name,
        shorten(title, 300),
        product if isinstance(product, int) and not isinstance(product, bool) else None,
        tuple((shorten(key, 60), _as_text(one)) for key, one in value.items() if key not in _ABOUT),
        "published" if value.get("visibility") == "published" else "internal",
    )


def _mismatches(file: File, kind: Kind, parsed: Parsed, value: Any) -> Iterator[Fault]:
    for error in kind.validator.iter_errors(value):
        path = tuple(error.absolute_path)
        where = f"{named(path)}: " if path else ""
        yield fault(file, f"{where}{shorten(error.message, 200)}.", parsed.line(path))


def _refused(schema: Mapping[str, Any]) -> Iterator[str]:
    """Yield the keywords of a schema that are not taken, wherever they stand."""
    waiting: list[Any] = [schema]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting += one
        elif isinstance(one, dict):
            for key, value in one.items():
                if key in _REFUSED:
                    yield key
                if key in _NAMES and isinstance(value, dict):
                    waiting += value.values()
                elif key not in _DATA:
                    waiting.append(value)


def _as_text(value: Any) -> str:
    if isinstance(value, list) and not any(isinstance(one, dict | list) for one in value):
        return shorten(", ".join(map(_as_text, value)), _LONGEST_VALUE)
    if isinstance(value, dict | list):
        return shorten(json.dumps(value, ensure_ascii=False), _LONGEST_VALUE)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else shorten(str(value), _LONGEST_VALUE)
