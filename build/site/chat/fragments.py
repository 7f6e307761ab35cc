"""What a chat shows of an answer: the pages' own parts, over any selection."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial

from markupsafe import Markup

from build.site import actions, shown_rows
from build.site.charts import figures, svg
from build.site.jinja import render
from build.site.labels import brief
from build.site.links import Links, at_the_vendor, without_pages
from build.site.pages.product import compared, not_shown_elsewhere, outcomes
from quality.context.shown import said_of_bug
from quality.metrics.catalogue import METRICS
from quality.metrics.columns import NOISE
from quality.model.entities import Bug
from quality.model.facts import Facts
from quality.options import QualityOptions
from quality.pivot.dimensions import DIMENSIONS, Label
from quality.pivot.query import PivotView
from quality.views import breakdowns
from quality.views.deadlines import overdue_text
from quality.views.report import ReportView
from quality.views.table import Cell, Column, Figure, Row, Table, Term, Text, first, metric_column, select
from quality.views.todo import todo_table
from quality.views.trend import lone_months, rates_title, volumes_title

_MONTHS_SHOWN = 18
_DUE_SHOWN = 6
_ROWS_SHOWN = 50
_PANEL_STYLES = ("bugs", "tests")
_TERMS = frozenset({"severity", "review", "status"})


def report_fragment(facts: Facts, report: ReportView, options: QualityOptions, base_url: str | None) -> str:
    """Return a report as HTML without head and body; its links lead to the site, if there is an address."""
    trend = report.trend[-_MONTHS_SHOWN:]
    several = len(report.products) > 1
    columns = ("task", *(("product",) if several else ()), "severity", "due")
    todo = select(todo_table(report.todo, _DUE_SHOWN), columns)
    context = {
        "report": report,
        "outcomes": outcomes(report),
        "todo": todo,
        "overdue": overdue_text(report.deadlines),
        "findings": actions.shown_findings(not_shown_elsewhere(report), facts, Links()),
        "compared": compared(report),
        "products": shown_rows.breakdown(report.by_product) if several else None,
        "trend": () if lone_months(trend) else trend,
        "volumes_title": volumes_title(trend) if trend else "",
        "rates_title": rates_title(trend) if trend else "",
        "limits": options.thresholds_of([one.id for one in report.products if one.id is not None]).of(NOISE),
    }
    return _fragment("report", context, base_url)


def bug_fragment(
    facts: Facts, bug: Bug, now: datetime, base_url: str | None, web_url: str | None = None
) -> str:
    """Return a bug in full, as on the page of its test."""
    product, test = facts.products.get(bug.product_id), facts.tests.get(bug.test_id)
    context = {
        "bug": bug,
        "product": brief(product.name if product else f"Product {bug.product_id}"),
        "test": brief(test.title if test else f"Test {bug.test_id}"),
        "again": {},
        "reasons": breakdowns.reason_names(facts),
        "at_the_vendor": partial(at_the_vendor, web_url, bug.product_id, bug.test_id),
        "said_of": lambda bug: said_of_bug(facts, bug.id, now),
    }
    return _fragment("bug", context, base_url)


def pivot_fragment(view: PivotView, base_url: str | None) -> str:
    """Return the rows of a query as a chart over time, or as bars beside their names, with the numbers."""
    table = _table(view)
    context = {
        "view": view,
        "table": table,
        "chart": _over_time(view),
        "notes": [text for text in (table.note, *view.warnings) if text],
    }
    return _fragment("pivot", context, base_url)


def _fragment(template: str, context: Mapping[str, object], base_url: str | None) -> str:
    root = f"{base_url.rstrip('/')}/" if base_url else ""
    links = Links()
    shared = {"root": root, "links": links, "address": lambda reference: root + links.to(reference)}
    text = render(f"chat/{template}.html.j2", {**shared, **context}).decode()
    return text if root else without_pages(text)


def _over_time(view: PivotView) -> Markup:
    """Draw the rows of a single time dimension; rates as lines, counts as columns; else nothing."""
    if len(view.dimensions) != 1 or not DIMENSIONS[view.dimensions[0]].time:
        return Markup()
    dated = (row for row in view.rows if row.labels[0].id is not None)
    rows = sorted(dated, key=lambda row: str(row.labels[0].id))
    if not rows:
        return Markup()
    labels = [_name(row.labels[0]) for row in rows]
    units = {key: METRICS[key].unit for key in view.metrics}
    rates = [key for key in view.metrics if units[key] == "rate" and METRICS[key].style]
    counts = [key for key in view.metrics if units[key] != "rate"]
    said = f"{labels[0]} to {labels[-1]}; the numbers stand below."
    charts = []
    if rates:
        lines = [figures.series(key, [row.values[key] for row in rows], METRICS[key].style) for key in rates]
        charts.append(svg.lines("pivot-rates", "Rates over time", said, labels, lines))
    if counts:
        panels = [
            figures.series(key, [row.values[key] for row in rows], style)
            for key, style in zip(counts, _PANEL_STYLES, strict=False)
        ]
        charts.append(svg.bars("pivot-counts", "Counts over time", said, labels, panels))
    return Markup().join(charts)


def _table(view: PivotView) -> Table:
    """Return the rows with bars of the first metric."""
    most = max((row.values[view.metrics[0]].value or 0 for row in view.rows), default=0)
    rows = tuple(
        Row(
            (
                *(_cell(key, label) for key, label in zip(view.dimensions, row.labels, strict=True)),
                *(Figure(row.values[key]) for key in view.metrics),
            ),
            (row.values[view.metrics[0]].value or 0) / most if most else None,
        )
        for row in view.rows
    )
    total = (
        Text("All"),
        *(None for _ in view.dimensions[1:]),
        *(Figure(view.totals[key]) for key in view.metrics),
    )
    names = [Column(key, DIMENSIONS[key].title) for key in view.dimensions] or [Column("all", "Tests")]
    table = Table(
        key="pivot",
        title="Rows",
        columns=(*names, *(metric_column(key) for key in view.metrics)),
        rows=rows,
        total=Row(total),
    )
    return first(table, _ROWS_SHOWN)


def _cell(key: str, label: Label) -> Cell:
    return Term(key, str(label.name)) if key in _TERMS and label.name else Text(_name(label))  # type: ignore[arg-type]


def _name(label: Label) -> str:
    return brief(str(label.name)) if label.name is not None else "none"
