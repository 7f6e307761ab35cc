"""How everything is counted, made from the catalogue itself."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from quality.findings.rules import RULES, UNTIL
from quality.glossary import Entry, glossary
from quality.metrics.catalogue import METRICS
from quality.metrics.columns import INDICATORS, STORIES
from quality.metrics.metric import Unit
from quality.model.facts import Facts
from quality.options import QualityOptions
from quality.pivot.dimensions import DIMENSIONS
from quality.product_verdict import LEAST_STORIES
from quality.products import all_products
from quality.thresholds import Thresholds
from quality.views.freshness import Freshness, freshness
from quality.views.table import Column, Row, Table, Text
from quality.wording import capital, counted, limit


@dataclass(frozen=True, slots=True)
class MetricHelp:
    """Explain how one metric is counted; `anchor` is its id on the about page."""

    key: str
    title: str
    unit: Unit
    formula: str
    help: str
    anchor: str


@dataclass(frozen=True, slots=True)
class AboutView:
    """Explain how everything is counted, and what the snapshot holds.

    Attributes:
        glossary: The words that readers meet.
        dimensions: (key, help) in display order.
        review: Where each indicator of the verdict on the review is fine, watch and act now.
        product: The same of the signals of the verdict on the product.
        findings: The signal and action of every rule; `until` says when an action is due.
    """

    glossary: tuple[Entry, ...]
    metrics: tuple[MetricHelp, ...]
    dimensions: tuple[tuple[str, str], ...]
    review: Table
    product: Table
    findings: Table
    until: str
    counts: Mapping[str, int]
    freshness: Freshness


def about_view(facts: Facts, options: QualityOptions) -> AboutView:
    """Explain every metric, dimension, threshold and rule, and what the snapshot holds."""
    return AboutView(
        glossary=glossary(),
        metrics=tuple(
            MetricHelp(
                metric.key, metric.title, metric.unit, metric.formula, metric.help, f"metric-{metric.key}"
            )
            for metric in METRICS.values()
        ),
        dimensions=tuple((one.key, one.help) for one in DIMENSIONS.values()),
        review=_texts(
            "review_verdict",
            "Verdict on the review",
            ("Indicator", "Fine", "Watch", "Act now"),
            (
                *((METRICS[key].title, *limits(key, options.thresholds)) for key in INDICATORS),
                ("Overdue bugs", "none", "from 1 up", "–"),
            ),
        ),
        product=_texts(
            "product_verdict",
            "Verdict on the product",
            ("Signal", "Watch", "Act now"),
            _signals(options.thresholds),
        ),
        until=UNTIL,
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


def limits(key: str, thresholds: Thresholds) -> tuple[str, str, str]:
    """Return where a rate is fine, watch and act now: `below 20 %`, `from 20 % up`, and so on."""
    warning, critical = (limit(one) for one in thresholds.of(key))
    if METRICS[key].better == "up":
        return f"above {warning}", f"from {warning} down", f"from {critical} down"
    return f"below {warning}", f"from {warning} up", f"from {critical} up"


def _signals(thresholds: Thresholds) -> Iterable[tuple[str, str, str]]:
    yield "Critical bugs that are accepted or open", "–", f"from {thresholds.critical_bugs_critical:,} up"
    yield (
        "Accepted or open critical and high bugs a test, against the period before",
        "more, by more than chance",
        "–",
    )
    _, warning, critical = limits(STORIES, thresholds)
    yield f"{METRICS[STORIES].title} (from {counted(LEAST_STORIES, 'tested story')})", warning, critical
    yield (
        "Features whose last execution failed",
        f"from {thresholds.failed_features_warning:,} up",
        f"more than {limit(thresholds.failed_features_critical)} of the tested ones",
    )


def _texts(key: str, title: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    return Table(
        key=key,
        title=title,
        columns=tuple(Column(head.lower().replace(" ", "_"), head) for head in heads),
        rows=tuple(Row(tuple(map(Text, row))) for row in rows),
    )
