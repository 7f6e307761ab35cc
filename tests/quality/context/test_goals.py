"""A goal is met, missed since a month, or there is too little to judge; and a missed one is a finding."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from quality.context.goals import standings
from quality.model.context import Context
from quality.model.facts import Facts
from quality.options import QualityOptions
from quality.periods.periods import period
from quality.selection import Selection
from quality.views.report import report_view
from tests.factories import NOW, make_bugs, make_facts, make_test
from tests.quality.context.contexts import make_context, make_goal, make_goals

OPTIONS = QualityOptions()


def facts_of(context: Context, *months: tuple[int, int]) -> Facts:
    """One test a month, the newest of this month first: (rejected, accepted) bugs of each."""
    tests = [
        make_test(
            make_bugs(rejected=rejected, active_accepted=accepted), end_at=NOW - timedelta(days=30 * back + 1)
        )
        for back, (rejected, accepted) in enumerate(months)
    ]
    return replace(make_facts(tests), context=context)


def met(context: Context, *months: tuple[int, int]) -> list[bool | None]:
    return [one.met for one in standings(facts_of(context, *months), 598, OPTIONS, NOW)]


def test_a_rate_is_met_missed_or_too_little_to_judge() -> None:
    context = make_context(goals=(make_goals(make_goal()),))
    assert met(context, (2, 18)) == [True]
    assert met(context, (4, 16)) == [True]
    assert met(context, (5, 16)) == [False]
    assert met(context, (19, 0)) == [None]
    assert met(context) == [None]


def test_a_goal_begins_with_its_day_and_has_its_own_period() -> None:
    later = make_goal(since=(NOW + timedelta(days=1)).date())
    assert met(make_context(goals=(make_goals(later),)), (20, 0)) == []
    quarter = make_goals(make_goal(period="last-30-days"), make_goal(period="all"))
    assert met(make_context(goals=(quarter,)), (0, 20), (20, 0)) == [True, False]


def test_a_missed_goal_says_since_which_month() -> None:
    context = make_context(goals=(make_goals(make_goal()),))
    found = standings(facts_of(context, (10, 10), (10, 10), (0, 20)), 598, OPTIONS, NOW)[0]
    assert (found.met, found.target, found.since) == (False, "at most 20 %", "Oct 2026")
    bounded = make_context(goals=(make_goals(make_goal(since=date(2026, 11, 2))),))
    assert standings(facts_of(bounded, (10, 10), (10, 10)), 598, OPTIONS, NOW)[0].since == "Nov 2026"


@pytest.mark.parametrize(("wanted", "expected"), [(1, True), (2, False)])
def test_tests_a_month_are_those_of_the_last_whole_month(wanted: int, expected: bool) -> None:
    assert met(make_context(goals=(make_goals(tests_per_month=wanted),)), (0, 1), (0, 1)) == [expected]


def test_a_report_has_a_missed_goal_as_a_finding_and_one_of_chosen_tests_has_not() -> None:
    facts = facts_of(make_context(goals=(make_goals(make_goal()),)), (10, 10))
    selection = Selection(product_ids=(598,), period=period("last-90-days", NOW))
    found = [one for one in report_view(facts, selection, OPTIONS).findings if one.key == "goal"]
    assert [one.title for one in found] == ["Goal missed: Rejection rate of decided bugs"]
    assert "10 of 20 (50 %), target at most 20 %, since Nov 2026" in found[0].text
    chosen = report_view(facts, Selection(test_ids=tuple(facts.tests)), OPTIONS)
    assert not [one for one in chosen.findings if one.key == "goal"]
