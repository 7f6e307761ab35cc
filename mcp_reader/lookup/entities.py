"""One product, test or bug: from the snapshot, else from the Customer API, else an error that helps."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from base.errors import InvalidInput, NotFound, Unavailable, UserError
from base.text import shorten
from mcp_reader.context import Reader
from mcp_reader.lookup.resolve import Found, Wanted, found_or_asked, reason_of
from mcp_reader.sources.snapshot import Edition
from mcp_reader.sources.upstream import Fetched
from quality.deadlines import with_overdue
from quality.model.entities import IMMUTABLE_STATUSES, Bug, Product, Test
from quality.model.facts import Facts
from quality.normalise import from_upstream
from quality.normalise.people import bug_without_names, without_names
from quality.wording import stamp

if TYPE_CHECKING:
    from snapshot.format.kinds import Kind

MOST_ASKED = 20
"""Entities that one call asks the upstream for at the most."""


async def find_product(
    reader: Reader, edition: Edition, product_id: int, *, fresh: bool = False
) -> Found[Product]:
    """Find a product by its id.

    Raises:
        NotFound: When neither the snapshot nor the upstream has it.
        Unavailable: When the snapshot lacks it and the upstream cannot be asked.
    """
    facts = edition.facts
    held = facts.products.get(product_id)

    def taken(fetched: Fetched) -> Found[Product]:
        product = from_upstream.product(fetched.data)
        return Found(product, with_product(facts, product), "upstream", fetched.at)

    def names() -> dict[int, str]:
        return {one.id: one.name for one in facts.products.values()}

    stale = fresh and _is_old(reader, edition, "product", product_id)
    return await found_or_asked(
        facts,
        Wanted("Product", product_id, held, stale, names, "list_products"),
        lambda: reader.upstream.product(product_id),
        taken,
    )


async def find_test(reader: Reader, edition: Edition, test_id: int, *, fresh: bool = False) -> Found[Test]:
    """Find a test by its id, with its bugs.

    Raises:
        NotFound: When neither the snapshot nor the upstream has it.
        Unavailable: When the snapshot lacks it and the upstream cannot be asked.
    """
    facts = edition.facts
    held = facts.tests.get(test_id)

    def taken(fetched: Fetched) -> Found[Test]:
        raw = fetched.data
        test = from_upstream.test(
            raw["test"],
            raw["bugs"],
            product_id=held.product_id if held else None,
            reasons=facts.reject_reasons,
        )
        test = with_overdue(_named(reader, test), fetched.at)
        return Found(test, with_test(facts, test, raw["test"].get("product")), "upstream", fetched.at)

    def titles() -> dict[int, str]:
        return {test.id: test.title for test in facts.tests.values()}

    stale = fresh and held is not None and _may_differ(reader, edition, held)
    return await found_or_asked(
        facts,
        Wanted("Test", test_id, held, stale, titles, "list_tests or search"),
        lambda: reader.upstream.test(test_id),
        taken,
    )


async def find_bug(reader: Reader, edition: Edition, bug_id: int, *, fresh: bool = False) -> Found[Bug]:
    """Find a bug by its id.

    Raises:
        NotFound: When neither the snapshot nor the upstream has it.
        Unavailable: When the snapshot lacks it and the upstream cannot be asked.
    """
    facts = edition.facts
    held = facts.bugs.get(bug_id)
    test = facts.tests.get(held.test_id) if held else None

    def taken(fetched: Fetched) -> Found[Bug]:
        bug = from_upstream.bug(fetched.data, test=test, reasons=facts.reject_reasons)
        if test is None and bug.test_id in facts.tests:  # by its test the bug's feature is found
            home = facts.tests[bug.test_id]
            bug = from_upstream.bug(fetched.data, test=home, reasons=facts.reject_reasons)
        if reader.settings.testio_hide_names:
            bug = bug_without_names(bug)
        return Found(bug, facts, "upstream", fetched.at)

    def titles() -> dict[int, str]:
        return {bug.id: bug.title for bug in facts.bugs.values()}

    stale = fresh and test is not None and _may_differ(reader, edition, test)
    return await found_or_asked(
        facts,
        Wanted("Bug", bug_id, held, stale, titles, "list_bugs or search"),
        lambda: reader.upstream.bug(bug_id),
        taken,
    )


async def find_tests(reader: Reader, edition: Edition, test_ids: Sequence[int]) -> list[Found[Test]]:
    """Several tests by their ids, in that order; the last one's facts hold all of them.

    Raises:
        NotFound: When neither the snapshot nor the upstream has one of them.
        Unavailable: When the snapshot lacks one and the upstream cannot be asked.
        InvalidInput: When the snapshot lacks very many.
    """
    lacking = [one for one in test_ids if one not in edition.facts.tests]
    if len(lacking) > MOST_ASKED:
        raise InvalidInput(
            f"{len(lacking)} of {len(test_ids)} tests are not in the snapshot, the first is {lacking[0]}.",
            f"One call asks the Customer API for {MOST_ASKED} at most.",
            "list_tests and search find the ids of tests.",
        )
    found = list(await asyncio.gather(*(find_test(reader, edition, one) for one in test_ids)))
    facts = edition.facts
    for one in found:
        if one.source == "upstream":
            tests = {**facts.tests, one.entity.id: one.entity}
            facts = replace(facts, products={**one.facts.products, **facts.products}, tests=tests)
    return [replace(one, facts=facts) for one in found]


async def find_listed(reader: Reader, product_id: int) -> tuple[tuple[Test, ...], datetime]:
    """Find a product's tests as the upstream lists them, without bugs, and when it did.

    Raises:
        Unavailable: When the upstream does not list them.
    """
    try:
        fetched = await reader.upstream.tests(product_id)
    except UserError as error:
        raise Unavailable(
            f"The tests of product {product_id} cannot be listed.",
            f"The snapshot does not have them, and the Customer API gave none: {reason_of(error)}.",
            error.hint or "Try again later.",
        ) from None
    return tuple(
        _named(reader, from_upstream.test(raw, (), product_id=product_id, reasons=())) for raw in fetched.data
    ), fetched.at


async def known_products(reader: Reader, edition: Edition, product_ids: Sequence[int]) -> None:
    """Check that the snapshot has every one of the products.

    Raises:
        NotFound: When it lacks one, saying whether the upstream has it.
        Unavailable: When it lacks one and the upstream cannot be asked.
    """
    facts = edition.facts
    for product_id in product_ids:
        found = await find_product(reader, edition, product_id)
        if found.source == "upstream":
            raise NotFound(
                f"Product {product_id} {shorten(found.entity.name, 60)!r} is not in the snapshot.",
                f"The Customer API has it, but the snapshot of {stamp(facts.as_of)} was taken without it.",
                f"sync_data takes a new one; list_tests(product_ids={product_id}) works now.",
            )


def with_product(facts: Facts, product: Product) -> Facts:
    """Return the facts as if they held this product."""
    return replace(facts, products={**facts.products, product.id: product})


def with_test(facts: Facts, test: Test, raw_product: object = None) -> Facts:
    """Return the facts as if they held this test; its product too, as far as the test names it."""
    products = facts.products
    if test.product_id not in products:
        try:
            product = from_upstream.product(raw_product)
        except InvalidInput:
            product = Product(test.product_id, f"Product {test.product_id}")
        products = {**products, test.product_id: replace(product, id=test.product_id)}
    held = from_upstream.in_sections(test, products[test.product_id])
    return replace(facts, products=products, tests={**facts.tests, test.id: held})


def _named(reader: Reader, test: Test) -> Test:
    """Return the test with people as this reader names them."""
    return without_names(test) if reader.settings.testio_hide_names else test


def _may_differ(reader: Reader, edition: Edition, test: Test) -> bool:
    """Return whether the upstream may say something else of the test and its bugs by now."""
    return test.status not in IMMUTABLE_STATUSES and _is_old(reader, edition, "test", test.id)


def _is_old(reader: Reader, edition: Edition, kind: "Kind", id_: int) -> bool:
    entry = edition.snapshot.entry(kind, id_)
    limit = timedelta(seconds=reader.settings.cache_ttl_seconds)
    return entry is None or datetime.now(UTC) - entry.fetched_at >= limit
