"""What the documents of tests say, read from the cache where it is known."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import msgspec

from build.facts.lean import LeanTests, encoded, lean
from build.facts.said import Said, TestSaid, said_by
from build.facts.stored import read_records, write_records
from quality.model.entities import RejectReason
from snapshot.format.manifest import Entry
from snapshot.reader import Snapshot

SHELVES = 16
"""So many files have the whole tests of a product, so that one is small."""
_decoder = msgspec.msgpack.Decoder(TestSaid)


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
    known = LeanTests(read_records(root, f"{number}.lean", made_of))
    found: dict[str, TestSaid | str] = dict(known.read(entry.sha256 for entry in entries))
    new = [entry for entry in entries if entry.sha256 not in found]
    for shelf, some in _shelves(new).items():
        full = read_records(root, f"{number}-{shelf}.full", made_of)
        for entry in some:
            said = said_by(snapshot, entry, reasons)
            found[entry.sha256] = said if isinstance(said, str) else _bare(said)
            if isinstance(said, TestSaid):
                with suppress(ValueError):
                    full[entry.sha256] = msgspec.Raw(encoded(said))
                    known.add(entry.sha256, said)
        _write(root, f"{number}-{shelf}.full", full, _shelves(entries)[shelf], made_of)
    if new:
        found |= known.read(entry.sha256 for entry in new)
        kept = known.only(entry.sha256 for entry in (*entries, *before))
        write_records(root, f"{number}.lean", kept, made_of)
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
                        records[entry.sha256] = msgspec.Raw(encoded(said))
                        new = True
            yield entry, said
        if new:
            _write(root, name, records, _shelves(entries)[shelf], made_of)


def read_known(
    snapshot: Snapshot, entries: Sequence[Entry], reasons: Sequence[RejectReason]
) -> Iterator[Said]:
    """Read documents of one product's tests without their long texts; add nothing to the cache."""
    known = LeanTests(read_records(snapshot.root, f"{product_of(entries)}.lean", _made_of(reasons)))
    found = known.read(entry.sha256 for entry in entries)
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


def _write(
    root: Path, name: str, records: dict[str, msgspec.Raw], wanted: Iterable[Entry], made_of: str
) -> None:
    kept = {entry.sha256 for entry in wanted}
    write_records(root, name, {key: one for key, one in records.items() if key in kept}, made_of)


def _made_of(reasons: Sequence[RejectReason]) -> str:
    return hashlib.blake2b(encoded(tuple(reasons)), digest_size=16).hexdigest()
