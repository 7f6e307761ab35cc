"""Products: the list, and the basics of one."""

from collections import Counter
from collections.abc import Mapping

from fastmcp.tools import ToolResult, tool
from pydantic import BaseModel

from base.errors import InvalidInput
from base.text import fold, listed, shorten
from mcp_reader.answers.base import (
    FROM_SNAPSHOT,
    MAY_ASK_UPSTREAM,
    Answer,
    HealthPart,
    NamedRef,
    day,
    health_part,
    nothing,
    result,
    schema,
    stamp,
    warn,
    warnings_of,
)
from mcp_reader.arguments.types import Id, Order, Text, Word, Words, did_you_mean
from mcp_reader.context import Reader, current_reader
from mcp_reader.lookup.entities import find_product
from mcp_reader.paging import Column, Offset, Page, Pagination, PerPage, ordered, paginate
from mcp_reader.text import excerpt, fitting, short
from quality.metrics.columns import BUGS, TESTS
from quality.metrics.tally import tally
from quality.model.entities import Product, Test
from quality.model.facts import Facts
from quality.products import last_test
from quality.selection import Selection, select
from quality.views.health import health

PRODUCT_TYPES = (
    "website", "mobile_app_ios", "mobile_app_android", "mobile_app_windows", "streaming_app", "gaming",
)  # fmt: skip


class ProductRow(BaseModel):
    """One product.

    Attributes:
        test_count: Executed tests of all time, as the reports count them; so are the bugs.
        last_test_end_at: The day (UTC) on which the newest executed test ended, or will end when none has.
        health: Over the default report period.
    """

    id: int
    name: str
    type: str | None = None
    test_count: int
    feature_count: int
    bug_count: int
    last_test_id: int | None = None
    last_test_end_at: str | None = None
    health: str


class ProductList(Answer):
    """A page of products; `health_period` is the period of every row's health."""

    health_period: str
    products: list[ProductRow]
    pagination: Pagination


class ProductSummary(Answer):
    """The basics of one product; counts are of executed tests of all time unless they say otherwise."""

    id: int
    name: str
    type: str | None = None
    description: str | None = None
    sections: list[NamedRef] | None = None
    section_count: int
    test_count: int | None = None
    tests_by_status: dict[str, int] | None = None
    feature_count: int | None = None
    user_story_count: int | None = None
    bug_count: int | None = None
    open_bugs: int | None = None
    first_test_end_at: str | None = None
    last_test_id: int | None = None
    last_test_title: str | None = None
    last_test_end_at: str | None = None
    health: HealthPart | None = None


@tool(title="List products", annotations=FROM_SNAPSHOT, output_schema=schema(ProductList))
async def list_products(
    *,
    search: Text = None,
    product_type: Words = None,
    page: Page = 1,
    per_page: PerPage = None,
    offset: Offset = 0,
    sort_by: Word = None,
    sort_order: Order = None,
) -> ToolResult:
    """List the products with their counts, last test and health. The place to find product ids.

    Args:
        search: Part of a name or description, in any case; or an id.
        product_type: One or several of website, mobile_app_ios, mobile_app_android,
            mobile_app_windows, streaming_app, gaming; `mobile` means every mobile_app type.
        page: Page number, from 1.
        per_page: Rows a page, 1 to 200.
        offset: Rows to skip before page 1.
        sort_by: name (default), type, test_count, feature_count, bug_count, last_test or health.
        sort_order: asc or desc; default asc for name and type, desc for the others (worst health first).
    """
    reader = current_reader()
    facts = (await reader.library.edition()).facts
    products = [one for one in facts.products.values() if _matches(one, search)]
    products = _of_type(products, product_type, facts)
    rows = ordered((_row(reader, facts, one) for one in products), _COLUMNS, sort_by, sort_order)
    chosen, pagination = paginate(rows, page, reader.page_size(per_page), offset)
    answer = ProductList(
        data_as_of=stamp(facts.as_of),
        warnings=warnings_of(facts, None),
        health_period=reader.default_period(facts).title,
        products=list(chosen),
        pagination=pagination,
    )
    if not rows:
        near = did_you_mean(search or "", (one.name for one in facts.products.values())) if search else ""
        warn(answer, f"{nothing(len(facts.products), 'product')} {near}".strip())
    fitting(answer, answer.products, "name")
    return result(answer)


