"""Lists over one, several or all products, by ids or names, also in the words of the older server."""

from dataclasses import replace
from pathlib import Path

import pytest

from build.facts.load import load_facts
from demo.account.account import demo_account
from quality.deadlines import waiting
from quality.model.facts import Facts
from snapshot.reader import open_snapshot
from tests.mcp_reader.calls import Asking, Json, asking
from tests.mcp_reader.published_account import publish_account

HALO = 598


@pytest.fixture(scope="module")
def facts(demo_snapshot: Path) -> Facts:
    return load_facts(open_snapshot(demo_snapshot))


@pytest.mark.slow
async def test_tests_in_review_over_all_products_come_with_open_bugs_and_deadline(
    ask: Asking, facts: Facts
) -> None:
    found = await ask("list_tests", statuses="in review", sort_by="review_deadline", per_page=200)
    expected = {test.id: test for test in facts.tests.values() if test.status == "locked"}
    assert {row["id"] for row in found["tests"]} == expected.keys()
    due = {one.test.id: one for one in waiting(facts.tests.values(), facts.as_of)}
    for row in found["tests"]:
        test = expected[row["id"]]
        assert row.get("open_bugs", 0) == sum(bug.review == "open" for bug in test.bugs)
        assert row.get("review_deadline") == (f"{due[test.id].day}" if test.id in due else None)
        assert row.get("overdue", False) == (test.id in due and due[test.id].overdue)
        assert row["product"] == facts.products[test.product_id].name
    deadlines = [row["review_deadline"] for row in found["tests"] if "review_deadline" in row]
    assert deadlines == sorted(deadlines)
    assert {row["id"] for row in found["products"]} == {one.product_id for one in expected.values()}


async def test_a_name_is_as_good_as_an_id(ask: Asking, facts: Facts) -> None:
    names = ("halo shop", "HALO SHOP", ["Halo Shop"], "598", "#598")
    counts = {
        (await ask("list_tests", product_ids=name, per_page=1))["pagination"]["total_count"] for name in names
    }
    assert counts == {len(facts.tests_by_product[HALO])}
    both = await ask("list_tests", product_ids="Halo Shop, Canvas for iOS", per_page=1)
    assert both["pagination"]["total_count"] == sum(len(facts.tests_by_product[one]) for one in (HALO, 18559))
    summary = await ask("get_product_summary", product_id="Halo Shop")
    assert summary["id"] == HALO
    feature = next(
        one for one in facts.features[HALO] if any(bug.feature_id == one.id for bug in facts.bugs.values())
    )
    named = await ask("list_bugs", product_ids=HALO, feature_ids=feature.title, per_page=200)
    assert named["pagination"]["total_count"] == sum(
        bug.feature_id == feature.id for bug in facts.bugs.values()
    )


@pytest.mark.slow
async def test_a_name_that_two_products_have_is_an_error_that_lists_them(tmp_path: Path) -> None:
    def alike(kind: str, value: Json) -> Json:
        return {**value, "name": "Twin"} if kind == "product" and value["id"] != HALO else value

    account = replace(demo_account(tests=8), change=alike)
    publish_account(tmp_path, account)
    async with asking(tmp_path) as ask:
        said = await ask.failing("list_bugs", product_ids="twin")
        rows = (await ask("list_tests", per_page=200))["tests"]
    others = sorted(product["id"] for product in account.products() if product["id"] != HALO)
    assert f"product_ids='twin' is the name of {len(others)} products" in said
    assert ", ".join(map(str, others)) in said
    assert {row["product"] for row in rows} <= {"Halo Shop", *(f"Twin ({one})" for one in others)}


async def test_bugs_of_all_products_with_columns_on_request(ask: Asking, facts: Facts) -> None:
    found = await ask("list_bugs", severity="critical", fields="steps,tester,title", per_page=200)
    expected = {bug.id: bug for bug in facts.bugs.values() if bug.severity == "critical"}
    assert found["pagination"]["total_count"] == len(expected)
    for row in found["bugs"]:
        bug = expected[row["id"]]
        assert row["title"] == bug.title
        assert row.get("tester") == bug.tester
        assert len(row.get("steps", ())) == min(len(bug.steps), 10)
    plain = await ask("list_bugs", severity="critical", per_page=1)
    assert "steps" not in plain["bugs"][0]


async def test_bugs_that_are_due_within_days_are_those_that_wait(ask: Asking, facts: Facts) -> None:
    found = await ask("list_bugs", deadline_before="in 7 days", sort_by="deadline", per_page=200)
    rows = {bug.id: one for one in waiting(facts.tests.values(), facts.as_of) for bug in one.bugs}
    expected = {number for number, one in rows.items() if (one.ends_at - facts.as_of).days < 7}
    assert {row["id"] for row in found["bugs"]} == expected
    times = [row["auto_acceptance_due_at"] for row in found["bugs"]]
    assert times == sorted(times)
    assert all(row.get("overdue", False) == rows[row["id"]].overdue for row in found["bugs"])


