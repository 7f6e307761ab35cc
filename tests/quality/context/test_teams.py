"""Owners stand beside deadlines, and each team has a brief of its own."""

from dataclasses import replace
from datetime import timedelta

from quality.context.teams import teams
from quality.model.context import Owner
from quality.model.facts import Facts
from quality.options import QualityOptions
from quality.views.deadlines import deadline_days, due_table
from quality.views.lists.teams import team_briefs
from tests.factories import NOW, make_bug, make_facts, make_feature, make_product, make_test
from tests.quality.context.contexts import HERE, make_context, make_goals, make_link

SHOP = Owner(HERE, "product", 598, "Shop", "Mara")
CHECKOUT = Owner(HERE, "feature", 2002, "Checkout", "Jonas")
BUGS = [
    make_bug("open", "critical", id=4001),
    make_bug("open", "low", id=4002, feature_id=2002),
    make_bug("open", "low", id=4003, feature_id=2002),
]


def facts_with(*owners: Owner, **parts: object) -> Facts:
    tests = [make_test(BUGS, id=1, end_at=NOW - timedelta(days=8))]
    products = [make_product(), make_product(599, "Kestrel Bank")]
    facts = make_facts(tests, products=products, features=[make_feature(2002, "Checkout")])
    return replace(facts, context=make_context(owners=owners, **parts))


def due_columns(facts: Facts) -> list[str]:
    return [column.key for column in due_table(deadline_days(facts, facts.tests.values(), NOW)).columns]


def test_the_reviewer_of_the_feature_else_of_the_product_stands_beside_a_deadline() -> None:
    (day,) = deadline_days(facts_with(SHOP, CHECKOUT), facts_with().tests.values(), NOW)
    assert {bug.id: bug.reviewer for bug in day.bugs} == {4001: "Mara", 4002: "Jonas", 4003: "Jonas"}
    assert day.text.endswith("3 open bugs will be auto-accepted (reviewer: Mara and Jonas)")
    assert "reviewer" in due_columns(facts_with(SHOP))
    assert "reviewer" in due_columns(facts_with(goals=(make_goals(review_owner="Mara"),)))


def test_without_owners_a_deadline_is_as_it_was() -> None:
    (day,) = deadline_days(facts_with(), facts_with().tests.values(), NOW)
    assert day.reviewers == ""
    assert day.text.endswith("3 open bugs will be auto-accepted")
    assert due_columns(facts_with()) == ["bug", "severity", "product", "test", "due"]


def test_a_team_is_told_of_its_own_bugs_alone() -> None:
    checkout, shop = team_briefs(facts_with(SHOP, CHECKOUT), QualityOptions(), NOW)
    assert (checkout.team.name, checkout.owns) == ("Checkout", "Features: “Checkout”.")
    assert checkout.asked.startswith("Review 2 bugs by 22 Nov")
    assert checkout.critical == "No critical bug is accepted or open."
    assert shop.owns == "“Halo Shop”: product act now, review too few to judge."
    assert shop.asked.startswith("Review 1 bug by 22 Nov")
    assert shop.critical == "1 critical bug is accepted or open: “Bug 4001”."


def test_a_settled_bug_is_no_longer_told_and_what_the_snapshot_lacks_is_no_team() -> None:
    facts = facts_with(SHOP, Owner(HERE, "product", 7, "Ghosts"), links=(make_link(state="fixed"),))
    (shop,) = team_briefs(facts, QualityOptions(settled=facts.context.settled), NOW)
    assert shop.critical == "No critical bug is accepted or open."
    assert [one.name for one in teams(facts)] == ["Shop"]


def test_without_owners_there_is_no_brief() -> None:
    assert team_briefs(facts_with(), QualityOptions(), NOW) == ()
