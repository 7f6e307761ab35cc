"""The first sentences of a page: the verdict, what changed, what is asked of the reader."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from quality.findings.finding import Finding
from quality.metrics.catalogue import METRICS
from quality.metrics.columns import HEADLINE
from quality.metrics.measures import Change, Measure, measure, sentence
from quality.metrics.tally import Tally
from quality.model.entities import Test
from quality.model.facts import Gap
from quality.verdicts import LEVEL_WORDS, Verdict
from quality.views.deadlines import DeadlineDay
from quality.views.periods import PeriodLink
from quality.wording import capital, counted, day, day_utc, listing, moment, quoted

NOTHING_ASKED = "No action needed."
_HOLDS_BUGS = frozenset({"product", "test", "tests", "bugs"})


def judged(verdict: Verdict) -> str:
    """Return a verdict as a sentence: `Act now: 2 critical bugs are accepted`."""
    return f"{capital(LEVEL_WORDS[verdict.level])}: {verdict.reason[:1].lower()}{verdict.reason[1:]}"


def direction(
    lead: str,
    review: Verdict,
    found: Tally,
    before: Tally | None,
    changes: Mapping[str, Change],
    *,
    reasons: Mapping[str, str],
) -> str:
    """Return tests and bugs, and what became of the decided ones: the review's worst rate, else acceptance.

    Args:
        lead: What the sentence begins with: the period or the tests it is about.
        review: The verdict on the review.
        found: What was counted.
        before: The same for the period before; None without one.
        changes: Against the period before.
        reasons: The names of the rejection reasons.
    """
    parts = [f"{lead}: {volume(found)}"]
    if before is not None:
        parts[0] += f", before {volume(before, bare=True)}"
    if found.decided:
        parts.append(_rates(review, found, changes, reasons))
    elif found.bug_count:
        parts.append("none is decided yet")
    text = f"{'; '.join(parts)}."
    if before is not None and found.bug_count < before.bug_count and found.test_count < before.test_count:
        text += " Fewer bugs may only mean fewer tests."
    return text


def lead(span: PeriodLink) -> str:
    """`Last 90 days`, `This quarter (2026-Q4) so far`."""
    return f"{span.title}{' so far' if span.running else ''}"


def volume(found: Tally, *, bare: bool = False) -> str:
    """`12 tests found 96 bugs`; with `bare` `12 tests and 96 bugs`: never bugs without their tests."""
    tests, bugs = counted(found.test_count, "test"), counted(found.bug_count, "bug")
    if bare:
        return f"{tests} and {bugs}" if found.test_count else "no test"
    if not found.test_count:
        return "no test ended"
    return f"{tests} found {bugs if found.bug_count else 'no bugs'}"


def _rates(review: Verdict, found: Tally, changes: Mapping[str, Change], reasons: Mapping[str, str]) -> str:
    """Say the first deciding rate with its cause; acceptance where nothing is wrong."""
    bad = review.level in {"act_now", "watch"}
    shown = [one.measure for one in review.signals if one.measure and one.level == review.level]
    if bad and shown:
        return with_change(shown[0], changes) + METRICS[shown[0].key].cause(found, reasons)
    return with_change(measure(HEADLINE, found), changes)


def with_change(shown: Measure, changes: Mapping[str, Change]) -> str:
    """`62 of 72 decided bugs accepted (86.1 %), before 81.0 % (47 of 58)`."""
    moved = changes.get(shown.key)
    return f"{sentence(shown)}{f', {moved.text}' if moved else ''}"


def nothing_ended(last: Test | None, now: datetime) -> str:
    """Return when the last test ended, for a period without one."""
    if last is None or last.end_at is None:
        return "No executed test with a known end is in the snapshot."
    verb = "ended" if last.end_at <= now else "ends"
    return f"The latest test, {quoted(last.title)}, {verb} on {day_utc(last.end_at)}."


def still_waiting(found: Tally, now: datetime) -> str:
    """Return the open bugs apart: overdue ones, those due, and those of running tests; empty without any."""
    running = sum(
        bug.review == "open" and (end := found.tests[bug.test_id].end_at) is not None and end > now
        for bug in found.bugs.values()
        if bug.test_id in found.tests
    )
    over = found.overdue
    parts = [
        f"{count:,} {word}"
        for count, word in (
            (over, "overdue"),
            (found.open - over - running, "due"),
            (running, "of running tests"),
        )
        if count
    ]
    if not found.open:
        return ""
    verb = "is" if found.open == 1 else "are"
    return f"{counted(found.open, 'bug')} {verb} open and in no judged rate: {listing(parts)}."


def ask(
    deadlines: Sequence[DeadlineDay], findings: Iterable[Finding], gaps: Sequence[Gap], *, apart: bool = False
) -> str:
    """Return what is asked of the reader, and what gaps in the data make unsure about it.

    Args:
        deadlines: The days on which open bugs will be auto-accepted.
        findings: What stands out.
        gaps: Of the data that both come from.
        apart: None of these bugs belongs to the period of the page.
    """
    copies = {gap.test_id: gap.copied_at for gap in gaps if gap.test_id is not None and gap.copied_at}
    old = [at for day in deadlines for bug in day.bugs if (at := copies.get(bug.test_id))]
    lost = sum(gap.state in {"missing", "damaged"} and gap.kind in _HOLDS_BUGS for gap in gaps)
    asked = _asked(deadlines, findings, "Apart from this period, review" if apart else "Review")
    if old:
        which = (
            "All of these are"
            if len(old) == sum(len(day.bugs) for day in deadlines)
            else f"{len(old)} of these are"
        )
        return (
            f"{asked} {which} known only from copies, the oldest of {day_utc(min(old))}: look at them first."
        )
    if lost and asked == NOTHING_ASKED:
        return f"No action needed as far as is known, but {counted(lost, 'gap')} may hide open bugs."
    return asked


def _asked(deadlines: Sequence[DeadlineDay], findings: Iterable[Finding], review: str) -> str:
    """Say the review deadlines, else the gravest finding's action."""
    due = [one for one in deadlines if not one.overdue]
    over = sum(len(one.bugs) for one in deadlines if one.overdue)
    late = f"{over:,} more {'is' if over == 1 else 'are'} overdue" if over else ""
    if due:
        return f"{review} {_due(due)}{f'; {late}' if late else ''}."
    if over:
        late = counted(over, "overdue bug")
        return f"{review} {late} now, or ask Test IO about {'it' if over == 1 else 'them'}."
    first = next((finding for finding in findings if finding.level != "fine"), None)
    return first.action if first else NOTHING_ASKED


def _due(days: Sequence[DeadlineDay]) -> str:
    """`7 bugs by 21 Nov 2026, 22:50 UTC, 2 more by 26 Nov 2026`."""
    first, later = days[0], days[1:]
    when = day_utc(first.day) if first.first_at is None else moment(first.first_at)
    rest = sum(len(one.bugs) for one in later)
    more = f", {rest:,} more by {day(later[-1].day)}" if rest else ""
    return f"{counted(len(first.bugs), 'bug')} by {when}{more}"
