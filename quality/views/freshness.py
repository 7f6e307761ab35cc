"""How old the data are and what is missing, in words."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from quality.model.facts import Facts, Gap
from quality.wording import capital, counted, day_utc, listing, stamp


@dataclass(frozen=True, slots=True)
class Freshness:
    """The source of the numbers; `gaps` are those that these numbers depend on.

    Attributes:
        as_of: The snapshot's time, or since when the data of a page that tells its own age are as they are.
    """

    snapshot_id: str
    as_of: datetime
    text: str
    gaps: tuple[Gap, ...]
    gap_texts: tuple[str, ...]


_STATES = {
    "missing": "missing, not counted",
    "stale": "counted from an older copy",
    "damaged": "cannot be read, not counted",
}


def freshness(
    facts: Facts,
    product_ids: Collection[int] | None = None,
    *,
    test_id: int | None = None,
    still: bool = False,
) -> Freshness:
    """Say where the numbers come from and what they lack.

    Args:
        facts: The snapshot.
        product_ids: Only the gaps on which numbers of these products depend; None for all.
        test_id: Of the gaps of tests only those of this one.
        still: Tell the age of these tests' own data in place of the snapshot's, so that the text stays the
            same as long as they do.
    """
    gaps = tuple(
        gap
        for gap in facts.gaps
        if (product_ids is None or gap.product_id is None or gap.product_id in product_ids)
        and (test_id is None or (gap.test_id in {None, test_id} and gap.kind != "tests"))
    )
    gone = [gap for gap in gaps if gap.state == "gone" and gap.kind == "test"]
    gaps = tuple(gap for gap in gaps if gap.state != "gone")
    own = _own(facts, product_ids, test_id) if still else None
    at = own or facts.as_of
    text = f"Snapshot {facts.snapshot_id}, as of {stamp(at)}."
    if still:
        text = f"Data of {stamp(at)}, unchanged since." if own else f"No tests as of {stamp(at)}."
    if gaps:
        text += f" {counted(len(gaps), 'gap')} in the data."
    if gone:
        verb = "is" if len(gone) == 1 else "are"
        text += f" {counted(len(gone), 'test')} {verb} gone from the API and not counted."
    if test_id is None and (left := left_out(facts, product_ids)):
        text += f" {left}"
    return Freshness(facts.snapshot_id, at, text, gaps, tuple(_said(facts, gap) for gap in gaps))


def _own(facts: Facts, product_ids: Collection[int] | None, test_id: int | None) -> datetime | None:
    """Return since when the data of these tests are as they are; None without tests."""
    moments = [
        facts.changed.get(test.id, facts.as_of)
        for test in facts.tests.values()
        if (test_id is None or test.id == test_id) and (product_ids is None or test.product_id in product_ids)
    ]
    return max(moments, default=None)


def left_out(facts: Facts, product_ids: Collection[int] | None) -> str:
    """Say which older tests of these products (None: of all) the snapshot leaves out; empty for none."""
    bounds = [at for one, at in facts.left_out.items() if product_ids is None or one in product_ids]
    return f"Tests that ended before {day_utc(max(bounds))} are left out." if bounds else ""


def _said(facts: Facts, gap: Gap) -> str:
    """`Test 7 of Halo Shop: missing, not counted, since 19 Nov 2026 (UTC), after 3 tries. Why.`."""
    parts = [_state(gap)]
    if gap.since is not None:
        parts.append(f"since {day_utc(gap.since)}")
    if gap.tries > 1:
        parts.append(f"after {gap.tries} tries")
    return f"{_subject(facts, gap)}: {', '.join(parts)}. {why(gap)}".rstrip()


def _state(gap: Gap) -> str:
    if gap.kind == "tests" and gap.place is None:
        return "not read to the end, and what is missing is not counted"
    if gap.state == "stale" and gap.copied_at is not None:
        return f"counted from the copy of {day_utc(gap.copied_at)}"
    return _STATES.get(gap.state, gap.state)


def why(gap: Gap) -> str:
    """Return the reason of a gap as a sentence; empty when none is known."""
    reason = " ".join(gap.reason.split()).rstrip(".")
    return f"{capital(reason)}." if reason else ""


def _place(gap: Gap) -> str:
    """`in place 5 of its list, between the tests 8 and 6`."""
    beside = f"{'between the tests' if gap.beside[1:] else 'beside test'} {listing(map(str, gap.beside))}"
    return f"in place {gap.place} of its list" + (f", {beside}" if gap.beside else "")


def _subject(facts: Facts, gap: Gap) -> str:
    product = facts.products.get(gap.product_id or 0)
    of = "" if gap.product_id is None else f" of {product.name if product else f'product {gap.product_id}'}"
    number = "" if gap.id is None else f" {gap.id}"
    subjects = {
        "product": product.name if product else f"Product{number}",
        "features": f"The features{of}",
        "tests": f"The list of tests{of}" if gap.place is None else f"A test{of}, {_place(gap)}",
        "test": f"{'Test' if number else 'A test'}{number}{of}",
        "bugs": f"The bugs of test{number}{of}",
        "reject_reasons": "The list of reject reasons",
    }
    return subjects.get(gap.kind) or f"{capital(gap.kind)}{number}{of}"
