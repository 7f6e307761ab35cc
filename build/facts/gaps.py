"""What a version does not have, or has only from before, as its manifest and documents say."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from build.facts.said import TestSaid
from quality.model.facts import Gap, GapState
from snapshot.format.kinds import KINDS, Kind, subject
from snapshot.format.manifest import Entry, Problem

Gaps = dict[tuple[str, int | None, int | None, int | None], Gap]
"""By kind, id, product and position."""


def missing(problem: Problem, copies: Mapping[tuple[str, int], datetime]) -> Gap:
    """Return the gap that a problem of the refresh left."""
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


def note_state(gaps: Gaps, entry: Entry) -> None:
    """Note a document that is not counted, or only an older copy."""
    if entry.state == "gone" or (entry.state == "stale" and _bugs_of(entry) not in gaps):
        gaps.setdefault(_key(entry), _not_fresh(entry))


def note_damage(gaps: Gaps, entry: Entry, why: str) -> None:
    """Note a document that cannot be used."""
    gaps.pop(_bugs_of(entry), None)
    gaps[_key(entry)] = _gap(entry, "damaged", f"The stored document cannot be used: {why}")


def note_unusable(gaps: Gaps, said: TestSaid) -> None:
    """Note the bugs of a test that have no usable id."""
    if said.unusable:
        every = said.unusable + len(said.listed)
        reason = f"{said.unusable} of its {every} bugs have no usable id; the others are counted."
        key = ("bugs", said.test.id, said.test.product_id, None)
        gaps.setdefault(key, Gap("bugs", said.test.id, said.test.product_id, "missing", reason))


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
