"""The list of bugs in Chromium: filters with and without JavaScript, search, order and address."""

import re
from collections.abc import Iterable
from os.path import normpath
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser.visit import Visit

pytestmark = pytest.mark.browser
LIST = "products/598-halo-shop/bugs.html"


def visit(browser: Browser, site: Path, words: str = "", **options: Any) -> Visit:
    return Visit(browser, f"{(site / LIST).as_uri()}{words and '#'}{words}", **options)


def shown(open_page: Visit) -> list[str]:
    """The classes of the visible rows and of their groups."""
    found: list[str] = open_page.page.locator(".bug-list tbody tr").evaluate_all(
        "rows => rows.filter(row => row.checkVisibility())"
        ".map(row => row.className + ' ' + row.parentNode.className)"
    )
    return found


def choose(open_page: Visit, filter_id: str) -> None:
    open_page.page.locator(f"label[for={filter_id}]").click()


COUNTED = ("index", "handout", "features", "ytd/index")
"""Pages of a product whose counts lead to bugs."""
_TO_BUGS = r"[^\"]*bugs(?:-\d+)?\.html#[^\"]+"
_TO_TESTS = r"[^\"]*tests\.html#[^\"]+"
_TO_A_TEST = r"(?:[^\"]*tests/\d+\.html)?#[^\"]+"


def links_of(site: Path, pages: Iterable[str], target: str = _TO_BUGS) -> dict[str, int]:
    """The links from counts on these pages to lists of bugs, and how many bugs each says."""
    found: dict[str, int] = {}
    for page in pages:
        html = (site / page).read_text().replace("\u00a0", " ")
        for href, text in re.findall(rf'<a [^>]*?href="({target})"[^>]*>(.*?)</a>', html):
            number = re.match(r"(?:<[^>]+>)*(\d[\d,]*)\b(?! [%A-Z])", text)
            if number:
                said = int(number[1].replace(",", ""))
                link = f"{site / page}{href}" if href[0] == "#" else normpath((site / page).parent / href)
                assert found.setdefault(link, said) == said, (page, href)
    return found


@pytest.mark.parametrize("scripts", [True, False])
def test_every_count_leads_to_exactly_its_bugs_with_and_without_javascript(
    browser: Browser, site: Path, scripts: bool
) -> None:
    """Where a page of 500 bugs has not all of them, it says so and leads to the next that has some."""
    folder = "products/598-halo-shop"
    links = links_of(site, ["index.html", *(f"{folder}/{name}.html" for name in COUNTED)])
    own = {link: number for link, number in links.items() if folder in link}
    kinds = {word[:2] for link in own for word in link.rpartition("#")[2].split(".")[1:] if word[1] == "-"}
    assert kinds == {"f-", "r-", "p-", "b-", "t-"}
    with visit(browser, site, java_script_enabled=scripts) as listed:
        pages = 0
        for link, said in own.items():
            listed.page.goto(f"file://{link}")
            rows = len(shown(listed))
            while (further := listed.page.locator(".by-link span:visible a")).count():
                assert f"{rows} of {said:,}" in further.locator("..").inner_text() or pages, link
                with listed.page.expect_navigation():
                    further.click()
                rows += len(shown(listed))
                pages += 1
            assert rows == said, link
        assert pages > 3
        assert listed.troubles == []


def test_every_count_of_a_test_leads_to_exactly_its_bugs(browser: Browser, site: Path) -> None:
    """Those of severities, on the pages of the product, led to all bugs of their test."""
    folder = "products/598-halo-shop"
    lists = (f"{folder}/index.html", f"{folder}/tests.html")
    tests = sorted({link.rpartition("#")[0] for link in links_of(site, lists, _TO_A_TEST)})[-5:]
    links = links_of(site, (*lists, *tests), _TO_A_TEST)
    words = {link.rpartition("#")[2] for link in links}
    assert {"bugs", "critical", "high", "open", "accepted", "rejected", "looked-at"} <= words
    with Visit(browser, Path(tests[0]).as_uri(), java_script_enabled=False) as test:
        for link, said in sorted(links.items()):
            test.page.goto(f"file://{link}")
            visible = test.page.locator(".bug, .by-link").evaluate_all(
                "parts => parts.filter(part => part.checkVisibility()).map(part => part.tagName)"
            )
            assert visible == ["P"] * (not link.endswith("#bugs")) + ["DETAILS"] * said, link


def test_every_count_of_tests_in_the_portfolio_leads_to_exactly_these(browser: Browser, site: Path) -> None:
    """They led to all tests of the product, also those of no report."""
    links = links_of(site, ["index.html", "ytd/index.html", "all/index.html"], _TO_TESTS)
    assert len(links) > 10
    with Visit(browser, (site / "index.html").as_uri(), java_script_enabled=False) as listed:
        for link, said in sorted(links.items()):
            listed.page.goto(f"file://{link}")
            visible = listed.page.locator(".by-link, tbody tr").evaluate_all(
                "parts => parts.filter(part => part.checkVisibility()).map(part => part.tagName)"
            )
            assert visible == ["P", *["TR"] * said], link


