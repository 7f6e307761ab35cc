"""What a finding is, what the rules look at, and how a rule says which, how many and until when."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import chain
from operator import attrgetter

from base.text import shorten
from quality.metrics.tally import Tally
from quality.model.entities import SEVERITIES, Bug, Feature, Test
from quality.model.facts import Facts
from quality.options import QualityOptions
from quality.periods.periods import ALL_TIME, Period
from quality.product_verdict import Judged
from quality.thresholds import Thresholds
from quality.verdicts import Level
from quality.wording import listing, near, quoted

MOST_NAMED = 3
_MOST_PRODUCTS = 2
FALLBACK_DAYS = 14
"""How long an action may take when no test is planned: to the last Friday of these days, so that it stays."""
_FRIDAY = 4
_TOO_SOON = timedelta(days=1)
_GRADES = {"critical": 0, "high": 1}
_product_id = attrgetter("product_id")
PLANNED = frozenset({"initialized", "waiting", "pending", "customer_finalized"})


@dataclass(frozen=True, slots=True)
class Finding:
    """Hold what a person would say first in the meeting, with its evidence.

    Attributes:
        key: Stable name of the rule: `review_deadline`, `change`.
        title: What is true, in a few words.
        text: The signal in a sentence or two, with counts.
        action: What to do, with which, until when.
        do: The same without until when, for a place beside which that stands.
        due: Until when: `before 23 Nov`, `by 4 Dec`; empty where bugs have dates of their own.
        due_at: The moment of that.
        whose: ` of Halo Shop`, where the report is of several products.
        bug_ids: The bugs that are the evidence, critical ones first.
        test_ids: The tests that are the evidence.
        critical: Whether all of these bugs are critical.
    """

    key: str
    title: str
    level: Level
    text: str
    action: str
    bug_ids: tuple[int, ...] = ()
    test_ids: tuple[int, ...] = ()
    critical: bool = False
    do: str = ""
    due: str = ""
    due_at: datetime | None = None
    whose: str = ""


@dataclass(frozen=True, slots=True)
class Until:
    """Until when to act: `before “Release 5” starts on 5 Nov`, and the same in brief: `before 5 Nov`.

    Attributes:
        at: The moment of that: when the test starts, or the end of the day.
        test: The planned test before which to act; empty without one.
    """

    text: str
    brief: str
    at: datetime
    test: str = ""


@dataclass(frozen=True, slots=True)
class Again:
    """A bug that is much like one of the same product that was decided before."""

    bug: Bug
    earlier: Bug


@dataclass(frozen=True, slots=True)
class Missed:
    """A goal that was not met; the texts name value, target and since when."""

    title: str
    value: str
    target: str
    since: str


@dataclass(frozen=True, slots=True)
class Case:
    """Hold what the rules look at.

    Attributes:
        now: The moment of the report.
        found: The selected tests, counted.
        before: The previous period of the same length, counted; None without one.
        every: All tests of the products, whatever their period and status.
        ever: The same selection as `found` over all time.
        features: The catalogue of the products.
        product_ids: Which products the report is about.
        judged: What the verdict on the product rests on.
        running: Whether the period has not ended.
        found_again: Bugs that were found before.
        missed: Goals that were not met.
        names: Of the products, where there are several: by id.
    """

    now: datetime
    options: QualityOptions
    found: Tally
    before: Tally | None = None
    every: tuple[Test, ...] = ()
    ever: tuple[Test, ...] = ()
    features: tuple[Feature, ...] = ()
    product_ids: tuple[int, ...] = ()
    period: Period = ALL_TIME
    judged: Judged = field(default_factory=Judged)
    running: bool = False
    found_again: tuple[Again, ...] = ()
    missed: tuple[Missed, ...] = ()
    names: Mapping[int, str] = field(default_factory=dict)

    @property
    def thresholds(self) -> Thresholds:
        """Those of the product."""
        return self.options.thresholds_of(self.product_ids)

    @property
    def rejected(self) -> tuple[Bug, ...]:
        """Return the rejected bugs."""
        return tuple(bug for bug in self.found.bugs.values() if bug.review == "rejected")


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule, and what the page that explains the counting says of it."""

    title: str
    signal: str
    action: str
    apply: Callable[[Case], Iterable[Finding]]


