"""Make the portfolio page: all products over the default period."""

from collections.abc import Sequence

from build.site import actions
from build.site.charts import figures
from build.site.labels import brief
from build.site.page import Page, Site, render_page
from build.site.tables import Grid
from quality import wording
from quality.metrics import columns
from quality.metrics.measures import Measure
from quality.views.portfolio import PortfolioRow, portfolio_view


def portfolio_page(site: Site) -> Page:
    """All products."""
    view = portfolio_view(site.facts, site.options.quality, site.now)
    spark = view.total[columns.BUGS]
    context = {
        "view": view,
        "totals": [view.total[key] for key in columns.PORTFOLIO_TOTALS],
        "columns": [view.total[key] for key in columns.PORTFOLIO],
        "spark": spark,
        "months": portfolio_months(view.rows, spark),
        "deadlines": actions.shown_deadlines(view.deadlines),
    }
    title = f"Quality of all products, {view.period.title.lower()}"
    return render_page(site, "index.html", "portfolio", context, title=title, freshness=view.freshness)


def portfolio_months(rows: Sequence[PortfolioRow], spark: Measure) -> Grid:
    """The numbers of the portfolio's sparklines."""
    months = rows[0].months if rows else ()
    return Grid(
        tuple(wording.month(month) for month in months),
        tuple(
            (brief(row.product.name), tuple(figures.value_text(spark.unit, value) for value in row.spark))
            for row in rows
        ),
    )
