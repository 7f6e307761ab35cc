"""What became of what was agreed: done, and whether the metric has moved since."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from quality.metrics.catalogue import METRICS
from quality.metrics.measures import Measure, measure
from quality.metrics.rates import SMALL_SAMPLE
from quality.metrics.tally import tally
from quality.model.context import Action
from quality.model.facts import Facts
from quality.options import QualityOptions
from quality.periods.periods import period
from quality.products import all_products
from quality.selection import Selection, select
from quality.wording import number, percent

Outcome = Literal["moved", "not_moved", "too_few", "open", "done"]

OUTCOMES: dict[Outcome, str] = {
    "moved": "moved",
    "not_moved": "not moved",
    "too_few": "too few to judge",
    "open": "open",
    "done": "done",
}
_LEAST = 0.005
"""A rate that differs by less has not moved."""


@dataclass(frozen=True, slots=True)
class Followed:
    """Hold what was agreed, and what became of it.

    Attributes:
        then: The metric's value when it was agreed, in words; empty without one.
        now: The same over the default period.
        overdue: It is not done, and the day until when is over.
    """

    action: Action
    outcome: Outcome
    then: str = ""
    now: str = ""
    overdue: bool = False

    @property
    def text(self) -> str:
        """`done, moved: 47 % → 31 %`."""
        state = OUTCOMES[self.outcome]
        if self.action.done and self.outcome != "done":
            state = f"done, {state}"
        if self.overdue:
            state = f"overdue, {state}"
        return f"{state}: {self.then} → {self.now}" if self.then and self.now else state


def followed(facts: Facts, product_id: int, options: QualityOptions, now: datetime) -> tuple[Followed, ...]:
    """Return what was agreed for a product and what became of it, what is not done first.

    What was agreed for all products is judged over all of them.
    """
    every = sorted(facts.context.actions_of(product_id), key=lambda one: one.done)
    return tuple(_followed(facts, action, options, now) for action in every)


def _followed(facts: Facts, action: Action, options: QualityOptions, now: datetime) -> Followed:
    overdue = not action.done and action.due is not None and action.due < now.date()
    if action.metric is None or action.value is None:
        return Followed(action, "done" if action.done else "open", overdue=overdue)
    known = action.product_id is None or action.product_id in all_products(facts)
    only = None if action.product_id is None else (action.product_id,)
    span = period(options.default_period, now)
    tests = select(facts, Selection(product_ids=only, period=span)) if known else ()
    shown = measure(action.metric, tally(tests), options.weights)
    rate = METRICS[action.metric].unit == "rate"
    then = percent(action.value) if rate else number(action.value)
    return Followed(action, _outcome(action, shown), then, shown.text, overdue)


def _outcome(action: Action, shown: Measure) -> Outcome:
    if shown.value is None or (shown.unit == "rate" and (shown.denominator or 0) < SMALL_SAMPLE):
        return "too_few"
    moved = shown.value - (action.value or 0)
    if METRICS[shown.key].better == "down":
        moved = -moved
    return "moved" if moved > (_LEAST if shown.unit == "rate" else 0) else "not_moved"
