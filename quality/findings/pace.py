"""Findings on what changed: fewer tests, rates, other types of tests, goals."""

from collections import Counter
from collections.abc import Iterable
from datetime import MINYEAR

from dateutil.relativedelta import relativedelta

from quality.findings.finding import Case, Finding, finding, of_products, until
from quality.metrics.catalogue import METRICS
from quality.metrics.measures import change as change_of
from quality.metrics.measures import is_sure, measure, sentence
from quality.metrics.rates import SMALL_SAMPLE
from quality.metrics.tally import Tally
from quality.periods.periods import month_key
from quality.periods.words import start_of_day
from quality.wording import capital, counted, decimal, inside, listing, month

MONTHS_BEFORE = 3
LEAST_TESTS = 6
MIXED_ABOVE = 3
"""Of which part of the tests is of other types than before: more than a third."""
_KEEP = "Find out what helped, and keep it"


def fewer_tests(case: Case) -> Iterable[Finding]:
    """Yield when the last whole month had half the tests a month of the three before, or less."""
    end = case.now if case.period.end is None else min(case.now, case.period.end)
    if end.year == MINYEAR:  # the calendar has no months before it
        return
    this = start_of_day(end).replace(day=1)
    keys = [month_key(this - relativedelta(months=back)) for back in range(1, MONTHS_BEFORE + 2)]
    counts = Counter(month_key(test.end_at) for test in case.ever if test.end_at is not None)
    last, before = counts[keys[0]], sum(counts[key] for key in keys[1:])
    if before < LEAST_TESTS or last * MONTHS_BEFORE * 2 > before:
        return
    ended = [test for test in case.ever if test.end_at is not None and month_key(test.end_at) in keys]
    yield finding(
        "fewer_tests",
        "watch",
        title="Fewer tests",
        text=f"{counted(last, 'test')} ended in {month(keys[0])},"
        f" {decimal(before / MONTHS_BEFORE)} a month in the three months before.",
        do="Say that fewer bugs come from fewer tests to whoever reads this report",
        until=until(case, {test.product_id for test in ended}),
        tests=ended,
    )


def change(case: Case) -> Iterable[Finding]:
    """Yield the judged rates that differ from the period before by more than chance."""
    before = case.before
    if before is None or case.running or not (comparable(case.found) and comparable(before)):
        return
    for metric in METRICS.values():
        if not metric.judged:
            continue
        now, then = (measure(metric.key, one, case.options.weights) for one in (case.found, before))
        moved = change_of(now, then, metric.better)
        if moved is None or moved.better is None or not is_sure(now, then):
            continue
        states = metric.evidence.good if moved.better else metric.evidence.bad
        bugs = [bug for bug in case.found.bugs.values() if bug.review in states]
        mixed = " The tests are of other types than before." if other_types(case.found, before) else ""
        yield finding(
            "change",
            "fine" if moved.better else "watch",
            title=f"{metric.title} is {moved.direction}",
            text=f"{capital(sentence(now))}, {moved.text}.{mixed}",
            aside=moved.better,
            do=_KEEP if moved.better else metric.action.rstrip("."),
            until=until(case, of_products(case.found.bugs.values())),
            bugs=bugs,
            tests=() if bugs else case.found.tests.values(),
        )


def comparable(found: Tally) -> bool:
    """Return whether rates of these bugs can be called a change: enough are decided, few are open."""
    return found.decided >= SMALL_SAMPLE and not found.so_far


def other_types(found: Tally, before: Tally | None) -> str:
    """Return a sentence when more than a third of the tests is of other types than before; else nothing."""
    if before is None or not found.test_count or not before.test_count:
        return ""
    now, then = (
        Counter(test.testing_type or "test_case" for test in one.tests.values()) for one in (found, before)
    )
    tests, others = found.test_count, before.test_count
    moved = sum(max(0, now[key] * others - then[key] * tests) for key in now.keys() | then)
    if MIXED_ABOVE * moved <= tests * others:
        return ""
    return f"The tests are of other types: {_types(now)}, before {_types(then)}."


def _types(counts: Counter[str]) -> str:
    every = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return listing(f"{count:,} {key.replace('_', ' ')}" for key, count in every)


def goals(case: Case) -> Iterable[Finding]:
    """Yield each goal that was not met."""
    for one in case.missed:
        yield finding(
            "goal",
            "watch",
            title=f"Goal missed: {one.title}",
            text=f"{one.value}, target {one.target}, since {one.since}.",
            do=f"Agree what to do about {inside(one.title)}",
            until=until(case),
        )