@tool(title="Product summary", annotations=MAY_ASK_UPSTREAM, output_schema=schema(ProductSummary))
async def get_product_summary(*, product_id: Id, fresh: bool = False) -> ToolResult:
    """The basics of one product: name, type, counts, sections, health; no lists of tests or bugs.

    Args:
        product_id: The product's id.
        fresh: Ask the Customer API when the snapshot's copy is older than the configured time to live.
    """
    reader = current_reader()
    edition = await reader.library.edition()
    found = await find_product(reader, edition, product_id, fresh=fresh)
    product, warnings = found.entity, list(found.warnings)
    answer = ProductSummary(
        data_as_of=stamp(found.at),
        source=found.source,
        id=product.id,
        name=shorten(product.name),
        type=short(product.type),
        description=excerpt(product.description, 600),
        sections=[NamedRef(id=one.id, name=shorten(one.name)) for one in product.sections[:30]] or None,
        section_count=len(product.sections),
    )
    if product.id in edition.facts.products:
        _count(reader, edition.facts, answer)
        warnings += warnings_of(edition.facts, (product.id,)) or []
        if found.source == "upstream":
            warnings.append(f"Counts and health are those of the snapshot of {stamp(edition.facts.as_of)}.")
    else:
        warnings.append("The snapshot does not have this product, so nothing of it is counted.")
    answer.warnings = warnings or None
    return result(answer)


def _count(reader: Reader, facts: Facts, answer: ProductSummary) -> None:
    """Fill in what the snapshot knows of the product."""
    executed = _executed(facts, answer.id)
    counts = tally(executed)
    features = facts.features.get(answer.id, ())
    ended = [test for test in executed if test.end_at is not None]
    answer.test_count, answer.bug_count, answer.open_bugs = counts.test_count, counts.bug_count, counts.open
    answer.tests_by_status = dict(
        Counter(
            short(test.status) or "none" for test in facts.tests_by_product.get(answer.id, ())
        ).most_common(12)
    )
    answer.feature_count = len(features)
    answer.user_story_count = sum(len(feature.user_stories) for feature in features)
    if ended:
        answer.first_test_end_at = day(ended[-1].end_at)
    if last := last_test(executed, facts.as_of):
        answer.last_test_id, answer.last_test_title = last.id, shorten(last.title, 80)
        answer.last_test_end_at = day(last.end_at)
    answer.health = _health(reader, facts, answer.id)


def _row(reader: Reader, facts: Facts, product: Product) -> ProductRow:
    executed = _executed(facts, product.id)
    counts = tally(executed)
    last = last_test(executed, facts.as_of)
    return ProductRow(
        id=product.id,
        name=shorten(product.name),
        type=short(product.type),
        test_count=counts.test_count,
        feature_count=len(facts.features.get(product.id, ())),
        bug_count=counts.bug_count,
        last_test_id=last.id if last else None,
        last_test_end_at=day(last.end_at) if last else None,
        health=_health(reader, facts, product.id).level,
    )


def _executed(facts: Facts, product_id: int) -> tuple[Test, ...]:
    return select(facts, Selection(product_ids=(product_id,)))


def _health(reader: Reader, facts: Facts, product_id: int) -> HealthPart:
    options, period = reader.settings.quality, reader.default_period(facts)
    tests = select(facts, Selection(product_ids=(product_id,), period=period))
    return health_part(health(tally(tests), options.thresholds, options.weights), period.title)


def _matches(product: Product, search: str | None) -> bool:
    if search is None:
        return True
    wanted = fold(search)
    return wanted == str(product.id) or wanted in fold(f"{product.name} {product.description or ''}")


def _of_type(products: list[Product], wanted: tuple[str, ...] | None, facts: Facts) -> list[Product]:
    if wanted is None:
        return products
    known = {*PRODUCT_TYPES, *(one.type for one in facts.products.values() if one.type)}
    for word in wanted:
        if not any(_is_of(kind, word) for kind in known):
            raise InvalidInput(
                f"product_type={word!r} is not known.",
                f"The types are: {listed(sorted(known))}.",
                did_you_mean(word, known) or "Leave product_type out.",
            )
    return [one for one in products if one.type and any(_is_of(one.type, word) for word in wanted)]


def _is_of(kind: str, wanted: str) -> bool:
    return kind == wanted or kind.startswith(f"{wanted}_")


_WORST_LAST = ("unknown", "healthy", "warning", "critical")
_COLUMNS: Mapping[str, Column] = {
    "name": (lambda row: fold(row.name), "asc"),
    "title": (lambda row: fold(row.name), "asc"),
    "type": (lambda row: row.type, "asc"),
    "product_type": (lambda row: row.type, "asc"),
    TESTS: (lambda row: row.test_count, "desc"),
    "feature_count": (lambda row: row.feature_count, "desc"),
    BUGS: (lambda row: row.bug_count, "desc"),
    "last_test": (lambda row: row.last_test_end_at, "desc"),
    "health": (lambda row: _WORST_LAST.index(row.health), "desc"),
}
