"""What the demo's reports claim rests on enough, and says first what is gravest; small and big."""

import re
from collections.abc import Iterator

import pytest

from demo.account.account import demo_account
from quality.metrics.rates import SMALL_SAMPLE
from quality.model.facts import Facts
from quality.options import QualityOptions
from quality.periods.periods import REPORT_PERIODS, period
from quality.product_verdict import standing
from quality.scope import Scope, scope, verdicts
from quality.selection import Selection
from quality.views.report import ReportView, report_of
from tests.build.account_facts import account_facts

OPTIONS = QualityOptions()


def reports(facts: Facts) -> Iterator[tuple[Scope, ReportView]]:
    """The report of every product over every period, and what it counts."""
    for product_id in facts.products:
        for key in REPORT_PERIODS:
            selection = Selection(product_ids=(product_id,), period=period(key, facts.as_of))
            scoped = scope(facts, selection, facts.as_of)
            yield scoped, report_of(facts, selection, scoped, OPTIONS, facts.as_of)


def check(facts: Facts) -> None:
    changes = 0
    for scoped, report in reports(facts):
        assert (report.product_verdict, report.review_verdict) == verdicts(scoped, OPTIONS)
        changes += check_changes(scoped, report)
        check_critical_bugs(scoped, report)
        check_samples(scoped, report)
    assert changes


def check_changes(scoped: Scope, report: ReportView) -> int:
    """A change is claimed only between periods that are decided enough; how many are."""
    claimed = [one for one in report.findings if one.key == "change"]
    for counted in (scoped.found, scoped.before) if claimed else ():
        assert counted is not None
        assert counted.decided >= SMALL_SAMPLE
        assert not counted.so_far
    return len(claimed)


def check_critical_bugs(scoped: Scope, report: ReportView) -> None:
    """Critical bugs of the whole period stand in the first sentence, the reason and the finding."""
    reason = report.product_verdict.reason
    grave = standing(scoped.found, OPTIONS.settled)
    older = [bug for bug in grave if bug.id in scoped.judged.older.bugs]
    if grave:
        assert "critical bug" in report.headline[0]
        assert "critical bug" in reason
    if older:
        said = re.search(r"; (\d+) (?:older|other) critical bugs? .*?(?:\((.*)\))?\.$", reason)
        assert said
        left = re.findall(r"(\d+) to (?:fix|review)", said[2] or "")
        assert sum(map(int, left or [said[1]])) == len(older)
        assert re.search("; (one )?(older|other)", report.headline[0])
    stated = [one for one in report.findings if one.key == "criticals"]
    assert [sorted(one.bug_ids) for one in stated] == ([sorted(bug.id for bug in grave)] if grave else [])
    for one in stated:
        assert one.level == ("watch" if len(older) == len(grave) else report.product_verdict.level)


def check_samples(scoped: Scope, report: ReportView) -> None:
    """Nothing is judged on fewer than 20 decided bugs but that some are overdue."""
    if report.review_verdict.level != "unknown":
        assert scoped.found.decided >= SMALL_SAMPLE or scoped.found.overdue
    for signal in report.review_verdict.signals:
        if signal.measure is not None and signal.level != "unknown":
            assert min(scoped.found.decided, signal.measure.denominator or 0) >= SMALL_SAMPLE


@pytest.mark.slow
def test_no_claim_of_the_demo_rests_on_few_or_open_bugs(demo_facts: Facts) -> None:
    check(demo_facts)


@pytest.mark.slow
def test_no_claim_of_a_big_account_rests_on_few_or_open_bugs() -> None:
    check(account_facts(demo_account(700)))
