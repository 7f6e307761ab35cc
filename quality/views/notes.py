"""What a reader must know before comparing the numbers of a report."""

from datetime import datetime

from quality.findings.pace import other_types
from quality.metrics.tally import Tally
from quality.model.facts import Facts
from quality.scope import Scope
from quality.views import headline, periods
from quality.views.periods import PeriodLink
from quality.wording import counted, day_utc


def notes(facts: Facts, period: PeriodLink, scoped: Scope, now: datetime) -> tuple[str, ...]:
    """Say what a reader must know before comparing the numbers."""
    found = _so_far(period, now)
    waiting = headline.still_waiting(scoped.found, now)
    if waiting:
        found.append(waiting)
    if scoped.found.so_far:
        found.append(headline.RATES_SO_FAR)
    if mix := other_types(scoped.found, scoped.before):
        found.append(mix)
    copies = [facts.copies[test.id] for test in scoped.tests if test.id in facts.copies]
    if copies:
        are = "is" if len(copies) == 1 else "are"
        found.append(
            f"{len(copies):,} of these {counted(len(scoped.tests), 'test')} {are} counted from older copies,"
            f" the oldest of {day_utc(min(copies))}: what happened since is not known."
        )
    undated = sum(test.end_at is None for test in scoped.ever)
    if undated and not period.release and (period.start is not None or period.end is not None):
        verb = "belongs" if undated == 1 else "belong"
        found.append(f"{counted(undated, 'test')} without a known end {verb} to no period but all time.")
    ahead = period.start is not None and period.start > now
    if not ahead and _fewer(scoped.found, scoped.before):
        found.append("Fewer bugs may only mean fewer tests.")
    dated = [test.end_at for test in scoped.ever if test.end_at is not None]
    if period.release and scoped.before is not None and not scoped.before.test_count:
        found.append("No test of the release before has ended: nothing is compared.")
    elif not ahead and scoped.before is not None and dated and period.start and not scoped.before.test_count:
        found.append(
            f"No test ended in the period before ({before_text(scoped)}); the earliest that is known ended on"
            f" {day_utc(min(dated))}."
        )
    return tuple(found)


def _so_far(period: PeriodLink, now: datetime) -> list[str]:
    """Say that the period has not ended, and how much of it is over."""
    if not period.running or period.start is None or period.end is None:
        return []
    if period.release:
        return ["This release, or a test of it, has not ended: its numbers are so far."]
    if period.start > now:
        return [f"This period is ahead, from {day_utc(period.start)} on: nothing of it can be compared yet."]
    length = (period.end - period.start).days + 1
    passed = (now - period.start).days + 1
    so_far = f"its numbers are so far, after {passed} of {length} days"
    return [f"This period has not ended: {so_far}, and stand beside a whole period before."]


def _fewer(found: Tally, before: Tally | None) -> bool:
    """Tell whether there are fewer bugs of fewer tests."""
    return before is not None and found.bug_count < before.bug_count and found.test_count < before.test_count


def before_text(scoped: Scope) -> str:
    """Return the first and last day of the period before, or its release; empty without one."""
    before = scoped.before_period
    if before is None:
        return ""
    words = periods.in_words(before)
    return words if before.tests is None else f"{before.title}, {words}"
