"""Shares of counts, and how sure one can be of them."""

from dataclasses import dataclass
from math import erfc, sqrt

Z = 1.959964


@dataclass(frozen=True, slots=True)
class Ratio:
    """One count over another."""

    numerator: int
    denominator: int

    @property
    def value(self) -> float | None:
        """The quotient, never rounded; None when the divisor is 0."""
        return self.numerator / self.denominator if self.denominator else None


@dataclass(frozen=True, slots=True)
class Rate(Ratio):
    """A part of a whole: 0 ≤ numerator ≤ denominator."""

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % Wilson score interval as 0–1; None when the divisor is 0."""
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
    """The two-sided p-value of "both rates are the same" (pooled z-test); None when a divisor is 0."""
    if not a.denominator or not b.denominator:
        return None
    pooled = (a.numerator + b.numerator) / (a.denominator + b.denominator)
    variance = pooled * (1 - pooled) * (1 / a.denominator + 1 / b.denominator)
    if variance <= 0:
        return 1.0
    difference = a.numerator / a.denominator - b.numerator / b.denominator
    return erfc(abs(difference) / sqrt(2 * variance))
