"""All rules together: one finding per cause, the order, and what every text keeps to."""

import re
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from quality.findings.finding import FALLBACK_DAYS, Finding
from quality.findings.rules import RULES, decisions, findings, one_per_cause
from quality.metrics.rates import SMALL_SAMPLE
from quality.model.entities import Test
from quality.thresholds import Thresholds
from tests.factories import NOW, make_bug, make_bugs, make_facts, make_feature, make_test
from tests.quality.findings.cases import a_case, found_in, rejected
from tests.quality.strategies import accounts

DATE = re.compile(r"\d{1,2} [A-Z][a-z]{2}")


def _finding(key: str, *bug_ids: int, tests: tuple[int, ...] = ()) -> Finding:
    return Finding(key, key, "watch", "It is so.", "Do it.", bug_ids, tests)


def test_a_finding_of_whose_evidence_an_earlier_one_has_told_mostly_is_not_told_again() -> None:
    first, same = _finding("first", 1, 2, 3, 4), _finding("same", 2, 3, 4, 5)
    half, part, most = _finding("half", 3, 4, 5, 6), _finding("part", 1), _finding("most", *range(1, 60))
    assert one_per_cause([first, same, half, part, most]) == [first, half, most]
    assert one_per_cause([most, first]) == [most]
    with_tests = _finding("bugs and tests", 7, tests=(1, 2))
    assert len(one_per_cause([with_tests, _finding("tests", tests=(1, 2))])) == 2
    assert one_per_cause([_finding("a", tests=(1, 2)), _finding("b", tests=(2, 1))]) == [
        _finding("a", tests=(1, 2))
    ]
    assert len(one_per_cause([_finding("a"), _finding("b")])) == 2


_EVIDENCE = st.tuples(st.sets(st.integers(1, 12), max_size=8), st.sets(st.integers(1, 4), max_size=3))


@given(st.lists(_EVIDENCE, max_size=8))
def test_what_is_left_out_was_told_by_one_that_is_left_in_and_nothing_else_is(
    evidence: list[tuple[set[int], set[int]]],
) -> None:
    stated = [
        _finding(str(at), *sorted(bugs), tests=tuple(sorted(tests)))
        for at, (bugs, tests) in enumerate(evidence)
    ]
    kept = one_per_cause(stated)
    assert [one for one in stated if one in kept] == kept == one_per_cause(kept)
    for at, one in enumerate(stated):
        earlier = [other for other in stated[:at] if other in kept]
        shares = [
            (len({*one.bug_ids} & {*other.bug_ids}), len(one.bug_ids))
            if one.bug_ids or other.bug_ids
            else (len({*one.test_ids} & {*other.test_ids}), len(one.test_ids))
            for other in earlier
        ]
        assert (one in kept) == all(shared * 2 <= whole for shared, whole in shares)


def test_critical_bugs_that_can_be_reviewed_name_the_hour_as_they_speak_for_their_deadline() -> None:
    bugs = [make_bug("open", "critical", title="Stuck") for _ in range(2)]
    found = found_in([make_test(bugs, end_at=NOW - timedelta(days=9))])
    assert list(found) == ["criticals"]
    assert found["criticals"].action == (
        "Fix or confirm the critical bugs “Stuck” and “Stuck” before the next release, at the latest by"
        " 4 Dec; review the first of 2 open ones by 21 Nov, 06:00 UTC."
    )


def test_what_is_at_stake_comes_first_act_now_then_critical_bugs_then_many() -> None:
    bugs = [
        make_bug("active_accepted", "critical"),
        make_bug("rejected", "critical"),
        *rejected(not_reproducible=9, known_bug=9),
        *make_bugs(active_accepted=60),
    ]
    found = found_in([make_test(bugs)])
    assert list(found) == ["criticals", "rejected_criticals", "not_reproducible", "known"]


def test_a_fallen_rate_and_its_cause_are_one_finding() -> None:
    now = make_test([*rejected(intended_behavior=50), *make_bugs(active_accepted=50)])
    found = found_in([now], [make_test(make_bugs(active_accepted=90, rejected=10))])
    assert list(found) == ["misunderstood"]


def test_an_action_is_due_before_the_next_planned_test_or_on_a_friday() -> None:
    bugs = [make_bug("rejected", "critical", title="Stuck")]
    later, soon, today = (
        make_test(title=f"In {days} days", status="waiting", start_at=NOW + timedelta(days=days))
        for days in (30, 5, 0.5)
    )
    other = make_test(status="waiting", start_at=NOW + timedelta(days=2), product_id=599)
    cancelled = make_test(status="cancelled", start_at=NOW + timedelta(days=3))
    test = make_test(bugs)
    ahead = found_in([test], every=(test, later, soon, today, other, cancelled))
    assert ahead["rejected_criticals"].action == (
        "Look again at the rejected critical bug “Stuck” before “In 5 days” starts on 25 Nov."
    )
    assert (
        found_in([test])["rejected_criticals"].action
        == "Look again at the rejected critical bug “Stuck” by 4 Dec."
    )
    assert FALLBACK_DAYS == 14


