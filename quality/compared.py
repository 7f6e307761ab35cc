"""How what was found differs from the period before: of all, and of each product."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from base.text import shorten
from quality.metrics.catalogue import METRICS
from quality.metrics.columns import COMPARED, INDICATORS, OF_NOW, STORIES
from quality.metrics.measures import Change, Measure, change, measures, sentence
from quality.metrics.tally import Tally
from quality.model.facts import Facts
from quality.options import QualityOptions
from quality.periods.periods import period
from quality.product_verdict import LONGEST
from quality.products import named
from quality.scope import Scope, scope
from quality.selection import Selection

_JUDGED = (*INDICATORS, STORIES)
"""Rates that say each something else: what is accepted of decided bugs is what is not rejected."""


def changes_of(
    found: Tally,
    before: Tally | None,
    now: Mapping[str, Measure],
    earlier: Mapping[str, Measure] | None,
    *,
    running: bool,
) -> dict[str, Change]:
    """Return the change of every measure that has a value in both periods, and enough to compare.

    What is open now is compared with nothing: bugs of the period before had longer to be decided.

    Args:
        found: What was counted.
        before: The same for the period before; None without one.
        now: The measures of `found`.
        earlier: Those of `before`.
        running: Whether the period has not ended.
    """
    open_ones = found.so_far or (before is not None and before.so_far)
    changes = {
        key: change(
            measure,
            earlier[key],
            METRICS[key].better,
            so_far=running or (open_ones and measure.unit == "rate"),
        )
        for key, measure in now.items()
        if earlier is not None and key not in OF_NOW
    }
    return {key: one for key, one in changes.items() if one is not None}


def product_changes(
    scoped: Scope, options: QualityOptions, *, running: bool
) -> dict[int, Mapping[str, Change]]:
    """Return what changed of each product; nothing of a single one, whose changes are the report's own."""
    if scoped.before is None or len(scoped.product_ids) == 1:
        return {}
    changes: dict[int, Mapping[str, Change]] = {}
    for product_id in scoped.product_ids:
        found, before = scoped.found.of_product(product_id), scoped.before.of_product(product_id)
        now, earlier = (measures(one, options.weights, COMPARED) for one in (found, before))
        changes[product_id] = changes_of(found, before, now, earlier, running=running)
    return changes


def recent_changes(
    facts: Facts, selection: Selection, options: QualityOptions, now: datetime
) -> tuple[str, ...]:
    """Say which rates of the last 90 days differ by more than chance from the 90 before, also by product.

    Returns:
        A clause for all and for each product, the worse ones first: `Halo Shop: 54 of 109 decided bugs
        rejected (50 %), up 36 points, before 14 % (8 of 59); worse (also person_review_rate)`. Nothing
        when no rate does.
    """
    scoped = scope(facts, replace(selection, period=period(LONGEST, now)), now)
    if scoped.before is None:
        return ()
    names = {one.id: shorten(one.name or f"Product {one.id}", 60) for one in named(facts, scoped.product_ids)}
    found = (
        [("", scoped.found, scoped.before)]
        if len(scoped.product_ids) == 1
        else [
            ("all together: ", scoped.found, scoped.before),
            *(
                (f"{names[one]}: ", scoped.found.of_product(one), scoped.before.of_product(one))
                for one in scoped.product_ids
            ),
        ]
    )
    said: list[tuple[bool, str]] = []
    for name, now_found, before in found:
        values, earlier = (measures(one, options.weights, _JUDGED) for one in (now_found, before))
        changes = changes_of(now_found, before, values, earlier, running=False).items()
        sure = [(key, one) for key, one in changes if one.better is not None]
        for key, one in sure[:1]:
            word = "better" if one.better else "worse"
            more = f" (also {', '.join(key for key, _ in sure[1:])})" if sure[1:] else ""
            said.append(
                (bool(one.better), f"{name}{sentence(values[key])}, {one.step}, {one.text}; {word}{more}")
            )
    return tuple(text for _, text in sorted(said, key=lambda pair: pair[0]))
