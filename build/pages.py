"""Every page of the site, made from a snapshot's facts: a page is one view, one template, one line here."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from build import contexts, setup
from build.site import actions
from build.site.assets import Assets, load_assets
from build.site.jinja import render
from build.site.labels import brief
from build.site.links import BUGS_A_PAGE, TESTS_A_PAGE, Links, root_of, site_links
from build.site.markdown.report import product_brief, product_markdown
from quality import wording
from quality.model.entities import Facts, Product
from quality.options import QualityOptions
from quality.periods.periods import REPORT_PERIODS
from quality.views import breakdowns, rows
from quality.views.about import about_view
from quality.views.portfolio import portfolio_view
from quality.views.product import product_view
from quality.views.shapes import Freshness, ProductView, TestView
from quality.views.test import test_view

Page = tuple[str, bytes]


@dataclass(frozen=True, slots=True)
class SiteOptions:
    """What a customer can choose about the site.

    Attributes:
        quality: Thresholds, weights and the default period.
        base_url: Where the site is published; makes the links in Markdown absolute.
        customer_name: Stands at the top of every page.
    """

    quality: QualityOptions = field(default_factory=QualityOptions)
    base_url: str | None = None
    customer_name: str | None = None


@dataclass(frozen=True)
class Site:
    """What all pages of one build share."""

    facts: Facts
    options: SiteOptions
    links: Links
    assets: Assets
    earlier: Facts | None = None

    @property
    def now(self) -> datetime:
        """The snapshot's own time: the same snapshot builds the same pages on any day."""
        return self.facts.as_of

    def name_of(self, product_id: int) -> str:
        """A product's name."""
        return brief(rows.all_products(self.facts)[product_id].name)


@dataclass(frozen=True, slots=True)
class Crumb:
    """A step from the portfolio to the page; the page itself has no path."""

    title: str
    path: str | None = None


@dataclass(frozen=True, slots=True)
class PageLink:
    """A page of a list that has several."""

    title: str
    path: str
    current: bool


def open_site(facts: Facts, options: SiteOptions, earlier: Facts | None = None) -> Site:
    """The shared part of a build; `earlier` is an earlier snapshot, for what changed since."""
    long = {
        test.id: tuple(bug.id for bug in test_view(facts, test.id, options.quality, facts.as_of).test.bugs)
        for test in facts.tests.values()
        if len(test.bugs) > BUGS_A_PAGE
    }
    return Site(facts, options, site_links(facts, long), load_assets(), earlier)


def site_pages(site: Site) -> Iterator[Page]:
    """Every file of the site: assets first, the portfolio last."""
    yield from site.assets.files
    for test_id in site.facts.tests:
        yield from test_pages(site, test_id)
    for product in rows.all_products(site.facts).values():
        yield from product_pages(site, product)
        yield from test_list_pages(site, product)
        yield from permanent_pages(site, product)
    yield about_page(site)
    yield portfolio_page(site)


def portfolio_page(site: Site) -> Page:
    """All products."""
    view = portfolio_view(site.facts, site.options.quality, site.now)
    spark = view.total["bug_count"]
    context = {
        "view": view,
        "totals": [view.total[key] for key in contexts.PORTFOLIO_TOTALS],
        "columns": [view.total[key] for key in contexts.PORTFOLIO_COLUMNS],
        "spark": spark,
        "months": contexts.portfolio_months(view.rows, spark),
        "deadlines": actions.shown_deadlines(view.deadlines),
    }
    title = f"Quality of all products, {view.period.title.lower()}"
    return _page(site, "index.html", "portfolio", context, title=title, freshness=view.freshness)


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
            yield _page(
                site, path, "product", context, title=title, freshness=view.report.freshness, crumbs=crumbs
            )
            base = site.options.base_url
            yield f"{place}/report.md", product_markdown(view, base, links=site.links, path=path).encode()
            yield f"{place}/brief.md", product_brief(view, base, links=site.links).encode()


def _report_context(site: Site, view: ProductView) -> dict[str, object]:
    report = view.report
    trend, trend_cut = contexts.shown_trend(report.trend)
    return {
        "view": view,
        "name": brief(view.product.name),
        "findings": actions.shown_findings(report.findings, site.facts, site.links),
        "deadlines": actions.shown_deadlines(report.deadlines),
        "months": contexts.kpi_months(report.kpis, trend),
        "since": actions.shown_news(view.since, site.links),
        "compared": contexts.compared(report),
        "trend": trend,
        "trend_columns": [report.measures[key] for key in contexts.TREND_COLUMNS],
        "trend_note": " ".join(note for note in (trend_cut, report.trend_note) if note),
        "heat": contexts.shown_heat(view.heat),
        "untested": contexts.shown_untested(view),
        "stories": contexts.story_figures(view.stories),
        "tests": contexts.list_tests(report.tests, contexts.TESTS_SHOWN),
    }


