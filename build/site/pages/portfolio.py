"""Make the portfolio page: all products over the default period."""

from collections.abc import Iterator
from dataclasses import replace

from build.site import actions
from build.site.page import Page, Site, render_page
from build.site.subscriptions import account_files
from build.site.table_files import PORTFOLIO, portfolio_files
from quality.metrics import columns
from quality.views.lists.bugs import counted_bugs
from quality.views.portfolio import months_table, portfolio_view, products_table
from quality.views.table import Cell, Figure, Reference, Row, Table, Text


def portfolio_pages(site: Site) -> Iterator[Page]:
    """Make the files about all products, and their page last."""
    view = portfolio_view(site.facts, site.options.quality, site.now)
    yield from portfolio_files(site, view)
    yield from account_files(site, view)
    context = {
        "view": view,
        "twins": PORTFOLIO,
        "totals": [view.total[key] for key in columns.PORTFOLIO_TOTALS],
        "shown": _leading(products_table(view.rows), view.period.key),
        "months": months_table(view.rows),
        "deadlines": actions.shown_deadlines(view.deadlines),
    }
    title = f"Quality of all products, {view.period.title.lower()}"
    yield render_page(site, "index.html", "portfolio", context, title=title, freshness=view.freshness)


def _leading(table: Table, period_key: str) -> Table:
    """Return the table of products with its counts leading to the lists of the bugs that they count."""

    def cell(row: Row, one: Cell | None) -> Cell | None:
        name = row.cells[0]
        if not isinstance(one, Figure) or not isinstance(name, Text) or name.to is None:
            return one
        counted = one.measure.numerator if one.measure.unit == "rate" else one.measure.value
        which = counted_bugs(one.measure.key, period_key)
        return replace(one, to=Reference("bugs", name.to.id, which=which)) if which and counted else one

    return replace(
        table,
        rows=tuple(replace(row, cells=tuple(cell(row, one) for one in row.cells)) for row in table.rows),
    )