async def test_bugs_that_wait_for_the_tester_are_a_part_of_the_open_ones(ask: Asking, facts: Facts) -> None:
    waiting_ones = {bug.id for bug in facts.bugs.values() if bug.waits_for_tester}
    for asked in ({"review": "waiting_for_tester"}, {"bug_status": "requested"}):
        found = await ask("list_bugs", **asked, per_page=200)
        assert {row["id"] for row in found["bugs"]} == waiting_ones
        assert {(row["review"], row["waiting_for_tester"]) for row in found["bugs"]} == {("open", True)}
    counted = await ask("query_metrics", metrics="bug_count", filters={"review": "waiting for tester"})
    assert counted["totals"]["bug_count"] == len(waiting_ones) > 0
    older = await ask("query_metrics", metrics="bug_count", filters={"bug_status": "requested"})
    assert older["totals"] == counted["totals"]


@pytest.mark.parametrize(
    ("arguments", "same_as"),
    [
        ({"product_id": HALO, "statuses": "locked"}, {"product_ids": HALO, "test_statuses": "locked"}),
        ({"product_ids": HALO, "status": "rejected"}, {"product_ids": HALO, "bug_status": "rejected"}),
        ({"product_ids": HALO, "per_page": 0}, {"product_ids": HALO}),
        ({"product_ids": HALO, "start_index": 3}, {"product_ids": HALO, "offset": 3}),
        ({"product_ids": HALO, "include": "steps"}, {"product_ids": HALO, "fields": "steps"}),
    ],
)
async def test_older_names_and_values_mean_the_same(ask: Asking, arguments: Json, same_as: Json) -> None:
    assert await ask("list_bugs", **arguments) == await ask("list_bugs", **same_as)


async def test_reporters_are_found_by_id_and_by_name(ask: Asking, facts: Facts) -> None:
    bug = next(bug for bug in facts.bugs.values() if bug.tester_id and bug.tester)
    for written in (bug.tester_id, bug.tester):
        found = await ask("list_bugs", reported_by_user_id=written, per_page=1)
        expected = sum(one.tester_id == bug.tester_id for one in facts.bugs.values())
        assert found["pagination"]["total_count"] == expected
    exported = await ask("list_bugs", exported=True, reported_since="2026-10-01", per_page=1)
    assert exported["pagination"]["total_count"] == sum(
        bug.exported_at is not None
        and bug.reported_at is not None
        and f"{bug.reported_at:%Y-%m}" >= "2026-10"
        for bug in facts.bugs.values()
    )


async def test_a_rejected_bug_says_why_by_whom_and_in_whose_words(ask: Asking, facts: Facts) -> None:
    bug = next(
        bug
        for bug in facts.bugs.values()
        if bug.rejection_reason not in {None, "unspecified"} and bug.comments
    )
    rejection = (await ask("get_bug_summary", bug_id=bug.id))["rejection"]
    assert rejection["reason"] == bug.rejection_reason
    (said,) = [one for one in bug.comments if one.body == rejection["comment"]]
    assert rejection["by"] == said.author


async def test_words_that_come_to_mind_first_are_taken(ask: Asking) -> None:
    """Each of these cost a second call."""
    assert (await ask("list_tests", statuses="review"))["tests"] == (
        await ask("list_tests", statuses="locked")
    )["tests"]
    words = ("accepted", "active_accepted", "auto_accepted")
    lists = [await ask("list_bugs", product_ids=HALO, review=word, per_page=1) for word in words]
    either, *each = (one["pagination"]["total_count"] for one in lists)
    assert either == sum(each) > max(each)
    counted = [
        await ask("query_metrics", metrics="bug_count", filters={"product": HALO, "review": word})
        for word in words
    ]
    either, *each = (one["totals"]["bug_count"] for one in counted)
    assert either == sum(each) > max(each)
    assert not any("share" in said for said in counted[0].get("warnings", ()))
    for tool, more in (("list_tests", {}), ("query_metrics", {"metrics": "bug_count"})):
        answer = await ask(tool, period="2026-Q3", **more)
        assert not any("Ignored" in said for said in answer.get("warnings", ()))
        assert (await ask(tool, start_date="2026-Q3", **more)) == answer


async def test_tests_of_one_name_are_told_apart_by_status_and_end(ask: Asking) -> None:
    text = await ask.failing("get_test_summary", test_id="Release 4.15: full regression")
    assert "102014 (in review, ends 2026-11-11), 102086 (running, ends 2026-11-21)" in text
