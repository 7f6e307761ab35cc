"""Make the pages of a product: a report per period and its permanent address."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from build.site import actions, shown_rows
from build.site.handout import handout_page
from build.site.labels import brief
from build.site.markdown.report import product_brief, product_markdown
from build.site.page import Crumb, Page, Site, at_its_period, moved_page, render_page
from build.site.table_files import ALL_TESTS, Twins, report_files, report_tables, report_twins
from quality.context.release_periods import MOST_PAGES, release_periods
from quality.deadlines import waiting
from quality.findings.criticals import CRITICALS
from quality.findings.finding import Finding
from quality.findings.reviews import DEADLINE
from quality.metrics.columns import COMPARED_SHOWN, NOISE, TESTS, TESTS_PAGE, TREND
from quality.model.entities import Product, Test
from quality.periods.periods import REPORT_PERIODS, period
from quality.views.breakdowns import devices_text
from quality.views.deadlines import overdue_text
from quality.views.features import stories_table
from quality.views.freshness import freshness
from quality.views.lists.bug_parts import MOST_SHOWN
from quality.views.lists.bugs import SEVERE, counted_bugs, fragment, span_word
from quality.views.lists.counts import led_figures
from quality.views.lists.handout import planned_tests
from quality.views.lists.history import ReviewHistory, review_history
from quality.views.lists.outcomes import outcome_of
from quality.views.lists.tests import list_of_tests
from quality.views.product import ProductView, product_view
from quality.views.report import ReportView, figures_table
from quality.views.rows import grave_shown
from quality.views.table import Cell, Outcome, Reference, Table, Text, few, first, last, select
from quality.views.todo import actions_left_out, todo_table
from quality.views.trend import TrendPoint, lone_months, rates_title, trend_table, volumes_title
from quality.wording import inside

_MONTHS_SHOWN = 12
_FEATURES_SHOWN = 5
_SEVERITIES_SHOWN = 8
_TESTS_SHOWN = 3
_TO_DO_SHOWN = 6
_GRAVE_SHOWN = 5
_PLANNED_SHOWN = 2
_RELEASES_SHOWN = 6
_NEVER_DUE = datetime.max.replace(tzinfo=UTC)
_MARKS_SHOWN = 6
_STEPS_SHOWN = 12
_REOPENED_SHOWN = 10
_DEVICES_SHOWN = 3


def product_pages(site: Site, product: Product) -> Iterator[Page]:
    """Make a product's reports over the default period, every other and its releases, with their twins."""
    folder = site.links.folder(product.id)
    options = site.options.quality
    still = freshness(site.facts, (product.id,), still=True)
    default = options.default_period
    releases = (one.period for one in release_periods(site.facts, product.id)[:MOST_PAGES])
    for span in (*(period(key, site.now) for key in REPORT_PERIODS), *releases):
        key = span.key
        earlier = site.earlier if key == default else None  # what is new is of now, and of no other period
        view = product_view(site.facts, product.id, key, options, site.now, earlier=earlier, span=span)
        if key != default:
            view = replace(view, report=replace(view.report, freshness=still))
        tables = [*report_tables(site, view), *_history(site, view).tables]
        shown = (compared(view.report), shown_rows.features(view, _FEATURES_SHOWN))
        hidden = {one.key for one in shown if not one.rows}
        twins = report_twins(view, [one.key for one in tables if one.key not in hidden])
        yield from report_files(site, view, tables, twins)
        made = list(_report(site, view, folder if key == default else f"{folder}/{key}", twins))
        yield from made
        if key == default:
            yield from at_its_period(site, made, f"{folder}/{key}", brief(product.name))


def _report(site: Site, view: ProductView, place: str, twins: Twins) -> Iterator[Page]:
    """Make what lies in the folder of a report."""
    path, base = f"{place}/index.html", site.options.base_url
    yield product_page(site, view, path, twins)
    markdown = product_markdown(view, base, links=site.links)
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
        title=f"{name}: quality report, {inside(span.title)}",
        freshness=view.report.freshness,
        crumbs=crumbs,
    )


