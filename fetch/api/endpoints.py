"""The upstream's read endpoints; what leaves this module is redacted."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import count
from typing import Any, TypeVar, cast

import orjson

from base.bounds import (
    LIST_BYTES,
    LIST_REQUESTS,
    LIST_ROWS,
    LIST_WEIGHT,
    OBJECT_WORK,
    PRODUCTS,
    PRODUCTS_WEIGHT,
    SECTIONS,
    VALUE_LETTERS,
)
from base.weight import weight
from fetch.api.body import Params
from fetch.api.client import ApiClient
from fetch.api.concurrency import together
from fetch.api.errors import BadAnswer, Declined, TooLarge
from fetch.api.ids_and_statuses import id_of, identifier, section_ids
from fetch.api.paging import Listing, read
from fetch.api.retries import BROKEN_BEFORE, NARROWING, OPTIONAL, PATIENT, RetryPolicy
from fetch.redaction.credentials import tells
from fetch.redaction.fields import redact
from fetch.redaction.in_turns import cut_all, each
from fetch.redaction.names import TooMuch
from quality.normalise.values import objects

Json = dict[str, Any]
T = TypeVar("T")

PER_PAGE = 100
"""Rows that are asked for at once; the page size is ours to choose."""
FEW = 25
"""The smallest page that any deployment is known to give when it is asked for more."""
AT_ONCE = 4
"""Sections of a product that are asked for at once: tests need not wait until all were."""
MOVED = 10
"""Places by which new tests may have pushed another down its list since then."""

_STORIES: Params = (("includes[]", "user_stories"),)


def read_all(_: Listing) -> bool:
    """Return False: a list is never read far enough before its end."""
    return False


async def products(
    client: ApiClient,
    ids: Iterable[int] | None = None,
    *,
    known: Collection[int] = (),
    into: dict[int, Json] | None = None,
) -> list[Json]:
    """Fetch all products, or those with the given ids that exist; some deployments page them.

    Args:
        client: The API.
        ids: The products that are wanted; all when left out.
        known: Products that must exist: once all were seen on a short page, no other page is asked for.
        into: Holds what was read so far, redacted, also when this is stopped or fails.

    Raises:
        UpstreamError: When the list cannot be fetched as a whole.
    """
    wanted = None if ids is None else set(ids)
    only: list[tuple[str, str | int]] = [("filter[product_ids][]", number) for number in sorted(wanted or ())]
    found = {} if into is None else into
    heavy = 0
    for page in count(1):
        before = len(found)
        if before >= PRODUCTS or page > LIST_REQUESTS:
            raise Declined("/products", f"still returns new products after {before:,}")
        params = [*only, ("page", page), ("per_page", PER_PAGE)]
        rows = await _list(client, "/products", "products", params)
        heavy += weight(orjson.dumps(rows))
        if heavy > PRODUCTS_WEIGHT:
            raise Declined("/products", f"still returns new products after {before:,} large ones")
        found |= {number: row for row in rows if (number := id_of(row)) is not None}
        last = known and len(rows) < FEW and found.keys() >= set(known)
        if last or len(found) == before:
            break
    return [row for number, row in found.items() if wanted is None or number in wanted]


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
    into: Listing | None = None,  # noqa: PT028 - likewise
    room: Callable[[], int] | None = None,  # noqa: PT028 - likewise
) -> Listing:
    """Fetch a product's tests as its list shows them, newest first, with the positions that cannot be read.

    Args:
        client: The API.
        product_id: The product.
        enough: See `paging.read`.
        fields: Of each row, only these, as they are if they are short; all when left out.
        suspects: Places, from 0, that could not be read before: they are not tried as often again.
        into: Holds what was read so far, also when this is stopped.
        room: Says how many rows may still come, when several lists are read into one memory.

    Raises:
        UpstreamError: When nothing of the list can be fetched.
    """
    begun = Listing() if into is None else into
    left = room or (lambda: LIST_ROWS - len(begun.rows))
    path = f"/products/{product_id}/exploratory_tests"
    suspects = {place + moved for place in suspects for moved in range(MOVED)}

    requests = 0

    async def page(number: int, per_page: int, *, policy: RetryPolicy = PATIENT) -> Sequence[Any]:
        nonlocal requests
        requests += 1
        if left() <= 0 or requests > LIST_REQUESTS:
            raise Declined(path, f"still returns new tests after {(number - 1) * per_page:,}")
        if not suspects.isdisjoint(range((number - 1) * per_page, number * per_page)):
            policy = policy.at_most(BROKEN_BEFORE if per_page == 1 else NARROWING)
        params = [("page", number), ("per_page", per_page)]
        return cast(
            "list[Any]",
            await client.get(path, root="exploratory_tests", params=params, policy=policy, use=used),
        )

    async def used(rows: list[Any]) -> list[Any]:
        if len(rows) > max(left(), 0) + len(begun.rows):
            raise Declined(path, f"lists more than {LIST_ROWS:,} tests")
        told = [row_id for row in _objects(path, rows) if tells(row) and (row_id := id_of(row)) is not None]
        if fields is None:
            rows = await _redacted_all(client, path, rows)
        else:
            await _each(path, rows, client.secrets.learn)
            rows = [{name: _brief(row[name]) for name in fields if name in row} for row in objects(rows)]
        client.secrets.told.update(told)
        return rows

    return await read(page, per_page=PER_PAGE, enough=enough, into=begun)


def _brief(value: Any) -> Any:
    """Return a state, a date or an id as it is; nothing of what is too long to be any, or no single value."""
    if isinstance(value, str):
        return value if len(value) <= VALUE_LETTERS else None
    return None if isinstance(value, (dict, list)) else value


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
    found = await _one(client, path, "exploratory_test", test_id, _STORIES, policy=policy)
    client.secrets.told.add(test_id)
    return found


async def learn_environments(client: ApiClient, product_id: int) -> None:
    """Learn the credentials of all test environments of a product, so that they can be cut out of its texts.

    Nothing else of them is looked at, and nothing is kept.

    Raises:
        UpstreamError: When they cannot be fetched.
    """
    path = f"/products/{product_id}/test_environments"

    async def used(rows: list[Any]) -> None:
        await _each(path, [{"test_environment": row} for row in rows], client.secrets.learn)

    await client.get(path, root="test_environments", policy=OPTIONAL, use=used)


async def bugs(client: ApiClient, test_ids: Iterable[int], *, policy: RetryPolicy = PATIENT) -> list[Json]:
    """Fetch the bugs of some tests, in one request.

    Raises:
        UpstreamError: When they cannot be fetched.
    """
    params = [("filter_test_cycle_ids", ",".join(map(str, test_ids)))]
    return await _list(client, "/bugs", "bugs", params, policy=policy)


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
    return await _list(client, "/bugs/reject_reasons", "reject_reasons")


async def features(
    client: ApiClient, product: Mapping[str, Any], *, most_bytes: int = LIST_BYTES
) -> list[Json]:
    """Fetch the features of a product (of all its sections, if any) with their user stories, by id.

    Args:
        client: The API.
        product: What is redacted of it.
        most_bytes: So large they may be together.

    Raises:
        TooLarge: When they are larger.
        UpstreamError: When not all of them can be fetched.
    """
    product_id = id_of(product)
    path = f"/products/{product_id}/features"
    sections: Sequence[int | None] = section_ids(product) or (None,)
    if len(sections) > SECTIONS:
        raise Declined(
            f"/products/{product_id}/sections", f"would be {len(sections):,} of {SECTIONS:,} at most"
        )
    parts: dict[int | None, bytes] = {}
    known, size, heavy = client.secrets.version, 0, 0

    async def some(waiting: Iterator[int | None]) -> None:
        nonlocal size, heavy
        for section in waiting:
            # As bytes: parsed, those of a thousand sections would fill the memory.
            part = parts[section] = orjson.dumps(await _features_of(client, product_id, section))
            size, heavy = size + len(part), heavy + weight(part)
            if size > most_bytes or heavy > LIST_WEIGHT:
                raise TooLarge(path, f"was answered with more than {most_bytes:,} bytes in all sections")

    waiting = iter(sections)
    await together(some(waiting) for _ in range(min(AT_ONCE, len(sections))))
    found = {id_of(row): row for section in sections for row in orjson.loads(parts.pop(section))}
    return await cut_all(
        [found[key] for key in sorted(found, key=lambda key: key or 0)], client.secrets, known
    )


async def _features_of(client: ApiClient, product_id: int | None, section_id: int | None) -> list[Json]:
    where = f"/products/{product_id}" + (f"/sections/{section_id}" if section_id else "")
    rows = await _list(client, f"{where}/features", "features", _STORIES)
    if rows and not any("user_stories" in row for row in rows):
        by_feature = await _stories(client, product_id, section_id)
        rows = [{**row, "user_stories": by_feature.get(id_of(row), [])} for row in rows]
    return rows


async def _stories(
    client: ApiClient, product_id: int | None, section_id: int | None
) -> dict[int | None, list[Json]]:
    only: Params = (("section_id", section_id),) if section_id else ()
    found: dict[int | None, list[Json]] = {}
    for story in await _list(client, f"/products/{product_id}/user_stories", "user_stories", only):
        found.setdefault(identifier(story.get("feature_id")), []).append(story)
    return found


async def _list(
    client: ApiClient, path: str, root: str, params: Params = (), *, policy: RetryPolicy = PATIENT
) -> list[Json]:
    """Fetch the objects of a list, redacted."""

    async def used(rows: list[Any]) -> list[Json]:
        return await _redacted_all(client, path, _objects(path, rows))

    found: list[Json] = await client.get(path, root=root, params=params, policy=policy, use=used)
    return found


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

    async def used(found: Json) -> Json:
        if id_of(found) != wanted:
            raise BadAnswer(path, "was answered with another object", status=200)
        (redacted,) = await _redacted_all(client, path, [found])
        return redacted

    found: Json = await client.get(path, root=root, params=params, shape=dict, policy=policy, use=used)
    return found


async def _redacted_all(client: ApiClient, path: str, rows: list[Any]) -> list[Json]:
    """Redact the objects among the rows; the rows are used up, so that no two copies are held."""
    await _each(path, rows, client.secrets.learn)
    rows.reverse()
    known = client.secrets.version
    redacted = await _each(path, _used_up(rows), lambda row: redact(row, client.secrets))
    return await cut_all(redacted, client.secrets, known)


def _used_up(rows: list[Any]) -> Iterator[Any]:
    while rows:
        yield rows.pop()


async def _each(path: str, rows: Iterable[Any], do: Callable[[Json], T]) -> list[T]:
    """Do something with the objects among the rows; others, and the deadline, come in between."""
    try:
        return await each((row for row in rows if isinstance(row, dict)), do)
    except TooMuch:
        what = f"was answered with an object of more than {OBJECT_WORK:,} values"
        raise TooLarge(path, what) from None
