"""The product quality report page over one of the report periods."""

from dataclasses import dataclass
from datetime import datetime

from base.errors import NotFound
from base.text import closest_ids
from quality.context.release_periods import MOST_PAGES, release_periods
from quality.context.release_tables import release_table
from quality.context.shown import Said, said_of_product
from quality.deadlines import facts_at
from quality.metrics.measures import Measure
from quality.model.entities import Product
from quality.model.facts import Facts
from quality.options import QualityOptions
from quality.periods.periods import Period, period
from quality.products import all_products, slug
from quality.scope import scope
from quality.selection import Selection
from quality.views import breakdowns, periods
from quality.views.breakdowns import Breakdown
from quality.views.changes import SinceSnapshot, since_snapshot
from quality.views.features import FeatureFound, StoryCounts, features_found, stories
from quality.views.freshness import why
from quality.views.periods import PeriodLink
from quality.views.report import ReportView, report_of
from quality.views.rows import grave_table
from quality.views.table import Table
from quality.wording import listing, quoted


@dataclass(frozen=True, slots=True)
class ProductView:
    """The product quality report: the report and the detail that only its page shows.

    Attributes:
        top_testers: The three who found most: their bugs of all bugs with a named tester.
        features: Its features in the selected tests, those of the catalogue that none of them had at the end.
        grave: Its critical and high bugs.
        since: What changed since an earlier snapshot; None when none was given.
        said: What people say of the product.
        releases: Its releases that have a page, the newest first.
        release: At a report of a release, that beside the one before it; None at any other.
    """

    product: Product
    slug: str
    periods: tuple[PeriodLink, ...]
    report: ReportView
    features: tuple[FeatureFound, ...]
    platforms: Breakdown
    browsers: Breakdown
    devices: Breakdown
    testers: Breakdown
    top_testers: Measure
    stories: StoryCounts
    grave: Table
    said: Said
    since: SinceSnapshot | None = None
    releases: tuple[PeriodLink, ...] = ()
    release: Table | None = None

    @property
    def untested_features(self) -> tuple[str, ...]:
        """Return the names of the features that no selected test had."""
        return tuple(one.name for one in self.features if one.found is None)


def product_view(
    facts: Facts,
    product_id: int,
    period_key: str | None,
    options: QualityOptions,
    now: datetime | None = None,
    *,
    earlier: Facts | None = None,
    span: Period | None = None,
) -> ProductView:
    """Everything that a product's page shows.

    Args:
        facts: The snapshot.
        product_id: Of the product.
        period_key: One of the report periods; None for the default one of the options.
        options: Thresholds, weights and the default period.
        now: By default the snapshot's own time.
        earlier: An earlier snapshot, for what changed since.
        span: Any other period instead of the report period, such as a release.

    Raises:
        NotFound: When the snapshot has no such product, naming the closest ones.
        InvalidInput: For an unknown period.
    """
    facts = facts_at(facts, now)
    product = find_product(facts, product_id)
    at = now or facts.as_of
    key = period_key or options.default_period
    selection = Selection(product_ids=(product_id,), period=span or period(key, at))
    scoped = scope(facts, selection, at)
    tests, weights = scoped.tests, options.weights
    said = said_of_product(facts, product_id, options, at)
    known = release_periods(facts, product_id)
    return ProductView(
        product=product,
        slug=slug(product),
        periods=periods.links(at, key, options.default_period),
        report=report_of(facts, selection, scoped, options, at),
        features=features_found(facts, tests, facts.features.get(product_id, ()), at),
        platforms=breakdowns.by_platform(facts, tests, weights),
        browsers=breakdowns.by_browser(facts, tests, weights),
        devices=breakdowns.by_device(facts, tests, weights),
        testers=breakdowns.by_tester(facts, tests, weights),
        top_testers=breakdowns.top_testers(tests),
        stories=stories(tests),
        said=said,
        grave=grave_table(facts, tests),
        since=None if earlier is None else since_snapshot(earlier, facts, product_id),
        releases=tuple(
            periods.link(one.period, at, current=one.period.key == selection.period.key, default=False)
            for one in known[:MOST_PAGES]
        ),
        release=_release(said, [one.period.key for one in known], selection.period.key),
    )


def _release(said: Said, keys: list[str], key: str) -> Table | None:
    """Return the release of a key beside the one before it; None for the key of another period."""
    if key not in keys:
        return None
    one, *earlier = said.releases[keys.index(key) :]
    return release_table(one, earlier[0] if earlier else None)


def find_product(facts: Facts, product_id: int) -> Product:
    """Return the product.

    Raises:
        NotFound: When the snapshot has no such product, naming the closest ones by their ids.
    """
    products = all_products(facts)
    if product_id in products:
        return products[product_id]
    gap = next((gap for gap in facts.gaps if gap.kind == "product" and gap.id == product_id), None)
    if gap is not None:
        raise NotFound(
            f"Product {product_id} could not be fetched.",
            why(gap),
            "Refresh the snapshot, or try again later.",
        )
    near = [products[one] for one in closest_ids(product_id, products)]
    shown = near or list(products.values())[:3]
    names = listing(f"{one.id} {quoted(one.name)}" for one in shown)
    raise NotFound(
        f"Product {product_id} is not in the snapshot.",
        f"It holds {len(products)} products." if products else "It holds no products.",
        f"{'Closest' if near else 'It has'}: {names}." if names else "Take a snapshot first.",
    )
