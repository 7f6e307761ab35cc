"""Products as pages and answers name them: all of them, the address of one, its last test."""

import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime

from quality.model.entities import Named, Product, Test
from quality.model.facts import Facts

_LONGEST_SLUG = 60


def all_products(facts: Facts) -> dict[int, Product]:
    """Return every product by id, ordered by id; one whose own document is a gap has its id as name."""
    ids = sorted({*facts.products, *facts.tests_by_product})
    return {
        product_id: facts.products.get(product_id) or Product(product_id, f"Product {product_id}")
        for product_id in ids
    }


def named(facts: Facts, product_ids: Iterable[int]) -> tuple[Named, ...]:
    """Return the products with their names, in the order given."""
    products = all_products(facts)
    return tuple(Named(one, products[one].name if one in products else None) for one in product_ids)


def slug(product: Product) -> str:
    """`598-halo-shop`; the id alone when the name leaves nothing in ASCII."""
    plain = unicodedata.normalize("NFKD", product.name.casefold()).encode("ascii", "ignore").decode()
    words = re.sub(r"[^a-z0-9]+", "-", plain)[:_LONGEST_SLUG].strip("-")
    return f"{product.id}-{words}" if words else str(product.id)


def last_test(tests: Iterable[Test], now: datetime) -> Test | None:
    """Return the executed test that ended last, else one still running; None without any with an end.

    Args:
        tests: Newest first.
        now: When "ended" is.
    """
    executed = [test for test in tests if test.executed and test.end_at is not None]
    ended = [test for test in executed if test.end_at is not None and test.end_at <= now]
    return next(iter(ended or executed), None)
