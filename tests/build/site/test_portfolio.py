"""The pages of all products: every period, however many products there are and whatever their names."""

from collections.abc import Mapping
from functools import lru_cache

import pytest

from build.site.markdown.report import words
from build.site.pages.portfolio import PRODUCTS_SHOWN, portfolio_pages
from build.site.site import SiteOptions, sources
from quality.model.facts import Facts
from quality.periods.periods import REPORT_PERIODS
from tests.build.site.parsed_pages import read
from tests.factories import make_bugs, make_facts, make_product, make_test

HOSTILE = (
    "<script>alert(1)</script> =1+1 | `x` [y](javascript:z) " + "long " * 60,
    "שגיאה בקופה " * 25,
    "🛒" * 300,
    "../../../../etc/passwd",
    "x" * 300,
)


def pages_of(facts: Facts) -> Mapping[str, str]:
    return {path: content.decode() for path, content in portfolio_pages(sources(facts).site)}


@lru_cache(maxsize=1)
def of_200_products() -> Mapping[str, str]:
    products = [make_product(at, f"{HOSTILE[at % 5]} {at}") for at in range(1, 201)]
    tests = [
        make_test(make_bugs(rejected=at % 30, active_accepted=20, open=2), id=at, product_id=at)
        for at in range(1, 181)
    ]
    return pages_of(make_facts(tests, products=products))


def test_figures_of_all_products_lead_to_the_products_whose_counts_lead_to_their_bugs() -> None:
    pages = pages_of(make_facts([make_test(make_bugs(rejected=4, active_accepted=40))]))
    page = read(pages["index.html"])
    links = {one.text: one.attributes["href"] for one in page.all("a") if "dd" in one.path}
    assert links["44"] == links["1"] == "#products"
    assert "products" in page.ids
    untested = read(pages_of(make_facts([]))["index.html"])
    assert [one for one in untested.all("a") if "dd" in one.path] == []


def test_a_customer_with_a_name_of_300_characters_leaves_room_for_the_rest() -> None:
    facts = make_facts([make_test(make_bugs(rejected=19, active_accepted=4))])
    site = sources(facts, SiteOptions(customer_name="Halo Group of Companies " * 13)).site
    pages = {path: content.decode() for path, content in portfolio_pages(site)}
    for path in ("index.html", "handout.html"):
        page = read(pages[path])
        assert len(next(page.all("h1")).text) <= 72, path
        brand = next(one for one in page.all("a") if one.attributes.get("class") == "brand")
        assert len(brand.text.strip()) <= 40, path
    assert words(pages["brief.md"]) <= 80


def rows_of(page: str) -> int:
    return sum(one.tag == "tr" and "tbody" in one.path for one in read(page).elements)


def test_every_period_has_its_page_report_brief_handout_and_files() -> None:
    pages = pages_of(make_facts([make_test(make_bugs(rejected=1))]))
    for key in REPORT_PERIODS:
        for name in ("index.html", "report.md", "brief.md", "handout.html"):
            assert pages[f"{key}/{name}"], (key, name)
        assert pages["products.csv" if key == "last-90-days" else f"{key}/products.csv"]
        page = read(pages["index.html" if key == "last-90-days" else f"{key}/index.html"])
        current = [one.text for one in page.all("a") if one.attributes.get("aria-current") == "page"]
        assert len(current) == 2, key
    assert pages["report.md"] == pages["last-90-days/report.md"]
    for name in ("index.html", "handout.html"):
        assert f'href="../{name}"' in pages[f"last-90-days/{name}"], "of the default period, at the start"


@pytest.mark.slow
def test_200_products_of_hostile_names_fit_the_budgets_and_each_is_listed() -> None:
    pages = of_200_products()
    for path, page in pages.items():
        if path.endswith(".html"):
            document = read(page)
            assert document.faults == [], path
            if not path.endswith("products.html"):
                assert len(page.encode()) <= 60_000, path
                assert len(document.elements) <= 2_500, path
    assert rows_of(pages["products.html"]) == 180
    assert rows_of(pages["index.html"]) <= PRODUCTS_SHOWN + 10
    assert "products.html" in pages["index.html"]


@pytest.mark.slow
def test_the_texts_of_the_portfolio_keep_their_budgets_with_200_products() -> None:
    for path, text in of_200_products().items():
        if path.endswith("report.md"):
            assert words(text) <= 700, path
        if path.endswith("brief.md"):
            assert len(text.split()) <= 80, path
            assert text.count("\n") <= 5, path
