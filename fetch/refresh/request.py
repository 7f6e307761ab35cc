"""The request that a refresh carries out."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from base.errors import InvalidInput
from fetch.refresh.plan import PlanOptions


@dataclass(frozen=True)
class RefreshRequest:
    """The products, tests and limits of a refresh.

    Attributes:
        product_ids: The account's products that are kept at all; the new version holds no others.
        only: The products that are refreshed now; the others are taken over as they are.
        since: Tests that ended before are not fetched; known ones are kept.
        full: Fetch everything again.
        problems_only: Fetch only what could not be fetched the last time.
        strict: Publish nothing when there are gaps.
        accept_loss: Publish even if more than a fifth of the known tests is lost.
        deadline: Seconds after which fetching stops and what is complete is published.
        ttl: How long features, and what an interrupted refresh stored, count as fresh.
    """

    product_ids: tuple[int, ...] | None = None
    only: tuple[int, ...] | None = None
    since: datetime | None = None
    full: bool = False
    problems_only: bool = False
    strict: bool = False
    accept_loss: bool = False
    deadline: float | None = None
    ttl: timedelta = timedelta(hours=1)

    @property
    def asked(self) -> tuple[int, ...] | None:
        """Return the products to refresh, or None for all.

        Raises:
            InvalidInput: When one of them is not kept.
        """
        if self.product_ids is None or self.only is None:
            return self.only if self.product_ids is None else self.product_ids
        if others := set(self.only).difference(self.product_ids):
            raise InvalidInput(
                f"--products names {', '.join(map(str, sorted(others)))}: not in TESTIO_PRODUCT_IDS.",
                "A version holds no other products.",
                "Choose products from TESTIO_PRODUCT_IDS, or add these to it.",
            )
        return self.only

    def keeps(self, product_id: int | None) -> bool:
        """Return whether what belongs to a product, or to none, stays in the new version."""
        return product_id is None or self.product_ids is None or product_id in self.product_ids

    @property
    def plan_options(self) -> PlanOptions:
        """Return how much is asked for."""
        return PlanOptions(full=self.full, since=self.since, ttl=self.ttl, problems_only=self.problems_only)