def _report_context(site: Site, view: ProductView) -> dict[str, object]:
    report = view.report
    trend = report.trend[-_MONTHS_SHOWN:]
    months = last(
        trend_table(report.trend, report.trend_note, view.product.id), _MONTHS_SHOWN, "months", "newest"
    )
    severe = fragment(span_word(report.period.key), SEVERE)
    history = _history(site, view)
    return {
        "view": view,
        "name": brief(view.product.name),
        "releases": view.releases[:_RELEASES_SHOWN],
        "findings": actions.shown_findings(not_shown_elsewhere(report), site.facts, site.links),
        "outcomes": outcomes(report),
        "nothing_before": "no bugs" if report.previous and report.previous[TESTS].value else "no test ended",
        "became": [
            (
                text,
                Reference("bugs", view.product.id, which=fragment(span_word(report.period.key), "", which)),
            )
            for text, which in outcome_of(report.measures).parts
        ],
        "shown_by": _shown_by(site, view),
        "todo": todo_table(report.todo, _TO_DO_SHOWN),
        "then": actions_left_out(report.todo, _TO_DO_SHOWN),
        "overdue": overdue_text(report.deadlines),
        "grave": few(_named(grave_shown(view.grave), "Bug"), _GRAVE_SHOWN),
        "all_grave": site.links.to(Reference("bugs", view.product.id, which=severe)),
        "since": actions.shown_news(view.since, site.links),
        "compared": _with_goals(view, led_figures(compared(report), view.product.id, report.period.key)),
        "trend": trend,
        "lone": lone_months(trend),
        "volumes_title": volumes_title(trend) if trend else "",
        "rates_title": rates_title(trend) if trend else "",
        "marks": _marks(trend)[-_MARKS_SHOWN:],
        "limits": site.options.quality.thresholds_of([view.product.id]).of(NOISE),
        "by_month": select(months, ("month", *TREND)),
        "severity": shown_rows.led(view, report.severity, _SEVERITIES_SHOWN),
        "reasons": shown_rows.led(view, report.reasons),
        "features": shown_rows.features(view, _FEATURES_SHOWN),
        "all_tested": bool(view.features) and not view.untested_features,
        "platforms": shown_rows.by_device(view, view.platforms),
        "browsers": shown_rows.by_device(view, view.browsers),
        "devices": devices_text(view.devices, _DEVICES_SHOWN),
        "testers": shown_rows.led(view, view.testers, MOST_SHOWN["tester"]),
        "stories": stories_table(view.stories),
        "history": history,
        "burn_down": last(history.open_bugs, _STEPS_SHOWN, "steps", "newest"),
        "reopened": first(history.reopened, _REOPENED_SHOWN, "bugs"),
        "tests": _tests(site, report, planned_tests(site.facts, view.product.id, site.now)),
    }


def _named(table: Table, title: str) -> Table:
    """Return a table whose first column has this title, where a heading above has its own."""
    names, *others = table.columns
    return replace(table, columns=(replace(names, title=title), *others))


def _shown_by(site: Site, view: ProductView) -> tuple[str, str]:
    """Return the address of the bugs of each verdict's first reason; empty where nothing is wrong."""
    key, report = view.report.period.key, view.report
    product, review = report.product_verdict, report.review_verdict
    grave = any(one.key == "criticals" and one.level == "act_now" for one in product.signals)
    kept = "open" if all(row.review == "open" for row in report.todo.fix) else "accepted"
    bad = (one.measure for one in review.signals if one.measure and one.level == review.level)
    first = next(bad, None) if review.level in {"act_now", "watch"} else None
    filters = (
        fragment(span_word(key), "critical", kept) if grave else "",
        counted_bugs(first.key, key) if first and first.numerator else "",
    )
    lead = [
        site.links.to(Reference("bugs", view.product.id, which=which)) if which else "" for which in filters
    ]
    return lead[0], lead[1]


