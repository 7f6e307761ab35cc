"""The first sentences of a page: which direction, what is behind it, what is asked of the reader."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from quality.findings import Finding
from quality.metrics.catalogue import METRICS
from quality.metrics.columns import HEADLINE
from quality.metrics.measures import Change, Measure, sentence, still_open
from quality.metrics.tally import Tally
from quality.model.entities import Test
from quality.model.facts import Gap
from quality.views.deadlines import DeadlineDay
from quality.views.health import LEVEL_WORDS, Health, Indicator
from quality.views.periods import PeriodLink
from quality.wording import capital, counted, day_utc, moment, quoted

NOTHING_ASKED = "Nothing is asked of you now."
_HOLDS_BUGS = frozenset({"product", "test", "tests", "bugs"})


def direction(
    lead: str,
    found: Tally,
    before: Tally | None,
    measures: Mapping[str, Measure],
    changes: Mapping[str, Change],
) -> str:
    """Tests and bugs against the period before, and what became of the bugs.

    Args:
        lead: What the sentence begins with: the period or the tests it is about.
        found: What was counted.
        before: The same for the period before; None without one.
        measures: Of what was counted.
        changes: Against the period before.
    """
    parts = [f"{lead}: {volume(found)}"]
    if before is not None:
        parts[0] += f", against {volume(before, bare=True)} in the period before"
    if found.decided:
        parts.append(with_change(HEADLINE, measures, changes))
    if found.open:
        parts.append(still_open(found))
    return f"{'; '.join(parts)}."


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


def with_change(key: str, measures: Mapping[str, Measure], changes: Mapping[str, Change]) -> str:
    """`62 of 72 accepted (86.1 %), up 5.1 points from 81.0 % (47 of 58)`."""
    moved = changes.get(key)
    return f"{sentence(measures[key])}{f', {moved.text}' if moved else ''}"


def cause(
    health: Health,
    found: Tally,
    before: Tally | None,
    changes: Mapping[str, Change],
    reasons: Mapping[str, str],
) -> str:
    """What is behind it: the worst indicators with the main reason, and how many tests were run."""
    if not found.bug_count:
        return ""
    if health.level in {"healthy", "unknown"}:
        text = health.reason
    else:
        clauses = [
            _clause(indicator, found, changes, reasons)
            for indicator in health.indicators
            if indicator.level == health.level
        ]
        text = f"{capital(LEVEL_WORDS[health.level])}: {'; '.join(clauses)}."
    if before is not None and found.bug_count < before.bug_count and found.test_count < before.test_count:
        text += " Fewer bugs may only mean fewer tests."
    return text


def _clause(
    indicator: Indicator, found: Tally, changes: Mapping[str, Change], reasons: Mapping[str, str]
) -> str:
    key = indicator.measure.key
    return f"{with_change(key, {key: indicator.measure}, changes)}{METRICS[key].cause(found, reasons)}"


def nothing_ended(last: Test | None, now: datetime) -> str:
    """When the last test ended, for a period without one."""
    if last is None or last.end_at is None:
        return "No executed test with a known end is in the snapshot."
    verb = "ended" if last.end_at <= now else "ends"
    return f"The latest test, {quoted(last.title)}, {verb} on {day_utc(last.end_at)}."


def ask(
    deadlines: Sequence[DeadlineDay], findings: Sequence[Finding], gaps: Sequence[Gap], *, apart: bool = False
) -> str:
    """What is asked of the reader, and what gaps in the data make unsure about it.

    Args:
        deadlines: The days on which open bugs will be auto-accepted.
        findings: What stands out.
        gaps: Of the data that both come from.
        apart: None of these bugs belongs to the period of the page.
    """
    copies = {gap.test_id: gap.copied_at for gap in gaps if gap.test_id is not None and gap.copied_at}
    old = [at for day in deadlines for bug in day.bugs if (at := copies.get(bug.test_id))]
    lost = sum(gap.state in {"missing", "damaged"} and gap.kind in _HOLDS_BUGS for gap in gaps)
    asked = _asked(deadlines, findings, "Apart from this period, please" if apart else "Please")
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
        return f"Nothing is asked of you as far as is known, but {counted(lost, 'gap')} may hide open bugs."
    return asked


def _asked(deadlines: Sequence[DeadlineDay], findings: Sequence[Finding], please: str) -> str:
    """The review deadlines, else the gravest finding's action."""
    due = [day for day in deadlines if not day.overdue]
    over = sum(len(day.bugs) for day in deadlines if day.overdue)
    if due and over:
        late = f"{counted(over, 'open bug')} now, as the time for it is over"
        return f"{please} review {late}, and {_due(due, more=True)}."
    if due:
        return f"{please} review {_due(due)}."
    if over:
        return f"{please} review {counted(over, 'open bug')} now: the time for it is over."
    for level in ("critical", "warning"):
        for finding in findings:
            if finding.level == level:
                return f"{finding.title}: {finding.action[:1].lower()}{finding.action[1:]}"
    return NOTHING_ASKED


def _due(days: Sequence[DeadlineDay], *, more: bool = False) -> str:
    """`8 open bugs, the first 2 by 26 Nov 2026 (UTC), before auto-acceptance`; with `more` `8 more, …`."""
    first, every = days[0], sum(len(day.bugs) for day in days)
    which = f"{every:,} more" if more else counted(every, "open bug")
    here = len(first.bugs)
    if here < every:
        which += f", the first {'one' if here == 1 else f'{here:,}'}"
    when = day_utc(first.day) if first.first_at is None else moment(first.first_at)
    return f"{which} by {when}, before auto-acceptance"
