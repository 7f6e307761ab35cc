"""What is new since an earlier moment: severe bugs, verdicts, tests that began and ended, deadlines ahead."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from base.errors import NotFound
from base.text import listed
from quality.context.effect import judged_by
from quality.model.entities import Bug, Named, Test
from quality.model.facts import Facts
from quality.options import QualityOptions
from quality.periods.periods import period
from quality.products import all_products
from quality.scope import scope, verdicts
from quality.selection import Selection
from quality.verdicts import LEVEL_WORDS, Level
from quality.views.deadlines import deadline_days

DAYS_AHEAD = 7
"""Deadlines within so many days are told."""
_SEVERE = ("critical", "high")


@dataclass(frozen=True, slots=True)
class Turned:
    """A verdict that is another one than before."""

    name: str
    before: Level
    after: Level
    reason: str

    @property
    def text(self) -> str:
        """`Review verdict: act now, before watch. 10 of 20 decided bugs rejected.`."""
        levels = f"{LEVEL_WORDS[self.after]}, before {LEVEL_WORDS[self.before]}"
        return f"{self.name} verdict: {levels}. {self.reason}"


@dataclass(frozen=True, slots=True)
class News:
    """Hold what is new of one product; bugs with the gravest first."""

    product_id: int
    product: str
    bugs: tuple[Bug, ...] = ()
    turned: tuple[Turned, ...] = ()
    started: tuple[Test, ...] = ()
    ended: tuple[Test, ...] = ()

    @property
    def empty(self) -> bool:
        """Tell whether nothing is new."""
        return not (self.bugs or self.turned or self.started or self.ended)


@dataclass(frozen=True, slots=True)
class Ahead:
    """A review deadline of the coming days.

    Attributes:
        text: When, and how many bugs.
        reviewers: Who reviews them; empty where nobody says so.
    """

    text: str
    bug_ids: tuple[int, ...]
    overdue: bool
    reviewers: str = ""


@dataclass(frozen=True, slots=True)
class Digest:
    """Hold what is new.

    Attributes:
        since: From when on.
        compared: The earlier version; None where there is none, and verdicts are not compared.
    """

    since: datetime
    as_of: datetime
    snapshot_id: str
    compared: str | None
    news: tuple[News, ...]
    deadlines: tuple[Ahead, ...]

    @property
    def empty(self) -> bool:
        """Tell whether there is nothing to tell."""
        return not (self.news or self.deadlines)


def digest(
    facts: Facts,
    earlier: Facts | None,
    since: datetime,
    options: QualityOptions,
    product_ids: tuple[int, ...] | None = None,
) -> Digest:
    """Compare a snapshot with an earlier one.

    Args:
        facts: The snapshot with its context.
        earlier: The one that was published then; None without one.
        since: From when on tests began and ended, and without an earlier snapshot bugs were reported.
        options: What verdicts are judged by, without the context.
        product_ids: Only these; None for all.

    Raises:
        NotFound: For a product that the snapshot does not know.
    """
    products = {one.id: one.name for one in all_products(facts).values()}
    for product_id in product_ids or ():
        if product_id not in products:
            raise NotFound(
                f"Product {product_id} is not in the snapshot.",
                f"It has {listed(products, 10)}.",
                "Choose one.",
            )
    chosen = tuple(products) if product_ids is None else product_ids
    every = tuple(_news(facts, earlier, since, options, Named(number, products[number])) for number in chosen)
    return Digest(
        since,
        facts.as_of,
        facts.snapshot_id,
        earlier.snapshot_id if earlier else None,
        tuple(one for one in every if not one.empty),
        _ahead(facts, chosen),
    )


def _news(
    facts: Facts, earlier: Facts | None, since: datetime, options: QualityOptions, product: Named
) -> News:
    product_id, name = product.id or 0, product.name or ""
    tests = [test for test in facts.tests_by_product.get(product_id, ()) if not test.demo]
    held = earlier.bugs if earlier else None

    def is_new(bug: Bug) -> bool:
        if held is not None:
            return bug.id not in held
        return bug.reported_at is not None and bug.reported_at >= since

    severe = [bug for test in tests for bug in test.bugs if bug.severity in _SEVERE and is_new(bug)]
    live = [test for test in tests if test.status != "cancelled"]
    return News(
        product_id,
        name,
        tuple(sorted(severe, key=lambda bug: (_SEVERE.index(bug.severity), bug.id))),
        _turned(facts, earlier, options, product_id),
        tuple(test for test in live if _within(test.start_at, since, facts.as_of)),
        tuple(test for test in live if _within(test.end_at, since, facts.as_of)),
    )


def _within(moment: datetime | None, since: datetime, until: datetime) -> bool:
    return moment is not None and since <= moment <= until


def _turned(
    facts: Facts, earlier: Facts | None, options: QualityOptions, product_id: int
) -> tuple[Turned, ...]:
    """Return the verdicts that changed, both judged by what the context says today."""
    if earlier is None or product_id not in earlier.tests_by_product:
        return ()
    judged = judged_by(options, facts.context)

    def at(one: Facts) -> Iterable[tuple[Level, str]]:
        selection = Selection(product_ids=(product_id,), period=period(options.default_period, one.as_of))
        return [(found.level, found.reason) for found in verdicts(scope(one, selection, one.as_of), judged)]

    before, now = at(replace(earlier, context=facts.context)), at(facts)
    return tuple(
        Turned(name, old, level, reason)
        for name, (old, _), (level, reason) in zip(("Product", "Review"), before, now, strict=True)
        if old != level
    )


def _ahead(facts: Facts, product_ids: Iterable[int]) -> tuple[Ahead, ...]:
    tests = [test for one in product_ids for test in facts.tests_by_product.get(one, ())]
    last = (facts.as_of + timedelta(days=DAYS_AHEAD)).astimezone(UTC).date()
    return tuple(
        Ahead(
            day.text,
            tuple(bug.id for bug in day.bugs),
            day.overdue,
            day.reviewers,
        )
        for day in deadline_days(facts, tests, facts.as_of)
        if day.day <= last
    )


def digest_json(found: Digest) -> Mapping[str, object]:
    """Return what is new as values for JSON."""
    return {
        "since": _stamp(found.since),
        "data_as_of": _stamp(found.as_of),
        "snapshot": found.snapshot_id,
        "compared_with": found.compared,
        "products": [
            {
                "id": one.product_id,
                "name": one.product,
                "bugs": [
                    {"id": bug.id, "title": bug.title, "severity": bug.severity, "test_id": bug.test_id}
                    for bug in one.bugs
                ],
                "verdicts": [
                    {
                        "name": turn.name.lower(),
                        "before": turn.before,
                        "after": turn.after,
                        "reason": turn.reason,
                    }
                    for turn in one.turned
                ],
                "started": [{"id": test.id, "title": test.title} for test in one.started],
                "ended": [{"id": test.id, "title": test.title} for test in one.ended],
            }
            for one in found.news
        ],
        "deadlines": [
            {
                "text": one.text,
                "bug_ids": list(one.bug_ids),
                "overdue": one.overdue,
                "reviewers": one.reviewers,
            }
            for one in found.deadlines
        ],
    }


def _stamp(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
