"""The portfolio as Markdown: a report to paste, and a brief for a chat."""

from collections.abc import Mapping
from dataclasses import replace

from build.site.links import Links
from build.site.markdown.escape import Raw, chat_text
from build.site.markdown.report import MOST_WORDS_OF_A_BRIEF, fitting, words, written
from build.site.markdown.tables import Target, table
from quality import wording
from quality.metrics.columns import BUGS, DECIDED, GRAVE, OPEN, PORTFOLIO_TOTALS
from quality.metrics.measures import Measure
from quality.views.deadlines import overdue_text
from quality.views.headline import judged
from quality.views.lists.products import deadlines_table, products_table, untested_text
from quality.views.portfolio import PortfolioRow, PortfolioView
from quality.views.report import figures_of
from quality.views.table import Column, Row, Table, Text, first, select

_UNTESTED_SHOWN = 10
_ROWS = ((10, 10), (8, 10), (6, 10), (6, 6), (4, 4), (2, 2))
"""How many products and deadlines are shown: as many as leave the report short."""


def portfolio_markdown(view: PortfolioView, name: str, base_url: str | None, *, links: Links) -> str:
    """Write the `report.md` of all products.

    Args:
        view: The portfolio.
        name: Of the customer.
        base_url: Where the site is published, for absolute links; without it there are none.
        links: The site's paths.
    """
    target = Target(base_url)
    total = _graded(view.total)
    opened = total[OPEN]
    if opened.value:
        total[OPEN] = replace(opened, detail=f"{opened.text} ({wording.grave(*view.open_grave)})")
    figures = figures_of(total, _graded(view.previous or {}), view.changes, PORTFOLIO_TOTALS)
    products = _judged([row for row in view.rows if row.tested], view.period.key)
    deadlines = select(deadlines_table(view.deadlines), ("due", "product", "test", "reviewer", "bugs"))

    def make(rows: tuple[int, int]) -> str:
        most, most_due = rows
        context = {
            "view": view,
            "name": name,
            "figures": table(select(figures, ("figure", "now", "before")), links, target),
            "products": table(first(products, most, "products"), links, target),
            "untested": untested_text(view.rows, _UNTESTED_SHOWN),
            "deadlines": table(first(deadlines, most_due, "tests"), links, target),
            "overdue": overdue_text(view.deadlines),
            "page": target.link("this report as a page", links.portfolio(view.period.key))
            if base_url
            else "",
        }
        return written("portfolio.md.j2", context)

    return fitting(make, _ROWS)


def portfolio_brief(view: PortfolioView, name: str, base_url: str | None, *, links: Links) -> str:
    """Write the `brief.md` of all products: at most five lines for a chat, the address bare."""
    page = Target(base_url).to(links.portfolio(view.period.key))
    gaps = len(view.freshness.gaps)
    context = {
        "view": view,
        "name": name,
        "taken": wording.stamp(view.freshness.as_of) + (f", {wording.counted(gaps, 'gap')}" if gaps else ""),
        "page": page and Raw(page),
    }
    standing, *between, asked = view.headline if len(view.headline) > 1 else (*view.headline, "")
    told = ([standing, *between], [standing, *between[1:]])
    long, short = (
        written("portfolio_brief.md.j2", context | {"told": one, "asked": asked}, chat_text) for one in told
    )
    return long if words(long) <= MOST_WORDS_OF_A_BRIEF else short


def _graded(measures: Mapping[str, Measure]) -> dict[str, Measure]:
    """Return measures of which the bugs are told with how many are critical and high."""
    found = dict(measures)
    bugs = found.get(BUGS)
    if bugs is not None and bugs.value:
        critical, high = (int(found[key].value or 0) for key in GRAVE)
        found[BUGS] = replace(bugs, detail=f"{bugs.text} ({wording.grave(critical, high)})")
    return found


def _judged(rows: list[PortfolioRow], period_key: str) -> Table:
    """Return the products with each verdict and its reason in one cell."""
    whole = select(products_table(rows, period_key), ("product", DECIDED, "due"))
    names, decided, due = whole.columns
    return Table(
        key=whole.key,
        title=whole.title,
        columns=(
            names,
            Column("product_verdict", "Product verdict"),
            Column("review_verdict", "Review verdict"),
            decided,
            due,
        ),
        rows=tuple(
            Row(
                (
                    one.cells[0],
                    Text(judged(row.product_verdict)),
                    Text(judged(row.review_verdict)),
                    *one.cells[1:],
                )
            )
            for one, row in zip(whole.rows, rows, strict=True)
        ),
    )
