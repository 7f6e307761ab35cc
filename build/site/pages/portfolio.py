"""Make the portfolio page: all products over the default period."""

from collections.abc import Iterator

from build.site import actions
from build.site.page import Page, Site, render_page
from build.site.subscriptions import account_files
from build.site.twins import PORTFOLIO, portfolio_files
from quality.metrics import columns
from quality.views.portfolio import months_table, portfolio_view, products_table


def portfolio_pages(site: Site) -> Iterator[Page]:
    """Make the files about all products, and their page last."""
    view = portfolio_view(site.facts, site.options.quality, site.now)
    yield from portfolio_files(site, view)
    yield from account_files(site, view)
    context = {
        "view": view,
        "twins": PORTFOLIO,
        "totals": [view.total[key] for key in columns.PORTFOLIO_TOTALS],
        "shown": products_table(view.rows),
        "months": months_table(view.rows),
        "deadlines": actions.shown_deadlines(view.deadlines),
    }
    title = f"Quality of all products, {view.period.title.lower()}"
    yield render_page(site, "index.html", "portfolio", context, title=title, freshness=view.freshness)
