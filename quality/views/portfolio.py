"""All products side by side over the default period."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from base.text import shorten
from quality.deadlines import facts_at
from quality.findings.finding import Case, again_in
from quality.findings.rules import findings
from quality.metrics.catalogue import METRICS
from quality.metrics.columns import BUGS, PORTFOLIO
from quality.metrics.measures import Change, Measure, measures
from quality.metrics.tally import Tally
from quality.model.entities import Product
from quality.model.facts import Facts
from quality.options import QualityOptions
from quality.periods.periods import last_months, period
from quality.product_verdict import Judged
from quality.products import all_products, last_test, slug
from quality.scope import Scope, scope, verdicts
from quality.selection import Selection
from quality.verdicts import WORST_FIRST, Level, Verdict, review_verdict, worst
from quality.views import headline, periods, trend
from quality.views.deadlines import DeadlineDay, deadline_days
from quality.views.freshness import Freshness, freshness
from quality.views.notes import before_text, notes
from quality.views.periods import PeriodLink
from quality.views.report import changes_of
from quality.views.rows import TestRow, test_row
from quality.views.table import (
    Amount,
    Column,
    Day,
    Figure,
    Reference,
    Row,
    Spark,
    Table,
    Term,
    Text,
    metric_column,
)
from quality.wording import counted, listing, month


@dataclass(frozen=True, slots=True)
class PortfolioRow:
    """A product in the portfolio, over the default period; `spark` is its bugs by month."""

    product: Product
    slug: str
    product_verdict: Verdict
    review_verdict: Verdict
    measures: Mapping[str, Measure]
    changes: Mapping[str, Change]
    months: tuple[str, ...]
    spark: tuple[float | None, ...]
    last_test: TestRow | None

    @property
    def level(self) -> Level:
        """Return the worse of both verdicts."""
        return worst((self.product_verdict.level, self.review_verdict.level))


@dataclass(frozen=True, slots=True)
class PortfolioView:
    """All products over the default period, those that need attention first."""

    headline: tuple[str, ...]
    period: PeriodLink
    rows: tuple[PortfolioRow, ...]
    total: Mapping[str, Measure]
    deadlines: tuple[DeadlineDay, ...]
    freshness: Freshness
    changes: Mapping[str, Change] = field(default_factory=dict)
    previous_text: str = ""
    notes: tuple[str, ...] = ()


_MOST_NAMES = 3


def portfolio_view(facts: Facts, options: QualityOptions, now: datetime | None = None) -> PortfolioView:
    """Show every product over the default period, those that need attention first.

    Args:
        facts: The snapshot.
        options: Thresholds, weights and the default period.
        now: By default the snapshot's own time.

    Raises:
        InvalidInput: When the default period of the options is unknown.
    """
    facts = facts_at(facts, now)
    at = now or facts.as_of
    span = period(options.default_period, at)
    link = periods.link(span, at, current=True, default=True)
    products = all_products(facts)
    scopes = {one: scope(facts, Selection(product_ids=(one,), period=span), at) for one in products}
    rows = [
        _row(facts, products[one], scoped, options, now=at, running=link.running)
        for one, scoped in scopes.items()
    ]
    rows.sort(key=_stake)
    whole = _together(list(scopes.values()))
    values = measures(whole.found, options.weights)
    earlier = None if whole.before is None else measures(whole.before, options.weights)
    changes = changes_of(whole.found, whole.before, values, earlier, running=link.running)
    waiting = [test for test in facts.tests.values() if not test.demo]
    deadlines = deadline_days(facts, waiting, at)
    stated = findings(
        Case(
            now=at,
            options=options,
            found=whole.found,
            before=whole.before,
            every=tuple(waiting),
            ever=whole.ever,
            features=tuple(one for features in facts.features.values() for one in features),
            product_ids=whole.product_ids,
            period=span,
            running=link.running,
            found_again=again_in(facts, whole.found),
        )
    )
    review = review_verdict(whole.found, options.thresholds, options.weights)
    origin = freshness(facts)
    sentences = [
        standing(rows) if rows else "The snapshot holds no products.",
        _worst(rows),
        headline.outcome(review, whole.found, changes, running=link.running),
        headline.ask(deadlines, stated, origin.gaps, at) if rows else "",
    ]
    return PortfolioView(
        headline=tuple(text for text in sentences if text),
        period=link,
        rows=tuple(rows),
        total=values,
        deadlines=deadlines,
        freshness=origin,
        changes=changes,
        previous_text=before_text(whole),
        notes=notes(facts, link, whole, at),
    )


def _row(
    facts: Facts, product: Product, scoped: Scope, options: QualityOptions, *, now: datetime, running: bool
) -> PortfolioRow:
    weights = options.weights
    product_verdict, review = verdicts(scoped, options)
    values = measures(scoped.found, weights)
    earlier = None if scoped.before is None else measures(scoped.before, weights)
    months = last_months(now)
    last = last_test(scoped.ever, now)
    return PortfolioRow(
        product=product,
        slug=slug(product),
        product_verdict=product_verdict,
        review_verdict=review,
        measures=values,
        changes=changes_of(scoped.found, scoped.before, values, earlier, running=running),
        months=months,
        spark=trend.spark(trend.months_of(scoped.ever), months, BUGS, weights),
        last_test=None if last is None else test_row(facts, last),
    )


def _together(scopes: list[Scope]) -> Scope:
    """Join the products' scopes to one: their tallies added up."""
    befores = [one.before for one in scopes if one.before is not None]
    return Scope(
        product_ids=tuple(product_id for one in scopes for product_id in one.product_ids),
        tests=tuple(test for one in scopes for test in one.tests),
        ever=tuple(test for one in scopes for test in one.ever),
        found=sum((one.found for one in scopes), Tally()),
        before=sum(befores, Tally()) if befores else None,
        before_period=next((one.before_period for one in scopes), None),
        judged=Judged(),
    )


