"""How everything is counted, made from the catalogue itself."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from quality.findings import RULES
from quality.metrics.catalogue import METRICS
from quality.metrics.columns import INDICATORS
from quality.metrics.metric import Unit
from quality.model.facts import Facts
from quality.options import QualityOptions
from quality.pivot.dimensions import DIMENSIONS
from quality.products import all_products
from quality.views.freshness import Freshness, freshness
from quality.views.health import limits
from quality.views.table import Column, Row, Table, Text
from quality.wording import capital


@dataclass(frozen=True, slots=True)
class MetricHelp:
    """How one metric is counted; `anchor` is its id on the about page."""

    key: str
    title: str
    unit: Unit
    formula: str
    help: str
    anchor: str


@dataclass(frozen=True, slots=True)
class AboutView:
    """How everything is counted, and what the snapshot holds.

    Attributes:
        dimensions: (key, help) in display order.
        thresholds: Where each indicator is healthy, a warning and critical.
        findings: The signal and action of every rule.
    """

    metrics: tuple[MetricHelp, ...]
    dimensions: tuple[tuple[str, str], ...]
    thresholds: Table
    findings: Table
    counts: Mapping[str, int]
    freshness: Freshness


def about_view(facts: Facts, options: QualityOptions) -> AboutView:
    """Every metric, dimension, threshold and rule, and what the snapshot holds."""
    return AboutView(
        metrics=tuple(
            MetricHelp(
                metric.key, metric.title, metric.unit, metric.formula, metric.help, f"metric-{metric.key}"
            )
            for metric in METRICS.values()
        ),
        dimensions=tuple((one.key, one.help) for one in DIMENSIONS.values()),
        thresholds=_texts(
            "thresholds",
            "Health thresholds",
            ("Indicator", "Healthy", "Needs attention", "Critical"),
            ((METRICS[key].title, *limits(key, options.thresholds)) for key in INDICATORS),
        ),
        counts={
            "products": len(all_products(facts)),
            "features": sum(len(features) for features in facts.features.values()),
            "tests": len(facts.tests),
            "bugs": len(facts.bugs),
            "gaps": len(freshness(facts).gaps),
        },
        freshness=freshness(facts),
        findings=_texts(
            "rules",
            "Rules of the findings",
            ("Finding", "Signal", "Recommended action"),
            ((rule.title, f"{capital(rule.signal)}.", f"{capital(rule.action)}.") for rule in RULES),
        ),
    )


def _texts(key: str, title: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    return Table(
        key=key,
        title=title,
        columns=tuple(Column(head.lower().replace(" ", "_"), head) for head in heads),
        rows=tuple(Row(tuple(map(Text, row))) for row in rows),
    )
