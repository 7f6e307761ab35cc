"""Judged rates are over decided bugs: open ones move none of them, and nothing divides by zero."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.deadlines import facts_at, with_overdue
from quality.findings.finding import Case
from quality.findings.rules import findings
from quality.metrics.catalogue import METRICS
from quality.metrics.measures import measures
from quality.metrics.metric import Value, Weights
from quality.metrics.rates import Rate
from quality.metrics.tally import Tally, tally
from quality.model.entities import BUG_TYPES, REVIEW_STATES, SEVERITIES, Test
from quality.normalise import from_upstream
from quality.options import QualityOptions
from quality.pivot.dimensions import DIMENSIONS
from quality.pivot.query import query
from quality.selection import Selection
from quality.views.portfolio import portfolio_view
from quality.views.product import product_view
from quality.views.report import report_view
from quality.views.test import test_view as page_of_a_test
from tests.factories import NOW, make_bug, make_bugs, make_facts, make_test
from tests.quality.strategies import Json, accounts, odd_accounts

JUDGED = {key for key, metric in METRICS.items() if metric.judged}
OPTIONS = QualityOptions()


def normalised(raw: list[tuple[Json, list[Json]]]) -> list[Test]:
    return [from_upstream.test(test, bugs, product_id=598, reasons=()) for test, bugs in raw]


def value(key: str, counted: Tally) -> Value:
    return METRICS[key].value(counted, Weights())


def test_exactly_the_rates_over_decided_bugs_and_the_automatic_ones_are_judged() -> None:
    assert {
        "acceptance_rate", "rejection_rate_of_decided", "person_review_rate", "active_acceptance_of_decided",
        "auto_acceptance_rate",
    } == JUDGED  # fmt: skip


@given(accounts())
def test_decided_and_open_bugs_are_all_and_the_decided_ones_are_accepted_or_rejected(
    found: list[Test],
) -> None:
    counted = tally(with_overdue(test, NOW) for test in found)
    assert counted.decided + counted.open == counted.bug_count
    assert counted.accepted + counted.rejected == counted.decided
    assert counted.overdue <= counted.open
    assert counted.waiting_for_tester <= counted.open
    assert sum(counted.accepted_of(severity) for severity in SEVERITIES) == counted.accepted
    assert counted.confirmations.total() <= counted.bug_count


@given(accounts(), st.integers(1, 9), st.sampled_from(SEVERITIES))
def test_no_judged_rate_moves_when_open_bugs_are_added(found: list[Test], more: int, severity: Any) -> None:
    opened = make_test([make_bug("open", severity) for _ in range(more)], id=999_999)
    before, after = tally(found), tally([*found, opened])
    assert after.open == before.open + more
    for key in JUDGED:
        assert value(key, after) == value(key, before), key


@given(accounts())
def test_nothing_divides_by_zero(found: list[Test]) -> None:
    for tests in (found, [replace(test, bugs=()) for test in found], []):
        for key, shown in measures(tally(tests)).items():
            counts = value(key, tally(tests))
            assert not isinstance(counts, Rate) or (shown.value is None) == (counts.denominator == 0), key
            assert "nan" not in shown.detail


@given(
    odd_accounts().map(normalised),
    st.sampled_from(sorted(DIMENSIONS)),
    st.sampled_from(["all", "last-90-days"]),
)
def test_words_never_seen_before_and_ends_in_the_future_are_counted_and_shown(
    found: list[Test], dimension: str, period: str
) -> None:
    facts = facts_at(make_facts(found), NOW + timedelta(days=1))
    counted = tally(facts.tests.values())
    assert counted.decided + counted.open == counted.bug_count == sum(len(test.bugs) for test in found)
    assert {bug.review for bug in counted.bugs.values()} <= set(REVIEW_STATES)
    assert {bug.bug_type for bug in counted.bugs.values()} <= set(BUG_TYPES)
    executed = tally(test for test in facts.tests.values() if test.executed)
    view = query(facts, metrics=tuple(METRICS), dimensions=[dimension])
    assert view.totals["decided"].value == executed.decided
    assert product_view(facts, 598, period, OPTIONS).report.headline
    assert portfolio_view(facts, QualityOptions(default_period=period)).headline
    for test in facts.tests.values():
        assert page_of_a_test(facts, test.id, OPTIONS).test.id == test.id


def test_an_account_whose_bugs_are_all_open_for_a_year_is_judged_by_nothing() -> None:
    ended = NOW - timedelta(days=400)
    tests = [make_test(make_bugs(open=30), id=at, end_at=ended + timedelta(days=at * 30)) for at in range(12)]
    facts = make_facts(tests)
    report = report_view(facts, Selection(), OPTIONS)
    assert {report.measures[key].value for key in JUDGED} == {None}
    assert report.measures["overdue_bugs"].value == report.measures["open_bugs"].value == 360
    assert report.review_verdict.reason == "360 open bugs are overdue."
    assert {one.level for one in report.review_verdict.signals if one.measure} == {"unknown"}
    assert not [one for one in report.findings if one.key == "change"]
    before = tally([make_test(make_bugs(active_accepted=300))])
    assert not [one for one in findings(Case(NOW, OPTIONS, tally(tests), before)) if one.key == "change"]


@pytest.mark.parametrize(("days", "overdue"), [(10, 0), (10.001, 2), (400, 2), (-3, 0)])
def test_open_bugs_are_overdue_more_than_ten_days_after_the_end_of_their_test(
    days: float, overdue: int
) -> None:
    test = make_test(make_bugs(open=2, rejected=1), id=1, end_at=NOW - timedelta(days=days))
    facts = make_facts([test])
    assert tally(facts.tests.values()).overdue == overdue
    assert tally(make_facts([replace(test, status="archived")]).tests.values()).overdue == 0
    assert tally(make_facts([replace(test, end_at=None)]).tests.values()).overdue == 0


def test_what_is_overdue_follows_the_moment_of_the_report() -> None:
    facts = make_facts([make_test(make_bugs(open=2), id=1, end_at=NOW - timedelta(days=9))])
    for days, overdue in ((0, 0), (2, 2)):
        at = NOW + timedelta(days=days)
        assert report_view(facts, Selection(), OPTIONS, at).measures["overdue_bugs"].value == overdue
        assert product_view(facts, 598, "all", OPTIONS, at).report.measures["overdue_bugs"].value == overdue
    later = facts_at(facts, NOW + timedelta(days=2))
    assert tally(facts_at(later, NOW - timedelta(days=1)).tests.values()).overdue == 0
