"""What a person would say first in the meeting: rules over counts, each with evidence and an action."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from quality.deadlines import REVIEW_DAYS, URGENT_AFTER_DAYS, Waiting, waiting
from quality.health import Level, level, worst
from quality.metrics import columns
from quality.metrics.catalogue import METRICS, rate
from quality.metrics.measures import change as change_of
from quality.metrics.measures import measure, sentence, still_open
from quality.metrics.rates import Rate, two_proportion_p
from quality.metrics.tally import Tally, tally
from quality.model.entities import Bug, Test
from quality.options import QualityOptions
from quality.wording import capital, counted, day_utc, listing, moment, quoted


@dataclass(frozen=True, slots=True)
class Finding:
    """What a person would say first in the meeting, with its evidence.

    Attributes:
        key: Stable name of the rule: `review_deadline`, `noisy_cycle`, `change`.
        text: The signal in one sentence, with counts.
        action: The recommended action in one sentence.
        bug_ids: The bugs that are the evidence (at most 50).
        test_ids: The tests that are the evidence (at most 50).
    """

    key: str
    title: str
    level: Level
    text: str
    action: str
    bug_ids: tuple[int, ...] = ()
    test_ids: tuple[int, ...] = ()


MOST_EVIDENCE = 50
MOST_NOISY = 3
NOISY_FROM = 0.30
SURE_BELOW = 0.05


@dataclass(frozen=True, slots=True)
class Case:
    """What the rules look at.

    Attributes:
        now: The moment of the report.
        found: The selected tests, counted.
        before: The previous period of the same length, counted; None without one.
        deadlines_of: The tests whose open bugs may wait, whatever the period.
        running: Whether the period has not ended.
    """

    now: datetime
    options: QualityOptions
    found: Tally
    before: Tally | None = None
    deadlines_of: tuple[Test, ...] = ()
    running: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule, and what the page that explains the counting says of it."""

    title: str
    signal: str
    action: str
    apply: Callable[[Case], Iterable[Finding]]


def findings(case: Case) -> tuple[Finding, ...]:
    """Every finding of every rule, in the order of `RULES`."""
    return tuple(finding for rule in RULES for finding in rule.apply(case))


def review_deadline(case: Case) -> Iterable[Finding]:
    """Open bugs whose test ended more than 7 of the 10 review days ago."""
    late = [one for one in waiting(case.deadlines_of, case.now) if one.urgent]
    due = [one for one in late if not one.overdue]
    over = [one for one in late if one.overdue]
    if over:
        yield _over(over)
    if due:
        yield _due(due, case.now)


def noisy_cycle(case: Case) -> Iterable[Finding]:
    """Tests of which 30 % or more was rejected, mostly as intended or against the instructions."""
    noisy = [one for one in map(_noise, case.found.tests.values()) if one is not None]
    noisy.sort(key=lambda one: (-len(one.bugs), one.test.id))
    yield from (_noisy(one, case) for one in noisy[:MOST_NOISY])
    if len(noisy) > MOST_NOISY:
        yield _noisy_rest(noisy[MOST_NOISY:])


def change(case: Case) -> Iterable[Finding]:
    """Rates that differ from the previous period of the same length with p < 0.05."""
    if case.before is None:
        return
    for metric in METRICS.values():
        if not metric.judged:
            continue
        now = metric.value(case.found, case.options.weights)
        before = metric.value(case.before, case.options.weights)
        if isinstance(now, Rate) and isinstance(before, Rate):
            p = two_proportion_p(now, before)
            if p is not None and p < SURE_BELOW:
                yield _changed(case, metric.key, p)


def _due(due: list[Waiting], now: datetime) -> Finding:
    bugs = [bug for one in due for bug in one.bugs]
    first, last = due[0].day, due[-1].day
    when = f"on {day_utc(first)}" if first == last else f"from {day_utc(first)} to {day_utc(last)}"
    return Finding(
        key="review_deadline",
        title="Review deadline",
        level="critical" if (first - now.astimezone(UTC).date()).days <= 1 else "warning",
        text=f"{counted(len(bugs), 'open bug')} of {counted(len(due), 'test')} will be auto-accepted {when}.",
        action=f"Review {'it' if len(bugs) == 1 else 'them'} by {moment(due[0].ends_at)}"
        f"{'' if first == last else ', the first of these deadlines'}.",
        bug_ids=_ids(bugs),
        test_ids=_ids(one.test for one in due),
    )


def _over(over: list[Waiting]) -> Finding:
    bugs = [bug for one in over for bug in one.bugs]
    first, last = over[0].day, over[-1].day
    when = f"on {day_utc(first)}" if first == last else f"from {day_utc(first)} to {day_utc(last)}"
    verb = "is" if len(bugs) == 1 else "are"
    return Finding(
        key="review_deadline",
        title="Review time is over",
        level="critical",
        text=f"{counted(len(bugs), 'bug')} of {counted(len(over), 'test')} {verb} still open in the snapshot,"
        f" though the {REVIEW_DAYS} review days ended {when}: auto-acceptance can come at any moment.",
        action=f"Review {'it' if len(bugs) == 1 else 'them'} now.",
        bug_ids=_ids(bugs),
        test_ids=_ids(one.test for one in over),
    )


