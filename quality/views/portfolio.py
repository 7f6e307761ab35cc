"""All products side by side over a period."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from base.text import shorten
from quality.compared import changes_of
from quality.context.cases import case_of
from quality.deadlines import facts_at
from quality.findings.criticals import CRITICALS
from quality.findings.finding import Finding
from quality.findings.reviews import DEADLINE
from quality.findings.rules import decisions, findings
from quality.metrics.columns import BUGS, GRAVE_ACCEPTED, NOISE, TESTS
from quality.metrics.measures import Change, Measure, measures, share_sentence
from quality.metrics.tally import Tally
from quality.model.entities import Product
from quality.model.facts import Facts
from quality.options import QualityOptions
from quality.periods.periods import Period, period
from quality.product_verdict import Judged
from quality.products import all_products, last_test, slug
from quality.scope import Scope, scope, verdicts
from quality.selection import Selection
from quality.verdicts import WORST_FIRST, Level, Verdict, review_verdict, worst
from quality.views import headline, periods
from quality.views.deadlines import DeadlineDay, deadline_days
from quality.views.freshness import Freshness, freshness
from quality.views.notes import before_text, notes
from quality.views.periods import PeriodLink
from quality.views.rows import TestRow, test_row
from quality.wording import counted, listing, stopped


@dataclass(frozen=True, slots=True)
class Due:
    """The bugs of a product that wait for the customer.

    Attributes:
        at: When the first of them are auto-accepted; None when the time of all is over.
        overdue: How many the snapshot still has open though their time is over.
    """

    at: datetime | None
    overdue: int


@dataclass(frozen=True, slots=True)
class PortfolioRow:
    """A product in the portfolio, over the period.

    Attributes:
        previous: The measures of the period before; None without one.
        due: None when no bug waits.
        task: Until when to do what else there is, the first of it: `before 23 Nov`; empty without any.
        open_grave: How many critical and how many high bugs are open.
    """

    product: Product
    slug: str
    product_verdict: Verdict
    review_verdict: Verdict
    measures: Mapping[str, Measure]
    previous: Mapping[str, Measure] | None
    changes: Mapping[str, Change]
    last_test: TestRow | None
    due: Due | None = None
    task: str = ""
    open_grave: tuple[int, int] = (0, 0)

    @property
    def level(self) -> Level:
        """Return the worse of both verdicts."""
        return worst((self.product_verdict.level, self.review_verdict.level))

    @property
    def tested(self) -> bool:
        """Return whether a test of the product counts in the period."""
        return bool(self.measures[TESTS].value)


@dataclass(frozen=True, slots=True)
class PortfolioView:
    """All products over a period, those with most at stake first.

    Attributes:
        periods: Every period that there is a portfolio of.
        previous: The measures of all products in the period before; None without one.
        deadlines: Of all products, whatever the period: they are about now.
        decisions: What the products with most at stake ask for, in the words and the order of their reports.
    """

    headline: tuple[str, ...]
    period: PeriodLink
    periods: tuple[PeriodLink, ...]
    rows: tuple[PortfolioRow, ...]
    total: Mapping[str, Measure]
    previous: Mapping[str, Measure] | None
    deadlines: tuple[DeadlineDay, ...]
    freshness: Freshness
    findings: tuple[Finding, ...] = ()
    changes: Mapping[str, Change] = field(default_factory=dict)
    previous_text: str = ""
    notes: tuple[str, ...] = ()
    decisions: tuple[str, ...] = ()

    @property
    def open_grave(self) -> tuple[int, int]:
        """Return how many of the open bugs are critical, and how many high."""
        critical, high = (sum(row.open_grave[at] for row in self.rows) for at in (0, 1))
        return critical, high


_MOST_NAMES = 3


def portfolio_view(
    facts: Facts, options: QualityOptions, now: datetime | None = None, *, period_key: str | None = None
) -> PortfolioView:
    """Show every product over a period, those with most at stake first.

    Args:
        facts: The snapshot.
        options: Thresholds, weights and the default period.
        now: By default the snapshot's own time.
        period_key: One of the report periods; None for the default one of the options.

    Raises:
        InvalidInput: When the period is unknown.
    """
    facts = facts_at(facts, now)
    at = now or facts.as_of
    key = period_key or options.default_period
    span = period(key, at)
    link = periods.link(span, at, current=True, default=key == options.default_period)
    products = all_products(facts)
    scopes = {one: scope(facts, Selection(product_ids=(one,), period=span), at) for one in products}
    waiting = [test for test in facts.tests.values() if not test.demo]
    deadlines = deadline_days(facts, waiting, at)
    dues = due_by_product(deadlines)
    found = {one: _stated(facts, scoped, span, options, at) for one, scoped in scopes.items()}
    rows = [
        replace(
            _row(facts, products[one], scoped, options, now=at, running=link.running),
            due=dues.get(one),
            task=_task(found[one]),
        )
        for one, scoped in scopes.items()
    ]
    rows.sort(key=_stake)
    whole = _together(list(scopes.values()))
    values = measures(whole.found, options.weights)
    earlier = None if whole.before is None else measures(whole.before, options.weights)
    changes = changes_of(whole.found, whole.before, values, earlier, running=link.running)
    stated = findings(case_of(facts, whole, span, options, at, every=waiting, goals=False))
    review = review_verdict(whole.found, options.thresholds, options.weights)
    origin = freshness(facts)
    reason, moved = _worst(rows), _moved(rows)
    sentences = [
        standing(rows) if rows else "The snapshot holds no products.",
        "" if moved.startswith(reason.removesuffix(".")) else reason,
        moved or headline.outcome(review, whole.found, changes, whole.before, running=link.running),
        headline.ask(deadlines, stated, origin.gaps, at, several=True) if rows else "",
    ]
    return PortfolioView(
        headline=tuple(text for text in sentences if text),
        period=link,
        periods=periods.links(at, key, options.default_period),
        rows=tuple(rows),
        total=values,
        previous=earlier,
        deadlines=deadlines,
        freshness=origin,
        findings=stated,
        changes=changes,
        previous_text=before_text(whole),
        notes=notes(facts, link, whole, at),
        decisions=_decisions(
            stated,
            [(row.product.name, found[row.product.id]) for row in rows[:_MOST_NAMES]],
        ),
    )


def _stated(
    facts: Facts, scoped: Scope, span: Period, options: QualityOptions, now: datetime
) -> tuple[Finding, ...]:
    """Return the findings of the report of a product."""
    tests = (test for one in scoped.product_ids for test in facts.tests_by_product.get(one, ()))
    every = (test for test in tests if not test.demo)
    return findings(case_of(facts, scoped, span, options, now, every=every))


def _task(stated: Iterable[Finding]) -> str:
    """Return until when the first of what findings ask for is to be done."""
    dated = [(one.due_at, one.due) for one in stated if one.level != "fine" and one.due_at is not None]
    return min(dated, default=(None, ""))[1]


def _decisions(
    whole: Iterable[Finding], by_product: Sequence[tuple[str, tuple[Finding, ...]]]
) -> tuple[str, ...]:
    """Return what is to be decided in the order of a product's report: critical bugs, reviews, what else.

    The reviews are those of all products; what else is asked for is told of those with most at stake.
    """
    grave: list[str] = []
    others: list[str] = []
    for name, stated in by_product:
        for one in stated:
            told = grave if one.key == CRITICALS and one.level == "act_now" else others
            if one.key != DEADLINE:
                told += [f"{shorten(name, 40)}: {text[:1].lower()}{text[1:]}" for text in decisions([one])]
    return (*grave, *decisions(one for one in whole if one.key == DEADLINE), *others)


def due_by_product(deadlines: Iterable[DeadlineDay]) -> dict[int, Due]:
    """Return what waits for the customer, by the product's id."""
    found: dict[int, Due] = {}
    for day in deadlines:
        for bug in day.bugs:
            known = found.get(bug.product_id, Due(None, 0))
            if day.overdue:
                found[bug.product_id] = Due(known.at, known.overdue + 1)
            else:
                ahead = [at for at in (known.at, bug.due_at) if at is not None]
                found[bug.product_id] = Due(min(ahead, default=None), known.overdue)
    return found


