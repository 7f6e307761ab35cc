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
    found = []
    if period.running and period.start is not None and period.end is not None:
        length = (period.end - period.start).days + 1
        passed = (now - period.start).days + 1
        found.append(
            f"This period has not ended: its numbers are so far, after {passed} of {length} days, and stand"
            " beside a whole period before."
        )
    waiting = headline.still_waiting(scoped.found, now)
    if waiting:
        found.append(waiting)
    if scoped.found.so_far:
        found.append("More than a fifth of the bugs is open: the rates of decided bugs are so far.")
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
    if undated and (period.start is not None or period.end is not None):
        verb = "belongs" if undated == 1 else "belong"
        found.append(f"{counted(undated, 'test')} without a known end {verb} to no period but all time.")
    if _fewer(scoped.found, scoped.before):
        found.append("Fewer bugs may only mean fewer tests.")
    dated = [test.end_at for test in scoped.ever if test.end_at is not None]
    if scoped.before is not None and dated and period.start is not None and scoped.before.test_count == 0:
        found.append(
            f"No test ended in the period before ({before_text(scoped)}); the earliest that is known ended on"
            f" {day_utc(min(dated))}."
        )
    return tuple(found)


def _fewer(found: Tally, before: Tally | None) -> bool:
    """Tell whether there are fewer bugs of fewer tests."""
    return before is not None and found.bug_count < before.bug_count and found.test_count < before.test_count


def before_text(scoped: Scope) -> str:
    """Return the first and last day of the period before; empty without one."""
    return "" if scoped.before_period is None else periods.in_words(scoped.before_period)
