"""Nothing scrolls sideways: every kind of page of three accounts, from the narrowest phone to a desk."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from build.site.pages.bugs import bug_list_pages
from build.site.pages.features import features_page
from build.site.pages.portfolio import portfolio_pages
from build.site.pages.product import product_pages
from build.site.pages.tests import test_list_pages as pages_of_tests
from build.site.site import sources
from build.site.writer import write_site
from demo.account.account import demo_account
from quality.metrics.catalogue import METRICS
from tests.browser.widths import DESK, WIDTHS, names_of_cells, too_wide, unfold
from tests.build.account_facts import account_facts

pytestmark = pytest.mark.browser

FONTS = ("Arial, 'Liberation Sans'", "Roboto, system-ui", "Verdana, 'DejaVu Sans'")

ON_A_DESK = ("all 0 index.html", "all 0 handout.html", "product 2 index.html", "product 2 handout.html",
             "product 2 tests.html", "product 2 features.html", "tests 1 .html")  # fmt: skip


@pytest.fixture(scope="module")
def big_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The portfolio and the largest product of an account of 300 tests."""
    folder = tmp_path_factory.mktemp("big")
    site = sources(account_facts(demo_account(300))).site
    product = site.facts.products[598]
    pages = [*portfolio_pages(site), *product_pages(site, product), features_page(site, product)]
    pages += [*bug_list_pages(site, product), *pages_of_tests(site, product)]
    write_site(folder, [*site.assets.files, *pages])
    return folder


def kinds(site: Path) -> Mapping[str, Path]:
    """The largest page of each kind, whatever the products are called."""
    found: dict[str, Path] = {}
    for path in sorted(site.rglob("*.html"), key=lambda path: path.stat().st_size):
        if b'http-equiv="refresh"' not in path.read_bytes():
            *folders, name = path.relative_to(site).parts
            where = "product" if "products" in folders else "tests" if "tests" in folders else "all"
            found[f"{where} {len(folders)} {re.sub(r'[0-9]+', '', name)}"] = path
    return found


@pytest.mark.slow
@pytest.mark.parametrize("account", [("site", WIDTHS), ("hostile_site", WIDTHS), ("big_site", WIDTHS[::3])])
def test_no_element_of_any_kind_of_page_is_too_wide(
    browser: Browser, request: pytest.FixtureRequest, account: tuple[str, tuple[int, ...]]
) -> None:
    paths = kinds(request.getfixturevalue(account[0]))
    assert {"all 0 index.html", "product 2 bugs.html", "product 3 handout.html"} <= set(paths)
    page = browser.new_page()
    for path in paths.values():
        page.goto(path.as_uri())
        unfold(page)
        assert {width: found for width in account[1] if (found := too_wide(page, width))} == {}, path
    page.close()


@pytest.mark.parametrize("site_of", ["site", "hostile_site"])
def test_nothing_is_cut_on_a_desk_in_any_of_three_common_fonts(
    browser: Browser, request: pytest.FixtureRequest, site_of: str
) -> None:
    page = browser.new_page()
    for kind, path in kinds(request.getfixturevalue(site_of)).items():
        if kind in ON_A_DESK:
            page.goto(path.as_uri())
            unfold(page)
            for font in FONTS:
                page.add_style_tag(content=f"body {{ font-family: {font}; }}")
                assert too_wide(page, DESK) == [], (path, font)
    page.close()


def test_each_cell_on_a_phone_says_what_it_is(browser: Browser, site: Path, hostile_site: Path) -> None:
    """By its label, or by standing right below the head of its column."""
    short = {(one.title, one.short) for one in METRICS.values()}
    seen: set[tuple[str, str]] = set()
    page = browser.new_page(viewport={"width": 390, "height": 900})
    released = [path for path in kinds(hostile_site).values() if "releases" in path.parts]
    assert released
    for path in (*kinds(site).values(), *released):
        page.goto(path.as_uri())
        unfold(page)
        names = names_of_cells(page)
        assert {(head, name) for head, name in names if head != name} <= short, path
        seen |= names
    page.close()
    assert {("Due (UTC)", "Due (UTC)"), ("Rejection rate of decided bugs", "Rejected")} <= seen
