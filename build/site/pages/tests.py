"""Make the pages that list all tests of a product."""

from collections.abc import Iterator

from build.site.labels import brief
from build.site.links import TESTS_A_PAGE
from build.site.page import Crumb, Page, PageLink, Site, render_page
from build.site.table_files import list_twins
from quality import wording
from quality.metrics.columns import TESTS_PAGE
from quality.model.entities import Product
from quality.views import freshness
from quality.views.lists.tests import list_of_tests
from quality.views.table import select

_COLUMNS = ("title", "ended", "release", *TESTS_PAGE, "outcome", "due")


def test_list_pages(site: Site, product: Product) -> Iterator[Page]:
    """Make the pages that list all tests of a product, newest first."""
    name = brief(product.name)
    tests = site.facts.tests_by_product.get(product.id, ())
    fresh = freshness.freshness(site.facts, (product.id,), still=True)
    for page, start in enumerate(range(0, len(tests) or 1, TESTS_A_PAGE), start=1):
        path = site.links.tests(product.id, page)
        shown = tests[start : start + TESTS_A_PAGE]
        context = {
            "name": name,
            "twins": list_twins(product.id, "tests"),
            "summary": f"{wording.counted(len(tests), 'test')}, newest first",
            "tests": select(list_of_tests(site.facts, shown, site.now), _COLUMNS),
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
