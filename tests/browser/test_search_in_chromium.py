"""The search page in Chromium, opened from a folder without any server."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.visit import Visit

pytestmark = pytest.mark.browser


def hits(visit: Visit) -> list[str]:
    visit.page.wait_for_function("/found/.test(document.querySelector('.told').textContent)")
    return visit.page.locator(".hits li").all_inner_texts()


def test_all_words_must_occur_by_their_beginnings_and_the_address_keeps_them(
    browser: Browser, site: Path
) -> None:
    with Visit(browser, (site / "search.html").as_uri()) as visit:
        visit.page.get_by_role("searchbox").fill("gift CAR")
        found = hits(visit)
        assert found
        assert all("gift" in text.lower() and "car" in text.lower() for text in found)
        address = visit.page.url
        assert "q=gift+CAR" in address
        assert visit.troubles == []
    with Visit(browser, address) as again:
        assert hits(again) == found


@pytest.mark.parametrize(
    ("review", "word"), [("rejected", "rejected"), ("active_accepted", "accepted"), ("open", "open")]
)
def test_facets_narrow_what_is_found_to_a_product_a_severity_and_a_review(
    browser: Browser, site: Path, review: str, word: str
) -> None:
    with Visit(browser, (site / "search.html").as_uri()) as visit:
        for facet in ("product-598", "severity-high", f"review-{review}"):
            visit.page.locator(f"label[for={facet}]").click()
        visit.page.wait_for_function("document.querySelector('.told').textContent")
        found = hits(visit)
        assert found
        assert all(text.endswith(f" · high · {word}") for text in found)
        visit.page.locator(".hits a").first.click()
        assert visit.page.locator("details.bug[open]").count() == 1


def test_products_are_a_kind_of_what_is_found(browser: Browser, site: Path) -> None:
    with Visit(browser, (site / "search.html").as_uri()) as visit:
        visit.page.locator("label[for=kind-product]").click()
        assert len(hits(visit)) == visit.page.locator("[data-product]").count() > 1
        visit.page.get_by_role("searchbox").fill("halo")
        visit.page.wait_for_function("/^1 found/.test(document.querySelector('.told').textContent)")
        visit.page.locator(".hits a").click()
        assert visit.page.url.endswith("/index.html")
        assert visit.page.locator("h1").inner_text() == "Halo Shop"


def test_data_are_loaded_only_when_something_is_looked_for(browser: Browser, site: Path) -> None:
    with Visit(browser, (site / "search.html").as_uri()) as visit:
        scripts = visit.page.locator("script[src^='search/']")
        assert scripts.count() == 0
        visit.page.locator("label[for=product-598]").click()
        assert hits(visit)
        assert scripts.count() == 1
        visit.page.get_by_role("searchbox").fill("gift")
        visit.page.locator("label[for=product-any]").click()
        hits(visit)
        assert scripts.count() > 3


@pytest.mark.parametrize("words", ["qa ubersicht", "QÁ Übersicht", "検索", "ｑａ"])  # noqa: RUF001 - wide letters
def test_words_are_found_with_and_without_marks_in_wide_letters_and_inside_of_what_has_no_blanks(
    browser: Browser, site: Path, words: str
) -> None:
    with Visit(browser, (site / "search.html").as_uri()) as visit:
        visit.page.evaluate("found(598, [['test', 'QA: Übersicht (商品検索)', 'tests/1.html', 'Test 1']])")
        visit.page.locator("label[for=product-598]").click()
        visit.page.get_by_role("searchbox").fill(words)
        visit.page.wait_for_function("/^1 found/.test(document.querySelector('.told').textContent)")


def test_hostile_texts_run_nothing_when_they_are_found(browser: Browser, hostile_site: Path) -> None:
    with Visit(browser, (hostile_site / "search.html").as_uri()) as visit:
        visit.page.get_by_role("searchbox").fill("script")
        assert hits(visit)
        assert visit.troubles == []
        assert visit.overflow <= 0
