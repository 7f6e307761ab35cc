"""Whether the numbers are good: thresholds, levels and when a sample is too small to say."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from base.errors import InvalidInput
from quality.metrics.catalogue import METRICS, rate
from quality.metrics.columns import INDICATORS
from quality.metrics.rates import SMALL_SAMPLE, Rate
from quality.metrics.tally import Tally

Level = Literal["healthy", "warning", "critical", "unknown"]


_WORST_FIRST: tuple[Level, ...] = ("critical", "warning", "healthy")


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Where a rate (0-1) begins to warn and to be critical.

    Rejection and auto-acceptance do so from there up, review from there down.

    Raises:
        InvalidInput: For a value outside 0-1, or a warning on the wrong side of its critical value.
    """

    rejection_warning: float = 0.20
    rejection_critical: float = 0.35
    auto_acceptance_warning: float = 0.20
    auto_acceptance_critical: float = 0.40
    review_warning: float = 0.80
    review_critical: float = 0.60

    def __post_init__(self) -> None:
        for name in self.__slots__:
            value = getattr(self, name)
            if not 0 <= value <= 1:
                raise InvalidInput(
                    f"PLAYBOOK_{name.upper()} is {value}.", "A threshold is a share from 0 to 1."
                )
        for key in INDICATORS:
            self._check(key)

    def _check(self, key: str) -> None:
        warning, critical = self.of(key)
        low = METRICS[key].better == "up"
        if (warning < critical) if low else (warning > critical):
            variable, wrong = f"PLAYBOOK_{METRICS[key].limits.upper()}", "below" if low else "above"
            raise InvalidInput(
                f"{variable}_WARNING is {warning}, {wrong} {variable}_CRITICAL, which is {critical}.",
                "A rate has to warn before it is critical.",
                "Exchange the two values or unset both.",
            )

    def of(self, key: str) -> tuple[float, float]:
        """The warning and the critical value of an indicator."""
        name = METRICS[key].limits
        return getattr(self, f"{name}_warning"), getattr(self, f"{name}_critical")


@dataclass(frozen=True, slots=True)
class Assessment:
    """One indicator of a tally's health.

    Attributes:
        small_sample: The divisor is under 20, or the interval of the rate contains a threshold.
    """

    key: str
    rate: Rate
    level: Level
    small_sample: bool


def level(key: str, value: float | None, thresholds: Thresholds) -> Level:
    """The level of a rate (0-1, not rounded); `unknown` for None."""
    if value is None:
        return "unknown"
    warning, critical = thresholds.of(key)
    if METRICS[key].better == "up":
        value, warning, critical = -value, -warning, -critical
    if value >= critical:
        return "critical"
    return "warning" if value >= warning else "healthy"


def assess(tally: Tally, thresholds: Thresholds) -> tuple[Assessment, ...]:
    """All indicators, in the order of `INDICATORS`."""
    rates = ((key, rate(key, tally)) for key in INDICATORS)
    return tuple(
        Assessment(key, found, level(key, found.value, thresholds), small_sample(found, thresholds.of(key)))
        for key, found in rates
    )


def small_sample(found: Rate, thresholds: Iterable[float]) -> bool:
    """Whether the counts are too few to be sure of the level."""
    interval = found.interval
    if interval is None or found.denominator < SMALL_SAMPLE:
        return True
    low, high = interval
    return any(low <= threshold <= high for threshold in thresholds)


def worst(levels: Iterable[Level]) -> Level:
    """The worst level that is not unknown; unknown when there is none."""
    found = set(levels)
    return next((one for one in _WORST_FIRST if one in found), "unknown")
