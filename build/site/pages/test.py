"""Make the pages of a test: its set-up, execution and bugs."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from build.site import actions, labels, shown_rows
from build.site.labels import brief
from build.site.links import BUGS_A_PAGE
from build.site.page import Crumb, Page, PageLink, Site, anchor, render_page
from build.site.table_files import files_of_test, tables_of_test, twins_of_test
from quality import wording
from quality.context.shown import said_of_bug
from quality.findings.finding import Finding
from quality.findings.reviews import DEADLINE
from quality.metrics.columns import BUGS, OPEN, TEST_PAGE
from quality.model.entities import Bug, Test
from quality.views import breakdowns
from quality.views.headline import judged
from quality.views.lists.bugs import FILTERS
from quality.views.lists.counts import BUGS_OF_TEST, filters_of_bug, places_of_bugs
from quality.views.test import TestView, execution_table, features_table, stories_table, test_view


def test_pages(site: Site, test_id: int) -> Iterator[Page]:
    """Make a test's pages with its bugs, as many as these need."""
    view = test_view(site.facts, test_id, site.options.quality, site.now)
    bugs = view.test.bugs
    tables = tables_of_test(site, view)
    twins = twins_of_test(test_id, tables)
    yield from files_of_test(view, tables, twins)
    context = {
        **_test_context(site, view),
        "beside": {BUGS: _grave(bugs), OPEN: _grave([bug for bug in bugs if bug.review == "open"])},
        "twins": twins,
    }
    crumbs = (
        Crumb("Portfolio", "index.html"),
        Crumb(brief(view.product.name), site.links.product(view.product.id)),
        Crumb("All tests", site.links.tests(view.product.id)),
        Crumb(f"Test {test_id}"),
    )
    places = places_of_bugs(bugs, BUGS_A_PAGE)
    for number, start in enumerate(range(0, len(bugs) or 1, BUGS_A_PAGE), start=1):
        shown = bugs[start : start + BUGS_A_PAGE]
        paged = {
            "number": number,
            "bugs": shown,
            "anchors": [
                anchor(word, FILTERS[word], pages, number, partial(site.links.test, test_id))
                for word, pages in places.items()
                if number == 1 or number in pages
            ],
            "bugs_text": "Newest first."
            + (f" This page has {start + 1:,} to {start + len(shown):,}." if len(bugs) > BUGS_A_PAGE else ""),
            "pages": [
                PageLink(
                    f"{first + 1:,} to {min(first + BUGS_A_PAGE, len(bugs)):,}",
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
        yield render_page(
            site, path, "test", context | paged, title=title, freshness=view.freshness, crumbs=crumbs
        )


def _test_context(site: Site, view: TestView) -> dict[str, object]:
    test = view.test
    return {
        "view": view,
        "headline": _headline(view, site.now),
        "range": time_range(test),
        "figures_shown": [view.measures[key] for key in TEST_PAGE],
        "listed": BUGS_OF_TEST,
        "filters_of": filters_of_bug,
        "findings": actions.shown_findings([_to_do(one) for one in view.findings], site.facts, site.links),
        "setup": set_up(test),
        "texts": set_up_texts(test),
        "requirements": [asked.text for asked in test.requirements],
        "severity": shown_rows.breakdown(view.severity),
        "review": shown_rows.breakdown(view.review),
        "features": features_table(test),
        "stories": stories_table(test),
        "execution": execution_table(test.execution),
        "reasons": breakdowns.reason_names(site.facts),
        "again": {bug_id: site.links.bug(one.id, one.test_id) for bug_id, one in sorted(view.again.items())},
        "at_the_vendor": lambda bug_id=None: site.at_the_vendor(test, bug_id),
        "said_of": lambda bug: said_of_bug(site.facts, bug.id, site.now),
    }


def _grave(bugs: Sequence[Bug]) -> str:
    """Say what stands beside a count of bugs; empty without any."""
    severities = Counter(bug.severity for bug in bugs)
    return wording.grave(severities["critical"], severities["high"]) if bugs else ""


def _headline(view: TestView, now: datetime) -> list[str]:
    """Return the verdict on what the test found, and until when its open bugs can be reviewed."""
    due = view.deadline
    until = (
        f"Review until {wording.near_moment(due.first_at, now)}."
        if due and due.first_at and not due.overdue
        else ""
    )
    return [text for text in (judged(view.product_verdict), until) if text]


def _to_do(stated: Finding) -> Finding:
    """Return a finding without what its action says, too: how many bugs wait until when, or their names."""
    if stated.key == DEADLINE:
        return replace(stated, title="Open bugs wait for their review", text="")
    return replace(stated, text="") if stated.critical else stated


def set_up(test: Test) -> tuple[tuple[str, str], ...]:
    """List the plain facts of a test's set-up that are known."""
    every = (
        ("Type", labels.words(test.testing_type) if test.testing_type else None),
        ("Starts", wording.stamp(test.start_at) if test.start_at else None),
        ("Ends", wording.stamp(test.end_at) if test.end_at else None),
        ("Environment", test.environment.name if test.environment else None),
        ("Section", test.section.name if test.section else None),
        ("Report language", test.report_language),
        ("Created by", test.created_by),
        ("Submitted by", test.submitted_by),
        ("Review of the set-up", labels.words(test.review_status) if test.review_status else None),
    )
    return tuple((name, brief(value)) for name, value in every if value)


def set_up_texts(test: Test) -> tuple[tuple[str, str], ...]:
    """List the long texts of a test's set-up."""
    every = (("Goal", test.goal), ("Instructions", test.instructions), ("Out of scope", test.out_of_scope))
    return tuple((name, text) for name, text in every if text and text.strip())


def time_range(test: Test) -> str:
    """Say when a test ran."""
    if test.start_at and test.end_at:
        return wording.days(test.start_at, test.end_at)
    if test.end_at:
        return f"until {wording.day_utc(test.end_at)}"
    return f"from {wording.day_utc(test.start_at)}" if test.start_at else "no dates"