def _stake(row: PortfolioRow) -> tuple[int, int, float, str, int]:
    """Return the key of the order: the worse verdict first, then that on the product, then more bugs."""
    return (
        WORST_FIRST.index(row.level),
        WORST_FIRST.index(row.product_verdict.level),
        -(row.measures[BUGS].value or 0),
        row.product.name.casefold(),
        row.product.id,
    )


def _worst(rows: Sequence[PortfolioRow]) -> str:
    """Return the reason of the product that needs attention most."""
    first = next((row for row in rows if row.level in {"act_now", "watch"}), None)
    if first is None:
        return ""
    verdicts = (first.product_verdict, first.review_verdict)
    reason = next(one.headline for one in verdicts if one.level == first.level)
    return f"{shorten(first.product.name, 60)}: {reason[:1].lower()}{reason[1:]}"


def standing(rows: Sequence[PortfolioRow]) -> str:
    """Return how many products have the worst verdict: `1 of 3 products to act on now: Halo Shop.`."""
    every = counted(len(rows), "product")
    found = worst(row.level for row in rows)
    names = [shorten(row.product.name, 40) for row in rows if row.level == found]
    if found == "unknown":
        return f"{every}: too few to judge any."
    if found == "fine":
        rest = len(rows) - len(names)
        return f"{every}: {f'{len(names)} fine, too few to judge the others' if rest else 'all fine'}."
    more = [f"{len(names) - _MOST_NAMES} more"] if len(names) > _MOST_NAMES else []
    shown = listing([*names[:_MOST_NAMES], *more])
    return f"{len(names)} of {every} to {'act on now' if found == 'act_now' else 'watch'}: {shown}."


def products_table(rows: Sequence[PortfolioRow]) -> Table:
    """Return the products with both verdicts and their main metrics."""
    return Table(
        key="products",
        title="Products",
        columns=(
            Column("product", "Product"),
            Column("product_verdict", "Product verdict"),
            Column("review_verdict", "Review verdict"),
            *(metric_column(key, short=True, linked=True) for key in PORTFOLIO),
        ),
        rows=tuple(
            Row(
                (
                    _product(row),
                    Term("level", row.product_verdict.level, row.product_verdict.reason),
                    Term("level", row.review_verdict.level, row.review_verdict.reason),
                    *(_figure(row, key) for key in PORTFOLIO),
                )
            )
            for row in rows
        ),
    )


def _product(row: PortfolioRow) -> Text:
    tested = row.last_test
    last = Text("No test yet") if tested is None else _last(tested)
    return Text(
        row.product.name,
        Reference("product", row.product.id),
        (Term("product_type", row.product.type), last),
    )


def _last(test: TestRow) -> Day:
    return Day(test.end_at, Reference("test", test.id), lead="Last test")


def _figure(row: PortfolioRow, key: str) -> Figure:
    measure = row.measures[key]
    name = f"{shorten(row.product.name, 60)}: {measure.title}"
    spark = Spark(f"spark-{row.product.id}", name, measure.unit, row.months, row.spark)
    return Figure(measure, row.changes.get(key), spark if key == BUGS else None)


def months_table(rows: Sequence[PortfolioRow]) -> Table:
    """Return the numbers of the sparklines."""
    return Table(
        key="months",
        title="Bugs of the last 12 months",
        columns=(
            Column("product", "Product"),
            *(Column(key, month(key), METRICS[BUGS].unit) for key in (rows[0].months if rows else ())),
        ),
        rows=tuple(
            Row((Text(row.product.name), *(Amount(value, METRICS[BUGS].unit) for value in row.spark)))
            for row in rows
        ),
    )
