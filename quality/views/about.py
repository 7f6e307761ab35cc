"""How everything is counted, made from the catalogue itself."""

from quality.findings import RULES
from quality.health import INDICATORS
from quality.metrics.catalogue import METRICS
from quality.model.entities import Facts
from quality.options import QualityOptions
from quality.pivot.dimensions import DIMENSIONS
from quality.views.health import limits
from quality.views.rows import all_products, freshness
from quality.views.shapes import AboutView, MetricHelp
from quality.wording import capital


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
        thresholds=tuple((METRICS[key].title, *limits(key, options.thresholds)) for key in INDICATORS),
        counts={
            "products": len(all_products(facts)),
            "features": sum(len(features) for features in facts.features.values()),
            "tests": len(facts.tests),
            "bugs": len(facts.bugs),
            "gaps": len(freshness(facts).gaps),
        },
        freshness=freshness(facts),
        findings=tuple(
            (rule.title, f"{capital(rule.signal)}.", f"{capital(rule.action)}.") for rule in RULES
        ),
    )
