"""Seeing what there is: the account's products and, of each, the list of tests."""

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from base.bounds import LIST_ROWS
from base.errors import InvalidInput, UserError
from fetch.api import endpoints
from fetch.api.client import ApiClient
from fetch.api.concurrency import together
from fetch.api.errors import BASE_URL_VARIABLE, Missing, UpstreamError, unforeseen
from fetch.api.ids_and_statuses import id_of
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
        untold: Products of which not all credentials are known: neither their lists showed them, nor the
            list of their environments.
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
    untold: set[int] = field(default_factory=set)
    _begun: dict[int, Listing] = field(default_factory=dict)

    async def take_products(self, product_ids: Iterable[int] | None) -> None:
        """List the products, or those with the given ids.

        Stopped at a deadline, it leaves those that it has.

        Raises:
            UpstreamError: When none can be listed, or one that is fatal.
            InvalidInput: When none of the given products exists.
        """
        try:
            await self._list_products(None if product_ids is None else set(product_ids))
            self.products_listed = True
        except asyncio.CancelledError:
            self._cut_short("It was not read to its end before the deadline.")
            raise

    async def take_tests(self) -> None:
        """List the tests of the products, and learn the credentials of those that the lists do not show.

        Raises:
            UpstreamError: One that is fatal.
        """
        self.progress.stage("lists", len(self.products))
        await together(self._list_tests(product_id) for product_id in self.products)
        self.untold |= {
            product_id
            for product_id, listing in self.listings.items()
            if product_id in self.products
            and not (listing.ended and listing.rows.keys() <= self.client.secrets.told)
        }
        await together([self._learn(product_id) for product_id in sorted(self.untold)])

    def close(self) -> None:
        """Note the lists that were not reached, or not read to their ends, as failures."""
        for product_id in sorted(self.products.keys() - self.listings.keys()):
            self.listings[product_id] = self._begun.get(product_id) or Listing()
            read = "read to its end" if self.listings[product_id].rows else "reached"
            reason = f"Its list of tests was not {read} before the deadline."
            self.failures.append(Failure("tests", None, product_id, reason))

    def _cut_short(self, reason: str, status: int | None = None) -> None:
        if self.products:
            self.products_listed = True
            self.failures.append(Failure("product", None, None, f"The list of products: {reason}", status))

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
            rows = await endpoints.products(self.client, asked, known=must_be_there, into=self.products)
        except UpstreamError as error:
            error.hint = error.hint or f"Check {BASE_URL_VARIABLE}."
            if error.fatal or not self.products:
                raise
            self._cut_short(error.what, error.status)
            return
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

    async def _read(
        self, product_id: int, enough: Callable[[Listing], bool], places: Collection[int]
    ) -> Listing:
        begun = self._begun[product_id] = Listing()
        try:
            return await endpoints.tests(
                self.client,
                product_id,
                enough=enough,
                fields=_ROW,
                suspects=places,
                into=begun,
                room=lambda: LIST_ROWS - sum(len(one.rows) for one in self._begun.values()),
            )
        except UserError as error:
            if not isinstance(error, UpstreamError) or error.fatal:
                raise
            return Listing(failed=error)
        except Exception as error:  # noqa: BLE001 - whatever it is, it costs one list
            return Listing(failed=unforeseen(f"/products/{product_id}/exploratory_tests", error))

    async def _learn(self, product_id: int) -> None:
        try:
            await endpoints.learn_environments(self.client, product_id)
            self.untold.discard(product_id)
        except UpstreamError as error:
            if error.fatal:
                raise
            log.info(
                "test environments are not served", extra={"product_id": product_id, "reason": error.what}
            )

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

        listing = await self._read(product_id, enough, places)
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
