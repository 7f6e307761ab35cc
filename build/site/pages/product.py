"""Make the pages of a product: a report per period and its permanent address."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from build.site import actions, tables
from build.site.charts import figures
from build.site.labels import brief
from build.site.markdown.report import product_brief, product_markdown
from build.site.page import Crumb, Page, Site, moved_page, render_page
from build.site.tables import Grid
from quality import wording
from quality.metrics.columns import COMPARED, TREND
from quality.metrics.measures import Change, Measure
from quality.model.entities import SEVERITIES, Product, Severity
from quality.periods.periods import REPORT_PERIODS
from quality.views.breakdowns import HeatRow
from quality.views.product import ProductView, product_view
from quality.views.report import Kpi, ReportView
from quality.views.trend import TrendPoint


def product_pages(site: Site, product: Product) -> Iterator[Page]:
    """The report of a product over the default period and over every period, with its Markdown twins."""
    folder = site.links.folder(product.id)
    name = brief(product.name)
    default = site.options.quality.default_period
    for key in REPORT_PERIODS:
        view = product_view(site.facts, product.id, key, site.options.quality, site.now, earlier=site.earlier)
        context = _report_context(site, view)
        for place in (f"{folder}/{key}", *([folder] if key == default else [])):
            title = f"{name}: quality report, {view.report.period.title.lower()}"
            crumbs = (
                Crumb("Portfolio", "index.html"),
                Crumb(name, site.links.product(product.id)),
                Crumb(view.report.period.title),
            )
            path = f"{place}/index.html"
            yield render_page(
                site, path, "product", context, title=title, freshness=view.report.freshness, crumbs=crumbs
            )
            base = site.options.base_url
            yield f"{place}/report.md", product_markdown(view, base, links=site.links, path=path).encode()
            yield f"{place}/brief.md", product_brief(view, base, links=site.links).encode()


def _report_context(site: Site, view: ProductView) -> dict[str, object]:
    report = view.report
    trend, trend_cut = shown_trend(report.trend)
    return {
        "view": view,
        "name": brief(view.product.name),
        "findings": actions.shown_findings(report.findings, site.facts, site.links),
        "deadlines": actions.shown_deadlines(report.deadlines),
        "months": kpi_months(report.kpis, trend),
        "since": actions.shown_news(view.since, site.links),
        "compared": compared(report),
        "trend": trend,
        "trend_columns": [report.measures[key] for key in TREND],
        "trend_note": " ".join(note for note in (trend_cut, report.trend_note) if note),
        "heat": shown_heat(view.heat),
        "untested": shown_untested(view),
        "stories": tables.story_figures(view.stories),
        "tests": tables.list_tests(report.tests, tables.TESTS_SHOWN),
    }


def permanent_pages(site: Site, product: Product) -> Iterator[Page]:
    """The address of a product that holds whatever its name becomes; a nameless one has no other."""
    path = f"products/{product.id}/index.html"
    target = site.links.product(product.id)
    if path != target:
        yield moved_page(site, path, target, site.name_of(product.id))


_MONTHS_SHOWN = 18


_FEATURES_SHOWN = 16


_UNTESTED_SHOWN = 20


_ALWAYS: tuple[Severity, ...] = ("critical", "high", "low")


def kpi_months(kpis: Sequence[Kpi], trend: Sequence[TrendPoint]) -> Grid | None:
    """The numbers of the sparklines; None when the trend's table has them all."""
    months = kpis[0].months if kpis else ()
    shown = {point.month for point in trend}
    if shown.issuperset(months) and {kpi.measure.key for kpi in kpis} <= set(TREND):
        return None
    return Grid(
        tuple(wording.month(month) for month in months),
        tuple(
            (kpi.measure.title, tuple(figures.value_text(kpi.measure.unit, value) for value in kpi.spark))
            for kpi in kpis
        ),
    )


@dataclass(frozen=True, slots=True)
class Compared:
    """A measure in the period before and now."""

    before: Measure
    now: Measure
    change: Change | None


def compared(report: ReportView) -> tuple[Compared, ...]:
    """The measures that either period has; empty without a period before."""
    previous = report.previous
    if previous is None:
        return ()
    return tuple(
        Compared(previous[key], report.measures[key], report.changes.get(key))
        for key in COMPARED
        if previous[key].value is not None or report.measures[key].value is not None
    )


def shown_trend(trend: Sequence[TrendPoint]) -> tuple[tuple[TrendPoint, ...], str]:
    """The newest months, and a sentence when older ones are left out."""
    shown = tuple(trend[-_MONTHS_SHOWN:])
    return shown, f"The newest {len(shown)} of {len(trend)} months." if len(shown) < len(trend) else ""


@dataclass(frozen=True, slots=True)
class HeatCell:
    """How many bugs, and how dark that is (0-5)."""

    text: str
    heat: int


@dataclass(frozen=True, slots=True)
class ShownHeatRow:
    """A feature; `cells` is empty when it was not tested."""

    feature: str
    tests: str
    cells: tuple[HeatCell, ...]
    total: str


@dataclass(frozen=True, slots=True)
class Heat:
    """The heat table; `span` is how many columns follow the tests."""

    severities: tuple[Severity, ...]
    span: int
    rows: tuple[ShownHeatRow, ...]
    note: str


def shown_heat(rows: Sequence[HeatRow]) -> Heat:
    """The features with the most bugs first, as the view has them, and the severities that occur."""
    found = {severity for row in rows for severity, count in (row.counts or {}).items() if count}
    severities = tuple(severity for severity in SEVERITIES if severity in found or severity in _ALWAYS)
    most = max((count for row in rows for count in (row.counts or {}).values()), default=0)
    shown = tuple(
        ShownHeatRow(
            brief(row.feature),
            wording.number(row.test_count),
            tuple(_heat_cell(row.counts.get(severity, 0), most) for severity in severities)
            if row.counts is not None
            else (),
            wording.number(row.total),
        )
        for row in rows[:_FEATURES_SHOWN]
    )
    note = f"The first {_FEATURES_SHOWN} of {len(rows)} features." if len(rows) > _FEATURES_SHOWN else ""
    return Heat(severities, len(severities) + 1, shown, note)


def _heat_cell(count: int, most: int) -> HeatCell:
    return HeatCell(wording.number(count), figures.heat(count, most))


@dataclass(frozen=True, slots=True)
class Untested:
    """Names of features without a test."""

    names: tuple[str, ...]
    more: str
    empty: str


def shown_untested(view: ProductView) -> Untested:
    """The features that no test of the period covered."""
    every = tuple(brief(feature.name or f"Feature {feature.id}") for feature in view.untested_features)
    rest = len(every) - _UNTESTED_SHOWN
    empty = "Every feature of the catalogue was tested." if view.heat else "The product has no features."
    return Untested(every[:_UNTESTED_SHOWN], f"and {rest} more" if rest > 0 else "", empty)
