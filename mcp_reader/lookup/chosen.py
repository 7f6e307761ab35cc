"""The tests that a list is about: those of some products, some tests, or all of the snapshot."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from base.errors import InvalidInput
from base.text import listed, shorten
from mcp_reader.answers.base import NamedRef, Source, warnings_of
from mcp_reader.context import Reader
from mcp_reader.lookup.entities import find_tests, known_products
from mcp_reader.lookup.names import ids_of
from mcp_reader.sources.snapshot import Edition
from quality.model.entities import Test
from quality.model.facts import Facts


@dataclass(frozen=True)
class Chosen:
    """The tests that are looked through, and where they come from.

    Attributes:
        product_ids: The products that were named; None for all.
    """

    tests: Sequence[Test]
    facts: Facts
    at: datetime
    source: Source
    warnings: list[str] | None
    product_ids: tuple[int, ...] | None
    test: NamedRef | None = None

    @property
    def product(self) -> NamedRef | None:
        """Return the product that all of them share; None when there may be several."""
        products = (
            set(self.product_ids)
            if self.product_ids is not None
            else {one.product_id for one in self.tests} | set(() if self.test else self.facts.products)
        )
        return product_ref(self.facts, products.pop()) if len(products) == 1 else None


def product_ref(facts: Facts, product_id: int) -> NamedRef:
    """Return a product as answers name it."""
    product = facts.products.get(product_id)
    return NamedRef(id=product_id, name=shorten(product.name if product else f"Product {product_id}"))


def product_refs(facts: Facts, product_ids: Sequence[int]) -> list[NamedRef]:
    """Return the products of some rows, each once, by name."""
    refs = [product_ref(facts, one) for one in dict.fromkeys(product_ids)]
    return sorted(refs, key=lambda ref: (ref.name or "", ref.id or 0))


def row_names(refs: Sequence[NamedRef]) -> dict[int, str]:
    """Return what each product is called in a row: its name, with its id where another one has the name."""
    names = [ref.name for ref in refs]
    return {
        ref.id: ref.name or "" if names.count(ref.name) == 1 else f"{ref.name} ({ref.id})"
        for ref in refs
        if ref.id is not None
    }


async def chosen(
    reader: Reader,
    edition: Edition,
    product_ids: Sequence[int | str] | None,
    test_ids: Sequence[int | str] | None = None,
) -> Chosen:
    """Return the tests of these products, exactly these tests, or all.

    Raises:
        NotFound: When neither the snapshot nor the upstream has one of them.
        InvalidInput: For a test of another product than those that are named, and an ambiguous name.
    """
    facts = edition.facts
    products = ids_of(facts, "product", product_ids, "product_ids")
    tests = ids_of(facts, "test", test_ids, "test_ids")
    if tests is not None:
        return await _exactly(reader, edition, tests, products)
    if products is None:
        every = [test for of_product in facts.tests_by_product.values() for test in of_product]
        return Chosen(every, facts, facts.as_of, "snapshot", warnings_of(facts, None), None)
    await known_products(reader, edition, products)
    return Chosen(
        [test for one in products for test in facts.tests_by_product.get(one, ())],
        facts,
        facts.as_of,
        "snapshot",
        warnings_of(facts, products),
        products,
    )


async def _exactly(
    reader: Reader, edition: Edition, test_ids: Sequence[int], products: tuple[int, ...] | None
) -> Chosen:
    found = await find_tests(reader, edition, test_ids)
    tests = [one.entity for one in found]
    for test in tests:
        if products is not None and test.product_id not in products:
            raise InvalidInput(
                f"Test {test.id} belongs to product {test.product_id}.",
                f"product_ids names {listed(products, 10)}.",
                "Leave product_ids out: test_ids names exact tests.",
            )
    of = {test.product_id for test in tests}
    return Chosen(
        tests,
        found[-1].facts,
        min(one.at for one in found),
        "upstream" if any(one.source == "upstream" for one in found) else "snapshot",
        warnings_of(edition.facts, of, *(text for one in found for text in one.warnings)),
        tuple(of),
        NamedRef(id=tests[0].id, name=shorten(tests[0].title)) if len(tests) == 1 else None,
    )
