"""A document: one redacted object of the upstream in an envelope, and its bytes on disk."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from snapshot.errors import DamagedDocument, NewerFormat
from snapshot.format.kinds import KINDS, Kind
from snapshot.format.parsing import parsed
from snapshot.format.upgrade import FORMAT, upgraded

_CANONICAL = orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
_LONG_ID = 20
_FETCHED_AT = b'\n  "fetched_at": "'  # only a key of the envelope is indented by two spaces


@dataclass(frozen=True, slots=True)
class Document:
    """One object of the upstream, as it was fetched.

    Attributes:
        kind: What it is.
        id: The product's or the test's, as `KINDS` says; 0 for a kind of which there is only one.
        fetched_at: When the upstream gave it; stored in UTC and whole seconds.
        data: Of the shape that `KINDS` names, redacted.
    """

    kind: Kind
    id: int
    fetched_at: datetime
    data: Any


def whole_seconds(moment: datetime) -> datetime:
    """Return the moment in UTC without a fraction.

    Raises:
        ValueError: for a naive moment.
    """
    if moment.tzinfo is None:
        raise ValueError("a document's time needs an offset")
    return moment.astimezone(UTC).replace(microsecond=0)


def encode(document: Document) -> bytes:
    """Write a document as bytes: sorted keys, two spaces of indent, UTF-8, one trailing newline.

    Text that UTF-8 cannot hold (lone surrogates) is written with U+FFFD in its place, and an integer of more
    than 64 bits as the float nearest to it.

    Raises:
        ValueError: for a naive `fetched_at`, or data that JSON cannot hold.
    """
    envelope = {
        "format": FORMAT,
        "kind": document.kind,
        "id": document.id,
        "fetched_at": whole_seconds(document.fetched_at).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "data": document.data,
    }
    return canonical(envelope)


def canonical(envelope: dict[str, Any]) -> bytes:
    """Return any JSON object as the bytes in which a document would be stored.

    Raises:
        ValueError: when JSON cannot hold it.
    """
    try:
        return orjson.dumps(envelope, option=_CANONICAL)
    except TypeError:
        pass
    try:
        return orjson.dumps(_storable(envelope), option=_CANONICAL)
    except (TypeError, OverflowError, RecursionError) as error:
        raise ValueError(f"this cannot be stored as JSON: {error}") from None


def fingerprint(raw: bytes) -> str:
    """Return the SHA-256 (hex) of a stored document, leaving out the line that says when it was fetched."""
    start = raw.rfind(_FETCHED_AT)
    end = raw.find(b"\n", start + 1)
    if start < 0 or end < 0:
        return hashlib.sha256(raw).hexdigest()
    hashed = hashlib.sha256(memoryview(raw)[:start])
    hashed.update(memoryview(raw)[end:])
    return hashed.hexdigest()


def ending(kind: Kind, number: int) -> bytes:
    """Return how the bytes of a document of this kind and id end: a cheap check of whose they are."""
    return b'\n  "id": %d,\n  "kind": "%b"\n}\n' % (number, kind.encode())


def digest(document: Document) -> str:
    """Return the SHA-256 (hex) of a document's encoding without `fetched_at`: equal data, equal digest."""
    return fingerprint(encode(document))


def decode(raw: bytes, name: str = "The document") -> Document:
    """Read a document from its bytes, upgrading an older format.

    Args:
        raw: The stored bytes.
        name: What is read, for the error's text.

    Raises:
        DamagedDocument: when it is not a whole document.
        NewerFormat: when a later release wrote it.
    """
    try:
        return _document(parsed(raw), name)
    except NewerFormat:
        raise
    except (ValueError, OverflowError) as error:
        raise DamagedDocument(
            f"{name} cannot be read.", f"It is damaged: {error}.", "The next refresh fetches it again."
        ) from None


def _document(envelope: Any, name: str) -> Document:
    envelope = upgraded(envelope, name)
    kind, number, data = envelope.get("kind"), envelope.get("id"), envelope.get("data")
    if not isinstance(kind, str) or kind not in KINDS:
        raise ValueError("it names no known kind")
    if not isinstance(number, int) or isinstance(number, bool) or number < 0:
        raise ValueError("it has no usable id")
    if not isinstance(data, dict):
        raise ValueError("it holds no data")  # noqa: TRY004 - one error for all damage
    own = _own_id(data.get("test") if kind == "test" else data if kind == "product" else None)
    if own not in {None, number}:
        raise ValueError(f"it holds {kind} {own}")
    fetched_at = datetime.fromisoformat(str(envelope.get("fetched_at")))
    return Document(kind, number, whole_seconds(fetched_at), data)


def _own_id(thing: Any) -> int | None:
    """Return the id that the upstream gave an object; None for one that is no whole number."""
    found = thing.get("id") if isinstance(thing, dict) else None
    text = str(found) if isinstance(found, str | int) and not isinstance(found, bool) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < _LONG_ID else None


def _storable(value: Any) -> Any:
    match value:
        case str():
            return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        case bool():
            return value
        case int() if not -(2**63) <= value < 2**64:
            return float(value)
        case list() | tuple():
            return [_storable(item) for item in value]
        case dict():
            return {_storable(key): _storable(item) for key, item in value.items()}
        case _:
            return value