def _row(
    facts: Facts,
    product: Product,
    scoped: Scope,
    options: QualityOptions,
    *,
    now: datetime,
    running: bool,
) -> PortfolioRow:
    weights = options.weights
    product_verdict, review = verdicts(scoped, options)
    values = measures(scoped.found, weights)
    earlier = None if scoped.before is None else measures(scoped.before, weights)
    last = last_test(scoped.ever, now)
    return PortfolioRow(
        product=product,
        slug=slug(product),
        product_verdict=product_verdict,
        review_verdict=review,
        measures=values,
        previous=earlier,
        changes=changes_of(scoped.found, scoped.before, values, earlier, running=running),
        last_test=None if last is None else test_row(facts, last),
        open_grave=_open_grave(scoped.found),
    )


def _open_grave(found: Tally) -> tuple[int, int]:
    opened = Counter(bug.severity for bug in found.bugs.values() if bug.review == "open")
    return opened["critical"], opened["high"]


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
        judged=Judged(
            sum((one.judged.found for one in scopes), Tally()),
            recent=next((one.judged.recent for one in scopes), ""),
            older=sum((one.judged.older for one in scopes), Tally()),
        ),
    )


def _stake(row: PortfolioRow) -> tuple[object, ...]:
    """Return the key of the order by what is at stake.

    The worse verdict comes first, then that on the product, then more critical and more high bugs, then more
    bugs of any kind.
    """
    return (
        WORST_FIRST.index(row.level),
        WORST_FIRST.index(row.product_verdict.level),
        *(-(row.measures[key].value or 0) for key in (*GRAVE_ACCEPTED, BUGS)),
        row.product.name.casefold(),
        row.product.id,
    )


