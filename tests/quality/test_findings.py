"""The rules of what a person would say first."""

from collections.abc import Iterable
from datetime import timedelta

import pytest

from quality.findings import MOST_EVIDENCE, MOST_NOISY, RULES, Case, Finding, findings
from quality.metrics.tally import tally
from quality.model.entities import Bug, Test
from quality.options import QualityOptions
from tests.factories import NOW, make_bug, make_bugs, make_test


def _case(
    tests: Iterable[Test], before: Iterable[Test] | None = None, *, running: bool = False
) -> tuple[Finding, ...]:
    now = tuple(tests)
    earlier = None if before is None else tally(before)
    return findings(Case(NOW, QualityOptions(), tally(now), earlier, now, running))


def _of(key: str, found: Iterable[Finding]) -> list[Finding]:
    return [one for one in found if one.key == key]


def _rejected(**reasons: int) -> list[Bug]:
    return [
        make_bug("rejected", rejection_reason=key) for key, number in reasons.items() for _ in range(number)
    ]


def test_open_bugs_on_the_eighth_review_day_are_named_with_the_day_of_auto_acceptance() -> None:
    test = make_test(make_bugs(open=2, rejected=1), id=7, end_at=NOW - timedelta(days=8))
    [found] = _of("review_deadline", _case([test]))
    assert found.text == "2 open bugs of 1 test will be auto-accepted on 22 Nov 2026 (UTC)."
    assert found.action == "Review them by 22 Nov 2026, 06:00 UTC."
    assert found.level == "warning"
    assert found.bug_ids == tuple(bug.id for bug in test.bugs if bug.review == "open")
    assert found.test_ids == (7,)


def test_a_deadline_of_tomorrow_is_critical_and_several_days_are_named_from_first_to_last() -> None:
    tests = [make_test(make_bugs(open=1), id=days, end_at=NOW - timedelta(days=days)) for days in (3, 8, 9)]
    [found] = _of("review_deadline", _case(tests))
    assert found.level == "critical"
    assert found.text == (
        "2 open bugs of 2 tests will be auto-accepted from 21 Nov 2026 (UTC) to 22 Nov 2026 (UTC)."
    )
    assert found.action == "Review them by 21 Nov 2026, 06:00 UTC, the first of these deadlines."
    assert found.test_ids == (9, 8)


def test_seven_days_or_less_are_no_finding() -> None:
    assert _case([make_test(make_bugs(open=5), end_at=NOW - timedelta(days=7))]) == ()


def test_bugs_still_open_after_their_review_days_are_told_apart_from_those_that_are_due() -> None:
    test = make_test(make_bugs(open=1), end_at=NOW - timedelta(days=12))
    [found] = _case([test])
    assert (found.title, found.level) == ("Review time is over", "critical")
    assert found.text == (
        "1 bug of 1 test is still open in the snapshot, though the 10 review days ended on 18 Nov 2026 (UTC):"
        " auto-acceptance can come at any moment."
    )
    assert found.action == "Review it now."


def test_a_test_with_30_percent_rejected_mostly_as_intended_is_a_noisy_cycle() -> None:
    bugs = [
        *_rejected(intended_behavior=4, ignored_instructions=1, known_bug=1),
        *make_bugs(active_accepted=14),
    ]
    test = make_test(bugs, id=3, title="Checkout")
    [found] = _case([test])
    assert (found.key, found.level) == ("noisy_cycle", "warning")
    assert found.text == (
        "“Checkout”: 6 of 20 rejected (30.0 %), 4 as intended and 1 because instructions were not followed."
    )
    assert found.action == (
        "Update the feature descriptions (true for every test) and update the instructions of this test."
    )
    assert found.test_ids == (3,)
    assert len(found.bug_ids) == 5


@pytest.mark.parametrize(
    ("reasons", "accepted"),
    [
        ({"intended_behavior": 5}, 12),  # 29.4 % rejected
        ({"intended_behavior": 3, "known_bug": 3}, 4),  # half of the rejections are not most of them
        ({"not_reproducible": 9}, 1),
        ({}, 0),
    ],
)
def test_fewer_rejections_or_other_reasons_are_no_noisy_cycle(reasons: dict[str, int], accepted: int) -> None:
    assert _case([make_test([*_rejected(**reasons), *make_bugs(active_accepted=accepted)])]) == ()


def test_only_ignored_instructions_ask_for_the_instructions_of_the_test() -> None:
    [found] = _case([make_test(_rejected(ignored_instructions=2))])
    assert found.action == "Update the instructions of this test."
    assert found.level == "critical"
    assert "2 of 2 rejected (100.0 %, small sample)" in found.text


