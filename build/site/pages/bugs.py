"""Make the pages that list every bug of a product: where the counts of all pages lead to."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from build.site import labels
from build.site.jinja import render
from build.site.labels import brief
from build.site.links import BUGS_A_PAGE
from build.site.page import Anchor, Crumb, Page, PageLink, Site, anchor, render_page
from build.site.table_files import list_twins
from quality import wording
from quality.context.shown import said_of_bug
from quality.model.entities import Bug, Product
from quality.views import freshness
from quality.views.breakdowns import reason_names
from quality.views.lists.bug_parts import part_title, part_word, values_of
from quality.views.lists.bugs import BugList, TestBugs, bug_list, review_words, severity_words
from quality.views.table import Column, Reference

_LONGEST_TITLE = 110
_LONGEST_KEY = 40
_COLUMNS = tuple(Column(title.lower(), title) for title in ("Bug", "Severity", "Review", "Feature", "Test"))


@dataclass(frozen=True, slots=True)
class ShownBug:
    """A row of the list; `words` are the filters that show it."""

    title: str
    path: str
    below: str
    severity: str
    review: str
    reason: str
    feature: str
    words: str


@dataclass(frozen=True, slots=True)
class ShownGroup:
    """The bugs of a test that are on the page."""

    title: str
    path: str
    ended: str
    classes: str
    bugs: tuple[ShownBug, ...]


def bug_list_pages(site: Site, product: Product) -> Iterator[Page]:
    """Make the pages that list all bugs of a product, as many as these need."""
    name = brief(product.name)
    bugs = bug_list(site.facts, product.id, BUGS_A_PAGE)
    fresh = freshness.freshness(site.facts, (product.id,), still=True)
    reasons = reason_names(site.facts)
    crumbs = (
        Crumb("Portfolio", "index.html"),
        Crumb(name, site.links.product(product.id)),
        Crumb("All bugs"),
    )
    css = render("assets/own_filters.css.j2", {"releases": bugs.releases, "parts": bugs.parts})
    css_path = f"products/{product.id}/bugs.{sha256(css).hexdigest()[:10]}.css" if css else ""
    if css:
        yield css_path, css
    parts = {choice.word for choices in bugs.parts.values() for choice in choices}
    starts = range(0, bugs.total or 1, BUGS_A_PAGE)
    for number, start in enumerate(starts, start=1):
        context = {
            "name": name,
            "twins": list_twins(product.id, "bugs"),
            "summary": _summary(bugs, start),
            "list": bugs,
            "own_css": css_path,
            "part_titles": {key: part_title(key) for key in bugs.parts},
            "columns": _COLUMNS,
            "anchors": list(_anchors(site, product.id, bugs, number)),
            "shown": [
                _group(site, group, reasons, parts)
                for group in _between(bugs.groups, start, start + BUGS_A_PAGE)
            ],
            "pages": [
                PageLink(
                    f"{first + 1} to {min(first + BUGS_A_PAGE, bugs.total)}",
                    site.links.bugs(product.id, page=page),
                    page == number,
                )
                for page, first in enumerate(starts, start=1)
            ]
            if len(starts) > 1
            else [],
        }
        path = site.links.bugs(product.id, page=number)
        title = f"{name}: all bugs"
        yield render_page(site, path, "bugs", context, title=title, freshness=fresh, crumbs=crumbs)


def _anchors(site: Site, product_id: int, bugs: BugList, number: int) -> Iterator[Anchor]:
    """Yield the filters of links that lead to a page, or to one of whose bugs this page has some."""
    titles = bugs.titles()
    for words, pages in bugs.places.items():
        path = site.links.to(Reference("bugs", product_id, which=words))
        if number in pages or path.partition("#")[0] == site.links.bugs(product_id, page=number):
            yield anchor(
                words, titles[words], pages, number, lambda page: site.links.bugs(product_id, page=page)
            )


def _summary(bugs: BugList, start: int) -> str:
    severities = Counter(bug.severity for group in bugs.groups for bug in group.bugs)
    grave = wording.grave(severities["critical"], severities["high"])
    text = f"{wording.counted(bugs.total, 'bug')}, {grave}, newest test first"
    if bugs.total > BUGS_A_PAGE:
        text += f"; {start + 1} to {min(start + BUGS_A_PAGE, bugs.total)} here"
    if bugs.uncounted:
        verb = "is" if bugs.uncounted == 1 else "are"
        text += f"; {bugs.uncounted:,} of demo tests or tests that have not run {verb} in no report"
    return text


def _between(groups: Sequence[TestBugs], start: int, end: int) -> Iterator[TestBugs]:
    """Yield the groups with their bugs from one place of the whole list to another."""
    at = 0
    for group in groups:
        own = group.bugs[max(start - at, 0) : max(end - at, 0)]
        if own:
            yield replace(group, bugs=own)
        at += len(group.bugs)


def _group(site: Site, group: TestBugs, reasons: dict[str, str], parts: Collection[str]) -> ShownGroup:
    test = group.test
    due = "" if group.due is None else f", until {wording.near_moment(group.due, site.now)}"
    return ShownGroup(
        title=brief(test.title, _LONGEST_TITLE),
        path=site.links.test(test.id),
        ended=wording.day(test.end_at) if test.end_at else "end not known",
        classes=" ".join(f"in-{word}" for word in group.spans),
        bugs=tuple(_bug(site, bug, due, reasons, parts) for bug in group.bugs),
    )


def _below(site: Site, bug: Bug) -> str:
    """Return the bug's id, and its key and state in the tracker where the context files have them."""
    said = said_of_bug(site.facts, bug.id, site.now)
    tracker = f"{brief(said.link.key, _LONGEST_KEY)} ({brief(said.state, _LONGEST_KEY)})" if said.link else ""
    return ", ".join(part for part in (f"{bug.id}", "known" if bug.known else "", tracker) if part)


def _bug(site: Site, bug: Bug, due: str, reasons: dict[str, str], parts: Collection[str]) -> ShownBug:
    review = labels.review(bug.review)
    if bug.review == "open":
        review += ", overdue" if bug.overdue else ", waiting for the tester" if bug.waits_for_tester else due
    return ShownBug(
        title=brief(bug.title, _LONGEST_TITLE),
        path=site.links.bug(bug.id, bug.test_id),
        below=_below(site, bug),
        severity=bug.severity,
        review=review,
        reason=brief(reasons.get(bug.rejection_reason, "")) if bug.rejection_reason else "",
        feature=brief(bug.feature, _LONGEST_TITLE) if bug.feature else wording.NONE,
        words=" ".join(
            (
                *severity_words(bug.severity),
                *review_words(bug.review, overdue=bug.overdue, asked=bug.waits_for_tester),
                *(word for value in values_of(bug) if (word := part_word(*value)) in parts),
            )
        ),
    )
