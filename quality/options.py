"""What a customer can choose about the numbers."""

from dataclasses import dataclass, field

from quality.health import Thresholds
from quality.metrics.metric import Weights


@dataclass(frozen=True, slots=True)
class QualityOptions:
    """Thresholds of the health levels, weights of the severity score, and the reports' default period."""

    thresholds: Thresholds = field(default_factory=Thresholds)
    weights: Weights = field(default_factory=Weights)
    default_period: str = "last-90-days"
