"""What the rules of findings look at, made of what a report counts."""

from collections.abc import Iterable
from datetime import datetime

from quality.context.goals import missed
from quality.findings.finding import Case, again_in
from quality.model.entities import Test
from quality.model.facts import Facts
from quality.options import QualityOptions
from quality.periods.periods import Period
from quality.products import all_products
from quality.scope import Scope


def case_of(
    facts: Facts,
    scoped: Scope,
    span: Period,
    options: QualityOptions,
    now: datetime,
    *,
    every: Iterable[Test],
    goals: bool = True,
) -> Case:
    """Return what the rules look at.

    Args:
        facts: The snapshot.
        scoped: What the report counts.
        span: Its period.
        options: Thresholds and weights.
        now: The moment of the report.
        every: All tests whose open bugs can wait for a review.
        goals: Whether missed goals are among the findings.
    """
    ids = scoped.product_ids
    products = all_products(facts) if len(ids) > 1 else {}
    return Case(
        now=now,
        options=options,
        found=scoped.found,
        before=scoped.before,
        every=tuple(every),
        ever=scoped.ever,
        features=tuple(one for product_id in ids for one in facts.features.get(product_id, ())),
        product_ids=ids,
        judged=scoped.judged,
        period=span,
        running=span.running(now),
        found_again=again_in(facts, scoped.found),
        missed=missed(facts, ids, options, now) if goals else (),
        names={one: products[one].name for one in ids if one in products},
    )
