"""The built demo site in a headless Chromium, as a reader opens it."""

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser

from tests.browser.visit import LOOKS, Visit

pytestmark = pytest.mark.browser

PAGES = {
    "portfolio": "index.html",
    "portfolio's hand-out": "last-30-days/handout.html",
    "product": "products/598-halo-shop/index.html",
    "bugs": "products/598-halo-shop/bugs.html",
    "hand-out": "products/598-halo-shop/handout.html",
    "tests": "products/598-halo-shop/tests.html",
    "features": "products/598-halo-shop/features.html",
    "test": "tests/102014.html",
    "search": "search.html",
    "about": "about.html",
}


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_opened_from_disk_is_accessible_and_fits(
    browser: Browser, site: Path, name: str, look: str
) -> None:
    with Visit(browser, (site / PAGES[name]).as_uri(), look) as visit:
        assert visit.troubles == []
        assert visit.overflow <= 0
        results = Axe().run(visit.page, options={"resultTypes": ["violations"], "preload": False})
        assert results.violations_count == 0, results.generate_report()


def _told_of_a_script(trouble: str) -> bool:
    """What a page loads beyond its text may be forbidden: it is whole without its scripts."""
    return "script" in trouble or re.fullmatch(r"failed: \S+\.js", trouble) is not None


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_whole_under_the_policy_of_ci_artifacts(browser: Browser, served: str, name: str) -> None:
    with Visit(browser, f"{served}/{PAGES[name]}") as visit:
        assert [one for one in visit.troubles if not _told_of_a_script(one)] == []
        assert visit.page.locator("h1").is_visible()
        ground = visit.page.locator("body").evaluate("body => getComputedStyle(body).backgroundColor")
        assert ground == "rgb(245, 246, 249)"


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_readable_without_javascript(browser: Browser, site: Path, name: str) -> None:
    with Visit(browser, (site / PAGES[name]).as_uri(), java_script_enabled=False) as visit:
        assert visit.page.locator("h1").is_visible()
        assert visit.page.locator("main").inner_text().count("\n") > 10
        assert visit.troubles == []


def test_the_address_without_a_name_leads_to_the_product(browser: Browser, site: Path) -> None:
    with Visit(browser, (site / "products/598/index.html").as_uri()) as visit:
        visit.page.wait_for_url("**/products/598-halo-shop/index.html")
        assert visit.page.locator("h1").inner_text() == "Halo Shop"


def test_what_there_is_to_do_leads_to_the_bug(browser: Browser, site: Path) -> None:
    with Visit(browser, (site / PAGES["product"]).as_uri()) as visit:
        link = visit.page.locator("section[aria-labelledby=now] th a[href*='#bug-']").first
        title = link.inner_text()
        link.click()
        opened = visit.page.locator("details:has(:target)")
        assert title.removesuffix("…").partition(": ")[2] in opened.locator("h3").inner_text()
        assert opened.locator("dl").is_visible()
        assert visit.page.locator("details.bug[open]").count() == 1


def test_a_long_test_is_a_line_for_each_bug_until_one_is_opened(browser: Browser, site: Path) -> None:
    with Visit(browser, (site / PAGES["test"]).as_uri(), java_script_enabled=False) as visit:
        bugs = visit.page.locator("details.bug")
        assert bugs.count() > 3
        assert all((box := bugs.nth(at).bounding_box()) and box["height"] < 100 for at in range(bugs.count()))
        visit.page.locator("details.bug summary").first.click()
        assert bugs.first.locator("dl").is_visible()


def test_a_keyboard_reaches_the_content_first(browser: Browser, site: Path) -> None:
    with Visit(browser, (site / PAGES["product"]).as_uri(), "phone") as visit:
        visit.page.keyboard.press("Tab")
        assert visit.page.evaluate("document.activeElement.textContent") == "Skip to the content"
        visit.page.keyboard.press("Enter")
        assert visit.page.evaluate("document.activeElement.id") == "content"


def test_print_is_a_handout_on_paper_of_a4(browser: Browser, site: Path) -> None:
    with Visit(browser, (site / PAGES["product"]).as_uri(), "dark") as visit:
        visit.page.set_viewport_size({"width": 690, "height": 1000})
        visit.page.emulate_media(media="print")
        assert visit.overflow <= 0
        assert not visit.page.locator("nav[aria-label=Period]").is_visible()
        assert not visit.page.locator("nav[aria-label=Site]").is_visible()
        assert visit.page.locator("text=as of 2026-11-20 06:00 UTC").first.is_visible()
        ground = visit.page.locator("body").evaluate("body => getComputedStyle(body).backgroundColor")
        assert ground == "rgb(255, 255, 255)"
        assert visit.page.pdf(format="A4").startswith(b"%PDF")


def test_hostile_texts_run_nothing_and_widen_no_page(browser: Browser, hostile_site: Path) -> None:
    pages = [path for path in sorted(hostile_site.rglob("*.html")) if "http-equiv" not in path.read_text()]
    shown = [pages[0], *pages[1:-1:9], hostile_site / "index.html"]
    for path in shown:
        with Visit(browser, path.as_uri(), "phone") as visit:
            assert visit.troubles == [], path
            assert visit.overflow <= 0, path
