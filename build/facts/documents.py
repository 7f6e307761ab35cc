"""What the document of a test says by itself, normalised; read from the cache where it is known."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from base.errors import InvalidInput
from build.facts.duplicates import listed
from build.facts.stored import read_records, write_records
from quality.model.entities import Bug, RejectReason, Test
from quality.normalise import from_upstream
from quality.normalise.values import name_of, objects, part
from snapshot.errors import DamagedDocument
from snapshot.format.manifest import Entry
from snapshot.reader import Snapshot


@dataclass(frozen=True, slots=True)
class TestSaid:
    """The content of one document of a test.

    Attributes:
        listed: The ids of its bugs, each with whether the bug names this test itself.
        unusable: How many of its bugs have no usable id.
        product_name: The name that it gives to its product.
        fetched_at: When exactly this was fetched first.
    """

    __test__ = False

    test: Test
    listed: tuple[tuple[int, bool], ...]
    unusable: int = 0
    product_name: str | None = None
    fetched_at: datetime | None = None


Said = tuple[Entry, TestSaid | str]
"""A document, and what it says, or why it cannot be used."""

SHELVES = 16
"""So many files have the whole tests of a product, so that one is small."""
_TEST_ID, _PRODUCT_ID = Bug.__dict__["test_id"], Bug.__dict__["product_id"]
_SHARED = tuple(
    (place.__get__, place.__set__)
    for name in (
        "status", "language", "tester", "feature_id", "feature", "platforms", "browsers", "device_categories",
        "rejection_reason",
    )
    if (place := Bug.__dict__[name])
)  # fmt: skip
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(TestSaid)


def said_by(snapshot: Snapshot, entry: Entry, reasons: Sequence[RejectReason]) -> TestSaid | str:
    """Read and normalise one document; return why where it cannot be used.

    Raises:
        NewerFormat: When a later release wrote it.
        NoSnapshot: When the version was pruned while it was being read.
    """
    try:
        document = snapshot.read_stored(entry)
        data: Any = document.data
        raw, bugs = part(data, "test"), objects(part(data, "bugs"))
        test = from_upstream.test(raw, bugs, product_id=entry.product_id, reasons=reasons)
    except DamagedDocument as error:
        return error.why
    except InvalidInput as error:
        return str(error)
    claims = listed(test.id, bugs)
    name = name_of(part(raw, "product"))
    return TestSaid(test, claims, len(bugs) - len(claims), name, document.fetched_at)


def lean(test: Test) -> Test:
    """Return a test without its long texts, which no number, list or finding is made of."""
    bugs = tuple(
        replace(
            bug,
            location=None,
            expected_result=None,
            actual_result=None,
            steps=(),
            devices=(),
            comments=(),
            attachments=(),
        )
        for bug in test.bugs
    )
    return replace(test, goal=None, instructions=None, out_of_scope=None, reviews=(), bugs=bugs)


def share(tests: Iterable[Test]) -> None:
    """Let bugs that were just decoded share equal values, of which most of their memory is."""
    known: dict[object, object] = {}
    shared = known.setdefault
    for test in tests:
        for bug in test.bugs:
            _TEST_ID.__set__(bug, test.id)
            _PRODUCT_ID.__set__(bug, test.product_id)
            for read, write in _SHARED:
                value = read(bug)
                if value is not None and (one := shared(value, value)) is not value:
                    write(bug, one)


def read_all(snapshot: Snapshot, entries: Iterable[Entry], reasons: Sequence[RejectReason]) -> Iterator[Said]:
    """Read documents of tests, whole and without the cache."""
    return ((entry, said_by(snapshot, entry, reasons)) for entry in entries)


def read_lean(
    snapshot: Snapshot,
    entries: Sequence[Entry],
    reasons: Sequence[RejectReason],
    before: Iterable[Entry] = (),
) -> Iterator[Said]:
    """Read documents of one product's tests without their long texts; what is new is added to the cache.

    Args:
        snapshot: The version.
        entries: The documents, all of one product.
        reasons: The served reject reasons.
        before: Those of the version before, which stay in the cache for what changed since.
    """
    root, made_of, number = snapshot.root, _made_of(reasons), product_of(entries)
    records = read_records(root, f"{number}.lean", made_of)
    found = _decoded(records, entries)
    share(said.test for said in found.values() if isinstance(said, TestSaid))
    new = [entry for entry in entries if entry.sha256 not in found]
    for shelf, some in _shelves(new).items():
        full = read_records(root, f"{number}-{shelf}.full", made_of)
        for entry in some:
            said = said_by(snapshot, entry, reasons)
            found[entry.sha256] = said if isinstance(said, str) else _bare(said)
            if isinstance(said, TestSaid):
                with suppress(ValueError):
                    full[entry.sha256], records[entry.sha256] = _encoded(said), _encoded(_bare(said))
        _write(root, f"{number}-{shelf}.full", full, _shelves(entries)[shelf], made_of)
    if new:
        _write(root, f"{number}.lean", records, (*entries, *before), made_of)
    return ((entry, found[entry.sha256]) for entry in entries)


def read_full(
    snapshot: Snapshot,
    entries: Sequence[Entry],
    reasons: Sequence[RejectReason],
    chosen: Iterable[Entry] | None = None,
) -> Iterator[Said]:
    """Read documents of one product's tests whole, some at a time; what is missing is added to the cache.

    Args:
        snapshot: The version.
        entries: The documents, all of one product.
        reasons: The served reject reasons.
        chosen: Some of them alone.
    """
    root, made_of, number = snapshot.root, _made_of(reasons), product_of(entries)
    for shelf, some in _shelves(entries if chosen is None else chosen).items():
        name = f"{number}-{shelf}.full"
        records = read_records(root, name, made_of)
        new = False
        for entry in some:
            said: TestSaid | str | None = _decoded(records, (entry,)).get(entry.sha256)
            if said is None:
                said = said_by(snapshot, entry, reasons)
                if isinstance(said, TestSaid):
                    with suppress(ValueError):
                        records[entry.sha256] = _encoded(said)
                        new = True
            yield entry, said
        if new:
            _write(root, name, records, _shelves(entries)[shelf], made_of)


def read_known(
    snapshot: Snapshot, entries: Sequence[Entry], reasons: Sequence[RejectReason]
) -> Iterator[Said]:
    """Read documents of one product's tests without their long texts; add nothing to the cache."""
    records = read_records(snapshot.root, f"{product_of(entries)}.lean", _made_of(reasons))
    found = _decoded(records, entries)
    for entry in entries:
        said = found.get(entry.sha256) or said_by(snapshot, entry, reasons)
        yield entry, said if isinstance(said, str) else _bare(said)


