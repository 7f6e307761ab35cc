"""Every rule of the gate is kept or broken, for the products and the release that are asked for."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from msgspec import structs

from base.errors import InvalidInput, NotFound
from quality.context.effect import judged_by
from quality.model.context import Context
from quality.model.entities import Test
from quality.options import QualityOptions
from quality.watch.gate import RULES, Gate, gate, gate_json
from tests.factories import NOW, make_bug, make_bugs, make_facts, make_product, make_test
from tests.quality.context.contexts import make_context, make_goal, make_goals, make_link, make_release

CRITICAL = make_bug(severity="critical", id=4001)


def asked(tests: Iterable[Test] = (), context: Context | None = None, **arguments: Any) -> Gate:
    facts = make_facts(tests, products=[make_product(), make_product(599, "Other")])
    said = context or Context()
    return gate(replace(facts, context=said), judged_by(QualityOptions(), said), **arguments)


def broken(found: Gate, rule: str) -> list[str]:
    return [one.text for one in found.broken if one.rule == rule]


def test_a_product_verdict_that_says_act_now_breaks_the_gate_until_its_bug_is_fixed() -> None:
    found = asked([make_test([CRITICAL])])
    assert broken(found, "verdict") == ["Product verdict: act now. 1 critical bug is accepted."]
    assert not found.passed
    fixed = make_context(links=(make_link(state="fixed"),))
    assert asked([make_test([CRITICAL])], fixed).passed
    assert asked([make_test(make_bugs(active_accepted=1))]).passed


def test_a_review_verdict_that_says_act_now_breaks_the_gate() -> None:
    found = asked([make_test(make_bugs(rejected=10, active_accepted=10))])
    assert broken(found, "verdict") == ["Review verdict: act now. 10 of 20 decided bugs rejected (50 %)."]
    assert asked([make_test(make_bugs(rejected=1, active_accepted=19))]).passed


def test_overdue_reviews_break_the_gate_and_those_with_time_left_do_not() -> None:
    found = asked([make_test(make_bugs(open=2))])
    assert broken(found, "overdue") == ["The review of 2 bugs is overdue."]
    assert len(found.broken[0].bug_ids) == 2
    assert asked([make_test(make_bugs(open=2), end_at=NOW - timedelta(days=2))]).passed


def test_a_missed_goal_breaks_the_gate_and_a_met_one_does_not() -> None:
    context = make_context(goals=(make_goals(make_goal("acceptance_rate", 0.9, at_least=True)),))
    found = asked([make_test(make_bugs(rejected=3, active_accepted=17))], context)
    assert [one.rule for one in found.broken] == ["goals"]
    assert "17 of 20 (85 %), the goal is at least 90 %" in found.broken[0].text
    assert asked([make_test(make_bugs(rejected=1, active_accepted=19))], context).passed


def test_a_critical_bug_at_a_planned_release_breaks_the_gate_and_at_a_shipped_one_does_not() -> None:
    planned = make_context(releases=(make_release(),))
    found = asked([make_test([CRITICAL])], planned)
    text = "Release 4.3, planned for 21 Nov 2026: 1 critical bug stands open or accepted."
    assert (broken(found, "release"), found.broken[-1].bug_ids) == ([text], (4001,))
    shipped = make_context(releases=(make_release(status="shipped"),))
    assert broken(asked([make_test([CRITICAL])], shipped), "release") == []
    rejected = structs.replace(CRITICAL, review="rejected")
    assert broken(asked([make_test([rejected])], planned), "release") == []
    old = make_test([CRITICAL], end_at=NOW - timedelta(days=100))
    assert broken(asked([old], planned), "release") == []


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ({"test_ids": (1,)}, [4001]),
        ({"test_ids": (2,)}, [4002]),
        ({"bug_ids": (4002, 9)}, [4002]),
        ({"feature_ids": (2002,)}, [4002]),
        ({"feature_ids": (7,)}, []),
        ({}, [4001, 4002]),
    ],
)
def test_a_release_is_judged_by_what_it_names(names: dict[str, Any], expected: list[int]) -> None:
    other = make_bug(severity="critical", id=4002, feature_id=2002)
    tests = [make_test([CRITICAL], id=1), make_test([other], id=2)]
    found = asked(tests, make_context(releases=(make_release(**names),)))
    assert [bug for one in found.broken if one.rule == "release" for bug in one.bug_ids] == expected


def test_only_the_products_release_and_rules_that_are_asked_for_are_looked_at() -> None:
    context = make_context(releases=(make_release("4.3"), make_release("4.4")))
    tests = [make_test([CRITICAL]), make_test([make_bug(severity="critical")], product_id=599)]
    assert {one.product_id for one in asked(tests, context).broken} == {598, 599}
    assert {one.product_id for one in asked(tests, context, product_ids=(599,)).broken} == {599}
    one_release = asked(tests, context, release="4.4")
    assert len(broken(one_release, "release")) == 1
    assert asked(tests, context, release="V4.4") == one_release
    assert set(one_release.products) == {598}
    assert asked(tests, context, without=["verdict", "release"]).passed


@pytest.mark.parametrize("left_out", RULES)
def test_each_rule_can_be_left_out_and_the_others_stay(left_out: str) -> None:
    goals = make_goals(make_goal("acceptance_rate", 0.9, at_least=True))
    context = make_context(goals=(goals,), releases=(make_release(),))
    tests = [make_test([CRITICAL, *make_bugs(rejected=10, active_accepted=10, open=1)])]
    every = {one.rule for one in asked(tests, context).broken}
    assert every == set(RULES)
    found = asked(tests, context, without=[left_out])
    assert {one.rule for one in found.broken} == every - {left_out}
    assert left_out not in found.rules


def test_what_there_is_not_is_one_clear_error() -> None:
    with pytest.raises(InvalidInput, match="Did you mean goals"):
        asked(without=["gaols"])
    with pytest.raises(InvalidInput, match="Every rule is left out"):
        asked(without=RULES)
    with pytest.raises(NotFound, match="Product 7 is not"):
        asked(product_ids=(7,))
    with pytest.raises(NotFound, match=r"Release '9' is not .* It has no release of these products"):
        asked(release="9")


def test_json_says_what_broke_each_rule() -> None:
    said = gate_json(asked([make_test([CRITICAL])]))
    rules = said["rules"]
    assert isinstance(rules, list)
    assert said["passed"] is False
    assert [rule["key"] for rule in rules if rule["broken"]] == ["verdict"]
    assert [rule["key"] for rule in rules] == list(RULES)
