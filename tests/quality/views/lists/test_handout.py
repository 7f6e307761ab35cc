"""What a hand-out lists beside the report."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.metrics.columns import BUGS
from quality.model.entities import Test
from quality.options import QualityOptions
from quality.periods.periods import REPORT_PERIODS
from quality.views.lists.handout import Handout, handout
from quality.views.product import product_view
from quality.views.table import Term, Text
from tests.factories import NOW, make_bug, make_bugs, make_facts, make_test
from tests.quality.strategies import accounts


def of(tests: list[Test], period: str = "last-90-days") -> Handout:
    facts = make_facts(tests)
    return handout(facts, product_view(facts, 598, period, QualityOptions()), NOW)


@pytest.mark.slow
@given(accounts(), st.sampled_from(REPORT_PERIODS))
def test_the_outcome_of_a_handout_adds_up_to_the_bugs_of_the_report(tests: list[Test], period: str) -> None:
    shown = of(tests, period)
    bugs = next(one.measure.value for one in shown.figures if one.measure.key == BUGS)
    outcome = shown.outcome
    assert outcome.by_person + outcome.by_time + outcome.rejected + outcome.open == (bugs or 0)


def test_grave_bugs_come_critical_first_and_rejected_ones_last_with_their_reason() -> None:
    bugs = [
        make_bug("rejected", "critical", title="c", rejection_reason="known_bug"),
        make_bug("active_accepted", "high", title="d"),
        make_bug("open", "critical", title="a"),
        make_bug("open", "low", title="no"),
        make_bug("rejected", "high", title="e"),
        make_bug("auto_accepted", "critical", title="b"),
    ]
    rows = of([make_test(bugs)]).grave.rows
    assert [row.cells[0].text for row in rows if isinstance(row.cells[0], Text)] == ["a", "b", "c", "d", "e"]
    assert rows[0].cells[2] == Term("review", "open")
    assert rows[2].cells[2] == Text("Rejected: known bug")


def test_tests_that_have_not_ended_come_as_the_next_ones_unless_they_were_cancelled() -> None:
    def ends(days: int, title: str, **overrides: Any) -> Test:
        return make_test(title=title, end_at=NOW + timedelta(days=days), **overrides)

    tests = [
        ends(5, "later", status="waiting"),
        ends(1, "running", status="running"),
        ends(2, "off", status="cancelled"),
        ends(3, "demo", demo=True),
        ends(-1, "over"),
    ]
    shown = of(tests).planned.rows
    assert [row.cells[0].text for row in shown if isinstance(row.cells[0], Text)] == ["running", "later"]


def test_a_deadline_is_the_first_decision_and_is_said_once() -> None:
    waiting = make_test(make_bugs(open=3), end_at=NOW - timedelta(days=2))
    decisions = of([waiting]).decisions
    assert decisions[0].startswith("Review 3 open bugs by 28 Nov")
    assert sum("eview 3" in text for text in decisions) == 1
