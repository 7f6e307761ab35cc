"""Rows of lists, and where their numbers come from."""

import re
import unicodedata
from collections.abc import Collection, Iterable
from datetime import datetime

from quality.metrics.tally import Tally, tally
from quality.model.entities import EXECUTED_STATUSES, Bug, Facts, Gap, Named, Product, Test
from quality.views.shapes import BugRow, Freshness, TestRow
from quality.wording import capital, counted, day_utc, listing, measures, stamp

TEST_COLUMNS = (
    "bug_count", "critical_bugs", "high_bugs", "total_accepted", "overall_acceptance_rate", "rejection_rate",
    "auto_acceptance_rate", "review_rate",
)  # fmt: skip
_LONGEST_SLUG = 60
_STATES = {
    "missing": "missing, counted nowhere",
    "stale": "counted from an older copy",
    "damaged": "cannot be read, counted nowhere",
}


def all_products(facts: Facts) -> dict[int, Product]:
    """Every product by id, in the order of the ids; one whose own document is a gap has its id as name."""
    ids = sorted({*facts.products, *facts.tests_by_product})
    return {
        product_id: facts.products.get(product_id) or Product(product_id, f"Product {product_id}")
        for product_id in ids
    }


def named(facts: Facts, product_ids: Iterable[int]) -> tuple[Named, ...]:
    """The products with their names, in the order given."""
    products = all_products(facts)
    return tuple(Named(one, products[one].name if one in products else None) for one in product_ids)


def slug(product: Product) -> str:
    """`598-halo-shop`; the id alone when the name leaves nothing in ASCII."""
    plain = unicodedata.normalize("NFKD", product.name.casefold()).encode("ascii", "ignore").decode()
    words = re.sub(r"[^a-z0-9]+", "-", plain)[:_LONGEST_SLUG].strip("-")
    return f"{product.id}-{words}" if words else str(product.id)


def count(facts: Facts, tests: Iterable[Test]) -> Tally:
    """The tally of tests with all their bugs and what is known of the days to their review."""
    return tally(tests, review_days=facts.review_days)


def last_test(tests: Iterable[Test], now: datetime) -> Test | None:
    """The executed test that ended last, else one that is still running; None without any with an end.

    Args:
        tests: Newest first.
        now: When "ended" is.
    """
    executed = [test for test in tests if test.status in EXECUTED_STATUSES and test.end_at is not None]
    ended = [test for test in executed if test.end_at is not None and test.end_at <= now]
    return next(iter(ended or executed), None)


def bug_row(facts: Facts, bug: Bug) -> BugRow:
    """A bug in a list, with the names of its test and product."""
    test = facts.tests.get(bug.test_id)
    product = facts.products.get(bug.product_id)
    return BugRow(
        id=bug.id,
        title=bug.title,
        severity=bug.severity,
        review=bug.review,
        known=bug.known,
        test_id=bug.test_id,
        test_title=test.title if test else f"Test {bug.test_id}",
        product_id=bug.product_id,
        product=product.name if product else f"Product {bug.product_id}",
        feature_id=bug.feature_id,
        feature=bug.feature,
        tester=bug.tester,
        rejection_reason=bug.rejection_reason,
        reported_at=bug.reported_at,
    )


def test_row(facts: Facts, test: Test) -> TestRow:
    """A test in a list, with the measures of `TEST_COLUMNS`."""
    return TestRow(
        id=test.id,
        title=test.title,
        product_id=test.product_id,
        status=test.status,
        testing_type=test.testing_type,
        start_at=test.start_at,
        end_at=test.end_at,
        measures=measures(count(facts, (test,)), keys=TEST_COLUMNS),
        copied_at=facts.copies.get(test.id),
    )


def freshness(
    facts: Facts, product_ids: Collection[int] | None = None, *, test_id: int | None = None
) -> Freshness:
    """Where the numbers come from and what they lack.

    Args:
        facts: The snapshot.
        product_ids: Only the gaps on which numbers of these products depend; None for all.
        test_id: Of the gaps of tests only those of this one.
    """
    gaps = tuple(
        gap
        for gap in facts.gaps
        if (product_ids is None or gap.product_id is None or gap.product_id in product_ids)
        and (test_id is None or (gap.test_id in {None, test_id} and gap.kind != "tests"))
    )
    gone = [gap for gap in gaps if gap.state == "gone" and gap.kind == "test"]
    gaps = tuple(gap for gap in gaps if gap.state != "gone")
    text = f"Snapshot {facts.snapshot_id}, as of {stamp(facts.as_of)}."
    if gaps:
        text += f" {counted(len(gaps), 'gap')} in the data."
    if gone:
        verb = "is" if len(gone) == 1 else "are"
        text += f" {counted(len(gone), 'test')} {verb} gone from the API and counted nowhere."
    if test_id is None and (left := left_out(facts, product_ids)):
        text += f" {left}"
    return Freshness(facts.snapshot_id, facts.as_of, text, gaps, tuple(_said(facts, gap) for gap in gaps))


def left_out(facts: Facts, product_ids: Collection[int] | None) -> str:
    """Which older tests of these products (None: of all) the snapshot leaves out; empty for none."""
    bounds = [at for one, at in facts.left_out.items() if product_ids is None or one in product_ids]
    return f"Tests that ended before {day_utc(max(bounds))} are left out." if bounds else ""


def _said(facts: Facts, gap: Gap) -> str:
    """`Test 7 of Halo Shop: missing, counted nowhere, since 19 Nov 2026 (UTC), after 3 tries. Why.`."""
    parts = [_state(gap)]
    if gap.since is not None:
        parts.append(f"since {day_utc(gap.since)}")
    if gap.tries > 1:
        parts.append(f"after {gap.tries} tries")
    return f"{_subject(facts, gap)}: {', '.join(parts)}. {why(gap)}".rstrip()


def _state(gap: Gap) -> str:
    if gap.kind == "tests" and gap.place is None:
        return "not read to the end, what is missing is counted nowhere"
    if gap.state == "stale" and gap.copied_at is not None:
        return f"counted from the copy of {day_utc(gap.copied_at)}"
    return _STATES.get(gap.state, gap.state)


def why(gap: Gap) -> str:
    """The reason of a gap as a sentence; empty when none is known."""
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
