"""What was agreed is done or not, and its metric has moved or not, or there is too little to judge."""

from dataclasses import replace
from datetime import date

import pytest

from quality.context.actions import followed
from quality.options import QualityOptions
from tests.factories import NOW, make_bugs, make_facts, make_test
from tests.quality.context.contexts import make_action, make_context


def text_of(rejected: int, accepted: int, **overrides: object) -> str:
    tests = [make_test(make_bugs(rejected=rejected, active_accepted=accepted))]
    facts = replace(make_facts(tests), context=make_context(actions=(make_action(**overrides),)))
    return followed(facts, 598, QualityOptions(), NOW)[0].text


@pytest.mark.parametrize(
    ("rejected", "accepted", "overrides", "expected"),
    [
        (4, 16, {}, "moved: 50 % → 20 %"),
        (10, 10, {}, "not moved: 50 % → 50 %"),
        (16, 4, {}, "not moved: 50 % → 80 %"),
        (4, 16, {"metric": "acceptance_rate"}, "moved: 50 % → 80 %"),
        (1, 18, {}, "too few to judge: 50 % → 1 of 19"),
        (4, 16, {"done": True}, "done, moved: 50 % → 20 %"),
        (0, 0, {"metric": None}, "open"),
        (0, 0, {"metric": None, "done": True}, "done"),
        (0, 0, {"value": None}, "open"),
        (0, 0, {"metric": None, "due": date(2026, 11, 19)}, "overdue, open"),
        (0, 0, {"metric": None, "due": date(2026, 11, 20)}, "open"),
        (0, 0, {"metric": "bug_count", "value": 4.0}, "not moved: 4 → 0"),
        (4, 16, {"product_id": None}, "moved: 50 % → 20 %"),
    ],
)
def test_an_action_says_what_became_of_it(
    rejected: int, accepted: int, overrides: dict[str, object], expected: str
) -> None:
    assert text_of(rejected, accepted, **overrides) == expected


def test_what_is_not_done_comes_first_and_other_products_actions_not_at_all() -> None:
    actions = (make_action(what="Done", done=True), make_action(what="Open"), make_action(product_id=7))
    facts = replace(make_facts([make_test()]), context=make_context(actions=actions))
    assert [one.action.what for one in followed(facts, 598, QualityOptions(), NOW)] == ["Open", "Done"]
