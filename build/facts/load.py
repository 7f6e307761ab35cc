"""A snapshot's documents → the facts that every page, answer and index is made of."""

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from base.errors import InvalidInput
from build.facts.documents import read_all
from build.facts.duplicates import BugOwners, without
from build.facts.gaps import Gaps, missing, note_damage, note_state, note_unusable
from build.facts.history import Known, past
from build.facts.likeness import found_again
from build.facts.said import Said, TestSaid
from quality.deadlines import with_overdue
from quality.model.entities import Feature, Product, RejectReason, Test
from quality.model.facts import Facts, Gap
from quality.normalise import from_upstream
from quality.normalise.people import without_names
from quality.normalise.values import part
from quality.review_times import with_review_days
from quality.wording import stamp
from snapshot.errors import DamagedDocument
from snapshot.format.kinds import Kind
from snapshot.format.manifest import Entry
from snapshot.reader import Snapshot

Reading = Callable[[Snapshot, Sequence[Entry], Sequence[RejectReason]], Iterable[Said]]
"""Reads documents of tests."""
Again = Callable[[Snapshot, Iterable[Test], Mapping[int, frozenset[int]]], Mapping[int, int]]
"""Finds the bugs that are much like earlier ones."""
_UNSAID = timedelta(hours=1)
"""A product that was asked for so little before the others is as fresh as they are."""


@dataclass(frozen=True)
class Account:
    """A version without the long texts of tests and bugs: a product's own are read on demand.

    Attributes:
        snapshot: The version.
        facts: Every number, list and finding can be made of them. The fields that `documents.lean` names
            are empty.
        lost: The bugs that other tests keep, by the id of each test that lists such ones.
        days: The days to the review, by bug id.
        reasons: The reject reasons that the upstream served.
    """

    snapshot: Snapshot
    facts: Facts
    lost: Mapping[int, frozenset[int]]
    days: Mapping[int, float]
    reasons: tuple[RejectReason, ...]

    @cached_property
    def documents(self) -> Mapping[int, Sequence[Entry]]:
        """Return the documents of tests by product; 0 stands for those that name none."""
        return by_product(self.snapshot.entries("test"))


def by_product(entries: Iterable[Entry]) -> dict[int, list[Entry]]:
    """Group the documents that are counted."""
    found: dict[int, list[Entry]] = {}
    for entry in entries:
        if entry.state != "gone":
            found.setdefault(entry.product_id or 0, []).append(entry)
    return found


def load_facts(snapshot: Snapshot, *, hide_names: bool = False) -> Facts:
    """Read and normalise everything that a version holds, without the cache.

    A document or bug that cannot be read or has no usable id becomes a gap, and the rest goes on. A product
    that is known only by its tests has its id and the name that they give it. A bug that two tests list
    stays in the one that it names itself.

    Args:
        snapshot: The version.
        hide_names: Give people pseudonyms.

    Raises:
        NewerFormat: When a later release wrote a document.
        NoSnapshot: When the version was pruned while it was being read.
    """
    with uncollected():
        return loaded(snapshot, read_all, hide_names=hide_names).facts