def test_a_day_later_an_action_is_due_on_the_same_friday() -> None:
    """A date that moved with each day was never reached, and wrote the pages of many old tests anew."""
    test = make_test([make_bug("rejected", "critical", title="Stuck")])
    due = [
        finding.action
        for days in range(9)
        for finding in findings(a_case([test], now=NOW + timedelta(days=days)))
        if finding.key == "rejected_criticals"
    ]
    assert (
        due
        == ["Look again at the rejected critical bug “Stuck” by 4 Dec."] * 7
        + ["Look again at the rejected critical bug “Stuck” by 11 Dec."] * 2
    )


def test_every_rule_says_its_signal_and_its_action() -> None:
    assert [rule.title for rule in RULES] == [
        "Critical bugs", "Critical bugs rejected", "Review deadline", "Found again",
        "Testers did not know what is intended", "Not reproducible", "Known bugs come back",
        "Review bandwidth", "Fragile feature", "One platform stands out", "Goal missed", "Change",
        "Fewer tests", "Failed feature", "No test yet", "Untested feature",
    ]  # fmt: skip
    assert all(rule.signal and rule.action for rule in RULES)


def test_nothing_at_all_gives_no_finding() -> None:
    assert found_in([], product_ids=()) == {}


def test_critical_bugs_come_first_then_the_reviews_then_what_is_gravest() -> None:
    """The order of every list of what there is to do, on pages and hand-outs."""
    ended = make_test(make_bugs(open=1), end_at=NOW - timedelta(days=1))
    bugs = [make_bug("active_accepted", "critical"), *rejected(intended_behavior=30)]
    found = found_in([make_test(bugs), ended])
    assert list(found) == ["criticals", "review_deadline", "misunderstood"]
    assert found["review_deadline"].level == "watch"
    assert found["misunderstood"].level == "act_now"
    assert len(decisions(found.values())) == 3


def test_an_action_names_whose_critical_bugs_it_is_about_where_there_are_several_products() -> None:
    tests = [
        make_test([make_bug("active_accepted", "critical", title="Stuck")], product_id=one) for one in (1, 2)
    ]
    names = {1: "Shop", 2: "Bank", 3: "TV"}
    for found, whose in ((tests[:1], " of Shop"), (tests, " of Shop and Bank")):
        told = found_in(found, every=tests, product_ids=(1, 2, 3), names=names)["criticals"]
        assert whose in told.action
        assert told.whose == whose
    assert found_in(tests[:1], product_ids=(1,))["criticals"].whose == ""


def test_what_to_do_is_told_with_and_without_until_when() -> None:
    found = found_in([make_test(rejected(intended_behavior=6))])["misunderstood"]
    assert found.action == f"{found.do} {found.due}."
    waiting = make_test(title="Next", status="waiting", start_at=NOW + timedelta(days=3))
    test = make_test(rejected(intended_behavior=6))
    assert found_in([test], every=(test, waiting))["misunderstood"].due == "before 23 Nov"


@given(accounts(), accounts())
def test_every_action_of_any_account_has_a_date_and_no_text_a_p_value(
    tests: list[Test], before: list[Test]
) -> None:
    now = make_facts(tests).tests.values()
    features = tuple(make_feature(one, f"Feature {one}") for one in (2001, 2009))
    case = a_case(now, before, features=features, product_ids=(598, 599))
    few = case.found.decided < SMALL_SAMPLE
    for found in findings(case):
        whole = f"{found.title} {found.text} {found.action}"
        assert DATE.search(found.action) or found.action.endswith("now."), found.action
        assert found.action[0].isupper()
        assert found.action.endswith(".")
        assert not re.search(r"\bp ?[=<]|chance|\bnan\b|None", whole), whole
        if found.key in {"misunderstood", "not_reproducible", "known", "platform"}:
            assert found.level == "unknown" or not few
            assert "%" not in found.text or not few
        else:
            assert found.level != "unknown"


@given(accounts(), accounts())
def test_more_open_bugs_never_make_a_change(tests: list[Test], before: list[Test]) -> None:
    loose = a_case(tests, before)
    rates = {one.title for one in findings(loose) if one.key == "change"}
    bugs = [make_bug("open", id=10**6 + number) for number in range(200)]
    late = make_test(bugs, id=10**6, end_at=NOW - timedelta(days=1))
    assert rates >= {one.title for one in findings(a_case([*tests, late], before)) if one.key == "change"}
    assert Thresholds() == loose.thresholds