@pytest.mark.parametrize("scripts", [True, False])
def test_a_link_from_a_release_shows_exactly_its_bugs_with_and_without_javascript(
    browser: Browser, hostile_site: Path, scripts: bool
) -> None:
    page = next(hostile_site.glob("products/598-*/bugs.html"))
    words = re.findall(r'id="(release-[^".]+)\.high"', page.read_text())
    assert len(words) == 1
    with Visit(browser, page.as_uri(), java_script_enabled=scripts) as whole:
        every = shown(whole)
    wanted = [row for row in every if {f"in-{words[0]}", "high"} <= set(row.split())]
    assert 0 < len(wanted) < len(every)
    with Visit(browser, f"{page.as_uri()}#{words[0]}.high", java_script_enabled=scripts) as filtered:
        assert shown(filtered) == wanted
        assert filtered.troubles == []


def test_the_filters_work_without_javascript_and_override_those_of_the_link(
    browser: Browser, site: Path
) -> None:
    with visit(browser, site, "ytd.critical", java_script_enabled=False) as open_page:
        assert open_page.page.get_by_text("ytd.critical").count() == 0
        link = open_page.page.locator(".by-link")
        assert link.is_visible()
        choose(open_page, "severity-high")
        rows = shown(open_page)
        assert rows
        assert all({"high", "in-ytd"} <= set(row.split()) for row in rows)
        link.get_by_role("link", name="show all").click()
        choose(open_page, "severity-any")
        assert not link.is_visible()
        assert len(shown(open_page)) == 500


def test_the_address_keeps_the_filters_and_the_search(browser: Browser, site: Path) -> None:
    with visit(browser, site) as open_page:
        page = open_page.page
        choose(open_page, "severity-severe")
        choose(open_page, "review-rejected")
        found = page.locator(".bug-list tbody tr:visible")
        first, second = re.findall(r"[a-z]{4,}", found.first.locator("a").first.inner_text())[:2]
        page.get_by_role("searchbox").fill(f"{first} {second.upper()}")
        assert page.url.endswith(f"#every.severe.rejected~{first}%20{second.upper()}")
        texts = [text.lower() for text in found.all_inner_texts()]
        assert texts
        assert all(first in text and second in text for text in texts)
        address = page.url
        last = page.locator(".pages a").last.get_attribute("href") or ""
        assert last.endswith(address.split("#")[1])
    with Visit(browser, address) as again:
        assert [
            text.lower() for text in again.page.locator(".bug-list tbody tr:visible").all_inner_texts()
        ] == texts
        assert again.troubles == []


def test_a_click_on_a_heading_sorts_and_keeps_the_filters(browser: Browser, site: Path) -> None:
    with visit(browser, site, "last-90-days") as open_page:
        before = shown(open_page)
        open_page.page.get_by_role("button", name="Severity").click()
        after = shown(open_page)
        assert sorted(after) == sorted(before)
        assert "critical" in after[0].split()
        assert open_page.page.locator("[aria-sort=ascending]").inner_text().startswith("Severity")
        open_page.page.get_by_role("button", name="Severity").click()
        assert shown(open_page)[-1] in after[:20]


def test_a_list_comes_back_as_it_was_left(browser: Browser, site: Path) -> None:
    with visit(browser, site) as open_page:
        page = open_page.page
        choose(open_page, "review-open")
        page.goto((site / "index.html").as_uri())
        page.goto((site / LIST).as_uri())
        assert page.get_by_label("Open", exact=True).is_checked()


def test_a_phone_shows_every_column_of_a_bug_as_a_card(browser: Browser, site: Path) -> None:
    with visit(browser, site, "last-90-days.critical", look="phone") as open_page:
        card = open_page.page.locator(".bug-list tbody tr:visible").first
        box = card.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
        labels = card.locator("td").evaluate_all(
            "cells => cells.map(cell => getComputedStyle(cell, '::before').content)"
        )
        assert labels == ['"Severity"', '"Review"', '"Feature"', '"Test"']
        assert card.evaluate("row => row.scrollWidth - row.clientWidth") <= 0
        assert open_page.overflow <= 0


def test_print_leaves_the_filters_out_and_keeps_what_they_show(browser: Browser, site: Path) -> None:
    with visit(browser, site, "last-90-days.critical") as open_page:
        rows = shown(open_page)
        open_page.page.emulate_media(media="print")
        assert shown(open_page) == rows
        assert not open_page.page.locator("label[for=severity-any]").is_visible()
        assert not open_page.page.get_by_role("searchbox").is_visible()


def test_the_number_of_bugs_shown_stands_above_them(browser: Browser, site: Path) -> None:
    with visit(browser, site, "last-90-days.critical") as open_page:
        number = open_page.page.locator(".shown")
        box, table = number.bounding_box(), open_page.page.locator(".bug-list").bounding_box()
        assert box is not None
        assert table is not None
        assert box["y"] < table["y"]
        snapshot = open_page.page.locator("main").aria_snapshot()
        assert f"{len(shown(open_page))} bugs shown" in snapshot
