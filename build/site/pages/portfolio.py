"""Make the portfolio page: all products over the default period."""

from build.site import actions
from build.site.page import Page, Site, render_page
from quality.metrics import columns
from quality.views.portfolio import months_table, portfolio_view, products_table


def portfolio_page(site: Site) -> Page:
    """Make the page of all products."""
    view = portfolio_view(site.facts, site.options.quality, site.now)
    context = {
        "view": view,
        "totals": [view.total[key] for key in columns.PORTFOLIO_TOTALS],
        "shown": products_table(view.rows),
        "months": months_table(view.rows),
        "deadlines": actions.shown_deadlines(view.deadlines),
    }
    title = f"Quality of all products, {view.period.title.lower()}"
    return render_page(site, "index.html", "portfolio", context, title=title, freshness=view.freshness)
