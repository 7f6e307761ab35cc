"""Features, users, deadlines and changes have the numbers of the pages, over all products and periods."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from build.facts.history import facts_before
from build.facts.load import load_facts
from demo.account.account import DEMO_NOW, advance, demo_account
from quality.metrics import columns
from quality.model.facts import Facts
from quality.options import QualityOptions
from quality.periods.dates import parse_range
from quality.periods.periods import REPORT_PERIODS
from quality.selection import Selection, select
from quality.views import breakdowns
from quality.views.deadlines import deadline_days
from quality.views.product import product_view
from snapshot.reader import open_snapshot
from tests.mcp_reader.calls import Asking, asking, counts_of
from tests.mcp_reader.published_account import publish_account
from tests.quality.views.shown_features import feature_numbers

HALO = 598
ENDED = Selection(period=parse_range("last 36500 days", None, DEMO_NOW))
"""The executed tests whose end is known."""


@pytest.fixture(scope="module")
def facts(demo_snapshot: Path) -> Facts:
    return load_facts(open_snapshot(demo_snapshot))


@pytest.mark.slow
@pytest.mark.parametrize("period", REPORT_PERIODS)
async def test_features_have_the_numbers_of_every_product_page(
    ask: Asking, facts: Facts, period: str
) -> None:
    for product_id in facts.products:
        view = product_view(facts, product_id, period, QualityOptions())
        listed = await ask("list_features", product_ids=product_id, start_date=period, per_page=200)
        shown = {
            row["title"]: (row["metrics"]["test_count"], row["metrics"]["bug_count"])
            for row in listed["features"]
        }
        pages = feature_numbers(view, "test_count", "bug_count")
        pages.pop("unattributed", None)
        assert shown == pages
        untested = await ask(
            "list_features", product_ids=product_id, start_date=period, sort_by="test_count",
            sort_order="asc", per_page=200,
        )  # fmt: skip
        none = {row["title"] for row in untested["features"] if row["metrics"]["test_count"] == 0}
        assert none == set(view.untested_features)


async def test_the_features_with_most_bugs_are_those_of_a_query(ask: Asking, facts: Facts) -> None:
    listed = await ask("list_features", sort_by="bug_count", per_page=5)
    asked = await ask("query_metrics", metrics="bug_count,bugs_per_test", dimensions="feature", limit=6)
    rows = {row["feature_id"]: row for row in asked["rows"] if "feature_id" in row}
    for row in listed["features"]:
        for key in ("bug_count", "bugs_per_test"):
            assert row["metrics"][key] == rows[row["id"]][key]
    assert listed["pagination"]["total_count"] == sum(map(len, facts.features.values()))


async def test_a_feature_in_full_has_its_stories_tests_and_bugs(ask: Asking, facts: Facts) -> None:
    feature = max(facts.features[HALO], key=lambda one: len(one.user_stories))
    answer = await ask("get_feature_summary", feature_id=feature.id)
    assert [one["title"] for one in answer["user_stories"]] == [one.title for one in feature.user_stories]
    assert sum(answer["bugs_by_review"].values()) == answer["metrics"]["bug_count"] > 0
    tests = select(facts, Selection())
    executed = [
        story.execution_status
        for test in tests
        for one in test.features
        if one.feature_id == feature.id
        for story in one.user_stories
        if story.execution_status
    ]
    assert sum(sum(one.get("outcomes", {}).values()) for one in answer["user_stories"]) == len(executed) > 0
    assert (await ask("get_feature_summary", feature_id=feature.title))["id"] == feature.id
    assert "Feature 99999" in await ask.failing("get_feature_summary", feature_id=99999)


async def test_testers_have_the_bugs_and_rejected_share_of_the_pages(ask: Asking, facts: Facts) -> None:
    listed = await ask("list_users", user_type="tester", days=36_500, per_page=200)
    table = breakdowns.by_tester(facts, select(facts, ENDED), QualityOptions().weights)
    assert listed["users"]
    expected = {row.name: row.measures for row in table.rows if row.name is not None}
    assert {row["name"] for row in listed["users"]} == expected.keys()
    for row in listed["users"]:
        assert row["metrics"] == {
            key: counts_of(expected[row["name"]][key])
            for key in columns.BY_BUGS
            if expected[row["name"]][key].value is not None
        }
    counts = [row["metrics"]["bug_count"] for row in listed["users"]]
    assert counts == sorted(counts, reverse=True)


async def test_customers_are_those_who_created_tests(ask: Asking, facts: Facts) -> None:
    tests = [test for test in select(facts, ENDED) if test.created_by]
    listed = await ask("list_users", user_type="Customer", days=36_500, sort_by="username")
    assert {row["name"]: row["test_count"] for row in listed["users"]} == {
        name: sum(test.created_by == name for test in tests) for name in {test.created_by for test in tests}
    }
    for row in listed["users"]:
        of_tests = sum(len(test.bugs) for test in tests if test.created_by == row["name"])
        assert row["bugs_in_their_tests"] == row["metrics"]["bug_count"] == of_tests
    recent = await ask("list_users", days=30)
    assert 0 < recent["pagination"]["total_count"] <= (await ask("list_users"))["pagination"]["total_count"]


async def test_a_user_is_found_by_id_or_name(ask: Asking, facts: Facts) -> None:
    bug = next(bug for bug in facts.bugs.values() if bug.tester_id and bug.tester)
    by_id = await ask("get_user_summary", user_id=bug.tester_id)
    by_name = await ask("get_user_summary", username=(bug.tester or "").upper())
    assert by_id == by_name
    mine = [one for test in select(facts, Selection()) for one in test.bugs if one.tester == bug.tester]
    (part,) = by_id["activity"]
    assert part["metrics"]["bug_count"] == len(mine)
    assert bug.tester_id in part["user_ids"]
    assert part["last_activity"] == f"{max(one.reported_at for one in mine if one.reported_at):%Y-%m-%d}"
    assert "No user is called 'Nobody Q.'" in await ask.failing("get_user_summary", username="Nobody Q.")
    assert "Neither user_id nor username" in await ask.failing("get_user_summary")


async def test_deadlines_are_those_of_the_pages_and_the_coming_ones_stand_first(
    ask: Asking, facts: Facts
) -> None:
    for product_id in (None, *facts.products):
        tests = [test for test in facts.tests.values() if product_id in {None, test.product_id}]
        days = deadline_days(facts, tests, facts.as_of)
        asked = {} if product_id is None else {"product_ids": product_id}
        answer = await ask("list_review_deadlines", within_days=10, **asked)
        assert answer["days"] == {f"{day.day}": len(day.bugs) for day in days if not day.overdue}
        assert answer["overdue_bugs"] == sum(len(day.bugs) for day in days if day.overdue)
        assert sum(row["bug_count"] for row in answer["coming"]) == answer["coming_bugs"]
        assert [row["at"] for row in answer["coming"]] == sorted(row["at"] for row in answer["coming"])
    rows = {row["id"]: row for row in (await ask("list_tests", per_page=200))["tests"]}
    for row in answer["coming"]:
        test = rows[row["test_id"]]
        assert test["open_bugs"] == row["bug_count"] + test.get("waiting_for_tester", 0)
    assert any("waiting_for_tester" in row for row in rows.values())
    week = await ask("list_review_deadlines", within_days=7)
    assert all(row["day"] <= f"{facts.as_of + timedelta(days=7):%Y-%m-%d}" for row in week["coming"])


@pytest.fixture(scope="module")
def two_days(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two snapshots of a small account, a week apart."""
    root = tmp_path_factory.mktemp("two-days") / "snapshots"
    account = demo_account(tests=40)
    publish_account(root, account)
    publish_account(root, advance(account, 7), at=DEMO_NOW + timedelta(days=7))
    return root


