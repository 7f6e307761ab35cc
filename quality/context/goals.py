"""Goals of a product beside its figures: which are met, which are missed and since when."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from quality.findings.finding import Missed
from quality.metrics.catalogue import METRICS
from quality.metrics.columns import TESTS
from quality.metrics.measures import Measure, measure
from quality.metrics.metric import Weights
from quality.metrics.rates import SMALL_SAMPLE
from quality.metrics.tally import tally
from quality.model.context import Goal, Place
from quality.model.facts import Facts
from quality.options import QualityOptions
from quality.periods.dates import parse_range
from quality.periods.periods import Period, month_key, period
from quality.selection import Selection, select
from quality.wording import limit, month, number

_MOST_MONTHS = 24


@dataclass(frozen=True, slots=True)
class Standing:
    """A goal and what became of it.

    Attributes:
        measure: The metric over the goal's period.
        target: In words: `at most 20 %`.
        met: None where there is too little to judge.
        since: The month since which it has been missed, in words; empty unless it is missed.
    """

    goal: Goal
    measure: Measure
    period: str
    target: str
    met: bool | None
    since: str = ""

    @property
    def outcome(self) -> str:
        """`met`, `missed since Aug 2026` or `too few to judge`."""
        if self.met is None:
            return "too few to judge"
        return "met" if self.met else f"missed since {self.since}"


def standings(facts: Facts, product_id: int, options: QualityOptions, now: datetime) -> tuple[Standing, ...]:
    """Return how each goal of a product stands at a moment; none for a product without goals."""
    goals = facts.context.goals_of(product_id)
    if goals is None:
        return ()
    listed = [
        (one, period(one.period or options.default_period, now))
        for one in goals.goals
        if one.since is None or one.since <= now.date()
    ]
    if goals.tests_per_month is not None:
        last = _month_of(parse_range("last month", None, now))
        goal = Goal(Place(goals.place.file), TESTS, float(goals.tests_per_month), at_least=True)
        listed.append((goal, last))
    return tuple(_standing(facts, product_id, goal, span, options.weights) for goal, span in listed)


def _month_of(span: Period) -> Period:
    """Return a whole month with its name as the title: `Oct 2026`."""
    return span if span.start is None else replace(span, title=month(month_key(span.start)))


def missed(
    facts: Facts, product_ids: Iterable[int], options: QualityOptions, now: datetime
) -> tuple[Missed, ...]:
    """Return the goals of some products that are missed, as findings tell them."""
    return tuple(
        Missed(one.measure.title, one.measure.detail, one.target, one.since)
        for product_id in product_ids
        for one in standings(facts, product_id, options, now)
        if one.met is False
    )


def _standing(facts: Facts, product_id: int, goal: Goal, span: Period, weights: Weights) -> Standing:
    tests = select(facts, Selection(product_ids=(product_id,), period=span))
    shown = measure(goal.metric, tally(tests), weights)
    met = _met(goal, shown)
    target = limit(goal.target) if METRICS[goal.metric].unit == "rate" else number(goal.target)
    words = f"{'at least' if goal.at_least else 'at most'} {target}"
    since = _since(facts, product_id, goal, span, weights) if met is False else ""
    return Standing(goal, shown, span.title, words, met, since)


def _met(goal: Goal, shown: Measure) -> bool | None:
    """Tell whether a goal is met; None without a value, and for a rate of under 20."""
    if shown.value is None or (shown.unit == "rate" and (shown.denominator or 0) < SMALL_SAMPLE):
        return None
    return shown.value >= goal.target if goal.at_least else shown.value <= goal.target


def _since(facts: Facts, product_id: int, goal: Goal, span: Period, weights: Weights) -> str:
    """Return the first of the last months in a row whose own figure misses the goal."""
    by_month: dict[str, list[int]] = {}
    for test in select(facts, Selection(product_ids=(product_id,))):
        if test.end_at is not None and (span.end is None or test.end_at <= span.end):
            by_month.setdefault(month_key(test.end_at), []).append(test.id)
    first = ""
    for key in sorted(by_month, reverse=True)[:_MOST_MONTHS]:
        shown = measure(goal.metric, tally(facts.tests[one] for one in by_month[key]), weights)
        if shown.value is None:
            continue
        if shown.value >= goal.target if goal.at_least else shown.value <= goal.target:
            break
        first = key
    first = first or (month_key(span.start) if span.start else "")
    if goal.since is not None:
        first = max(first, f"{goal.since:%Y-%m}")
    return month(first) if first else "the first test"
