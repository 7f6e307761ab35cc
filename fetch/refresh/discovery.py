"""Seeing what there is: the account's products and, of each, the list of tests."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from base.errors import InvalidInput
from fetch.api import endpoints
from fetch.api.client import ApiClient
from fetch.api.concurrency import together
from fetch.api.errors import BASE_URL_VARIABLE, Missing, UpstreamError
from fetch.api.fields import id_of
from fetch.api.paging import Listing
from fetch.refresh.known import Known
from fetch.refresh.outcome import Failure, broken_position
from fetch.refresh.plan import ListedProduct, PlanOptions, far_enough, listed_test
from fetch.refresh.progress import Progress

log = logging.getLogger(__name__)

Json = dict[str, Any]

_ROW = frozenset({"id", "status", "start_at", "end_at"})
"""What a plan needs of a listed test; the detail has the rest."""


@dataclass
class Discovery:
    """The lists of products and tests, as far as they were read.

    Attributes:
        products: By id.
        listings: The lists of tests, by product; of a product that is gone, an empty one.
        failures: What could not be listed.
        gone: Products that the upstream no longer has.
        products_listed: Whether `products` is all there is.
    """

    client: ApiClient
    known: Known
    options: PlanOptions
    progress: Progress
    products: dict[int, Json] = field(default_factory=dict)
    listings: dict[int, Listing] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    gone: set[int] = field(default_factory=set)
    products_listed: bool = False

    async def take(self, product_ids: Iterable[int] | None) -> None:
        """List the products, or those with the given ids, and their tests.

        Raises:
            UpstreamError: When the products cannot be listed, or one that is fatal.
            InvalidInput: When none of the given products exists.
        """
        await self._list_products(None if product_ids is None else set(product_ids))
        self.products_listed = True
        self.progress.stage("lists", len(self.products))
        await together(self._list_tests(product_id) for product_id in self.products)

    def close(self) -> None:
        """Note the lists that were not reached as failures."""
        for product_id in self.products.keys() - self.listings.keys():
            reason = "Its list of tests was not reached before the deadline."
            self.failures.append(Failure("tests", None, product_id, reason))
            self.listings[product_id] = Listing()

    def listed(self) -> tuple[ListedProduct, ...]:
        """Return the products with as much of their lists as was read."""
        return tuple(
            ListedProduct(
                product_id,
                product,
                tuple(row for raw in self._rows(product_id).values() if (row := listed_test(raw))),
                ended=product_id in self.listings and self.listings[product_id].ended,
            )
            for product_id, product in self.products.items()
        )

    def _rows(self, product_id: int) -> Mapping[int, Json]:
        listing = self.listings.get(product_id)
        return listing.rows if listing else {}

    async def _list_products(self, asked: set[int] | None) -> None:
        known = {
            entry.id
            for entry in self.known.entries.values()
            if entry.kind == "product" and entry.state != "gone" and (asked is None or entry.id in asked)
        }
        try:
            must_be_there = () if self.options.full else known
            rows = await endpoints.products(self.client, asked, known=must_be_there)
        except UpstreamError as error:
            error.hint = error.hint or f"Check {BASE_URL_VARIABLE}."
            raise
        self.products = {number: row for row in rows if (number := id_of(row)) is not None}
        if asked and not self.products and not known:
            names = ", ".join(map(str, sorted(asked)))
            raise InvalidInput(
                f"There is no product {names} in this account.",
                "",
                "Correct TESTIO_PRODUCT_IDS or --products.",
            )
        await together(
            self._look_for(number, known)
            for number in sorted((known | (asked or set())) - set(self.products))
        )

    async def _look_for(self, product_id: int, known: set[int]) -> None:
        """Look for a product that should be listed and is not."""
        try:
            self.products[product_id] = await endpoints.product(self.client, product_id)
        except Missing as error:
            if product_id in known:
                self.gone.add(product_id)
                self.listings[product_id] = Listing(ended=True)
                log.warning("a product is gone", extra={"id": product_id})
            else:
                reason = "It is not among the products of this account."
                self.failures.append(Failure("product", product_id, product_id, reason, error.status))
        except UpstreamError as error:
            if error.fatal:
                raise
            self.failures.append(Failure("product", product_id, product_id, error.what, error.status))

    async def _list_tests(self, product_id: int) -> None:
        known = self.known.tests(product_id)
        places = self.known.places(product_id)

        def enough(listing: Listing) -> bool:
            if self.options.problems_only and not self.known.product_failed(product_id):
                return not self.known.list_is_broken(product_id)
            if not self.known.is_known_to_the_end(product_id, self.options.since):
                return False
            if not known and self.options.since is None:
                return False
            if listing.short and any(place >= len(listing.rows) for place in places):
                return False  # they may have been beyond the end of the list
            rows = (row for raw in listing.rows.values() if (row := listed_test(raw)))
            return far_enough(rows, known, self.options, short=listing.short)

        try:
            listing = await endpoints.tests(
                self.client, product_id, enough=enough, fields=_ROW, suspects=places
            )
        except UpstreamError as error:
            if error.fatal:
                raise
            listing = Listing(failed=error)
        if listing.failed:
            where = " to the end" if listing.rows else ""
            reason = f"Its list of tests could not be read{where}: {listing.failed.what}"
            self.failures.append(Failure("tests", None, product_id, reason, listing.failed.status))
            log.warning(
                "a list of tests is not complete",
                extra={"product_id": product_id, "reason": listing.failed.what},
            )
        elif listing.nameless:
            reason = "It lists a test without a usable id, which cannot be fetched."
            self.failures.append(Failure("tests", None, product_id, reason))
        self.failures += [broken_position(product_id, broken) for broken in listing.broken]
        self.listings[product_id] = listing
        self.progress.advance("lists")
