"""A snapshot's documents → the facts that every page, answer and index is made of."""

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from base.errors import InvalidInput
from build.facts.duplicates import BugOwners
from build.facts.history import known_review_days
from build.facts.likeness import found_again
from quality.deadlines import with_overdue
from quality.model.entities import Feature, Product, RejectReason, Test
from quality.model.facts import Facts, Gap, GapState
from quality.normalise import entities
from quality.normalise.values import identifier, name_of, objects, part
from quality.review_times import with_review_days
from quality.wording import stamp
from snapshot.errors import DamagedDocument
from snapshot.format.kinds import KINDS, Kind, subject
from snapshot.format.manifest import Entry, Problem
from snapshot.reader import Snapshot

_Gaps = dict[tuple[str, int | None, int | None, int | None], Gap]  # by kind, id, product and position
_UNSAID = timedelta(hours=1)
"""A product that was asked for so little before the others is as fresh as they are."""


def load_facts(snapshot: Snapshot) -> Facts:
    """Read and normalise everything that a version holds.

    A document or bug that cannot be read or has no usable id becomes a gap, and the rest goes on. A product
    that is known only by its tests has its id and the name that they give it. A bug that two tests list
    stays in the one that it names itself.

    Raises:
        NewerFormat: When a later release wrote a document.
        NoSnapshot: When the version was pruned while it was being read.
    """
    with _uncollected():
        return _loaded(snapshot)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Switch the cycle collector off: nothing here has cycles, and looking costs a third more time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _loaded(snapshot: Snapshot) -> Facts:
    copies: dict[tuple[str, int], datetime] = {
        (entry.kind, entry.id): entry.fetched_at for entry in snapshot.manifest.entries
    }
    gaps: _Gaps = {}
    for problem in snapshot.manifest.problems:
        gap = _missing(problem, copies)
        gaps[gap.kind, gap.id, gap.product_id, None if gap.id else gap.place] = gap
    reasons = _reject_reasons(snapshot, gaps)
    products = _products(snapshot, gaps)
    features = _features(snapshot, gaps)
    tests, names = _tests(snapshot, gaps, reasons)
    tests = {one.id: entities.in_sections(one, products.get(one.product_id)) for one in tests.values()}
    days = known_review_days(snapshot, tests)
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
    return Facts(
        snapshot_id=snapshot.id,
        as_of=now,
        products=dict(sorted(products.items())),
        features={product_id: features.get(product_id, ()) for product_id in sorted(products)},
        tests=tests,
        reject_reasons=reasons or entities.KNOWN_REJECT_REASONS,
        gaps=tuple(gaps.values()),
        left_out=snapshot.manifest.since,
        found_again=found_again(tests.values()),
    )


def _reject_reasons(snapshot: Snapshot, gaps: _Gaps) -> tuple[RejectReason, ...]:
    return tuple(
        reason
        for _, data in _documents(snapshot, "reject_reasons", gaps)
        for reason in entities.reject_reasons(part(data, "reject_reasons"))
    )


def _products(snapshot: Snapshot, gaps: _Gaps) -> dict[int, Product]:
    found = {}
    for entry, data in _documents(snapshot, "product", gaps):
        try:
            found[entry.id] = replace(entities.product(data), id=entry.id)
        except InvalidInput as error:
            _note_damage(gaps, entry, str(error))
    return found


def _features(snapshot: Snapshot, gaps: _Gaps) -> dict[int, tuple[Feature, ...]]:
    return {
        entry.id: entities.features(part(data, "features"), entry.id)
        for entry, data in _documents(snapshot, "features", gaps)
    }


def _tests(
    snapshot: Snapshot, gaps: _Gaps, reasons: tuple[RejectReason, ...]
) -> tuple[dict[int, Test], Mapping[int, str]]:
    """Return the tests by id, and the names that they give to their products."""
    found = {}
    names: dict[int, str] = {}
    owners = BugOwners()
    for entry, data in _documents(snapshot, "test", gaps):
        raw, bugs = part(data, "test"), objects(part(data, "bugs"))
        try:
            test = entities.test(raw, bugs, product_id=entry.product_id, reasons=reasons)
        except InvalidInput as error:
            _note_damage(gaps, entry, str(error))
            continue
        found[test.id] = test
        owners.claim(test.id, bugs)
        _note_unusable(gaps, test, bugs)
        if name := name_of(part(raw, "product")):
            names.setdefault(test.product_id, name)
    return owners.settle(found), names


def _documents(snapshot: Snapshot, kind: Kind, gaps: _Gaps) -> Iterator[tuple[Entry, Any]]:
    """Read the documents of one kind by id; those that are not counted or not fresh go to the gaps."""
    for entry in sorted(snapshot.entries(kind), key=lambda entry: entry.id):
        if entry.state == "gone" or (entry.state == "stale" and _bugs_of(entry) not in gaps):
            gaps.setdefault(_key(entry), _not_fresh(entry))
        if entry.state == "gone":
            continue
        try:
            yield entry, snapshot.read(entry).data
        except DamagedDocument as error:
            _note_damage(gaps, entry, error.why)


def _missing(problem: Problem, copies: Mapping[tuple[str, int], datetime]) -> Gap:
    kind = "test" if problem.kind == "bugs" else problem.kind
    return Gap(
        problem.kind,
        problem.id,
        problem.id if _id_is_of_a_product(subject(problem.kind)) else problem.product_id,
        "stale" if problem.stale else "missing",
        problem.reason,
        problem.since,
        problem.tries,
        copies.get((kind, problem.id or 0)) if problem.stale else None,
        None if problem.position is None else problem.position + 1,
        tuple(neighbour.id for neighbour in problem.neighbours),
    )


def _not_fresh(entry: Entry) -> Gap:
    if entry.state == "gone":
        return _gap(entry, "gone", "The API no longer has it.")
    return replace(_gap(entry, "stale", "It could not be fetched again."), copied_at=entry.fetched_at)


def _note_damage(gaps: _Gaps, entry: Entry, why: str) -> None:
    gaps.pop(_bugs_of(entry), None)
    gaps[_key(entry)] = _gap(entry, "damaged", f"The stored document cannot be used: {why}")


def _note_unusable(gaps: _Gaps, test: Test, raw_bugs: Sequence[Mapping[str, Any]]) -> None:
    unusable = sum(identifier(raw.get("id")) is None for raw in raw_bugs)
    if unusable:
        reason = f"{unusable} of its {len(raw_bugs)} bugs have no usable id; the others are counted."
        key = ("bugs", test.id, test.product_id, None)
        gaps.setdefault(key, Gap("bugs", test.id, test.product_id, "missing", reason))


def _gap(entry: Entry, state: GapState, reason: str) -> Gap:
    kind, number, product_id, _ = _key(entry)
    return Gap(kind, number, product_id, state, reason, entry.since)


def _bugs_of(entry: Entry) -> tuple[str, int | None, int | None, None]:
    """Return the key of a gap in a test's bugs, which repeats what a gap of the test itself says."""
    return ("bugs" if entry.kind == "test" else "", entry.id, entry.product_id, None)


def _key(entry: Entry) -> tuple[str, int | None, int | None, None]:
    if not KINDS[entry.kind].id_of:
        return entry.kind, None, None, None
    return entry.kind, entry.id, entry.id if _id_is_of_a_product(entry.kind) else entry.product_id, None


def _id_is_of_a_product(kind: Kind) -> bool:
    return KINDS[kind].id_of == "product"
