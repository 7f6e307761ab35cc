"""A version opened by what is needed: everything countable at once, the long texts of a product on demand."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import msgspec

from build.facts.derived import known_again, known_reviews
from build.facts.documents import read_all, read_full, read_known, read_lean
from build.facts.duplicates import without
from build.facts.history import facts_before
from build.facts.load import Account, by_product, loaded, uncollected
from build.facts.said import Said
from quality.deadlines import with_overdue
from quality.model.context import NO_CONTEXT
from quality.model.entities import RejectReason, Test
from quality.model.facts import Facts
from quality.normalise.people import without_names
from quality.review_times import with_review_days
from snapshot.format.manifest import Entry
from snapshot.reader import Snapshot

__all__ = ["Account", "account_before", "hashes_of_tests", "open_account", "whole_test", "whole_tests"]

_encode = msgspec.msgpack.Encoder().encode


def open_account(snapshot: Snapshot, before: Snapshot | None = None, *, hide_names: bool = False) -> Account:
    """Read what `load_facts` does, but the long texts, from the cache; what is new is normalised and added.

    The cache lies beside the documents, says what they say, names too, and is made again where it cannot be
    used.

    Args:
        snapshot: The version.
        before: The version before, whose tests stay in the cache for what changed since.
        hide_names: Give people pseudonyms.

    Raises:
        NewerFormat: When a later release wrote a document.
        NoSnapshot: When the version was pruned while it was being read.
    """
    earlier = by_product(before.entries("test")) if before else {}

    def lean_ones(
        version: Snapshot, entries: Sequence[Entry], reasons: Sequence[RejectReason]
    ) -> Iterator[Said]:
        for product_id, some in by_product(entries).items():
            yield from read_lean(version, some, reasons, earlier.get(product_id, ()))

    with uncollected():
        return loaded(snapshot, lean_ones, known_reviews, known_again, hide_names=hide_names)


def hashes_of_tests(account: Account, code: str) -> dict[int, str]:
    """Return the hash of all that each test as a whole is made of, by id: its document, context and code."""
    context = account.facts.context
    shared = _encode(
        (code, account.facts.hide_names, account.reasons, "" if context == NO_CONTEXT else repr(context))
    )
    found = {}
    for test in account.facts.tests.values():
        entry = account.snapshot.entry("test", test.id)
        said = (entry and entry.sha256, test.section, sorted(account.lost.get(test.id, ())))
        found[test.id] = hashlib.blake2b(shared + _encode(said), digest_size=12).hexdigest()
    return found


def whole_tests(account: Account, test_ids: Iterable[int]) -> dict[int, Test]:
    """Return some of the account's tests with their long texts, by id.

    Raises:
        NewerFormat: When a later release wrote a document.
        NoSnapshot: When the version was pruned since it was opened.
    """
    wanted = {one: account.facts.tests[one] for one in test_ids if one in account.facts.tests}
    entries = [entry for one in wanted if (entry := account.snapshot.entry("test", one))]
    with uncollected():
        for product_id, chosen in by_product(entries).items():
            wanted |= _finished(
                account, read_full(account.snapshot, account.documents[product_id], account.reasons, chosen)
            )
    return wanted


def whole_test(account: Account, test_id: int) -> Test:
    """Return one of the account's tests with its long texts, from its document.

    Raises:
        KeyError: When the account has no such test.
        NewerFormat: When a later release wrote its document.
        NoSnapshot: When the version was pruned since it was opened.
    """
    bare = account.facts.tests[test_id]
    entry = account.snapshot.entry("test", test_id)
    if entry is None:
        return bare
    found = _finished(account, read_all(account.snapshot, (entry,), account.reasons))
    return found.get(test_id, bare)


def account_before(account: Account, version: Snapshot | None) -> Facts | None:
    """Return the tests of the version before without their long texts, or None when there is none.

    Args:
        account: The version that is counted.
        version: The one before.
    """

    def known(version: Snapshot, entries: Sequence[Entry]) -> dict[int, Test]:
        return {
            entry.id: said.test
            for some in by_product(entries).values()
            for entry, said in read_known(version, some, account.reasons)
            if not isinstance(said, str)
        }

    if version is None:
        return None
    return facts_before(account.snapshot, account.facts, version, known)


def _finished(account: Account, said: Iterable[Said]) -> dict[int, Test]:
    """Return whole tests with everything that an account says of them beside their documents."""
    facts, found = account.facts, {}
    for _, one in said:
        if isinstance(one, str) or one.test.id not in facts.tests:
            continue
        test = without(one.test, account.lost.get(one.test.id, ()))
        test = replace(test, section=facts.tests[test.id].section)
        if facts.hide_names:
            test = without_names(test)
        found[test.id] = with_overdue(with_review_days(test, account.days), facts.as_of)
    return found
