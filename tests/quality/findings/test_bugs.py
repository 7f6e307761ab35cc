"""Findings on critical bugs, rejections and the review."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from quality.findings.finding import Again, again_in
from quality.metrics.tally import tally
from quality.options import QualityOptions
from quality.selection import Selection
from quality.views.report import report_view
from tests.effort import calls
from tests.factories import NOW, make_bug, make_bugs, make_facts, make_test
from tests.quality.findings.cases import found_in, rejected


def test_critical_bugs_that_are_accepted_or_open_are_named() -> None:
    bugs = [
        make_bug("open", "critical", title="No way back"),
        make_bug("auto_accepted", "critical", title="Paid twice"),
        make_bug("active_accepted", "high"),
    ]
    found = found_in([make_test(bugs, status="archived")])["criticals"]
    assert (found.title, found.level) == ("Critical bugs are accepted or open", "act_now")
    assert found.text == "“No way back” and “Paid twice”."
    assert found.action == (
        "Fix or confirm the critical bugs “No way back” and “Paid twice” before the next release,"
        " at the latest by 4 Dec."
    )
    assert found.bug_ids == tuple(bug.id for bug in bugs[:2])


def test_a_critical_bug_that_people_call_settled_is_none() -> None:
    bug = make_bug("active_accepted", "critical")
    assert "criticals" not in found_in([make_test([bug])], options=QualityOptions(settled={bug.id: "fixed"}))


def test_rejected_critical_bugs_are_to_be_looked_at_again() -> None:
    bugs = [make_bug("rejected", "critical", title=f"Bug {number}") for number in range(1, 6)]
    found = found_in([make_test([*bugs, make_bug("active_accepted", "critical")])])["rejected_criticals"]
    assert found.title == "5 of 6 critical bugs were rejected"
    assert found.text == "“Bug 1”, “Bug 2”, “Bug 3” and 2 more."
    assert found.level == "watch"


def test_half_of_the_rejections_as_intended_name_the_features_and_tests_with_most() -> None:
    bugs = [
        *(make_bug("rejected", rejection_reason="intended_behavior", feature="Payment") for _ in range(4)),
        *(make_bug("rejected", rejection_reason="ignored_instructions", feature="Cart") for _ in range(2)),
        *rejected(known_bug=1),
        *make_bugs(active_accepted=14),
    ]
    found = found_in([make_test(bugs, title="Checkout")])["misunderstood"]
    assert found.text == (
        "6 of 7 rejections: 4 because the app works as intended,"
        " 2 because instructions were not followed;"
        " most in the features “Payment” (4) and “Cart” (2)."
    )
    assert found.action == "Describe the intended behaviour of “Payment” and “Cart” by 4 Dec."
    assert found.level == "watch"
    worse = found_in(
        [make_test([*rejected(ignored_instructions=15), *make_bugs(active_accepted=5)], title="A")]
    )
    assert worse["misunderstood"].level == "act_now"
    assert worse["misunderstood"].action == "Mend the instructions of “A” by 4 Dec."


@pytest.mark.parametrize(
    "reasons",
    [{"intended_behavior": 4}, {"intended_behavior": 3, "unspecified": 4}, {"not_reproducible": 4}, {}],
)
def test_fewer_rejections_or_a_smaller_share_are_no_finding(reasons: dict[str, int]) -> None:
    assert found_in([make_test([*rejected(**reasons), *make_bugs(active_accepted=9)])]) == {}


def test_a_quarter_of_the_rejections_and_five_not_reproducible_ask_for_information() -> None:
    found = found_in([make_test(rejected(not_reproducible=5, unspecified=15))])["not_reproducible"]
    assert found.text == "5 of 20 rejections (25 %) were made because the bug was not reproducible."
    assert "not_reproducible" not in found_in([make_test(rejected(not_reproducible=5, unspecified=16))])
    assert "not_reproducible" not in found_in([make_test(rejected(not_reproducible=4, unspecified=1))])


def test_a_fifth_of_five_rejections_known_asks_for_the_list_of_known_bugs() -> None:
    assert "known" in found_in([make_test(rejected(known_bug=1, unspecified=4))])
    assert "known" not in found_in([make_test(rejected(known_bug=1, unspecified=5))])
    assert "known" not in found_in([make_test(rejected(known_bug=4))])


@pytest.mark.parametrize(
    ("reasons", "accepted", "levels"),
    [
        ({"intended_behavior": 4, "unspecified": 1}, 14, {"misunderstood": "unknown"}),
        ({"intended_behavior": 4, "unspecified": 1}, 15, {"misunderstood": "watch"}),
        ({"intended_behavior": 4, "unspecified": 2}, 54, {"misunderstood": "unknown"}),
        ({"not_reproducible": 5}, 5, {"not_reproducible": "unknown"}),
        ({"known_bug": 5}, 5, {"known": "unknown"}),
        ({"known_bug": 20}, 180, {"known": "watch"}),
    ],
)
def test_few_rejections_are_told_and_judged_only_by_their_share_of_20_decided_bugs(
    reasons: dict[str, int], accepted: int, levels: dict[str, str]
) -> None:
    """A test page with 7 decided bugs, "too few to judge", had 4 of 6 rejections in amber."""
    found = found_in([make_test([*rejected(**reasons), *make_bugs(active_accepted=accepted)])])
    assert {key: one.level for key, one in found.items()} == levels


def test_what_is_too_few_to_judge_does_not_speak_for_a_change_that_is_judged() -> None:
    now = make_test([*rejected(intended_behavior=12), *make_bugs(active_accepted=60)])
    found = found_in([now], [make_test(make_bugs(active_accepted=99, rejected=1))])
    assert [(one.key, one.level) for one in found.values()] == [("change", "watch")]


def test_a_review_that_says_act_now_for_time_needs_narrower_tests() -> None:
    found = found_in([make_test(make_bugs(auto_accepted=12, active_accepted=8))])["bandwidth"]
    assert found.level == "act_now"
    assert found.text.startswith("12 of 20 accepted bugs auto-accepted (60 %) and 8 of 20 decided bugs")
    assert len(found.bug_ids) == 12
    assert "bandwidth" not in found_in([make_test(make_bugs(auto_accepted=12, active_accepted=7))])
    assert "bandwidth" not in found_in([make_test(make_bugs(auto_accepted=7, active_accepted=13))])


def test_open_bugs_are_told_by_due_date_and_overdue_ones_in_one_clause() -> None:
    tests = [
        make_test(make_bugs(open=bugs), id=id_, end_at=NOW - timedelta(days=days))
        for bugs, id_, days in ((2, 1, 30), (1, 2, 12), (3, 3, 8), (1, 4, 2))
    ]
    found = found_in(tests)["review_deadline"]
    assert found.title == "7 open bugs to review"
    assert found.text == (
        "3 open bugs are overdue; 3 open bugs due by 22 Nov, 06:00 UTC; 1 open bug due by 28 Nov, 06:00 UTC."
    )
    assert found.action == (
        "Review 3 open bugs by 22 Nov, 06:00 UTC, 1 more by 28 Nov and ask Test IO about the"
        " 3 overdue bugs now."
    )
    assert (found.level, len(found.bug_ids), found.test_ids) == ("act_now", 7, (3, 4, 1, 2))


def test_a_deadline_is_act_now_on_its_last_day_and_watch_before() -> None:
    def level(days: int) -> str:
        test = make_test(make_bugs(open=1), end_at=NOW - timedelta(days=days))
        return found_in([test])["review_deadline"].level

    assert [level(days) for days in (1, 8, 9)] == ["watch", "watch", "act_now"]


def test_a_bug_much_like_an_earlier_one_names_both_and_says_what_to_settle() -> None:
    new, fixed = make_bug("open", title="Blank page"), make_bug("active_accepted", title="Empty page")
    refused = make_bug("rejected", title="White page")
    again = found_in([], found_again=(Again(new, fixed),))["found_again"]
    assert again.text == "“Blank page” is much like “Empty page”, which was accepted."
    assert again.action == "Verify the fix of “Empty page” by 4 Dec."
    assert again.bug_ids == (new.id, fixed.id)
    late = make_bug("active_accepted", title="Pale page")
    both = found_in([], found_again=(Again(new, refused), Again(late, refused)))["found_again"]
    assert both.action == "Settle the two decisions on “Pale page” by 4 Dec."
    assert both.text.endswith("which was rejected. 1 more pair.")
    undecided = found_in([], found_again=(Again(new, refused),))["found_again"]
    assert undecided.action.startswith("Compare “Blank page” with the rejected one, and decide both alike,")


def test_a_report_names_the_bugs_of_its_own_that_were_found_before() -> None:
    old, low, grave = make_bug(title="Old"), make_bug(severity="low"), make_bug("open", "critical")
    tests = [make_test([old]), make_test([low, grave])]
    facts = replace(make_facts(tests), found_again={low.id: old.id, grave.id: old.id})
    pairs = again_in(facts, tally(tests[1:]))
    assert [(pair.bug.id, pair.earlier.id) for pair in pairs] == [(grave.id, old.id), (low.id, old.id)]
    assert again_in(facts, tally(tests[:1])) == ()
    report = report_view(facts, Selection(test_ids=(tests[1].id,)), QualityOptions())
    assert "found_again" in {one.key for one in report.findings}


def test_bugs_that_were_found_before_are_put_in_order_once_for_all_periods() -> None:
    """A second period takes the order that the first one made: its calls do not grow with the bugs."""
    tests = [make_test([make_bug(), make_bug("open", "high")]) for _ in range(40)]
    facts = replace(make_facts(tests), found_again={test.bugs[1].id: test.bugs[0].id for test in tests})
    periods = [tally(tests), tally(tests[20:])]
    first, second = (calls(partial(again_in, facts, found)) for found in periods)
    assert first > 10 * second
    assert len(again_in(facts, periods[1])) == 20
