"""What a report counts: the selected tests, those of the period before, and what verdicts rest on."""

from dataclasses import dataclass, replace
from datetime import datetime

from quality.metrics.tally import Tally, tally
from quality.model.entities import Test
from quality.model.facts import Facts
from quality.options import QualityOptions
from quality.periods.periods import ALL_TIME, Period, previous
from quality.product_verdict import Judged, product_verdict, recent_days, window
from quality.products import all_products
from quality.selection import Selection, select
from quality.verdicts import Verdict, review_verdict


@dataclass(frozen=True, slots=True)
class Scope:
    """Hold what a report counts.

    Attributes:
        tests: The selected ones, newest first.
        ever: The same selection over all time.
        before: The previous period of the same length; None where there is none.
        judged: What the verdict on the product rests on.
    """

    product_ids: tuple[int, ...]
    tests: tuple[Test, ...]
    ever: tuple[Test, ...]
    found: Tally
    before: Tally | None
    before_period: Period | None
    judged: Judged

    def of_product(self, product_id: int) -> "Scope":
        """Return what belongs to one product, for its verdicts."""
        return replace(
            self,
            product_ids=(product_id,),
            found=self.found.of_product(product_id),
            judged=self.judged.of_product(product_id),
        )


def verdicts(scoped: Scope, options: QualityOptions) -> tuple[Verdict, Verdict]:
    """Return the verdict on the product and the one on the review."""
    thresholds = options.thresholds_of(scoped.product_ids)
    return (
        product_verdict(scoped.judged, thresholds, options.settled),
        review_verdict(scoped.found, thresholds, options.weights),
    )


def scope(facts: Facts, selection: Selection, now: datetime) -> Scope:
    """Select and count.

    Args:
        facts: The snapshot.
        selection: Which tests count.
        now: Where a period without an end ends for the verdict on the product.

    Raises:
        NotFound: For a product or test that the snapshot does not know.
        InvalidInput: For an unknown status.
    """
    tests = select(facts, selection)
    if selection.test_ids is not None:
        product_ids = tuple(dict.fromkeys(test.product_id for test in tests))
        found = tally(tests)
        return Scope(product_ids, tests, tests, found, None, None, Judged(found))
    chosen = selection.product_ids
    product_ids = tuple(all_products(facts)) if chosen is None else tuple(dict.fromkeys(chosen))
    earlier = previous(selection.period)
    found = tally(tests)
    before = None if earlier is None else tally(select(facts, replace(selection, period=earlier)))
    return Scope(
        product_ids=product_ids,
        tests=tests,
        ever=select(facts, replace(selection, period=ALL_TIME)),
        found=found,
        before=before,
        before_period=earlier,
        judged=_judged(facts, selection, found, before, now),
    )


def _judged(facts: Facts, selection: Selection, found: Tally, before: Tally | None, now: datetime) -> Judged:
    """Return the tests of the period, or of its last 90 days when it is longer."""
    last = window(selection.period, now)
    if last is None:
        return Judged(found, before)
    recent, bounded = last
    earlier = previous(bounded)
    tests = select(facts, replace(selection, period=recent))
    judged = {test.id for test in tests}
    return Judged(
        tally(tests),
        None if earlier is None else tally(select(facts, replace(selection, period=earlier))),
        recent=recent_days(bounded, now),
        older=tally(test for test in found.tests.values() if test.id not in judged),
    )