@dataclass(frozen=True, slots=True)
class _Noise:
    test: Test
    found: Tally
    bugs: tuple[Bug, ...]
    intended: int
    ignored: int


def _noise(test: Test) -> _Noise | None:
    found = tally((test,))
    rejected = rate(columns.NOISE, found).value
    intended, ignored = found.reasons["intended_behavior"], found.reasons["ignored_instructions"]
    if rejected is None or rejected < NOISY_FROM or 2 * (intended + ignored) <= found.rejected:
        return None
    reasons = {"intended_behavior", "ignored_instructions"}
    bugs = tuple(bug for bug in test.bugs if bug.rejection_reason in reasons)
    return _Noise(test, found, bugs, intended, ignored)


def _noisy(one: _Noise, case: Case) -> Finding:
    rejection = measure(columns.NOISE, one.found, case.options.weights)
    parts = [(one.intended, "as intended"), (one.ignored, "because instructions were not followed")]
    reasons = listing(f"{count} {words}" for count, words in parts if count)
    actions = [
        (one.intended, "update the feature descriptions (true for every test)"),
        (one.ignored, "update the instructions of this test"),
    ]
    todo = [words for count, words in sorted(actions, key=lambda action: -action[0]) if count]
    return Finding(
        key="noisy_cycle",
        title="Noisy cycle",
        level=worst(("warning", level(columns.NOISE, rejection.value, case.options.thresholds))),
        text=f"{quoted(one.test.title)}: {sentence(rejection)}, {reasons}.",
        action=capital(f"{listing(todo)}."),
        bug_ids=_ids(one.bugs),
        test_ids=(one.test.id,),
    )


def _noisy_rest(rest: list[_Noise]) -> Finding:
    found = sum((one.found for one in rest), Tally())
    noise = sum(one.intended + one.ignored for one in rest)
    return Finding(
        key="noisy_cycle",
        title=f"{counted(len(rest), 'more noisy cycle')}",
        level="warning",
        text=f"In {counted(len(rest), 'more test')} {found.rejected:,} of {found.bug_count:,} bugs were"
        f" rejected, {noise:,} of them as intended or because instructions were not followed.",
        action="Update the feature descriptions and the instructions of these tests.",
        bug_ids=_ids(bug for one in rest for bug in one.bugs),
        test_ids=_ids(one.test for one in rest),
    )


def _changed(case: Case, key: str, p: float) -> Finding:
    metric = METRICS[key]
    now = measure(key, case.found, case.options.weights)
    before = measure(key, case.before or Tally(), case.options.weights)
    moved = change_of(now, before, metric.better)
    better = moved.better if moved else None
    chance = "p under 0.001" if p < 0.001 else f"p = {p:.3f}"  # noqa: PLR2004 - as it is written
    text = (
        f"{capital(sentence(now))}{', so far' if case.running else ''}, {moved.text if moved else 'changed'}"
    )
    states = metric.evidence.good if better else metric.evidence.bad
    if states and case.found.open:
        text += f"; {still_open(case.found)}"
    return Finding(
        key="change",
        title=f"{metric.title} is {moved.direction if moved else 'changed'}",
        level="unknown" if better is None else "healthy" if better else "warning",
        text=f"{text}. Chance alone would seldom do that ({chance}).",
        action=_KEEP if better else metric.action,
        bug_ids=_ids(bug for bug in case.found.bugs.values() if bug.review in states),
        test_ids=() if states else _ids(case.found.tests.values()),
    )


def _ids(things: Iterable[Bug | Test]) -> tuple[int, ...]:
    return tuple(thing.id for thing in things)[:MOST_EVIDENCE]


_KEEP = "Find out what helped, and keep it."
RULES: tuple[Rule, ...] = (
    Rule(
        "Review deadline",
        f"open bugs whose test ended more than {URGENT_AFTER_DAYS} of the {REVIEW_DAYS} review days ago",
        "review them by the named date; they will be auto-accepted",
        review_deadline,
    ),
    Rule(
        "Noisy cycle",
        "a test's rejection_rate is 30 % or more, and intended_behavior and ignored_instructions are most of"
        " its rejections",
        "update the feature descriptions (true everywhere) or the test's instructions (this test only)",
        noisy_cycle,
    ),
    Rule(
        "Change",
        "a rate differs from the previous period of the same length with p < 0.05 (two-proportion test; the"
        " exact one where counts are small)",
        "look at both values and both counts, which the finding names",
        change,
    ),
)
