"""The demo API's answers as JSON bytes: the read endpoints over an account."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import orjson

from demo.account.account import Account, product_with_sections

Json = dict[str, Any]
Query = Mapping[str, Sequence[str]]
"""Every query parameter with all its values."""
Listing = Callable[[int, Sequence[int]], Sequence[int]]
"""A product's tests as its list shows them: from its id and all of its tests, newest first."""

DEFAULT_PER_PAGE = 25
UNPAGED_TESTS = 150
"""What the tests of a product answer without `page`."""


_KEPT = 1_000
"""Of how many tests the encoded rows and bugs are kept: a big account must not fill the memory."""


class NotThere(Exception):
    """The thing asked for does not exist: 404."""


class Refused(Exception):
    """The request lacks something: 422."""


class Answers:
    """The endpoints over one account; the rows and bugs of the last tests are kept.

    Args:
        account: What is answered from.
        listing: What the lists of tests show.
    """

    def __init__(self, account: Account, listing: Listing) -> None:
        self.account = account
        self._listing = listing
        self._row = lru_cache(maxsize=_KEPT)(lambda test_id: orjson.dumps(account.row(test_id)))
        self._bugs_of = lru_cache(maxsize=_KEPT)(lambda test_id: orjson.dumps(account.bugs(test_id))[1:-1])

    def products(self, query: Query) -> bytes:
        """Answer `GET /products`: all, or `filter[product_ids][]`; paging is ignored as documented."""
        wanted = ids_of(query, "filter[product_ids][]")
        return _wrapped(
            "products", [one for one in self.account.products() if not wanted or one["id"] in wanted]
        )

    def product(self, product_id: int) -> bytes:
        """Answer `GET /products/{id}`."""
        for one in self.account.products():
            if one["id"] == product_id:
                return _wrapped("product", one)
        raise NotThere

    def tests(self, product_id: int, query: Query) -> bytes:
        """Answer `GET /products/{id}/exploratory_tests`: a page, or the last 150 without `page`."""
        ids = self._listing(product_id, self.account.test_ids[self._known_product(product_id)])
        page = number_of(query, "page")
        if page is None:
            ids = ids[:UNPAGED_TESTS]
        else:
            per_page = number_of(query, "per_page") or DEFAULT_PER_PAGE
            start = (max(page, 1) - 1) * per_page
            ids = ids[start : start + per_page]
        return _joined("exploratory_tests", (self._row(test_id) for test_id in ids))

    def test(self, test_id: int, query: Query) -> bytes:
        """Answer `GET /exploratory_tests/{id}` with execution metrics."""
        if test_id not in self.account.plans:
            raise NotThere
        return _wrapped("exploratory_test", self.account.test(test_id, stories=_with_stories(query)))

    def features(self, product_id: int, query: Query, section_id: int | None = None) -> bytes:
        """Answer `GET /products/{id}/features` and `GET /products/{id}/sections/{section_id}/features`."""
        self._known_product(product_id, section_id)
        return _wrapped(
            "features", self.account.features(product_id, section_id, stories=_with_stories(query))
        )

    def user_stories(self, product_id: int, query: Query) -> bytes:
        """Answer `GET /products/{id}/user_stories`: needs `section_id` when the product has sections."""
        section_id = number_of(query, "section_id")
        if section_id is None and product_with_sections(self._known_product(product_id)):
            raise Refused("section_id is missing")
        self._known_product(product_id, section_id)
        return _wrapped("user_stories", self.account.user_stories(product_id, section_id))

    def executions(self, query: Query) -> bytes:
        """Answer `GET /user_story_version_executions`: paged, with a total."""
        stories, versions = ids_of(query, "user_story_ids[]"), ids_of(query, "user_story_version_ids[]")
        found = [
            one
            for one in self.account.executions()
            if (not stories or one["user_story_id"] in stories)
            and (not versions or one["user_story_version_id"] in versions)
        ]
        if _last(query, "order").lower().endswith("desc"):
            found.reverse()
        per_page = number_of(query, "per_page") or DEFAULT_PER_PAGE
        start = (max(number_of(query, "page") or 1, 1) - 1) * per_page
        return orjson.dumps(
            {
                "meta": {"record_count": len(found)},
                "user_story_version_executions": found[start : start + per_page],
            }
        )

    def bugs(self, query: Query) -> bytes:
        """Answer `GET /bugs`: those of the named tests, sections and products; all without a filter."""
        account = self.account
        tests = ids_of(query, "filter_test_cycle_ids")
        products = ids_of(query, "filter_product_ids")
        sections = ids_of(query, "filter_section_ids")
        chosen = [
            test_id
            for test_id in (sorted(tests, reverse=True) if tests else reversed(list(account.plans)))
            if test_id in account.plans
            and (not products or account.plans[test_id].product.id in products)
            and (not sections or account.section_of(test_id) in sections)
        ]
        return _joined("bugs", (part for test_id in chosen if (part := self._bugs_of(test_id))))

    def bug(self, bug_id: int) -> bytes:
        """Answer `GET /bugs/{id}`."""
        found = self.account.bug(bug_id)
        if found is None:
            raise NotThere
        return _wrapped("bug", found)

    def reject_reasons(self) -> bytes:
        """Answer `GET /bugs/reject_reasons`."""
        return _wrapped("reject_reasons", self.account.reject_reasons())

    def environments(self, product_id: int) -> bytes:
        """Answer `GET /products/{id}/test_environments`, with credentials in clear."""
        return _wrapped("test_environments", self.account.environments(self._known_product(product_id)))

    def _known_product(self, product_id: int, section_id: int | None = None) -> int:
        if product_id not in self.account.test_ids or not self.account.has_section(product_id, section_id):
            raise NotThere
        return product_id


def _wrapped(root: str, value: Any) -> bytes:
    return orjson.dumps({root: value})


def _joined(root: str, parts: Iterable[bytes]) -> bytes:
    return b'{"%s":[%s]}' % (root.encode(), b",".join(parts))


def _last(query: Query, name: str) -> str:
    values = query.get(name)
    return values[-1] if values else ""


def number_of(query: Query, name: str) -> int | None:
    """Return a parameter as a number; what is not one counts as not given."""
    value = _last(query, name)
    return int(value) if value.isdecimal() and value.isascii() else None


def ids_of(query: Query, name: str) -> set[int]:
    """Return ids from repeated and from comma-separated values; what is no id is passed over."""
    parts = [part.strip() for value in query.get(name, ()) for part in value.split(",")]
    return {int(part) for part in parts if part.isdecimal() and part.isascii()}


def _with_stories(query: Query) -> bool:
    return any("user_stories" in query.get(name, ()) for name in ("includes[]", "includes"))
