"""Where everything is inside the site: paths relative to its root, with forward slashes."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from quality.model.entities import Test
from quality.model.facts import Facts
from quality.periods.periods import REPORT_PERIODS, month_key
from quality.products import all_products, slug
from quality.views.lists.bugs import first_pages
from quality.views.table import Reference

_TO_A_PAGE = re.compile(r'<a\b[^>]*\bhref="(?!https?://|#)[^"]*"[^>]*>(?P<text>.*?)</a>', re.DOTALL)
BUGS_A_PAGE = 500
TESTS_A_PAGE = 500


@dataclass(frozen=True)
class Links:
    """Paths of pages by id.

    Without facts the paths are those that hold for any snapshot: a product's permanent
    address, and a test's first page for all of its bugs.

    Attributes:
        folders: Product id → its folder, such as `products/598-halo-shop`.
        later_pages: Bug id → the page of its test, for bugs that are not on the first one.
        tests_of_bugs: Bug id → test id.
        lists: Product id → filters of its bugs → the page of them that has the newest one, where that is not
            the first.
        months: Product id → the months (UTC) in which its tests end → the page of its tests that has the
            newest one.
        default: The period whose reports lie at the plain addresses.
    """

    folders: Mapping[int, str] = field(default_factory=dict)
    later_pages: Mapping[int, str] = field(default_factory=dict)
    tests_of_bugs: Mapping[int, int] = field(default_factory=dict)
    months: Mapping[int, Mapping[str, int]] = field(default_factory=dict)
    lists: Mapping[int, Mapping[str, int]] = field(default_factory=dict)
    default: str = ""

    def folder(self, product_id: int) -> str:
        """Return the folder of a product."""
        return self.folders.get(product_id, f"products/{product_id}")

    def product(self, product_id: int, period: str | None = None) -> str:
        """Return the report page of a product, over the default period or the one named."""
        folder = self.folder(product_id)
        return (
            f"{folder}/{period}/index.html"
            if period and period != self.default and product_id in self.folders
            else f"{folder}/index.html"
        )

    def portfolio(self, period: str | None = None) -> str:
        """Return the page of all products, over the default period or the one named."""
        return f"{period}/index.html" if period and period != self.default else "index.html"

    def tests(self, product_id: int, page: int = 1) -> str:
        """Return a page of the list of a product's tests."""
        return f"{self.folder(product_id)}/tests{f'-{page}' if page > 1 else ''}.html"

    def tests_of(self, product_id: int, which: str) -> str:
        """Return where the tests of a period are in a product's list, or the newest of a month, `2026-11`."""
        if which in REPORT_PERIODS:
            return f"{self.tests(product_id)}#{which}"
        page = self.months.get(product_id, {}).get(which)
        return f"{self.tests(product_id, page or 1)}{f'#{month_place(which)}' if page else ''}"

    def features(self, product_id: int) -> str:
        """Return the list of a product's features."""
        return f"{self.folder(product_id)}/features.html"

    def bugs(self, product_id: int, which: str = "", page: int = 1) -> str:
        """Return a page of the list of a product's bugs; `which` are the filters that it begins with."""
        name = f"bugs{f'-{page}' if page > 1 else ''}.html"
        return f"{self.folder(product_id)}/{name}{f'#{which}' if which else ''}"

    def test(self, test_id: int, page: int = 1) -> str:
        """Return a page of a test."""
        return f"tests/{test_id}{f'-{page}' if page > 1 else ''}.html"

    def bug(self, bug_id: int, test_id: int) -> str:
        """Return a bug's place in the pages of its test."""
        return f"{self.later_pages.get(bug_id) or self.test(test_id)}#bug-{bug_id}"

    def known_bug(self, bug_id: int) -> str | None:
        """Return a bug's place when its test is not at hand; None for a bug of no known test."""
        test_id = self.tests_of_bugs.get(bug_id)
        return None if test_id is None else self.bug(bug_id, test_id)

    def metric(self, key: str) -> str:
        """Return the place that says how a metric is counted."""
        return f"about.html#metric-{key}"

    def to(self, reference: Reference) -> str:
        """Return the place that a table's cell leads to."""
        match reference.to:
            case "metric":
                return self.metric(str(reference.id))
            case "bug":
                return self.bug(int(reference.id), reference.test_id)
            case "release":
                return self.product(int(reference.id), f"releases/{reference.which}")
            case "test":
                return f"{self.test(int(reference.id))}{'#' if reference.which else ''}{reference.which}"
        product_id, which = int(reference.id), reference.which
        if reference.to == "bugs":
            return self.bugs(product_id, which, self._first_page(product_id, which))
        return (self.tests_of if reference.to == "tests" else self.product)(product_id, which)

    def _first_page(self, product_id: int, which: str) -> int:
        """Return the first page of a list with bugs of these filters, or of all but the last of them."""
        known = self.lists.get(product_id, {})
        while which and which not in known:
            which = which.rpartition(".")[0]
        return known.get(which, 1)


