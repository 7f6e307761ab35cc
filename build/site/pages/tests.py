"""Make the pages that list all tests of a product."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from build.site.labels import brief
from build.site.links import TESTS_A_PAGE, month_place
from build.site.page import Crumb, Page, PageLink, Site, anchor, render_page
from build.site.table_files import list_twins
from quality import wording
from quality.metrics.columns import TESTS_PAGE
from quality.model.entities import Product, Test
from quality.periods.periods import month_key
from quality.views import freshness
from quality.views.lists.bugs import periods_of_reports, words_of_spans
from quality.views.lists.tests import list_of_tests
from quality.views.table import Table, select

_COLUMNS = ("title", "ended", "release", *TESTS_PAGE, "outcome", "due")


def test_list_pages(site: Site, product: Product) -> Iterator[Page]:
    """Make the pages that list all tests of a product, newest first."""
    name = brief(product.name)
    tests = site.facts.tests_by_product.get(product.id, ())
    periods = periods_of_reports(site.facts)
    titles = {one.key: one.title for one in periods}
    words = [words_of_spans(test, periods) for test in tests]
    places = _places(words)
    fresh = freshness.freshness(site.facts, (product.id,), still=True)
    for page, start in enumerate(range(0, len(tests) or 1, TESTS_A_PAGE), start=1):
        path = site.links.tests(product.id, page)
        here = slice(start, start + TESTS_A_PAGE)
        shown = tests[here]
        context = {
            "name": name,
            "twins": list_twins(product.id, "tests"),
            "summary": f"{wording.counted(len(tests), 'test')}, newest first",
            "tests": _placed(
                select(list_of_tests(site.facts, shown, site.now), _COLUMNS), shown, words[here]
            ),
            "anchors": [
                anchor(word, titles[word], pages, page, partial(site.links.tests, product.id), noun="test")
                for word, pages in places.items()
                if page == 1 or page in pages
            ],
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


def _places(words: Iterable[Iterable[str]]) -> dict[str, Counter[int]]:
    """Count the tests of each period on each page."""
    places: dict[str, Counter[int]] = {}
    for at, own in enumerate(words):
        for word in own:
            places.setdefault(word, Counter())[at // TESTS_A_PAGE + 1] += 1
    return places


def _placed(table: Table, tests: Sequence[Test], words: Sequence[Iterable[str]]) -> Table:
    """Name the first row of each month, to which charts lead, and the periods of each, as counts do."""
    rows, seen = [], {""}
    for row, test, own in zip(table.rows, tests, words, strict=True):
        month = month_key(test.end_at) if test.end_at is not None else ""
        place = "" if month in seen else month_place(month)
        rows.append(replace(row, place=place, words=" ".join(f"in-{word}" for word in own)))
        seen.add(month)
    return replace(table, rows=tuple(rows))
