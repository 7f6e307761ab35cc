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
        for one in report.findings:
            if one.key == "change":
                changes += 1
                for counted in (scoped.found, scoped.before):
                    assert counted is not None
                    assert counted.decided >= SMALL_SAMPLE
                    assert not counted.so_far
        grave = standing(scoped.found, OPTIONS.settled)
        older = [bug for bug in grave if bug.id in scoped.judged.older.bugs]
        if grave:
            assert "critical bug" in report.headline[0]
            assert "critical bug" in report.product_verdict.reason
        if older:
            assert re.search(rf"; {len(older)} (older|other) critical bug", report.product_verdict.reason)
            assert re.search("; (one )?(older|other) (ones|critical bugs?)", report.headline[0])
        stated = [one for one in report.findings if one.key == "criticals"]
        assert [sorted(one.bug_ids) for one in stated] == ([sorted(bug.id for bug in grave)] if grave else [])
        for one in stated:
            assert one.level == ("watch" if len(older) == len(grave) else report.product_verdict.level)
        product, review = verdicts(scoped, OPTIONS)
        assert (report.product_verdict, report.review_verdict) == (product, review)
        if review.level != "unknown":
            assert scoped.found.decided >= SMALL_SAMPLE or scoped.found.overdue
    assert changes


@pytest.mark.slow
def test_no_claim_of_the_demo_rests_on_few_or_open_bugs(demo_facts: Facts) -> None:
    check(demo_facts)


@pytest.mark.slow
def test_no_claim_of_a_big_account_rests_on_few_or_open_bugs() -> None:
    check(account_facts(demo_account(700)))
