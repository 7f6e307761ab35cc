"""What a refresh would ask for, without fetching or writing it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from fetch.api.breaker import Breaker
from fetch.api.client import ApiClient
from fetch.api.ids_and_statuses import feature_requests
from fetch.api.options import ClientOptions
from fetch.refresh.baseline import kept_details, load_known, published
from fetch.refresh.discovery import Discovery
from fetch.refresh.plan import Plan, plan
from fetch.refresh.progress import Progress, Silent
from fetch.refresh.request import RefreshRequest
from snapshot.journal import journalled
from snapshot.store import whole


@dataclass(frozen=True)
class Preview:
    """The work that a refresh would do.

    Attributes:
        plan: What it would ask for.
        listing_requests: What it took to list products and tests; a refresh repeats them.
        products: How many products there are.
        details: How many tests an interrupted refresh has fetched already, without their bugs.
    """

    plan: Plan
    listing_requests: int
    products: int
    details: int

    @property
    def requests(self) -> int:
        """Return all requests of the refresh when none fails."""
        return self.listing_requests + self.plan.requests - self.details

    @property
    def counts(self) -> Mapping[str, int]:
        """Count for a person: how many documents are fetched, and why, and how many are kept."""
        tests = Counter(wanted.why for wanted in self.plan.tests)
        return {
            "products": self.products,
            **{f"tests, {why}": number for why, number in sorted(tests.items())},
            "features (requests)": sum(map(feature_requests, self.plan.features)),
            "reject reasons": int(self.plan.reject_reasons),
            "kept documents": len(self.plan.kept),
        }


async def preview(
    root: Path,
    client_options: ClientOptions,
    request: RefreshRequest | None = None,
    *,
    now: datetime | None = None,
    progress: Progress | None = None,
) -> Preview:
    """List products and tests as a refresh does, and plan the rest.

    Args:
        root: The snapshot folder; nothing in it is changed.
        client_options: The API.
        request: What the refresh would do.
        now: The refresh's time; the clock's when left out.
        progress: Is told how far the listing is.

    Raises:
        UpstreamError: When the API does not answer at all.
        InvalidInput: When none of the products exists, or the folder belongs to another API.
    """
    moment = (now or datetime.now(UTC)).astimezone(UTC)
    request = request or RefreshRequest()
    manifest = published(root, client_options.host, moment)
    noted = journalled(root, client_options.host)
    async with ApiClient(client_options, Breaker()) as client:
        stored = (entry for entry in noted if whole(root, entry))
        known = load_known(root, manifest, request, stored, moment)
        discovery = Discovery(client, known, request.plan_options, progress or Silent())
        await discovery.take_products(request.asked)
        await discovery.take_tests()
        work = plan(known, discovery.listed(), moment, request.plan_options)
        details = kept_details(root, known, request, moment).keys() if noted else set[int]()
        again = len(details & client.secrets.told & {wanted.id for wanted in work.tests})
        return Preview(work, client.statistics.requests, len(discovery.products), again)
