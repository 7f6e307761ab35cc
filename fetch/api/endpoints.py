"""The upstream's read endpoints; what leaves this module is redacted."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import count
from typing import Any

from fetch.api.body import Params
from fetch.api.client import ApiClient
from fetch.api.concurrency import together
from fetch.api.errors import BadAnswer, Declined
from fetch.api.fields import id_of, identifier
from fetch.api.paging import Listing, read
from fetch.api.retries import BROKEN_BEFORE, NARROWING, PATIENT, RetryPolicy
from fetch.api.sections import section_ids
from fetch.redaction.fields import redact
from quality.normalise.values import objects

Json = dict[str, Any]

PER_PAGE = 100
"""Rows that are asked for at once; the page size is ours to choose."""
FEW = 25
"""The smallest page that any deployment is known to give when it is asked for more."""
MOST_PAGES = 1_000
MOST_ROWS = 100_000
"""An API that brings new rows even then never ends its list."""
MOVED = 10
"""Places by which new tests may have pushed another down its list since then."""

_STORIES: Params = (("includes[]", "user_stories"),)


def read_all(_: Listing) -> bool:
    """Return False: a list is never read far enough before its end."""
    return False


async def products(
    client: ApiClient, ids: Iterable[int] | None = None, *, known: Collection[int] = ()
) -> list[Json]:
    """Fetch all products, or those with the given ids that exist; some deployments page them.

    Args:
        client: The API.
        ids: The products that are wanted; all when left out.
        known: Products that must exist: once all were seen on a short page, no other page is asked for.

    Raises:
        UpstreamError: When the list cannot be fetched as a whole.
    """
    wanted = None if ids is None else set(ids)
    only: list[tuple[str, str | int]] = [("filter[product_ids][]", number) for number in sorted(wanted or ())]
    found: dict[int, Json] = {}
    for page in count(1):
        if page > MOST_PAGES:
            raise Declined("/products", f"still returns new products on page {MOST_PAGES:,}")
        before = len(found)
        rows = await _list(client, "/products", "products", [*only, ("page", page), ("per_page", PER_PAGE)])
        found |= {number: row for row in rows if (number := id_of(row)) is not None}
        last = known and len(rows) < FEW and found.keys() >= set(known)
        if last or len(found) == before:
            break
    return [_redacted(client, row) for number, row in found.items() if wanted is None or number in wanted]


async def product(client: ApiClient, product_id: int) -> Json:
    """Fetch one product.

    Raises:
        UpstreamError: When it cannot be fetched.
    """
    return await _one(client, f"/products/{product_id}", "product", product_id)


async def tests(
    client: ApiClient,
    product_id: int,
    *,
    enough: Callable[[Listing], bool] = read_all,  # noqa: PT028 - tests, not a test
    fields: Collection[str] | None = None,  # noqa: PT028 - likewise
    suspects: Collection[int] = (),  # noqa: PT028 - likewise
) -> Listing:
    """Fetch a product's tests as its list shows them, newest first, with the positions that cannot be read.

    Args:
        client: The API.
        product_id: The product.
        enough: See `paging.read`.
        fields: Of each row, only these; all when left out.
        suspects: Places, from 0, that could not be read before: they are not tried as often again.

    Raises:
        UpstreamError: When nothing of the list can be fetched.
    """
    path = f"/products/{product_id}/exploratory_tests"
    suspects = {place + moved for place in suspects for moved in range(MOVED)}

    async def page(number: int, per_page: int, *, policy: RetryPolicy = PATIENT) -> Sequence[Any]:
        if (number - 1) * per_page >= MOST_ROWS:
            raise Declined(path, f"still returns new tests after {MOST_ROWS:,}")
        if not suspects.isdisjoint(range((number - 1) * per_page, number * per_page)):
            policy = policy.at_most(BROKEN_BEFORE if per_page == 1 else NARROWING)
        params = [("page", number), ("per_page", per_page)]
        rows: Sequence[Any] = await client.get(path, root="exploratory_tests", params=params, policy=policy)
        return [_redacted(client, _only(row, fields)) for row in _objects(path, list(rows))]

    return await read(page, per_page=PER_PAGE, enough=enough)


async def test(
    client: ApiClient,
    test_id: int,
    *,
    policy: RetryPolicy = PATIENT,  # noqa: PT028 - no test
) -> Json:
    """Fetch one test with execution metrics and user stories.

    Raises:
        UpstreamError: When it cannot be fetched.
    """
    path = f"/exploratory_tests/{test_id}"
    return await _one(client, path, "exploratory_test", test_id, _STORIES, policy=policy)


async def bugs(client: ApiClient, test_ids: Iterable[int], *, policy: RetryPolicy = PATIENT) -> list[Json]:
    """Fetch the bugs of some tests, in one request.

    Raises:
        UpstreamError: When they cannot be fetched.
    """
    params = [("filter_test_cycle_ids", ",".join(map(str, test_ids)))]
    rows = await client.get("/bugs", root="bugs", params=params, policy=policy)
    return _redacted_all(client, _objects("/bugs", rows))


async def bug(client: ApiClient, bug_id: int) -> Json:
    """Fetch one bug.

    Raises:
        UpstreamError: When it cannot be fetched.
    """
    return await _one(client, f"/bugs/{bug_id}", "bug", bug_id)


async def reject_reasons(client: ApiClient) -> list[Json]:
    """Fetch the customer's reject reasons.

    Raises:
        UpstreamError: When they cannot be fetched.
    """
    return _redacted_all(client, await _list(client, "/bugs/reject_reasons", "reject_reasons"))


async def features(client: ApiClient, product: Mapping[str, Any]) -> list[Json]:
    """Fetch the features of a product (of all its sections, if any) with their user stories, by id.

    Raises:
        UpstreamError: When not all of them can be fetched.
    """
    product_id = id_of(product)
    sections: Sequence[int | None] = section_ids(product) or (None,)
    parts = await together(_features_of(client, product_id, section) for section in sections)
    found = {id_of(feature): feature for rows in parts for feature in rows}
    return [found[key] for key in sorted(found, key=lambda key: key or 0)]


async def _features_of(client: ApiClient, product_id: int | None, section_id: int | None) -> list[Json]:
    where = f"/products/{product_id}" + (f"/sections/{section_id}" if section_id else "")
    rows = objects(await _list(client, f"{where}/features", "features", _STORIES))
    if rows and not any("user_stories" in row for row in rows):
        by_feature = await _stories(client, product_id, section_id)
        rows = [{**row, "user_stories": by_feature.get(id_of(row), [])} for row in rows]
    return _redacted_all(client, rows)


async def _stories(
    client: ApiClient, product_id: int | None, section_id: int | None
) -> dict[int | None, list[Json]]:
    only: Params = (("section_id", section_id),) if section_id else ()
    found: dict[int | None, list[Json]] = {}
    for story in objects(await _list(client, f"/products/{product_id}/user_stories", "user_stories", only)):
        found.setdefault(identifier(story.get("feature_id")), []).append(story)
    return found


async def _list(client: ApiClient, path: str, root: str, params: Params = ()) -> list[Any]:
    return _objects(path, await client.get(path, root=root, params=params))


def _objects(path: str, rows: list[Any]) -> list[Any]:
    """Return the rows; a list of something else than objects is another answer than the one asked for."""
    if rows and not any(isinstance(row, dict) for row in rows):
        raise BadAnswer(path, "was answered with a list of something other than objects", status=200)
    return rows


async def _one(
    client: ApiClient,
    path: str,
    root: str,
    wanted: int,
    params: Params = (),
    *,
    policy: RetryPolicy = PATIENT,
) -> Json:
    found: Json = await client.get(path, root=root, params=params, shape=dict, policy=policy)
    if id_of(found) != wanted:
        raise BadAnswer(path, "was answered with another object", status=200)
    redacted: Json = _redacted(client, found)
    return redacted


def _only(row: Any, fields: Collection[str] | None) -> Any:
    if fields is None or not isinstance(row, dict):
        return row
    return {name: row[name] for name in fields if name in row}


def _redacted(client: ApiClient, value: Any) -> Any:
    return redact(value, token=client.options.token)


def _redacted_all(client: ApiClient, rows: Iterable[Any]) -> list[Json]:
    return [_redacted(client, row) for row in rows if isinstance(row, dict)]
