"""The gate: rules that a pipeline asks before it goes on, each with what breaks it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from base.errors import InvalidInput, NotFound
from base.text import closest, listed
from quality.context.goals import standings
from quality.context.release_periods import releases_named
from quality.context.releases import critical_at
from quality.deadlines import facts_at, waiting
from quality.model.facts import Facts
from quality.options import QualityOptions
from quality.periods.periods import period
from quality.products import all_products
from quality.scope import scope, verdicts
from quality.selection import Selection
from quality.wording import capital, counted, day

NOT_SELECTED = "Choose one of them, or leave it out."


@dataclass(frozen=True, slots=True)
class Broken:
    """Say what breaks a rule: a sentence, the product, and the bugs that it speaks of."""

    rule: str
    product_id: int
    product: str
    text: str
    bug_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """Hold what a rule looks at: one product, at a moment."""

    facts: Facts
    options: QualityOptions
    now: datetime
    product_id: int
    release: str | None = None


@dataclass(frozen=True, slots=True)
class GateRule:
    """A rule: its name for people, and what breaks it."""

    title: str
    breaks: Callable[[Asked], Iterable[tuple[str, tuple[int, ...]]]]


@dataclass(frozen=True, slots=True)
class Gate:
    """Hold what the gate says.

    Attributes:
        rules: The rules that were asked, by key.
        products: Those that were looked at, by id.
    """

    snapshot_id: str
    as_of: datetime
    rules: tuple[str, ...]
    products: dict[int, str]
    broken: tuple[Broken, ...]
    release: str | None = None

    @property
    def passed(self) -> bool:
        """Tell whether no rule is broken."""
        return not self.broken


def gate(
    facts: Facts,
    options: QualityOptions,
    *,
    product_ids: tuple[int, ...] | None = None,
    release: str | None = None,
    without: Iterable[str] = (),
    now: datetime | None = None,
) -> Gate:
    """Ask every rule of the products.

    Args:
        facts: The snapshot with its context.
        options: What verdicts are judged by.
        product_ids: Only these; None for all.
        release: Only this planned release; None for every one that is planned.
        without: Keys of rules that are not asked.
        now: By default the snapshot's own time.

    Raises:
        NotFound: For a product or release that nothing knows.
        InvalidInput: For a rule that there is not, and when no rule is left.
    """
    at = now or facts.as_of
    facts = facts_at(facts, now)
    keys = _keys(without)
    products = {one.id: one.name for one in all_products(facts).values()}
    chosen = _chosen(facts, products, product_ids, release)
    if release is not None:
        release = releases_named(facts, release, chosen)[0].version
    broken = [
        Broken(key, product_id, products[product_id], text, bug_ids)
        for product_id in chosen
        for key in keys
        for text, bug_ids in RULES[key].breaks(Asked(facts, options, at, product_id, release))
    ]
    named = {product_id: products[product_id] for product_id in chosen}
    return Gate(facts.snapshot_id, facts.as_of, keys, named, tuple(broken), release)


def _keys(without: Iterable[str]) -> tuple[str, ...]:
    barred = tuple(without)
    for key in barred:
        if key not in RULES:
            near = closest(key, RULES, 1)
            raise InvalidInput(
                f"{key[:40]!r} is no rule of the gate.",
                f"The rules are {listed(RULES)}.",
                f"Did you mean {near[0]}?" if near else NOT_SELECTED,
            )
    keys = tuple(key for key in RULES if key not in barred)
    if not keys:
        raise InvalidInput("Every rule is left out.", "A gate without a rule says nothing.", "Keep one.")
    return keys


def _chosen(
    facts: Facts, products: dict[int, str], product_ids: tuple[int, ...] | None, release: str | None
) -> tuple[int, ...]:
    for product_id in product_ids or ():
        if product_id not in products:
            raise NotFound(
                f"Product {product_id} is not in the snapshot.",
                f"It has {listed(products, 10)}.",
                NOT_SELECTED,
            )
    chosen = tuple(products) if product_ids is None else product_ids
    if release is not None:
        chosen = tuple(one.product_id for one in releases_named(facts, release, chosen))
    return tuple(dict.fromkeys(chosen))


def _verdicts(asked: Asked) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield the verdicts that say act now."""
    span = period(asked.options.default_period, asked.now)
    scoped = scope(asked.facts, Selection(product_ids=(asked.product_id,), period=span), asked.now)
    for name, verdict in zip(("Product", "Review"), verdicts(scoped, asked.options), strict=True):
        if verdict.level == "act_now":
            yield f"{name} verdict: act now. {verdict.reason}", ()


def _overdue(asked: Asked) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield the open bugs whose review days are over."""
    tests = asked.facts.tests_by_product.get(asked.product_id, ())
    bugs = [bug.id for one in waiting(tests, asked.now) if one.overdue for bug in one.bugs]
    if bugs:
        yield f"The review of {counted(len(bugs), 'bug')} is overdue.", tuple(bugs)


def _goals(asked: Asked) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield the goals that are missed."""
    for one in standings(asked.facts, asked.product_id, asked.options, asked.now):
        if one.met is False:
            text = f"{capital(one.measure.title)}: {one.measure.detail}, the goal is {one.target}"
            yield f"{text} ({one.period.lower()}), missed since {one.since}.", ()


def _release(asked: Asked) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield the critical bugs that stand at a planned release."""
    for release in asked.facts.context.releases_of(asked.product_id):
        if release.status != "planned" or asked.release not in {None, release.version}:
            continue
        bugs = critical_at(asked.facts, release, asked.options, asked.now)
        if bugs:
            verb = "stands" if len(bugs) == 1 else "stand"
            when = f"Release {release.version}, planned for {day(release.date)}"
            text = f"{when}: {counted(len(bugs), 'critical bug')} {verb} open or accepted."
            yield text, tuple(bug.id for bug in bugs)


RULES: dict[str, GateRule] = {
    "verdict": GateRule("No verdict says act now", _verdicts),
    "overdue": GateRule("No review is overdue", _overdue),
    "goals": GateRule("No goal is missed", _goals),
    "release": GateRule("No critical bug is open at a planned release", _release),
}
"""Every rule by its key, which `--without` takes."""


def gate_json(found: Gate) -> dict[str, object]:
    """Return what the gate says as values for JSON."""
    return {
        "passed": found.passed,
        "snapshot": found.snapshot_id,
        "data_as_of": f"{found.as_of.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "release": found.release,
        "products": [{"id": number, "name": name} for number, name in found.products.items()],
        "rules": [
            {
                "key": key,
                "title": RULES[key].title,
                "broken": [
                    {"product_id": one.product_id, "text": one.text, "bug_ids": list(one.bug_ids)}
                    for one in found.broken
                    if one.rule == key
                ],
            }
            for key in found.rules
        ],
    }
