"""What a metric is to a program: a number, or a rate with its counts."""

from quality.metrics.measures import Measure


def plain(measure: Measure) -> int | float | dict[str, int | float] | None:
    """Return a metric as its number, or a rate with its counts and 95 % interval.

    What is not known is left out. The counts are exact; the others are rounded to six digits, the
    interval to four.
    """
    if measure.unit != "rate":
        return None if measure.value is None else whole(round(measure.value, 6))
    parts = {
        "value": _rounded(measure.value, 6),
        "numerator": measure.numerator,
        "denominator": measure.denominator,
        "low": _rounded(measure.low, 4),
        "high": _rounded(measure.high, 4),
    }
    return {key: part for key, part in parts.items() if part is not None}


def whole(number: float | None) -> int | float | None:
    """Return a count without a decimal point."""
    return int(number) if number is not None and float(number).is_integer() else number


def _rounded(number: float | None, digits: int) -> float | None:
    return None if number is None else round(number, digits)