def product_of(entries: Sequence[Entry]) -> int:
    """Return the product whose documents these are; 0 when they name none."""
    return next((entry.product_id for entry in entries if entry.product_id), 0)


def shelf_of(test_id: int) -> int:
    """Return which of a product's files of whole tests has this one."""
    return test_id % SHELVES


def _shelves(entries: Iterable[Entry]) -> dict[int, list[Entry]]:
    found: dict[int, list[Entry]] = {}
    for entry in entries:
        found.setdefault(shelf_of(entry.id), []).append(entry)
    return found


def _decoded(records: Mapping[str, msgspec.Raw], entries: Iterable[Entry]) -> dict[str, TestSaid | str]:
    """Decode the records of documents by hash, those that are of the right form."""
    found: dict[str, TestSaid | str] = {}
    for entry in entries:
        if entry.sha256 in records:
            with suppress(msgspec.DecodeError, RecursionError):
                found[entry.sha256] = _decoder.decode(records[entry.sha256])
    return found


def _bare(said: TestSaid) -> TestSaid:
    return replace(said, test=lean(said.test))


def _encoded(said: TestSaid) -> msgspec.Raw:
    """Encode what a document says.

    Raises:
        ValueError: When a text is not Unicode, or a number too large.
    """
    try:
        return msgspec.Raw(_encoder.encode(said))
    except OverflowError as error:
        raise ValueError(str(error)) from None


def _write(
    root: Path, name: str, records: dict[str, msgspec.Raw], wanted: Iterable[Entry], made_of: str
) -> None:
    kept = {entry.sha256 for entry in wanted}
    write_records(root, name, {key: one for key, one in records.items() if key in kept}, made_of)


def _made_of(reasons: Sequence[RejectReason]) -> str:
    return hashlib.blake2b(_encoder.encode(tuple(reasons)), digest_size=16).hexdigest()