def finding(
    key: str,
    level: Level,
    *,
    title: str,
    text: str,
    do: str,
    until: Until | None = None,
    action: str = "",
    aside: bool = False,
    whose: str = "",
    bugs: Iterable[Bug] = (),
    tests: Iterable[Test] = (),
) -> Finding:
    """Return a finding with its evidence, the gravest bugs first; `action` is by default `do` and `until`.

    These are parted by a comma where that is to be read as an aside.
    """
    grades: tuple[list[int], ...] = ([], [], [])
    for bug in bugs:
        grades[_GRADES.get(bug.severity, 2)].append(bug.id)
    return Finding(
        key=key,
        title=title,
        level=level,
        text=text,
        action=action or (f"{do}{', ' if aside else ' '}{until.text}." if until else f"{do}."),
        bug_ids=tuple(dict.fromkeys(chain.from_iterable(grades))),
        test_ids=tuple(test.id for test in tests),
        critical=bool(grades[0]) and not any(grades[1:]),
        do=do,
        due=until.brief if until else "",
        due_at=until.at if until else None,
        whose=whose,
    )


def until(case: Case, product_ids: Iterable[int] = ()) -> Until:
    """Return until when to act: before the next planned test of the products, else by a Friday."""
    wanted = frozenset(product_ids) or frozenset(case.product_ids)
    test = next_planned((one for one in case.every if one.product_id in wanted), case.now)
    if test is None or test.start_at is None:
        last = _friday(case.now)
        friday = f"by {near(last, case.now)}"
        return Until(friday, friday, last)
    name, day = quoted(test.title, 40), near(test.start_at, case.now)
    return Until(f"before {name} starts on {day}", f"before {day}", test.start_at, name)


def next_planned(tests: Iterable[Test], now: datetime) -> Test | None:
    """Return the planned test that starts first, more than a day ahead; None without one."""
    ahead = [
        (test.start_at, test.id, test)
        for test in tests
        if test.status in PLANNED and test.start_at is not None and test.start_at - now > _TOO_SOON
    ]
    return min(ahead)[2] if ahead else None


def _friday(now: datetime) -> datetime:
    """Return the end of the Friday until which to act without a planned test: the same one all week."""
    last = now.astimezone(UTC) + timedelta(days=FALLBACK_DAYS)
    last -= timedelta(days=(last.weekday() - _FRIDAY) % 7)
    return last.replace(hour=23, minute=59, second=59)


def of_several(case: Case, product_ids: Iterable[int]) -> str:
    """Return ` of Halo Shop`: whose bugs an action is about, where the report is of several products."""
    known = [shorten(case.names[one], 40) for one in case.product_ids if one in case.names]
    wanted = frozenset(product_ids)
    named = [shorten(case.names[one], 40) for one in case.product_ids if one in wanted and one in case.names]
    if len(known) <= 1 or not named:
        return ""
    return f" of {listing(named) if len(named) <= _MOST_PRODUCTS else f'{len(named):,} products'}"


def again_in(facts: Facts, found: Tally) -> tuple[Again, ...]:
    """Return the bugs of a report that were found before, the gravest first, then the newest."""
    held = found.bugs
    return tuple([pair for later, pair in _pairs(facts).items() if later in held])


def _pairs(facts: Facts) -> Mapping[int, Again]:
    """Return all bugs that were found before by id, in the order of `again_in`, made once."""
    pairs: Mapping[int, Again] | None = facts.made.get("found again")
    if pairs is None:
        known = facts.bugs
        found = [
            Again(known[later], known[earlier])
            for later, earlier in facts.found_again.items()
            if later in known and earlier in known
        ]
        found.sort(key=lambda pair: (SEVERITIES.index(pair.bug.severity), -pair.bug.id))
        pairs = facts.made["found again"] = {pair.bug.id: pair for pair in found}
    return pairs


def of_products(bugs: Iterable[Bug]) -> frozenset[int]:
    """Return whose bugs these are."""
    return frozenset(map(_product_id, bugs))


def named(titles: Sequence[str], most: int = MOST_NAMED) -> str:
    """Return `“a”, “b” and 2 more`."""
    more = [f"{len(titles) - most:,} more"] if len(titles) > most else []
    return listing([*(quoted(title) for title in titles[:most]), *more])


def ranked(counts: Mapping[str, int], most: int) -> list[tuple[str, int]]:
    """Return the names with the highest counts."""
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:most]