def test_list_pages(site: Site, product: Product) -> Iterator[Page]:
    """All tests of a product, newest first, in pages."""
    name = brief(product.name)
    tests = site.facts.tests_by_product.get(product.id, ())
    freshness = rows.freshness(site.facts, (product.id,))
    for page, start in enumerate(range(0, len(tests) or 1, TESTS_A_PAGE), start=1):
        path = site.links.tests(product.id, page)
        shown = [rows.test_row(site.facts, test) for test in tests[start : start + TESTS_A_PAGE]]
        context = {
            "name": name,
            "summary": f"{wording.counted(len(tests), 'test')}, newest first",
            "tests": contexts.list_tests(shown),
            "pages": [
                PageLink(
                    f"{first + 1} to {min(first + TESTS_A_PAGE, len(tests))}",
                    site.links.tests(product.id, number),
                    number == page,
                )
                for number, first in enumerate(range(0, len(tests), TESTS_A_PAGE), start=1)
            ]
            if len(tests) > TESTS_A_PAGE
            else [],
        }
        crumbs = (
            Crumb("Portfolio", "index.html"),
            Crumb(name, site.links.product(product.id)),
            Crumb("All tests"),
        )
        title = f"{name}: all tests"
        yield _page(site, path, "tests", context, title=title, freshness=freshness, crumbs=crumbs)


def test_pages(site: Site, test_id: int) -> Iterator[Page]:
    """A test with its bugs, in as many pages as these need."""
    view = test_view(site.facts, test_id, site.options.quality, site.now)
    bugs = view.test.bugs
    context = _test_context(site, view)
    crumbs = (
        Crumb("Portfolio", "index.html"),
        Crumb(brief(view.product.name), site.links.product(view.product.id)),
        Crumb("All tests", site.links.tests(view.product.id)),
        Crumb(f"Test {test_id}"),
    )
    for number, start in enumerate(range(0, len(bugs) or 1, BUGS_A_PAGE), start=1):
        shown = bugs[start : start + BUGS_A_PAGE]
        paged = {
            "number": number,
            "bugs": shown,
            "bugs_text": f"{wording.counted(len(bugs), 'bug')}, newest first."
            + (f" This page has {start + 1} to {start + len(shown)}." if len(bugs) > BUGS_A_PAGE else ""),
            "pages": [
                PageLink(
                    f"{first + 1} to {min(first + BUGS_A_PAGE, len(bugs))}",
                    site.links.test(test_id, page),
                    page == number,
                )
                for page, first in enumerate(range(0, len(bugs), BUGS_A_PAGE), start=1)
            ]
            if len(bugs) > BUGS_A_PAGE
            else [],
        }
        title = f"{brief(view.test.title)}: test {test_id}"
        path = site.links.test(test_id, number)
        yield _page(site, path, "test", context | paged, title=title, freshness=view.freshness, crumbs=crumbs)


def _test_context(site: Site, view: TestView) -> dict[str, object]:
    test = view.test
    shown = (
        "bug_count",
        "overall_acceptance_rate",
        "auto_acceptance_rate",
        "rejection_rate",
        "review_rate",
        "active_testers",
    )
    return {
        "view": view,
        "range": setup.time_range(test),
        "figures_shown": [view.measures[key] for key in shown],
        "findings": actions.shown_findings(view.findings, site.facts, site.links),
        "setup": setup.set_up(test),
        "texts": setup.set_up_texts(test),
        "requirements": [asked.text for asked in test.requirements],
        "stories": [(feature.title, story) for feature in test.features for story in feature.user_stories],
        "execution": setup.execution_figures(test.execution),
        "reasons": breakdowns.reason_names(site.facts),
    }


def about_page(site: Site) -> Page:
    """How everything is counted."""
    view = about_view(site.facts, site.options.quality)
    crumbs = (Crumb("Portfolio", "index.html"), Crumb("How we count"))
    title = "How everything is counted"
    return _page(
        site, "about.html", "about", {"view": view}, title=title, freshness=view.freshness, crumbs=crumbs
    )


def permanent_pages(site: Site, product: Product) -> Iterator[Page]:
    """The address of a product that holds whatever its name becomes; a nameless one has no other."""
    path = f"products/{product.id}/index.html"
    target = site.links.product(product.id)
    if path != target:
        yield moved_page(site, path, target, site.name_of(product.id))


def moved_page(site: Site, path: str, target: str, title: str) -> Page:
    """A page that leads to another one of the site, by itself and by a link."""
    context: Mapping[str, object] = {
        "root": root_of(path),
        "assets": site.assets,
        "title": title,
        "target": root_of(path) + target,
    }
    return path, render("pages/moved.html.j2", context)


def _page(
    site: Site,
    path: str,
    template: str,
    context: Mapping[str, object],
    *,
    title: str,
    freshness: Freshness,
    crumbs: tuple[Crumb, ...] = (),
) -> Page:
    shared = {
        "root": root_of(path),
        "here": template,
        "title": title,
        "description": f"{title}. {freshness.text}",
        "freshness": freshness,
        "crumbs": crumbs,
        "customer": site.options.customer_name,
        "links": site.links,
        "assets": site.assets,
    }
    return path, render(f"pages/{template}.html.j2", {**shared, **context})
