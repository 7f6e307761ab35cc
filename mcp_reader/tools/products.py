"""Products: the list, and the basics of one."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Literal

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
    VerdictPart,
    day,
    health_part,
    nothing,
    result,
    schema,
    stamp,
    verdict_part,
    warn,
    warnings_of,
)
from mcp_reader.answers.said import TeamPart, team_part
from mcp_reader.arguments.types import Id, Order, Text, Word, Words, did_you_mean
from mcp_reader.context import Reader, current_reader
from mcp_reader.lookup.entities import find_product
from mcp_reader.lookup.names import id_of
from mcp_reader.paging import Column, Listing, Offset, Page, PerPage, keep_short, ordered, paginate
from mcp_reader.text import excerpt, short
from quality.metrics.columns import BUGS, OPEN, TESTS
from quality.metrics.tally import tally
from quality.model.entities import Product, Test
from quality.model.facts import Facts
from quality.periods.periods import ALL_TIME, contains, period
from quality.products import last_test
from quality.scope import scope, verdicts
from quality.selection import Selection, select
from quality.verdicts import FORMER_LEVELS, WORST_FIRST, Verdict

PRODUCT_TYPES = (
    "website", "mobile_app_ios", "mobile_app_android", "mobile_app_windows", "streaming_app", "gaming",
)  # fmt: skip


class ProductRow(BaseModel):
    """One product.

    Attributes:
        test_count: Executed tests of all time, as the reports count them; so are the bugs.
        tests_last_30_days: Executed tests that ended in these days; the same for 90.
        overdue_bugs: Open ones whose review days are over.
        last_test_end_at: The day (UTC) on which the newest executed test ended.
        running_test_ends: The day on which it will end, when none has ended.
        product_verdict: Over the default report period, like the others: what the tests found.
        review_verdict: How the bugs are reviewed; `health` is its level under the former names.
    """

    id: int
    name: str
    type: str | None = None
    test_count: int
    feature_count: int
    bug_count: int
    open_bugs: int
    overdue_bugs: int
    tests_last_30_days: int
    tests_last_90_days: int
    last_test_id: int | None = None
    last_test_end_at: str | None = None
    running_test_ends: str | None = None
    product_verdict: VerdictPart
    review_verdict: VerdictPart
    health: str


class ProductTotals(BaseModel):
    """Sums over all products of a list, of every page."""

    test_count: int
    bug_count: int
    open_bugs: int
    overdue_bugs: int


class ProductList(Listing):
    """A page of products.

    Attributes:
        period: Of the counts in rows and totals.
        verdict_period: Of every row's verdicts and their reasons.
        health_alias_of: What `health` repeats under its former name and levels.
    """

    period: str = ALL_TIME.title
    verdict_period: str
    health_alias_of: Literal["review_verdict"] = "review_verdict"
    totals: ProductTotals
    products: list[ProductRow]


class ProductSummary(Answer):
    """The basics of one product.

    Attributes:
        period: Of the counts of executed tests and their bugs.
        tests_in_every_status: With those that have not run and demo tests; so is `tests_by_status`.
        verdict_period: Of both verdicts alone.
    """

    id: int
    name: str
    type: str | None = None
    description: str | None = None
    sections: list[NamedRef] | None = None
    section_count: int
    period: str | None = None
    test_count: int | None = None
    tests_in_every_status: int | None = None
    tests_by_status: dict[str, int] | None = None
    feature_count: int | None = None
    user_story_count: int | None = None
    bug_count: int | None = None
    open_bugs: int | None = None
    first_test_end_at: str | None = None
    last_test_id: int | None = None
    last_test_title: str | None = None
    last_test_end_at: str | None = None
    running_test_ends: str | None = None
    verdict_period: str | None = None
    product_verdict: VerdictPart | None = None
    review_verdict: VerdictPart | None = None
    health: HealthPart | None = None
    team: TeamPart | None = None


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
    """List the products with their counts, last test and both verdicts; untested ones last.

    Args:
        search: Part of a name or description; or an id.
        product_type: website, mobile_app_ios, mobile_app_android, mobile_app_windows, streaming_app, gaming;
            `mobile` is every mobile_app.
        page: From 1.
        per_page: 1 to 200.
        offset: Rows to skip.
        sort_by: name (default), type, test_count, feature_count, bug_count, open_bugs, last_test,
            product_verdict or review_verdict (worst first).
        sort_order: Default asc for name and type, else desc (worst verdict first).
    """
    reader = current_reader()
    facts = (await reader.library.edition()).facts
    products = [one for one in facts.products.values() if _matches(one, search)]
    products = _of_type(products, product_type, facts)
    rows = ordered((_row(reader, facts, one) for one in products), _COLUMNS, sort_by, sort_order)
    rows.sort(key=lambda row: not row.test_count)  # untested ones last, whatever the order
    chosen, pagination = paginate(rows, page, reader.page_size(per_page), offset)
    every = tally(select(facts, Selection(product_ids=tuple(row.id for row in rows))) if rows else ())
    answer = ProductList(
        data_as_of=stamp(facts.as_of),
        warnings=warnings_of(facts, None),
        verdict_period=reader.default_period(facts).title,
        totals=ProductTotals(
            test_count=every.test_count,
            bug_count=every.bug_count,
            open_bugs=every.open,
            overdue_bugs=every.overdue,
        ),
        products=list(chosen),
        pagination=pagination,
    )
    if not rows:
        near = did_you_mean(search or "", (one.name for one in facts.products.values())) if search else ""
        warn(answer, f"{nothing(len(facts.products), 'product')} {near}".strip())
    keep_short(answer, "products", asked=per_page is not None)
    return result(answer)


@tool(title="Product summary", annotations=MAY_ASK_UPSTREAM, output_schema=schema(ProductSummary))
async def get_product_summary(*, product_id: Id, fresh: bool = False) -> ToolResult:
    """Return a product's basics: counts, sections, both verdicts and why; no lists of tests or bugs.

    Args:
        product_id: Id or name.
        fresh: Ask the Customer API when the copy is old.
    """
    reader = current_reader()
    edition = await reader.library.edition()
    number = id_of(edition.facts, "product", product_id, "product_id")
    found = await find_product(reader, edition, number, fresh=fresh)
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
            warnings.append(f"Counts and verdicts are those of the snapshot of {stamp(edition.facts.as_of)}.")
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
    every = facts.tests_by_product.get(answer.id, ())
    answer.tests_in_every_status = len(every)
    answer.tests_by_status = dict(Counter(short(test.status) or "none" for test in every).most_common(12))
    answer.feature_count = len(features)
    answer.user_story_count = sum(len(feature.user_stories) for feature in features)
    if ended:
        answer.first_test_end_at = day(ended[-1].end_at)
    if last := last_test(executed, facts.as_of):
        answer.last_test_id, answer.last_test_title = last.id, shorten(last.title, 80)
        answer.last_test_end_at, answer.running_test_ends = _end(last, facts)
    product, review = _verdicts(reader, facts, answer.id)
    answer.period = ALL_TIME.title
    answer.verdict_period = reader.default_period(facts).title
    answer.product_verdict, answer.review_verdict = verdict_part(product), verdict_part(review)
    answer.health = health_part(review, reader.default_period(facts).title)
    answer.team = team_part(facts, answer.id, reader.quality(facts), facts.as_of)


def _row(reader: Reader, facts: Facts, product: Product) -> ProductRow:
    executed = _executed(facts, product.id)
    counts = tally(executed)
    last = last_test(executed, facts.as_of)
    end, runs_until = _end(last, facts) if last else (None, None)
    of_product, review = _verdicts(reader, facts, product.id)
    return ProductRow(
        id=product.id,
        name=shorten(product.name),
        type=short(product.type),
        test_count=counts.test_count,
        feature_count=len(facts.features.get(product.id, ())),
        bug_count=counts.bug_count,
        open_bugs=counts.open,
        overdue_bugs=counts.overdue,
        tests_last_30_days=_ended(facts, executed, "last-30-days"),
        tests_last_90_days=_ended(facts, executed, "last-90-days"),
        last_test_id=last.id if last else None,
        last_test_end_at=end,
        running_test_ends=runs_until,
        product_verdict=verdict_part(of_product),
        review_verdict=verdict_part(review),
        health=FORMER_LEVELS[review.level],
    )


def _end(test: Test, facts: Facts) -> tuple[str | None, str | None]:
    """Return the day on which a test ended, or will end."""
    ended = test.end_at is None or test.end_at <= facts.as_of
    return (day(test.end_at), None) if ended else (None, day(test.end_at))


def _ended(facts: Facts, tests: Iterable[Test], key: str) -> int:
    span = period(key, facts.as_of)
    return sum(contains(span, test) for test in tests)


def _executed(facts: Facts, product_id: int) -> tuple[Test, ...]:
    return select(facts, Selection(product_ids=(product_id,)))


def _verdicts(reader: Reader, facts: Facts, product_id: int) -> tuple[Verdict, Verdict]:
    selection = Selection(product_ids=(product_id,), period=reader.default_period(facts))
    return verdicts(scope(facts, selection, facts.as_of), reader.quality(facts))


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


def _badness(first: VerdictPart, second: VerdictPart) -> tuple[int, int]:
    """Return how bad a verdict is; of equal ones the other decides."""
    return -WORST_FIRST.index(first.level), -WORST_FIRST.index(second.level)


_COLUMNS: Mapping[str, Column] = {
    "name": (lambda row: fold(row.name), "asc"),
    "title": (lambda row: fold(row.name), "asc"),
    "type": (lambda row: row.type, "asc"),
    "product_type": (lambda row: row.type, "asc"),
    TESTS: (lambda row: row.test_count, "desc"),
    "feature_count": (lambda row: row.feature_count, "desc"),
    BUGS: (lambda row: row.bug_count, "desc"),
    "last_test": (lambda row: row.last_test_end_at, "desc"),
    OPEN: (lambda row: row.open_bugs, "desc"),
    "product_verdict": (lambda row: _badness(row.product_verdict, row.review_verdict), "desc"),
    "review_verdict": (lambda row: _badness(row.review_verdict, row.product_verdict), "desc"),
    "health": (lambda row: -WORST_FIRST.index(row.review_verdict.level), "desc"),
    "last_synced": (lambda _: 0, "desc"),  # one snapshot has them all
}
