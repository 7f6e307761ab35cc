"""Shares of counts, and how sure one can be of them."""

from dataclasses import dataclass
from math import erfc, exp, lgamma, log, sqrt

SMALL_SAMPLE = 20
"""Under so many nothing is judged: no level, no colour, no change."""
SURE_BELOW = 0.01
"""How seldom chance alone makes a difference that is called more than chance."""
Z = 1.959964


@dataclass(frozen=True, slots=True)
class Ratio:
    """One count over another."""

    numerator: int
    denominator: int

    @property
    def value(self) -> float | None:
        """Return the quotient, never rounded; None when the divisor is 0."""
        return self.numerator / self.denominator if self.denominator else None


@dataclass(frozen=True, slots=True)
class Rate(Ratio):
    """A part of a whole: 0 ≤ numerator ≤ denominator."""

    @property
    def interval(self) -> tuple[float, float] | None:
        """Return the 95 % Wilson score interval as 0–1; None when the divisor is 0."""
        part, whole = self.numerator, self.denominator
        if not whole:
            return None
        share = part / whole
        spread = Z * sqrt(share * (1 - share) / whole + Z * Z / (4 * whole * whole))
        scale = 1 + Z * Z / whole
        middle = share + Z * Z / (2 * whole)
        low = 0.0 if part == 0 else (middle - spread) / scale
        high = 1.0 if part == whole else (middle + spread) / scale
        return low, high


def two_proportion_p(a: Rate, b: Rate) -> float | None:
    """Return the two-sided p-value of "both rates are the same"; None when a divisor is 0.

    Of the pooled z-test; of Fisher's exact test where fewer than 5 are expected in one of the four
    fields, because the z-test then takes chance for a difference.
    """
    if not a.denominator or not b.denominator:
        return None
    parts, whole = a.numerator + b.numerator, a.denominator + b.denominator
    if parts in {0, whole}:
        return 1.0
    if min(parts, whole - parts) * min(a.denominator, b.denominator) < _LEAST_EXPECTED * whole:
        return _exact_p(min(a, b, key=_size), parts, whole)
    pooled = parts / whole
    variance = pooled * (1 - pooled) * (1 / a.denominator + 1 / b.denominator)
    difference = a.numerator / a.denominator - b.numerator / b.denominator
    return erfc(abs(difference) / sqrt(2 * variance))


def poisson_p(a: Ratio, b: Ratio) -> float | None:
    """Return the two-sided p-value of "both have as many a unit"; None when a divisor is 0.

    Exact: given both counts together, the first is binomial. Twice the smaller tail, so that more of
    one never looks less sure.

    Args:
        a: Events over units, such as bugs over tests.
        b: The same elsewhere.
    """
    if not a.denominator or not b.denominator:
        return None
    whole, share = a.numerator + b.numerator, a.denominator / (a.denominator + b.denominator)

    def chance(count: int) -> float:
        return exp(_ways(whole, count) + count * log(share) + (whole - count) * log(1 - share))

    lower = sum(map(chance, range(a.numerator + 1)))
    upper = sum(map(chance, range(a.numerator, whole + 1)))
    return min(1.0, 2 * min(lower, upper))


def _exact_p(one: Rate, parts: int, whole: int) -> float:
    """Return how likely a drawing of `one.denominator` from the whole is that is no likelier than this."""

    def chance(drawn: int) -> float:
        rest = whole - one.denominator
        return exp(_ways(one.denominator, drawn) + _ways(rest, parts - drawn) - _ways(whole, parts))

    seen = chance(one.numerator) * (1 + 1e-7)
    possible = range(max(0, one.denominator + parts - whole), min(one.denominator, parts) + 1)
    return min(1.0, sum(found for found in map(chance, possible) if found <= seen))


def _ways(of: int, choose: int) -> float:
    """Return the logarithm of the binomial coefficient."""
    return lgamma(of + 1) - lgamma(choose + 1) - lgamma(of - choose + 1)


def _size(rate: Rate) -> tuple[int, int]:
    return rate.denominator, rate.numerator


_LEAST_EXPECTED = 5
