"""What a customer can choose about the numbers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from quality.metrics.metric import Weights
from quality.thresholds import Thresholds


@dataclass(frozen=True, slots=True)
class QualityOptions:
    """Thresholds of the verdicts, weights of the severity score, and the reports' default period.

    Attributes:
        product_thresholds: Of products that have their own, by the product's id.
        settled: What became of bugs that are fixed or accepted as a risk, by what people say, by id:
            `fixed in 4.15`. A critical one no longer weighs on the product.
    """

    thresholds: Thresholds = field(default_factory=Thresholds)
    weights: Weights = field(default_factory=Weights)
    default_period: str = "last-90-days"
    product_thresholds: Mapping[int, Thresholds] = field(default_factory=dict)
    settled: Mapping[int, str] = field(default_factory=dict)

    def thresholds_of(self, product_ids: Iterable[int]) -> Thresholds:
        """Return the thresholds of one product; those of all when there are several or it has none."""
        ids = tuple(product_ids)
        own = self.product_thresholds.get(ids[0]) if len(ids) == 1 else None
        return own or self.thresholds
