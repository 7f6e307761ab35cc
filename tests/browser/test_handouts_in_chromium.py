"""The hand-out in Chromium: printed on two pages, and copied as rich text and as Markdown."""

import io
from datetime import timedelta
from pathlib import Path
from unicodedata import normalize

import pytest
from playwright.sync_api import Browser
from pypdf import PdfReader

from build.site.pages.portfolio import portfolio_pages
from build.site.pages.product import product_pages
from build.site.site import SiteOptions, sources
from build.site.writer import write_site
from tests.browser.visit import Visit
from tests.factories import NOW, make_bug, make_bugs, make_facts, make_product, make_test

pytestmark = pytest.mark.browser
HANDOUT = "products/598-halo-shop/handout.html"
_WIDE = "all => all.filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.textContent)"
_CUT = "all => all.filter(one => one.scrollHeight > one.clientHeight + 4).map(one => one.textContent)"


def printed(browser: Browser, page: Path, paper: str) -> list[str]:
    """The text of each page of the PDF, without ligatures."""
    with Visit(browser, page.as_uri()) as visit:
        content = visit.page.pdf(format=paper, print_background=True)
    return [normalize("NFKC", one.extract_text()) for one in PdfReader(io.BytesIO(content)).pages]


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_a_handout_is_printed_on_two_pages_with_all_that_a_meeting_needs(
    browser: Browser, site: Path, paper: str
) -> None:
    first, second = printed(browser, site / HANDOUT, paper)
    for words in (
        "Halo Shop",
        "Last 90 days",
        "Act now",
        "before",
        "Outcome",
        "Trend by month",
        "Decide today",
    ):
        assert words in first, words
    assert first.count("Owner") == first.count("Date") >= 2
    for words in ("Critical and high bugs", "Rejection reason", "Feature", "Tests", "Running and next tests"):
        assert words in second, words
    assert "page 1 of 2" in first
    assert "page 2 of 2" in second
    for page in (first, second):
        assert "data of 2026-11-20 06:00 UTC" in page
        assert not {"Copy", "Portfolio", "Breadcrumbs"} & set(page.split())
    assert "The first 10 of" in second
    assert "Decided bugs were accepted" in second


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_every_handout_of_hostile_texts_is_two_whole_pages(
    browser: Browser, hostile_site: Path, paper: str
) -> None:
    products, releases = (
        sorted(hostile_site.glob(f"products/{place}/handout.html")) for place in ("*", "*/releases/*")
    )
    assert products
    assert releases
    for page in (*products, *releases):
        texts = printed(browser, page, paper)
        assert len(texts) == 2, page
        assert all(f"page {at} of 2" in text for at, text in enumerate(texts, start=1)), page


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_the_portfolio_is_handed_out_on_one_whole_page(
    browser: Browser, site: Path, hostile_site: Path, paper: str
) -> None:
    (text,) = printed(browser, site / "handout.html", paper)
    for words in ("Last 90 days", "Halo Shop", "Rejected", "Due (UTC)", "Decide today", "page 1 of 1"):
        assert words in text, words
    (text,) = printed(browser, hostile_site / "handout.html", paper)
    assert "page 1 of 1" in text


@pytest.fixture(scope="module")
def crowded_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The portfolio of twelve products with long names, each with critical bugs and bugs to review."""
    folder = tmp_path_factory.mktemp("crowded")
    products = [make_product(at, f"Checkout of the storefront {at} " + "and more " * 30) for at in range(12)]
    bugs = [*make_bugs(rejected=19, open=2, active_accepted=9), make_bug(severity="critical")]
    soon = NOW - timedelta(days=5)
    tests = [make_test(bugs, product_id=at, end_at=soon, title="Release " * 30) for at in range(9)]
    site = sources(make_facts(tests, products=products), SiteOptions(customer_name="Halo " * 60)).site
    write_site(folder, [*site.assets.files, *portfolio_pages(site), *product_pages(site, products[0])])
    return folder


@pytest.mark.parametrize("name", ["site", "hostile_site", "crowded_site"])
def test_nothing_of_a_handout_is_cut_at_the_foot_or_the_side_of_its_page(
    browser: Browser, name: str, request: pytest.FixtureRequest
) -> None:
    place: Path = request.getfixturevalue(name)
    for path in (place / "handout.html", next(place.glob("products/*-*/handout.html"))):
        with Visit(browser, path.as_uri()) as visit:
            visit.page.set_viewport_size({"width": 688, "height": 1000})
            visit.page.emulate_media(media="print")
            for sheet in visit.page.locator(".sheet").all():
                assert sheet.evaluate("one => one.scrollHeight - one.clientHeight") <= 1, path
                assert sheet.locator(":scope > h1, :scope > .frame").evaluate_all(_CUT) == [], path
                assert sheet.locator(".frame").evaluate_all(_WIDE) == [], path


@pytest.mark.parametrize("width", [390, 860, 1280])
def test_a_handout_stands_in_the_middle_of_the_window(browser: Browser, site: Path, width: int) -> None:
    with Visit(browser, (site / HANDOUT).as_uri()) as visit:
        visit.page.set_viewport_size({"width": width, "height": 900})
        box = visit.page.locator(".sheet").first.bounding_box()
        assert box is not None
        assert abs(box["x"] - (width - box["x"] - box["width"])) <= 2


def test_a_copy_is_rich_text_for_documents_and_markdown_for_notes(browser: Browser, site: Path) -> None:
    with Visit(browser, (site / HANDOUT).as_uri()) as visit:
        page = visit.page
        page.get_by_role("button", name="Copy").click()
        assert page.get_by_role("button", name="Copied").is_visible()
        page.evaluate(
            "document.body.insertAdjacentHTML('beforeend',"
            " '<div id=rich contenteditable></div><textarea id=plain></textarea>')"
        )
        for place in ("#rich", "#plain"):
            page.locator(place).focus()
            page.keyboard.press("ControlOrMeta+V")
        rich = page.locator("#rich")
        assert rich.locator("h1").inner_text() == "Halo Shop"
        assert rich.locator("table").count() >= 4
        assert rich.locator("svg, a").count() == 0
        markdown = page.locator("#plain").input_value()
        assert markdown.strip() == (site / HANDOUT).with_name("report.md").read_text().strip()
        assert visit.troubles == []
