"""The pages that list every bug of a product, and what their filters show of it."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from build.site.links import BUGS_A_PAGE, Links, address
from build.site.page import open_site
from build.site.pages.bugs import bug_list_pages
from build.site.pages.product import product_page
from build.site.site import SiteOptions, site_files
from quality.context.release_periods import release_periods
from quality.model.entities import SEVERITIES
from quality.model.facts import Facts
from quality.periods.periods import REPORT_PERIODS, period
from quality.views.lists.bugs import EVERY, REVIEWS, SEVERE, bug_list
from quality.views.product import product_view
from quality.views.table import Reference
from tests.build.site.golden import golden_facts
from tests.build.site.parsed_pages import Document, read
from tests.factories import NOW, make_bug, make_bugs, make_facts, make_test
from tests.quality.context.contexts import make_context, make_release


def pages_of(facts: Facts) -> dict[str, Document]:
    site = open_site(facts, SiteOptions())
    made = dict(bug_list_pages(site, facts.products[598]))
    return {path: read(content.decode()) for path, content in made.items() if path.endswith(".html")}


def matching(page: Document, words: str) -> int:
    """How many rows the style sheet leaves visible for these filters."""
    wanted = words.split(".")
    period = {f"in-{word}" for word in wanted}
    shown, classes = 0, set[str]()
    for element in page.elements:
        if element.tag == "tbody":
            classes = set((element.attributes.get("class") or "").split())
        elif element.tag == "tr" and "tbody" in element.path:
            own = set((element.attributes["class"] or "").split())
            shown += all(word in own or word == EVERY or f"in-{word}" in classes & period for word in wanted)
    return shown


def test_each_combination_of_filters_has_an_anchor_and_shows_as_many_bugs_as_it_counts() -> None:
    facts = golden_facts()
    counts = bug_list(facts, 598, BUGS_A_PAGE).counts
    page = next(iter(pages_of(facts).values()))
    assert len(counts) > 60
    assert set(counts) <= set(page.ids)
    assert {words: matching(page, words) for words in counts} == counts


def test_a_row_says_severity_review_with_its_reason_or_deadline_feature_and_test() -> None:
    bugs = [
        make_bug("rejected", "high", rejection_reason="known_bug", title="Twice", known=True, feature=None),
        make_bug("open", "critical", title="Lost"),
    ]
    test = make_test(bugs, id=7, title="Release 4.2", end_at=NOW - timedelta(days=2))
    page = pages_of(make_facts([test]))["products/598-halo-shop/bugs.html"]
    rows = [one.text for one in page.elements if one.tag == "tr" and "tbody" in one.path]
    assert rows == [
        f"Lost{bugs[1].id}CriticalOpen, until 28 Nov, 06:00 UTCShopping cartRelease 4.218 Nov 2026",
        f"Twice{bugs[0].id}, knownHighRejectedKnown bug–Release 4.218 Nov 2026",
    ]
    links = [one.attributes["href"] for one in page.all("a") if "th" in one.path]
    assert links == [f"../../tests/7.html#bug-{bug.id}" for bug in reversed(bugs)]


def test_a_page_has_at_most_500_bugs_and_leads_to_the_others() -> None:
    facts = make_facts([make_test(make_bugs(rejected=400)), make_test(make_bugs(open=300))])
    pages = pages_of(facts)
    assert list(pages) == [f"products/598-halo-shop/bugs{end}.html" for end in ("", "-2")]
    assert [matching(page, "every.high") for page in pages.values()] == [500, 200]
    for page in pages.values():
        links = [one.attributes["href"] for one in page.all("a") if "nav" in one.path]
        assert links[-2:] == ["bugs.html", "bugs-2.html"]
    for words, places in bug_list(facts, 598, BUGS_A_PAGE).places.items():
        having = {number for number, page in enumerate(pages.values(), start=1) if words in page.ids}
        assert having >= set(places), words


def test_a_link_leads_to_the_page_that_has_the_newest_bug_of_its_period_or_release() -> None:
    tests = [
        make_test(make_bugs(rejected=400, open=200), id=9, end_at=NOW - timedelta(days=1)),
        make_test(make_bugs(rejected=3), id=8, end_at=NOW - timedelta(days=80), title="4.3"),
        make_test(make_bugs(rejected=2), id=7, end_at=NOW - timedelta(days=120)),
    ]
    release = make_release(version="4.3", date=NOW.date() - timedelta(days=70))
    facts = replace(make_facts(tests), context=make_context(releases=(release,)))
    site = open_site(facts, SiteOptions())
    pages = pages_of(facts)
    for words in ("last-90-days.rejected", "last-quarter", "release-4-3.high", "every.open", "ytd.high"):
        path, _, which = site.links.to(Reference("bugs", 598, which=words)).partition("#")
        assert which == words
        assert matching(pages[path], words) > 0, words
        if words.startswith(("last-quarter", "release")):
            assert path.endswith("bugs-2.html")


def test_a_product_without_bugs_says_so_and_loads_no_script() -> None:
    page = pages_of(make_facts())["products/598-halo-shop/bugs.html"]
    assert "No bug was reported in this product." in next(page.all("main")).text
    assert list(page.all("script")) == []


@pytest.mark.parametrize(("which", "ending"), [("", ""), ("ytd.critical", "#ytd.critical")])
def test_a_reference_to_bugs_carries_the_filter(which: str, ending: str) -> None:
    links = Links({598: "products/598-halo-shop"})
    reference = Reference("bugs", 598, which=which)
    assert address("index.html", links.to(reference)) == f"products/598-halo-shop/bugs.html{ending}"


def test_an_attack_in_a_text_adds_no_class_and_no_filter() -> None:
    attack = '"><script>alert(1)</script> critical in-all'
    harmless, attacked = (
        pages_of(make_facts([make_test([make_bug("open", title=text, feature=text)], title=text)]))
        for text in ("harmless", attack)
    )
    (before,), (after,) = harmless.values(), attacked.values()
    assert after.faults == []
    assert after.structure == before.structure
    classes = [[one.attributes.get("class") for one in page.elements] for page in (before, after)]
    assert classes[0] == classes[1]
    assert re.search("<script>alert", after.elements[0].text)


VERSIONS = ("4.1", "4.16", "open-beta", "4-1")


def released() -> Facts:
    """Four releases of one test each, whose bugs differ in number."""
    tests = [
        make_test(
            [make_bug("open", "critical"), *make_bugs(rejected=at, active_accepted=at)],
            id=at,
            end_at=NOW - timedelta(days=10 * at),
        )
        for at in range(1, 5)
    ]
    releases = tuple(
        make_release(version=version, test_ids=(at,), date=NOW.date() - timedelta(days=10 * at))
        for at, version in enumerate(VERSIONS, start=1)
    )
    return replace(make_facts(tests), context=make_context(releases=releases))


def test_counts_of_a_release_and_a_period_lead_to_exactly_their_bugs() -> None:
    facts = released()
    site = open_site(facts, SiteOptions())
    listed = bug_list(facts, 598, BUGS_A_PAGE)
    bugs = pages_of(facts)["products/598-halo-shop/bugs.html"]
    assert {words: matching(bugs, words) for words in listed.counts} == listed.counts
    assert len(listed.releases) == len({one.word for one in listed.releases}) == len(VERSIONS)
    seen = set()
    spans = [one.period for one in release_periods(facts, 598)]
    for span in (*spans, period("last-90-days", NOW)):
        view = product_view(facts, 598, span.key, site.options.quality, NOW, span=span)
        page = read(product_page(site, view, f"products/598-halo-shop/{span.key}/index.html")[1].decode())
        links = [(one.text, one.attributes["href"] or "") for one in page.all("a")]
        parted = [(text, link.partition("/bugs.html#")[2]) for text, link in links]
        counts = [
            (which, int(found[0])) for text, which in parted if (found := re.match(r"\d+", text)) and which
        ]
        assert counts == [(which, listed.counts[which]) for which, _ in counts]
        words = {word for which, _ in counts for word in which.split(".")}
        assert {"by-person", "rejected", "open", "critical", "high"} <= words
        assert {which for _, which in parted if which} <= set(bugs.ids)
        seen |= {which.partition(".")[0] for _, which in parted if which}
    assert seen - {EVERY} == {"last-90-days", *(one.word for one in listed.releases)}


def test_a_release_s_filter_hides_what_is_not_of_it_and_no_word_of_it_is_another_filter_s() -> None:
    facts = released()
    made = dict(bug_list_pages(open_site(facts, SiteOptions()), facts.products[598]))
    css = next(content.decode() for path, content in made.items() if path.endswith(".css"))
    page = next(content.decode() for path, content in made.items() if path.endswith(".html"))
    path = next(path for path in made if path.endswith(".css"))
    assert f'href="../{path.removeprefix("products/")}"' in page
    known = {*SEVERITIES, SEVERE, *REVIEWS, *REPORT_PERIODS, EVERY}
    for one in bug_list(facts, 598, BUGS_A_PAGE).releases:
        assert f"tbody:not(.in-{one.word})" in css
        assert not [word for word in known if word in one.word], one
        assert "." not in one.word


@pytest.mark.slow
def test_counts_of_the_portfolio_lead_to_exactly_their_bugs() -> None:
    facts = golden_facts()
    counts = bug_list(facts, 598, BUGS_A_PAGE).counts
    page = read(dict(site_files(facts))["index.html"].decode())
    cells = ((one.text, one.attributes["href"] or "") for one in page.all("a") if "td" in one.path)
    parted = ((text, link.partition("598-halo-shop/bugs.html#")[2]) for text, link in cells)
    links = [(text, which) for text, which in parted if which]
    assert len(links) >= 6
    assert all(which in counts for _, which in links)
    assert all(int(text) == counts[which] for text, which in links if text.isdigit())
