"""Make the hand-out of a product: two pages to print, or to copy into a document."""

from base.text import shorten
from build.site import shown_rows
from build.site.labels import brief
from build.site.page import Crumb, Page, Site, render_page
from quality.metrics.columns import GRAVE_ACCEPTED, NOISE, TESTS
from quality.views.lists.handout import Handout, handout
from quality.views.product import ProductView
from quality.views.rows import grave_shown
from quality.views.table import first
from quality.views.trend import lone_months, rates_title
from quality.wording import inside

_DECISIONS = 4
_BUGS = 10
_REASONS = 5
_FEATURES = 8
_TESTS = 8
_PLANNED = 3
_MONTHS = 12
_OF_FEATURES = ("feature", *GRAVE_ACCEPTED, TESTS)
_SAID = 2
"""So many texts of the team keep their two lines each, however many tests there are."""
_LONGEST_NOTE = 240
_LINES_OF_A_RELEASE = 4
"""So many bugs and tests fewer fit where a release stands beside the one before it."""


def handout_page(site: Site, view: ProductView, place: str, markdown: str) -> Page:
    """Make the hand-out that lies beside a report.

    Args:
        site: The part that all pages share.
        view: The report.
        place: The folder of the report.
        markdown: The report as Markdown, which the copy button takes along.
    """
    report = view.report
    lists = handout(site.facts, view, site.now)
    name = brief(view.product.name)
    base = site.options.base_url
    trend = report.trend[-_MONTHS:]
    trend_title = rates_title(trend)
    path = f"{place}/handout.html"
    fewer = _LINES_OF_A_RELEASE if view.release else 0
    said = _said(lists, max((_TESTS - fewer - len(lists.tests.rows)) // 2, _SAID))
    taken = 2 * len(said) + fewer
    context = {
        "view": view,
        "name": name,
        "figures_shown": lists.figures,
        "outcome": lists.outcome if lists.outcome.text else None,
        "trend": trend if trend_title and not lone_months(trend) else (),
        "trend_title": inside(trend_title),
        "limits": site.options.quality.thresholds_of([view.product.id]).of(NOISE),
        "decisions": lists.decisions[:_DECISIONS],
        "grave": first(grave_shown(lists.grave), _BUGS - fewer, "bugs"),
        "reasons": shown_rows.led(view, report.reasons, _REASONS),
        "features": shown_rows.features(view, _FEATURES, _OF_FEATURES),
        "tests": first(lists.tests, max(_TESTS - taken, 1), "tests"),
        "notes": [(head, shorten(text, _LONGEST_NOTE)) for head, text in said],
        "planned": first(lists.planned, _PLANNED, "tests"),
        "page_address": f"{base.rstrip('/')}/{path}" if base else "",
        "markdown": markdown,
    }
    title = f"{name}: hand-out, {inside(report.period.title)}"
    crumbs = (
        Crumb("Portfolio", "index.html"),
        Crumb(name, site.links.product(view.product.id, report.period.key)),
        Crumb("Hand-out"),
    )
    return render_page(site, path, "handout", context, title=title, freshness=report.freshness, crumbs=crumbs)


def _said(lists: Handout, most: int) -> list[tuple[str, str]]:
    """Return what the team says, as far as there is room: goals, newest note, releases, next note."""
    notes = [(line.head, line.text) for line in lists.notes]
    told = (("Goals", lists.goals), *notes[:1], ("Releases", lists.releases), *notes[1:2])
    return [(head, text) for head, text in told if text][:most]
