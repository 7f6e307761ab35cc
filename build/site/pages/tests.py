"""Make the pages that list all tests of a product."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from build.site.labels import brief
from build.site.links import TESTS_A_PAGE, month_place
from build.site.page import Crumb, Page, PageLink, Site, render_page
from build.site.table_files import list_twins
from quality import wording
from quality.metrics.columns import TESTS_PAGE
from quality.model.entities import Product, Test
from quality.periods.periods import month_key
from quality.views import freshness
from quality.views.lists.tests import list_of_tests
from quality.views.table import Table, select

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
            "tests": _placed(select(list_of_tests(site.facts, shown, site.now), _COLUMNS), shown),
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


def _placed(table: Table, tests: Sequence[Test]) -> Table:
    """Name the first row of each month, for the links of charts."""
    rows, seen = [], {""}
    for row, test in zip(table.rows, tests, strict=True):
        month = month_key(test.end_at) if test.end_at is not None else ""
        rows.append(row if month in seen else replace(row, place=month_place(month)))
        seen.add(month)
    return replace(table, rows=tuple(rows))
