"""Make the pages of all products: the portfolio over each period, and its hand-out."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from build.site.charts import figures
from build.site.feeds.teams import team_places
from build.site.labels import brief
from build.site.markdown.portfolio import portfolio_brief, portfolio_markdown
from build.site.page import Crumb, Page, Site, at_its_period, render_page
from build.site.subscriptions import account_files
from build.site.table_files import portfolio_files, portfolio_twins
from quality import wording
from quality.metrics.columns import (
    BUGS,
    GRAVE,
    GRAVE_ACCEPTED,
    HANDOUT,
    NOISE,
    OPEN,
    PORTFOLIO_SHOWN,
    PORTFOLIO_TOTALS,
)
from quality.metrics.measures import Change, Measure
from quality.periods.periods import REPORT_PERIODS
from quality.views.deadlines import overdue_text
from quality.views.lists.outcomes import outcome_of
from quality.views.lists.products import deadlines_table, products_table, shown_columns, untested_text
from quality.views.portfolio import PortfolioRow, PortfolioView, portfolio_view
from quality.views.table import Cell, Table, Term, first, select

PRODUCTS_SHOWN = 25
_DEADLINES_SHOWN = 10
_UNTESTED_SHOWN = 30
_ON_PAPER = 4
_UNTESTED_ON_PAPER = 2
_DEADLINES_ON_PAPER = 3
_NAME_ON_PAPER = 56
_REASON_ON_PAPER = 42
"""In characters: a name has one line, a verdict with its reason has two."""
_DECISIONS = 3


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure of all products together; `behind` is what stands below it."""

    measure: Measure
    behind: str
    change: Change | None


def portfolio_pages(site: Site) -> Iterator[Page]:
    """Make the portfolio over every period, with its files; the start page, over the default one, last."""
    last: list[Page] = []
    for key in REPORT_PERIODS:
        view = portfolio_view(site.facts, site.options.quality, site.now, period_key=key)
        yield from portfolio_files(site, view)
        if view.period.default:
            yield from account_files(site, view)
            last = list(_report(site, view, ""))
            yield from at_its_period(site, last, key, _name(site))
        else:
            yield from _report(site, view, f"{key}/")
    yield from last


def _report(site: Site, view: PortfolioView, place: str) -> Iterator[Page]:
    """Make what lies in a folder; its page comes last."""
    base = site.options.base_url
    markdown = portfolio_markdown(view, _name(site), base, links=site.links)
    yield f"{place}report.md", markdown.encode()
    yield f"{place}brief.md", portfolio_brief(view, _name(site), base, links=site.links).encode()
    yield _handout(site, view, place, markdown)
    tested = [row for row in view.rows if row.tested]
    if len(tested) > PRODUCTS_SHOWN:
        yield _every_product(site, view, place, tested)
    yield _portfolio(site, view, place, tested)


def _portfolio(site: Site, view: PortfolioView, place: str, tested: list[PortfolioRow]) -> Page:
    products = _products(view, tested)
    context = {
        "view": view,
        "name": _name(site),
        "twins": portfolio_twins(view.period),
        "tiles": [_tile(view, key) for key in PORTFOLIO_TOTALS],
        "products": first(products, PRODUCTS_SHOWN, "products"),
        "more": f"{place}products.html" if len(tested) > PRODUCTS_SHOWN else "",
        "untested": [row for row in view.rows if not row.tested][:_UNTESTED_SHOWN],
        "untested_count": sum(not row.tested for row in view.rows),
        "deadlines": first(deadlines_table(view.deadlines), _DEADLINES_SHOWN, "tests"),
        "overdue": overdue_text(view.deadlines),
        "teams": list(team_places(site.facts).items()),
    }
    return render_page(
        site,
        f"{place}index.html",
        "portfolio",
        context,
        title=f"Quality of all products, {view.period.title.lower()}",
        freshness=view.freshness,
        crumbs=(Crumb("Portfolio", "index.html"), Crumb(view.period.title)) if place else (),
    )


def _every_product(site: Site, view: PortfolioView, place: str, tested: list[PortfolioRow]) -> Page:
    """Make the list of all products that were tested, for an account with more than the portfolio shows."""
    return render_page(
        site,
        f"{place}products.html",
        "products",
        {
            "view": view,
            "twins": portfolio_twins(view.period),
            "products": _products(view, tested),
            "summary": f"{wording.counted(len(tested), 'product')}, those with most at stake first",
        },
        title=f"All products, {view.period.title.lower()}",
        freshness=view.freshness,
        crumbs=(
            Crumb("Portfolio", site.links.portfolio(view.period.key)),
            Crumb("All products"),
        ),
    )


def _handout(site: Site, view: PortfolioView, place: str, markdown: str) -> Page:
    """Make the hand-out: one page to print, or to copy into a document."""
    base = site.options.base_url
    path = f"{place}handout.html"
    tested = [row for row in view.rows if row.tested]
    became = outcome_of(view.total)
    context = {
        "view": view,
        "name": brief(_name(site), _NAME_ON_PAPER),
        "figures_shown": [_tile(view, key) for key in HANDOUT],
        "outcome": became if became.text else None,
        "decisions": view.decisions[:_DECISIONS],
        "untested": untested_text(view.rows, _UNTESTED_ON_PAPER),
        "products": _on_paper(select(_products(view, tested), shown_columns(GRAVE_ACCEPTED, (NOISE,)))),
        "deadlines": first(deadlines_table(view.deadlines), _DEADLINES_ON_PAPER, "tests"),
        "page_address": f"{base.rstrip('/')}/{path}" if base else "",
        "markdown": markdown,
    }
    return render_page(
        site,
        path,
        "portfolio_handout",
        context,
        title=f"All products: hand-out, {view.period.title.lower()}",
        freshness=view.freshness,
        crumbs=(Crumb("Portfolio", site.links.portfolio(view.period.key)), Crumb("Hand-out")),
    )


def _products(view: PortfolioView, rows: list[PortfolioRow]) -> Table:
    return select(products_table(rows, view.period.key), shown_columns(PORTFOLIO_SHOWN))


def _on_paper(products: Table) -> Table:
    """Return the first products with reasons as short as a printed page needs them."""

    def short(cell: Cell | None) -> Cell | None:
        return replace(cell, reason=brief(cell.reason, _REASON_ON_PAPER)) if isinstance(cell, Term) else cell

    shown = first(products, _ON_PAPER, "products")
    return replace(shown, rows=tuple(replace(row, cells=tuple(map(short, row.cells))) for row in shown.rows))


def _tile(view: PortfolioView, key: str) -> Tile:
    """Return a figure with what it must not stand without: bugs with how many are critical and high."""
    measure = view.total[key]
    behind = figures.behind(measure)
    if key == BUGS and measure.value:
        critical, high = (view.total[one].text for one in GRAVE)
        behind = f"{critical} critical, {high} high"
    if key == OPEN and measure.value:
        behind = "{:,} critical, {:,} high; not reviewed yet".format(*view.open_grave)
    return Tile(measure, behind, view.changes.get(key))


def _name(site: Site) -> str:
    return site.customer or "All products"
