"""Make the pages of a product: a report per period and its permanent address."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from build.site import actions, shown_rows
from build.site.handout import handout_page
from build.site.labels import brief
from build.site.markdown.report import product_brief, product_markdown
from build.site.page import Crumb, Page, Site, moved_page, render_page
from build.site.twins import Twins, report_files, report_twins
from quality import wording
from quality.metrics.columns import COMPARED, TREND
from quality.metrics.measures import Measure
from quality.model.entities import Product
from quality.periods.periods import REPORT_PERIODS
from quality.views.breakdowns import heat_table
from quality.views.lists.bugs import counted_bugs
from quality.views.product import ProductView, product_view
from quality.views.report import Kpi, ReportView, figures_table, months_table
from quality.views.rows import table_of_tests
from quality.views.stories import stories_table
from quality.views.table import Table, first, last, noted, select
from quality.views.trend import TrendPoint, trend_table

_MONTHS_SHOWN = 18
_FEATURES_SHOWN = 16
_UNTESTED_SHOWN = 20
_TESTERS_SHOWN = 6
_TESTS_SHOWN = 10


def product_pages(site: Site, product: Product) -> Iterator[Page]:
    """Make a product's reports over the default period and every other, with their Markdown twins."""
    folder = site.links.folder(product.id)
    default = site.options.quality.default_period
    for key in REPORT_PERIODS:
        view = product_view(site.facts, product.id, key, site.options.quality, site.now, earlier=site.earlier)
        twins = report_twins(product.id, view)
        yield from report_files(site, view, twins)
        for place in (f"{folder}/{key}", *([folder] if key == default else [])):
            path = f"{place}/index.html"
            yield product_page(site, view, path, twins)
            base = site.options.base_url
            markdown = product_markdown(view, base, links=site.links, path=path)
            yield f"{place}/report.md", markdown.encode()
            yield handout_page(site, view, place, markdown)
            yield f"{place}/brief.md", product_brief(view, base, links=site.links).encode()


def product_page(site: Site, view: ProductView, path: str, twins: Twins | None = None) -> Page:
    """Make the page of a report; its tables lead to their files where there are any."""
    name = brief(view.product.name)
    span = view.report.period
    crumbs = (
        Crumb("Portfolio", "index.html"),
        Crumb(name, site.links.product(view.product.id)),
        Crumb(span.title),
    )
    return render_page(
        site,
        path,
        "product",
        _report_context(site, view) | ({"twins": twins} if twins else {}),
        title=f"{name}: quality report, {span.title.lower()}",
        freshness=view.report.freshness,
        crumbs=crumbs,
    )


def _report_context(site: Site, view: ProductView) -> dict[str, object]:
    report = view.report
    trend = report.trend[-_MONTHS_SHOWN:]
    months = last(trend_table(report.trend, report.trend_note), _MONTHS_SHOWN, "months", "newest")
    return {
        "view": view,
        "name": brief(view.product.name),
        "bugs_of": lambda measure: _bugs_of(site, view, measure),
        "findings": actions.shown_findings(report.findings, site.facts, site.links),
        "deadlines": actions.shown_deadlines(report.deadlines),
        "months": _months(report.kpis, trend),
        "since": actions.shown_news(view.since, site.links),
        "compared": _compared(report),
        "trend": trend,
        "by_month": select(months, ("month", *TREND)),
        "severity": shown_rows.breakdown(report.severity),
        "reasons": shown_rows.breakdown(report.reasons),
        "heat": first(heat_table(view.heat), _FEATURES_SHOWN, "features"),
        "untested": shown_untested(view),
        "platforms": shown_rows.breakdown(view.platforms),
        "browsers": shown_rows.breakdown(view.browsers),
        "testers": shown_rows.breakdown(view.testers, _TESTERS_SHOWN),
        "stories": stories_table(view.stories),
        "tests": _newest_tests(report),
    }


def _bugs_of(site: Site, view: ProductView, measure: Measure) -> str | None:
    """Return the list of the bugs that a measure of the page counts; None where it counts none."""
    which = counted_bugs(measure.key, view.report.period.key)
    counted = measure.numerator if measure.unit == "rate" else measure.value
    return site.links.bugs(view.product.id, which) if which and counted else None


def permanent_pages(site: Site, product: Product) -> Iterator[Page]:
    """Make the address that a product keeps whatever its name becomes; a nameless one has no other."""
    path = f"products/{product.id}/index.html"
    target = site.links.product(product.id)
    if path != target:
        yield moved_page(site, path, target, site.name_of(product.id))


def _months(kpis: Sequence[Kpi], trend: Sequence[TrendPoint]) -> Table | None:
    """Return the numbers of the sparklines; None when the trend's table has them all."""
    months = kpis[0].months if kpis else ()
    shown = {point.month for point in trend}
    if shown.issuperset(months) and {kpi.measure.key for kpi in kpis} <= set(TREND):
        return None
    return months_table(kpis)


def _compared(report: ReportView) -> Table:
    """Return the measures that either period has; without rows when there is no period before."""
    before, now = report.previous or {}, report.measures
    return figures_table(
        report,
        [
            key
            for key in COMPARED
            if key in before and (before[key].value is not None or now[key].value is not None)
        ],
    )


def _newest_tests(report: ReportView) -> Table:
    """Return the newest tests, with a sentence when there are more."""
    every = len(report.tests)
    table = table_of_tests(report.tests[:_TESTS_SHOWN])
    note = f"The newest {_TESTS_SHOWN} of {wording.counted(every, 'test')}." if every > _TESTS_SHOWN else ""
    return noted(select(table, shown_rows.TEST_COLUMNS), note)


@dataclass(frozen=True, slots=True)
class Untested:
    """Names of features without a test."""

    names: tuple[str, ...]
    more: str
    empty: str


def shown_untested(view: ProductView) -> Untested:
    """Return the features that no test of the period covered."""
    every = tuple(brief(feature.name or f"Feature {feature.id}") for feature in view.untested_features)
    rest = len(every) - _UNTESTED_SHOWN
    empty = "Every feature of the catalogue was tested." if view.heat else "The product has no features."
    return Untested(every[:_UNTESTED_SHOWN], f"and {rest} more" if rest > 0 else "", empty)
