"""What several documents say together, read from the cache where their hashes are known."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

import msgspec

from build.facts.history import Reviews
from build.facts.likeness import Found, found_since
from build.facts.stored import read_records, write_records
from quality.model.entities import ReviewState, Test
from snapshot.format.manifest import Entry
from snapshot.reader import Snapshot

_T = TypeVar("_T")
_encode = msgspec.msgpack.Encoder().encode
_found = msgspec.msgpack.Decoder(Found)
_reviews = msgspec.msgpack.Decoder(dict[int, ReviewState])


def known_again(
    snapshot: Snapshot, tests: Iterable[Test], lost: Mapping[int, frozenset[int]]
) -> dict[int, int]:
    """Return what `likeness.found_again` does; of a product whose documents are the same, from the cache.

    Of one that changed, bugs before the first other one are not looked at again.

    Args:
        snapshot: The version.
        tests: Its tests.
        lost: The bugs that other tests keep, by the id of each test that lists such ones.
    """
    by_product: dict[int, list[Test]] = {}
    for test in tests:
        by_product.setdefault(test.product_id, []).append(test)
    found: dict[int, int] = {}
    for product_id, some in by_product.items():
        made_of = hashlib.blake2b(digest_size=32)
        for test in some:
            entry = snapshot.entry("test", test.id)
            said = (entry and entry.sha256, test.id, sorted(lost.get(test.id, ())))
            made_of.update(_encode(said))
        name, key = f"{product_id}.again", made_of.hexdigest()
        records = read_records(snapshot.root, name)
        known = _decoded(_found, records.get(key))
        if known is None:
            before = next((one for raw in records.values() if (one := _decoded(_found, raw))), Found())
            known = found_since(some, before)
            write_records(snapshot.root, name, {key: msgspec.Raw(_encode(known))})
        found |= known.again
    return found


def known_reviews(
    snapshot: Snapshot, entries: Sequence[Entry], read: Callable[[Entry], Reviews]
) -> dict[str, Reviews]:
    """Return the reviews in documents of earlier versions by hash, of those that are known from the cache.

    Args:
        snapshot: A version in the snapshot folder.
        entries: The documents; the cache holds these, and no others, afterwards.
        read: Reads one of them.
    """
    by_product: dict[int, dict[str, Entry]] = {}
    for entry in entries:
        by_product.setdefault(entry.product_id or 0, {})[entry.sha256] = entry
    found: dict[str, Reviews] = {}
    for product_id, wanted in by_product.items():
        name = f"{product_id}.reviews"
        records = read_records(snapshot.root, name)
        known = {sha256: _decoded(_reviews, records.get(sha256)) for sha256 in wanted}
        read_anew = {sha256: read(wanted[sha256]) for sha256, reviews in known.items() if reviews is None}
        found |= {sha256: reviews for sha256, reviews in known.items() if reviews is not None} | read_anew
        if read_anew:
            kept = {sha256: records[sha256] for sha256 in wanted if sha256 not in read_anew}
            new = {sha256: msgspec.Raw(_encode(reviews)) for sha256, reviews in read_anew.items()}
            write_records(snapshot.root, name, kept | new)
    return found


def _decoded(decoder: msgspec.msgpack.Decoder[_T], record: msgspec.Raw | None) -> _T | None:
    if record is None:
        return None
    try:
        return decoder.decode(record)
    except (msgspec.DecodeError, RecursionError):
        return None
