"""What a metric is to a program: a number, or a rate with its counts."""

from math import floor

from quality.metrics.measures import Measure
from quality.metrics.metric import Unit

_OF_A_SHARE, _OF_OTHERS = 3, 1
"""So many digits behind the point: one decimal, of a share as it is in percent."""


def plain(measure: Measure) -> int | float | dict[str, int | float] | None:
    """Return a metric as its number, or a rate with its counts and 95 % interval, to one decimal.

    What is not known is left out. The counts are exact.
    """
    if measure.unit != "rate":
        return shown(measure.value, measure.unit)
    parts = {
        "value": shown(measure.value, "rate"),
        "numerator": measure.numerator,
        "denominator": measure.denominator,
        "low": bound(measure.low),
        "high": bound(measure.high),
    }
    return {key: part for key, part in parts.items() if part is not None}


def shown(value: float | None, unit: Unit) -> int | float | None:
    """Return a value to one decimal: a share as `0.593`, for 59.3 %; what is whole without a point.

    A half goes up, as in texts. 0 stays for nothing and, of a share, 1 for all: 0.9996 is 0.999. Any other
    value under a tenth has as many digits as it needs for one that is not 0.
    """
    if value is None:
        return None
    if unit == "rate":
        least = 10**-_OF_A_SHARE
        near = _half_up(value, _OF_A_SHARE)
        return whole(near if value in {0, 1} else min(max(near, least), 1 - least))
    near = _half_up(value, _OF_OTHERS)
    return whole(near if near or not value else float(f"{value:.0e}"))


def bound(share: float | None) -> float | None:
    """Return an end of a rate's interval with as many digits as the rate."""
    return None if share is None else whole(_half_up(share, _OF_A_SHARE))


def whole(number: float | None) -> int | float | None:
    """Return a count without a decimal point."""
    return int(number) if number is not None and float(number).is_integer() else number


def _half_up(value: float, digits: int) -> float:
    scale: int = 10**digits
    return floor(value * scale + 0.5 + 1e-9) / scale
