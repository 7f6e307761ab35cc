"""What the context changes in the numbers: limits of the verdicts by product, and settled bugs."""

from dataclasses import fields, replace

from base.errors import InvalidInput
from quality.model.context import Context, Goals
from quality.options import QualityOptions
from quality.thresholds import Thresholds


def judged_by(options: QualityOptions, context: Context) -> QualityOptions:
    """Return the options with what the context says of products and bugs.

    A product whose limits contradict each other keeps those of all.
    """
    own = {}
    for goals in context.goals:
        if goals.thresholds:
            try:
                own[goals.product_id] = limits(options.thresholds, goals)
            except InvalidInput:
                continue
    return replace(
        options,
        product_thresholds={**options.product_thresholds, **own},
        settled={**options.settled, **context.settled},
    )


def limits(base: Thresholds, goals: Goals) -> Thresholds:
    """Return the limits of one product: those of all, with its own instead where it has some.

    Raises:
        InvalidInput: When they contradict each other.
    """
    kinds = {one.name: one.type for one in fields(Thresholds)}
    own = {name: int(value) if kinds[name] is int else value for name, value in goals.thresholds.items()}
    return replace(base, **own)  # type: ignore[arg-type]  # each as its field is
