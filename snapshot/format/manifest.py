"""A version's manifest: every document that it consists of, and what is missing from it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import orjson
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    FailFast,
    Field,
    NonNegativeInt,
    PositiveInt,
    ValidationError,
)

from base.bounds import FIRST_YEAR, LAST_YEAR, PARSED_MANIFEST_BYTES
from snapshot.errors import DamagedManifest
from snapshot.format.kinds import Kind, ProblemKind
from snapshot.format.parsing import parsed
from snapshot.format.upgrade import FORMAT, upgraded
from snapshot.storage.layout import SHA256, VERSION_ID

State = Literal["fresh", "stale", "gone"]


def _in_utc(moment: datetime) -> datetime:
    """Return a time in UTC, with room before and after it to count days in any time zone."""
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError(f"the year is not between {FIRST_YEAR} and {LAST_YEAR}")
    return moment.astimezone(UTC)


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class Entry(_Part):
    """One document of a version."""

    kind: Kind
    id: NonNegativeInt
    product_id: PositiveInt | None = None
    sha256: Annotated[str, Field(pattern=SHA256.pattern, description="Hex; names the file")]
    size: Annotated[NonNegativeInt, Field(description="Bytes of the document's file")]
    fetched_at: Annotated[Moment, Field(description="When the upstream last gave exactly this")]
    items: Annotated[
        NonNegativeInt, Field(description="Bugs of a test, features of a product, reject reasons")
    ] = 0
    settled: Annotated[
        bool, Field(description="The upstream cannot change it any more, so it is not fetched again")
    ] = False
    state: Annotated[
        State,
        Field(description="stale: could not be fetched again; gone: the upstream no longer has it"),
    ] = "fresh"
    since: Annotated[Moment | None, Field(description="Since when it is stale or gone")] = None


class Neighbour(_Part):
    """A test that stands beside one that could not be read, so that a person can find it."""

    id: PositiveInt
    start_at: datetime | None = None
    end_at: datetime | None = None


class Problem(_Part):
    """One thing that the refresh could not get."""

    kind: Annotated[ProblemKind, Field(description="tests: a part of a product's list of tests")]
    id: PositiveInt | None = None
    product_id: PositiveInt | None = None
    reason: Annotated[str, Field(description="In words, without token or query")]
    since: Moment
    tries: Annotated[PositiveInt, Field(description="Refreshes in a row that met it")] = 1
    status: Annotated[int | None, Field(description="The upstream's last HTTP status")] = None
    stale: Annotated[bool, Field(description="An older copy is among the entries")] = False
    position: Annotated[NonNegativeInt | None, Field(description="In the list of tests, from 0")] = None
    neighbours: Annotated[tuple[Neighbour, ...], FailFast()] = ()


class Statistics(_Part):
    """The cost of a refresh."""

    requests: NonNegativeInt = 0
    retries: NonNegativeInt = 0
    seconds: Annotated[float, Field(ge=0)] = 0.0
    documents_written: NonNegativeInt = 0
    documents_unchanged: NonNegativeInt = 0
    checked_to: Annotated[
        str, Field(description="The hash up to which stored documents were checked; empty: all of them")
    ] = ""


class Manifest(_Part):
    """A version: its documents, its problems and where it came from."""

    format: PositiveInt = FORMAT
    id: Annotated[str, Field(pattern=VERSION_ID.pattern)]
    created_at: Moment
    api_host: Annotated[str, Field(description="The upstream's host, without path or credentials")]
    entries: Annotated[tuple[Entry, ...], FailFast()] = ()
    counts: dict[str, NonNegativeInt] = {}
    statistics: Statistics = Statistics()
    problems: Annotated[tuple[Problem, ...], FailFast()] = ()
    cleared: Annotated[
        tuple[Problem, ...],
        FailFast(),
        Field(description="Cleared problems: not listed until a refresh meets them again"),
    ] = ()
    refreshed: Annotated[
        dict[PositiveInt, Moment],
        Field(description="Products that this refresh did not ask for, and when one last did"),
    ] = {}
    since: Annotated[
        dict[PositiveInt, Moment],
        Field(description="Products of which older tests were left out, and before which end"),
    ] = {}
    rules: Annotated[
        NonNegativeInt, Field(description="The version of the rules by which secrets were cut out of it all")
    ] = 0
    sought: Annotated[
        tuple[str, ...],
        FailFast(),
        Field(description="Marks of the credentials that were cut out, which tell nothing without the token"),
    ] = ()


COLUMNS = tuple(Entry.model_fields)
"""What stands where in the line of an entry; defaults at its end are left out."""
_DEFAULTS = tuple(field.default for field in Entry.model_fields.values())


def encode_manifest(manifest: Manifest) -> bytes:
    """Write a manifest as bytes: sorted keys, and a line for each entry and problem, for diffs.

    There is a manifest a day and an entry a document, so an entry is a list of values, named in `columns`.
    """
    rows = {
        "columns": _line(COLUMNS),
        "entries": _rows([_values(entry) for entry in manifest.entries]),
        "problems": _rows([encode_row(problem) for problem in manifest.problems]),
    }
    head = manifest.model_dump(mode="json", exclude={"entries", "problems"})
    lines = {name: _line(value) for name, value in head.items()} | rows
    return (
        b"{\n" + b",\n".join(b'  "%b": %b' % (key.encode(), lines[key]) for key in sorted(lines)) + b"\n}\n"
    )


def encode_row(part: _Part) -> bytes:
    """Write one entry or problem as a line without its end: sorted keys, defaults left out."""
    return _line(part.model_dump(mode="json", exclude_defaults=True))


def decode_manifest(raw: bytes, name: str) -> Manifest:
    """Read a manifest, upgrading an older format.

    Args:
        raw: The stored bytes.
        name: What is read, for the error's text.

    Raises:
        DamagedManifest: when it is not a whole manifest.
        NewerFormat: when a later release wrote it.
    """
    try:
        fields = upgraded(parsed(raw, PARSED_MANIFEST_BYTES), name)
        return Manifest.model_validate({**fields, **_named(fields)})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        why = f"It is damaged: {where}: {first['msg']}."
    except ValueError as error:
        why = f"It is damaged: {error}."
    raise DamagedManifest(f"{name} cannot be read.", why, "Read another version, or take a new snapshot.")


def _line(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def _rows(lines: Sequence[bytes]) -> bytes:
    return b"[\n    " + b",\n    ".join(lines) + b"\n  ]" if lines else b"[]"


def _values(entry: Entry) -> bytes:
    values = list(entry.model_dump(mode="json").values())
    while values[-1] == _DEFAULTS[len(values) - 1]:
        values.pop()
    return _line(values)


def _named(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the entries with the names of their values; they may also have been written with them."""
    columns, rows = fields.get("columns"), fields.get("entries")
    if not isinstance(rows, list) or not isinstance(columns, list):
        return {}
    if not all(isinstance(name, str) for name in columns) or len(set(columns)) < len(columns):
        raise ValueError("its columns are not told apart by names")
    if any(isinstance(row, list) and len(row) > len(columns) for row in rows):
        raise ValueError("an entry has more values than there are columns")
    return {
        "entries": [dict(zip(columns, row, strict=False)) if isinstance(row, list) else row for row in rows]
    }
