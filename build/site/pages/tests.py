"""Make the pages that list all tests of a product."""

from collections.abc import Iterator

from build.site.labels import brief
from build.site.links import TESTS_A_PAGE
from build.site.page import Crumb, Page, PageLink, Site, render_page
from build.site.shown_rows import TEST_COLUMNS
from quality import wording
from quality.model.entities import Product
from quality.views import freshness, rows
from quality.views.table import select


def test_list_pages(site: Site, product: Product) -> Iterator[Page]:
    """Make the pages that list all tests of a product, newest first."""
    name = brief(product.name)
    tests = site.facts.tests_by_product.get(product.id, ())
    fresh = freshness.freshness(site.facts, (product.id,))
    for page, start in enumerate(range(0, len(tests) or 1, TESTS_A_PAGE), start=1):
        path = site.links.tests(product.id, page)
        shown = [rows.test_row(site.facts, test) for test in tests[start : start + TESTS_A_PAGE]]
        context = {
            "name": name,
            "summary": f"{wording.counted(len(tests), 'test')}, newest first",
            "tests": select(rows.table_of_tests(shown, "All tests"), TEST_COLUMNS),
            "pages": [
                PageLink(
                    f"{first + 1} to {min(first + TESTS_A_PAGE, len(tests))}",
                    site.links.tests(product.id, number),
                    number == page,
                )
                for number, first in enumerate(range(0, len(tests), TESTS_A_PAGE), start=1)
            ]
            if len(tests) > TESTS_A_PAGE
            else [],
        }
        crumbs = (
            Crumb("Portfolio", "index.html"),
            Crumb(name, site.links.product(product.id)),
            Crumb("All tests"),
        )
        title = f"{name}: all tests"
        yield render_page(site, path, "tests", context, title=title, freshness=fresh, crumbs=crumbs)