@contextmanager
def uncollected() -> Iterator[None]:
    """Switch the cycle collector off: nothing here has cycles, and looking costs a third more time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def loaded(
    snapshot: Snapshot,
    read: Reading,
    known: Known | None = None,
    again: Again | None = None,
    *,
    hide_names: bool = False,
) -> Account:
    """Read a version.

    Args:
        snapshot: The version.
        read: Reads the documents of its tests.
        known: Reads the reviews in documents of earlier versions.
        again: Finds the bugs that are much like earlier ones.
        hide_names: Give people pseudonyms.
    """
    copies: dict[tuple[str, int], datetime] = {
        (entry.kind, entry.id): entry.fetched_at for entry in snapshot.manifest.entries
    }
    gaps: Gaps = {}
    for problem in snapshot.manifest.problems:
        gap = missing(problem, copies)
        gaps[gap.kind, gap.id, gap.product_id, None if gap.id else gap.place] = gap
    reasons = _reject_reasons(snapshot, gaps)
    products = _products(snapshot, gaps)
    features = _features(snapshot, gaps)
    said = _tests(snapshot, gaps, reasons, read)
    lost, names = _claimed(said.values())
    changed = {one.test.id: one.fetched_at for one in said.values() if one.fetched_at}
    tests = {test_id: without(one.test, lost.get(test_id, ())) for test_id, one in said.items()}
    del said  # it lists every bug once more
    if hide_names:
        tests = {one.id: without_names(one) for one in tests.values()}
    tests = {one.id: from_upstream.in_sections(one, products.get(one.product_id)) for one in tests.values()}
    before = past(snapshot, tests, known)
    days = before.days
    now = snapshot.manifest.created_at
    tests = {one.id: with_overdue(with_review_days(one, days), now) for one in tests.values()}
    for product_id, at in snapshot.manifest.refreshed.items():
        if product_id in products and snapshot.manifest.created_at - at >= _UNSAID:
            reason = f"It was last refreshed at {stamp(at)}, not with the others"
            gaps.setdefault(
                ("product", product_id, product_id, None),
                Gap("product", product_id, product_id, "stale", reason, copied_at=at),
            )
    for product_id in {test.product_id for test in tests.values()} - products.keys():
        products[product_id] = Product(product_id, names.get(product_id) or f"Product {product_id}")
    facts = Facts(
        snapshot_id=snapshot.id,
        as_of=now,
        products=dict(sorted(products.items())),
        features={product_id: features.get(product_id, ()) for product_id in sorted(products)},
        tests=tests,
        reject_reasons=reasons or from_upstream.KNOWN_REJECT_REASONS,
        gaps=tuple(gaps.values()),
        left_out=snapshot.manifest.since,
        found_again=again(snapshot, tests.values(), lost) if again else found_again(tests.values()),
        changed=changed,
        history=before.history,
        hide_names=hide_names,
    )
    return Account(snapshot, facts, lost, days, reasons)


def _reject_reasons(snapshot: Snapshot, gaps: Gaps) -> tuple[RejectReason, ...]:
    return tuple(
        reason
        for _, data in _documents(snapshot, "reject_reasons", gaps)
        for reason in from_upstream.reject_reasons(part(data, "reject_reasons"))
    )


def _products(snapshot: Snapshot, gaps: Gaps) -> dict[int, Product]:
    found = {}
    for entry, data in _documents(snapshot, "product", gaps):
        try:
            found[entry.id] = replace(from_upstream.product(data), id=entry.id)
        except InvalidInput as error:
            note_damage(gaps, entry, str(error))
    return found


def _features(snapshot: Snapshot, gaps: Gaps) -> dict[int, tuple[Feature, ...]]:
    return {
        entry.id: from_upstream.features(part(data, "features"), entry.id)
        for entry, data in _documents(snapshot, "features", gaps)
    }


def _tests(
    snapshot: Snapshot, gaps: Gaps, reasons: tuple[RejectReason, ...], read: Reading
) -> dict[int, TestSaid]:
    """Return what the tests' documents say, by id and in the order of the ids."""
    entries = sorted(snapshot.entries("test"), key=lambda entry: entry.id)
    said = {
        entry.id: one for entry, one in read(snapshot, [e for e in entries if e.state != "gone"], reasons)
    }
    found = {}
    for entry in entries:
        note_state(gaps, entry)
        one = said.get(entry.id)
        if isinstance(one, str):
            note_damage(gaps, entry, one)
        elif one is not None:
            found[one.test.id] = one
            note_unusable(gaps, one)
    return found


def _claimed(said: Iterable[TestSaid]) -> tuple[dict[int, frozenset[int]], dict[int, str]]:
    """Return the bugs that other tests keep by the id of each test, and the products' names by tests."""
    owners = BugOwners()
    names: dict[int, str] = {}
    for one in said:
        owners.claim(one.test.id, one.listed)
        if one.product_name:
            names.setdefault(one.test.product_id, one.product_name)
    return owners.losses(), names


def _documents(snapshot: Snapshot, kind: Kind, gaps: Gaps) -> Iterator[tuple[Entry, Any]]:
    """Read the documents of one kind by id; those that are not counted or not fresh go to the gaps."""
    for entry in sorted(snapshot.entries(kind), key=lambda entry: entry.id):
        note_state(gaps, entry)
        if entry.state == "gone":
            continue
        try:
            yield entry, snapshot.read(entry).data
        except DamagedDocument as error:
            note_damage(gaps, entry, error.why)