def _marks(trend: Sequence[TrendPoint]) -> list[tuple[str, Reference]]:
    """Return the releases of the months that have a report, with its address."""
    pairs = (pair for point in trend for pair in zip(point.releases, point.pages, strict=False))
    return [(release, to) for release, to in pairs if to]


def _history(site: Site, view: ProductView) -> ReviewHistory:
    return review_history(site.facts, view.product.id, [row.id for row in view.report.tests])


def not_shown_elsewhere(report: ReportView) -> list[Finding]:
    """Return the findings without those whose bugs the table of what to do has, and names that it has.

    In place of names that stand elsewhere they say until when there is something to do.
    """
    told = {CRITICALS, DEADLINE}
    kept = (one for one in report.findings if one.key not in told)
    return [
        replace(one, text=f"To do {one.due}." if one.due else "") if one.critical else one for one in kept
    ]


def outcomes(report: ReportView) -> list[tuple[str, str, Outcome]]:
    """Return what became of the bugs now and before, each with a key and a name; without bugs nothing."""
    shown = [("now", "Now", report.measures), ("before", "Before", report.previous or {})]
    found = [(key, name, outcome_of(measures)) for key, name, measures in shown if measures]
    return [one for one in found if one[2].text]


def permanent_pages(site: Site, product: Product) -> Iterator[Page]:
    """Make the address that a product keeps whatever its name becomes; a nameless one has no other."""
    path = f"products/{product.id}/index.html"
    target = site.links.product(product.id)
    if path != target:
        yield moved_page(site, path, target, site.name_of(product.id))


def _with_goals(view: ProductView, table: Table) -> Table:
    """Return the table of figures with the goal below each figure that has one."""
    goals = {one.measure.key: one for one in view.said.goals}

    def told(cell: Cell | None) -> Cell | None:
        goal = goals.get(str(cell.to.id)) if isinstance(cell, Text) and cell.to else None
        if goal is None or not isinstance(cell, Text):
            return cell
        same = goal.period == view.report.period.title
        told = f"Goal: {goal.target}, {goal.outcome}" if same else f"Goal of {goal.period}: {goal.target}"
        return replace(cell, below=(Text(told),))

    rows = (replace(row, cells=(told(row.cells[0]), *row.cells[1:])) for row in table.rows)
    return replace(table, rows=tuple(rows))


def compared(report: ReportView) -> Table:
    """Return the measures that either period has; without rows when there is no period before, or no test."""
    before, now = report.previous or {}, report.measures
    if before and not (before[TESTS].value or now[TESTS].value):
        before = {}
    return figures_table(
        report,
        [
            key
            for key in COMPARED_SHOWN
            if key in before and (before[key].value is not None or now[key].value is not None)
        ],
    )


def _tests(site: Site, report: ReportView, planned: Sequence[Test]) -> Table:
    """Return the running and next tests, then those to review, the first due first, then the others."""
    every = [site.facts.tests[row.id] for row in report.tests if row.id in site.facts.tests]
    due = {one.test.id: one.ends_at for one in waiting(every, site.now)}
    coming = list(planned[:_PLANNED_SHOWN])
    known = {test.id for test in coming}
    settled = sorted(
        (test for test in every if test.id not in known), key=lambda test: due.get(test.id, _NEVER_DUE)
    )
    whole = list_of_tests(site.facts, [*coming, *settled], site.now)
    shown = few(select(whole, ("title", "ended", *TESTS_PAGE, "outcome", "due")), _TESTS_SHOWN)
    ahead = not known.issubset(row.id for row in report.tests)
    told = [shown.note, "Some are ahead." if ahead else ""]
    return replace(shown, key=ALL_TESTS, note=" ".join(filter(None, told)))