def test_the_worst_noisy_cycles_are_named_and_the_rest_is_counted() -> None:
    tests = [make_test(_rejected(intended_behavior=number), id=number) for number in range(1, 6)]
    found = _case(tests)
    assert [one.test_ids for one in found] == [(5,), (4,), (3,), (2, 1)]
    assert len(found) == MOST_NOISY + 1
    assert found[-1].title == "2 more noisy cycles"
    assert found[-1].text.startswith("In 2 more tests 3 of 3 bugs were rejected, 3 of them as intended")


def test_a_rate_that_differs_more_than_by_chance_is_a_change_with_both_values_and_counts() -> None:
    now = make_test(make_bugs(active_accepted=60, rejected=40))
    before = make_test(make_bugs(active_accepted=80, rejected=20))
    found = {one.title: one for one in _case([now], [before])}
    # pooled z = 0.2 / sqrt(0.3 * 0.7 * 2 / 100) = 3.086, p = 0.0020
    assert set(found) == {
        "Acceptance rate is down",
        "Active acceptance of decided bugs is down",
        "Rejection rate of decided bugs is up",
    }
    rejection = found["Rejection rate of decided bugs is up"]
    assert rejection.text == (
        "40 of 100 rejected (40.0 %), up 20.0 points from 20.0 % (20 of 100)."
        " Chance alone would seldom do that (p = 0.002)."
    )
    assert rejection.level == "warning"
    assert len(rejection.bug_ids) == 40


def test_good_news_is_a_change_too_and_asks_for_nothing() -> None:
    now = make_test(make_bugs(active_accepted=80, rejected=20))
    before = make_test(make_bugs(active_accepted=60, rejected=40))
    found = _case([now], [before])
    assert {one.level for one in found} == {"healthy"}
    assert {one.action for one in found} == {"Find out what helped, and keep it."}


def test_a_worse_rate_is_proved_by_the_bugs_that_its_action_says_to_look_at() -> None:
    now = make_test(make_bugs(active_accepted=60, rejected=6, open=3, auto_accepted=6))
    before = make_test(make_bugs(active_accepted=100))
    found = {one.title: one.bug_ids for one in _of("change", _case([now], [before]))}
    shown = {bug.id: bug.review for bug in now.bugs}
    assert {shown[one] for one in found["Acceptance rate is down"]} == {"rejected"}
    assert {shown[one] for one in found["Reviewed by a person is down"]} == {"auto_accepted"}


def test_a_change_says_what_is_still_open_and_that_the_period_is_running() -> None:
    bugs = make_bugs(active_accepted=10, auto_accepted=20, open=70)
    now = make_test(bugs, status="running", end_at=NOW + timedelta(days=1))
    found = _of("change", _case([now], [make_test(make_bugs(active_accepted=90, rejected=10))], running=True))
    review = next(one for one in found if one.title == "Reviewed by a person is down")
    assert review.text.startswith(
        "10 of 30 reviewed by a person (33.3 %), so far, down 66.7 points from 100.0 % (100 of 100);"
        " 70 bugs are still open."
    )
    assert "(p under 0.001)" in review.text


def test_the_same_rates_few_counts_or_no_period_before_are_no_change() -> None:
    few, same = make_test(make_bugs(rejected=2, open=1)), make_test(make_bugs(rejected=20, active_accepted=9))
    assert _of("change", _case([few], [make_test(make_bugs(rejected=1, open=2))])) == []
    assert _of("change", _case([make_test(make_bugs(rejected=2))], [make_test(make_bugs(open=3))])) == []
    assert _of("change", _case([same], [same])) == []
    assert _of("change", _case([same])) == []
    assert _of("change", _case([same], [])) == []
    assert _of("change", _case([], [same])) == []


def test_evidence_is_cut_to_what_can_be_listed() -> None:
    test = make_test(make_bugs(open=MOST_EVIDENCE + 5), end_at=NOW - timedelta(days=8))
    [found] = _case([test])
    assert len(found.bug_ids) == MOST_EVIDENCE
    assert found.text.startswith(f"{MOST_EVIDENCE + 5} open bugs")


def test_nothing_at_all_gives_no_finding() -> None:
    assert _case([]) == ()


def test_every_rule_says_its_signal_and_its_action() -> None:
    assert [rule.title for rule in RULES] == ["Review deadline", "Noisy cycle", "Change"]
    assert all(rule.signal and rule.action for rule in RULES)