@pytest.mark.slow
async def test_changes_are_those_of_the_product_pages(two_days: Path) -> None:
    snapshot = open_snapshot(two_days)
    now = load_facts(snapshot)
    earlier = facts_before(snapshot, now)
    assert earlier is not None
    async with asking(two_days) as ask:
        answer = await ask("get_changes")
        dated = await ask("get_changes", since=earlier.snapshot_id)
        named = await ask("get_changes", since=f"{DEMO_NOW:%Y-%m-%d}", product_ids=HALO)
        early = await ask("get_changes", since="2020-01-01")
        unknown = await ask.failing("get_changes", since="20200101T000000Z-000000")
    assert answer == dated
    assert answer["since_snapshot"] == earlier.snapshot_id
    shown = {row["id"]: row for row in answer["products"]}
    for product_id in now.products:
        since = product_view(now, product_id, None, QualityOptions(), earlier=earlier).since
        assert since is not None
        row = shown.get(product_id)
        assert (row is None) == since.text.endswith("nothing has changed.")
        if row is not None:
            assert since.text.endswith(row["text"])
            assert row["counts"].get("new_bugs", 0) == len(since.new_bugs)
            assert row["counts"].get("decided_bugs", 0) == len(since.reviewed_bugs)
    assert sum(row["counts"].get("new_bugs", 0) for row in answer["products"]) == answer["counts"]["new_bugs"]
    assert [row["id"] for row in named["products"]] == [HALO]
    assert "since_snapshot" not in early
    assert early["counts"]["reported_bugs"] == sum(
        bug.reported_at is not None and bug.reported_at <= now.as_of
        for test in now.tests.values()
        if not test.demo
        for bug in test.bugs
    )
    assert f"get_changes(since='{earlier.snapshot_id}')" in early["warnings"][0]
    assert "There is no snapshot 20200101T000000Z-000000" in unknown


@pytest.mark.slow
async def test_a_test_that_could_not_be_fetched_is_named_with_the_reason(
    demo_snapshot: Path, tmp_path: Path
) -> None:
    root = tmp_path / "snapshots"
    shutil.copytree(demo_snapshot, root)
    snapshot = open_snapshot(root)
    entry = next(iter(snapshot.entries("test")))
    path = root / "documents" / entry.sha256[:2] / f"{entry.sha256}.json"
    path.write_bytes(path.read_bytes()[:-40])
    shutil.rmtree(root / "facts", ignore_errors=True)  # what was read of it before it was damaged
    async with asking(root) as ask:
        answer = await ask("get_problematic_tests")
        elsewhere = await ask(
            "get_problematic_tests", product_id=next(one for one in (598, 18559) if one != entry.product_id)
        )
    (problem,) = answer["problems"]
    assert (problem["test_id"], problem["state"]) == (entry.id, "damaged")
    assert elsewhere["problems"] == []
    assert "was fetched" in elsewhere["warnings"][0]