def _worst(rows: Sequence[PortfolioRow]) -> str:
    """Return the reason of the product that needs attention most.

    Empty where that are critical bugs: what is asked of the reader names them.
    """
    first = next((row for row in rows if row.level in {"act_now", "watch"}), None)
    if first is None:
        return ""
    grave = next(iter(first.product_verdict.signals), None)
    if grave is not None and grave.level == "act_now" and grave.key == CRITICALS:
        return ""
    verdicts = (first.product_verdict, first.review_verdict)
    reason = next(one.headline for one in verdicts if one.level == first.level)
    return f"{shorten(first.product.name, 60)}: {reason[:1].lower()}{reason[1:]}"


def _moved(rows: Sequence[PortfolioRow]) -> str:
    """Return the product with most at stake whose share of rejected bugs changed by more than chance.

    All products together can hide that. Empty without one.
    """
    for row in rows:
        change = row.changes.get(NOISE)
        if change and change.better is not None:
            share = share_sentence(row.measures[NOISE])
            return f"{shorten(row.product.name, 24)}: {share}, before {change.before}."
    return ""


def standing(rows: Sequence[PortfolioRow]) -> str:
    """Return how many products have the worst verdict: `Act now: 1 of 3 products, Halo Shop; watch 2.`."""
    every = counted(len(rows), "product")
    found = worst(row.level for row in rows)
    names = [shorten(row.product.name, 40) for row in rows if row.level == found]
    if found == "unknown":
        tested = any(row.tested for row in rows)
        return f"{every}: {'too few to judge any' if tested else 'none tested in this period'}."
    if found == "fine":
        rest = len(rows) - len(names)
        return f"{every}: {f'{len(names)} fine, too few to judge the others' if rest else 'all fine'}."
    more = [f"{len(names) - _MOST_NAMES} more"] if len(names) > _MOST_NAMES else []
    shown = listing([*names[:_MOST_NAMES], *more])
    if found == "watch":
        return f"Watch: {len(names)} of {every}, {stopped(shown)}"
    watched = sum(row.level == "watch" for row in rows)
    also = f"; watch {watched}" if watched else ""
    return f"Act now: {len(names)} of {every}, {stopped(f'{shown}{also}')}"