def site_links(facts: Facts, ordered_bugs: Mapping[int, tuple[int, ...]], default: str = "") -> Links:
    """Return the links of a snapshot's site.

    Args:
        facts: The snapshot.
        ordered_bugs: Test id → its bugs' ids in the order of its page, for the tests with
            more bugs than one page holds.
        default: The period whose reports lie at the plain addresses.
    """
    later = {
        bug_id: f"tests/{test_id}-{at // BUGS_A_PAGE + 1}.html"
        for test_id, bug_ids in ordered_bugs.items()
        for at, bug_id in enumerate(bug_ids)
        if at >= BUGS_A_PAGE
    }
    folders = {product.id: f"products/{slug(product)}" for product in all_products(facts).values()}
    months = {product_id: _months(tests) for product_id, tests in facts.tests_by_product.items()}
    lists = {
        product_id: found
        for product_id, tests in facts.tests_by_product.items()
        if sum(len(test.bugs) for test in tests) > BUGS_A_PAGE
        and (found := first_pages(facts, product_id, BUGS_A_PAGE))
    }
    return Links(folders, later, {bug.id: bug.test_id for bug in facts.bugs.values()}, months, lists, default)


def _months(tests: Sequence[Test]) -> dict[str, int]:
    """Return the months of tests, each with the page of the first of them."""
    pages: dict[str, int] = {}
    for at, test in enumerate(tests):
        if test.end_at is not None:
            pages.setdefault(month_key(test.end_at), at // TESTS_A_PAGE + 1)
    return pages


def month_place(month: str) -> str:
    """Return the fragment of a month, `2026-11`, in a list of tests."""
    return f"month-{month}"


def root_of(path: str) -> str:
    """Return the way from a page back to the site's root: `products/1-a/index.html` → `../../`."""
    return "../" * path.count("/")


def address(here: str, path: str) -> str:
    """Return the link from one page to a place: relative, and a fragment alone on the page itself."""
    page, mark, fragment = path.partition("#")
    return f"#{fragment}" if mark and page == here else f"{root_of(here)}{path}"


def near(here: str, html: bytes) -> bytes:
    """Return a page whose links into its own folder, and those above it, do not go through the site's root.

    Only links of our own can be met: in a text of any origin a quotation mark is escaped.
    """
    folders = here.split("/")[:-1]
    for depth in range(len(folders), 0, -1):
        far = f'="{root_of(here)}{"/".join(folders[:depth])}/'
        html = html.replace(far.encode(), f'="{"../" * (len(folders) - depth)}'.encode())
    return html


def without_pages(html: str) -> str:
    """Return HTML that is shown without the site: of links to its pages only their text is left."""
    return _TO_A_PAGE.sub(lambda link: link["text"], html)


def at_the_vendor(
    web_url: str | None, product_id: int, test_id: int, bug_id: int | None = None
) -> str | None:
    """Return the address of a test or bug in the vendor's application; None where that has none."""
    if not web_url:
        return None
    bug = "" if bug_id is None else f"/bugs/{bug_id}"
    return f"{web_url.rstrip('/')}/products/{product_id}/test_cycles/{test_id}{bug}"
