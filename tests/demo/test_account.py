"""The demo account is believable, complete in its oddities, and the same every time."""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import orjson
import pytest

from demo.account.account import DEMO_NOW, Account, advance, demo_account, planted_secrets
from quality.metrics.tally import tally
from quality.model.entities import EXECUTED_STATUSES, IMMUTABLE_STATUSES, SEVERITIES, Test
from tests.demo.accounts import BANK, CANVAS, SHOP, normalised
from tests.hostile import hostile

Json = dict[str, Any]


def everything(account: Account) -> bytes:
    """All that the account can answer, as one text."""
    tests = [[account.row(id_), account.test(id_), account.bugs(id_)] for id_ in account.plans]
    others = [
        [account.features(id_), account.user_stories(id_), account.environments(id_)]
        for id_ in account.test_ids
    ]
    rest = [account.products(), account.reject_reasons(), list(account.executions())]
    return orjson.dumps([tests, others, rest])


@pytest.fixture(scope="module")
def raw_bugs(account: Account) -> list[Json]:
    return [bug for test_id in account.plans for bug in account.bugs(test_id)]


def test_the_same_seed_and_day_give_the_same_account_to_the_byte() -> None:
    assert everything(demo_account(day=3)) == everything(advance(demo_account(), 3))


def test_another_seed_gives_another_account() -> None:
    assert everything(demo_account(30, seed=1)) != everything(demo_account(30, seed=2))


def test_it_has_120_tests_over_18_months_and_about_1200_bugs(tests: dict[int, Test]) -> None:
    assert len(tests) == 120
    assert 1_050 <= sum(len(test.bugs) for test in tests.values()) <= 1_300
    ends = [test.end_at for test in tests.values() if test.end_at and test.executed]
    assert timedelta(days=510) < DEMO_NOW - min(ends) < timedelta(days=550)


def test_every_status_of_a_test_is_there(account: Account) -> None:
    found = Counter(account.row(test_id)["status"] for test_id in account.plans)
    assert found.keys() == {
        "initialized", "waiting", "running", "locked", "customer_finalized", "archived", "cancelled",
    }  # fmt: skip


def test_a_test_is_finalized_by_the_customer_before_it_waits_and_runs() -> None:
    order = ["initialized", "customer_finalized", "waiting", "running", "locked", "archived"]
    days = [demo_account(day=day) for day in range(0, 61, 3)]
    for test_id in days[0].plans:
        found = [account.row(test_id)["status"] for account in days]
        if "cancelled" not in found:
            assert found == sorted(found, key=order.index)
    before = days[0]
    for test_id in before.plans:
        if before.row(test_id)["status"] == "customer_finalized":
            assert before.bugs(test_id) == []


def test_some_tests_have_no_type_and_some_are_external(tests: dict[int, Test]) -> None:
    types = Counter(test.testing_type for test in tests.values())
    assert min(types["test_case"], types["external"]) >= 2


def test_some_bugs_were_exported_some_wait_for_the_tester_and_some_fixes_were_confirmed(
    tests: dict[int, Test],
) -> None:
    counted = tally(tests.values())
    assert min(counted.exported, *counted.confirmations.values()) > 15
    assert counted.waiting_for_tester
    assert counted.confirmations.keys() == {"passed", "failed"}


def test_there_is_one_demo_test(account: Account) -> None:
    assert sum(account.row(test_id)["demo"] for test_id in account.plans) == 1


def test_every_severity_and_some_odd_ones_are_there(tests: dict[int, Test], raw_bugs: list[Json]) -> None:
    assert {bug.severity for test in tests.values() for bug in test.bugs} == set(SEVERITIES)
    assert {bug["severity"] for bug in raw_bugs} > {*SEVERITIES, None, "blocker"} - {"unknown"}


def test_every_review_outcome_is_there(tests: dict[int, Test]) -> None:
    reviews = Counter(bug.review for test in tests.values() for bug in test.bugs)
    assert min(reviews.values()) > 15
    assert len(reviews) == 4


def test_every_reject_reason_is_there_and_one_of_the_customers_own(tests: dict[int, Test]) -> None:
    reasons = {bug.rejection_reason for test in tests.values() for bug in test.bugs} - {None}
    assert reasons == {
        "device_not_relevant", "ignored_instructions", "intended_behavior", "irrelevant", "known_bug",
        "not_reproducible", "request_timeout", "fixed_meanwhile", "unspecified",
    }  # fmt: skip


def test_rejections_are_written_in_many_ways(raw_bugs: list[Json]) -> None:
    comments = [c["body"] for bug in raw_bugs if bug["status"] == "rejected" for c in bug["comments"]]
    assert any(body.startswith("Rejected - the") for body in comments)
    assert any(body.startswith("The test instructions") for body in comments)
    assert any("’" in body for body in comments)
    assert any("\u00a0" in body or "\t" in body or "\n" in body for body in comments)
    assert any(body.isupper() for body in comments)
    assert any(len(bug["comments"]) > 2 for bug in raw_bugs if bug["status"] == "rejected")


def test_bugs_wait_in_tests_that_ended_seven_to_ten_days_ago(tests: dict[int, Test]) -> None:
    waiting = Counter(
        test.product_id
        for test in tests.values()
        if test.end_at and timedelta(days=7) < DEMO_NOW - test.end_at < timedelta(days=10)
        for bug in test.bugs
        if bug.review == "open"
    )
    assert waiting[SHOP] >= 5
    assert waiting[CANVAS] >= 3


def test_some_features_are_never_tested(account: Account, tests: dict[int, Test]) -> None:
    for product_id in account.test_ids:
        catalogue = {feature["id"] for feature in account.features(product_id)}
        tested = {
            feature.feature_id
            for test in tests.values()
            for feature in test.features
            if test.product_id == product_id
        }
        assert tested < catalogue


def test_titles_name_releases_that_grow(account: Account) -> None:
    titles = [account.row(test_id)["title"] for test_id in reversed(account.test_ids[SHOP])]
    releases = [
        int(title.split("4.")[1].split()[0].rstrip(":").split(".")[0]) for title in titles if "4." in title
    ]
    assert len(releases) > 20
    assert releases == sorted(releases)
    assert releases[-1] - releases[0] > 8


def test_the_texts_of_a_bug_are_filled_in(raw_bugs: list[Json]) -> None:
    for bug in raw_bugs:
        for key in ("title", "expected_result", "actual_result"):
            assert "{" not in (bug.get(key) or "")
            assert "  " not in (bug.get(key) or "").strip()
        assert bug["title"] == bug["title"].strip()


def test_most_bugs_of_a_product_have_a_title_of_their_own(tests: dict[int, Test]) -> None:
    titles = Counter((bug.product_id, bug.title) for test in tests.values() for bug in test.bugs)
    assert len(titles) > 0.75 * titles.total()


def test_times_come_with_different_offsets_null_and_malformed(account: Account, raw_bugs: list[Json]) -> None:
    times = [bug["reported_at"] for bug in raw_bugs]
    assert None in times
    assert {time[-6:] for time in times if time and not time.endswith("Z")} == {"+02:00", "+01:00", "-05:00"}
    assert any(time and time.endswith(".000Z") for time in times)
    ends = [account.row(test_id)["end_at"] for test_id in account.test_ids[SHOP] + account.test_ids[CANVAS]]
    ends += [account.row(test_id)["end_at"] for test_id in account.test_ids[BANK]]
    assert None in ends
    assert any(end and end.startswith("0000") for end in ends)


def test_fields_are_odd_here_and_there(account: Account, raw_bugs: list[Json]) -> None:
    rows = [account.row(test_id) for test_id in account.plans]
    assert {type(row["id"]) for row in rows} == {int, str}
    assert {type(bug["id"]) for bug in raw_bugs} == {int, str}
    assert {type(row["created_by"]) for row in rows} == {dict, str, type(None)}
    assert any("product" not in row for row in rows)
    assert any("devices" not in bug for bug in raw_bugs)
    assert {type(bug["steps"]) for bug in raw_bugs} == {list, str, type(None)}
    assert {bug["language"] for bug in raw_bugs} == {"en", "de", "fr", None}
    assert any(bug["feature"] is None and bug.get("test_feature") for bug in raw_bugs)


def test_execution_metrics_follow_the_upstreams_rule(account: Account) -> None:
    """Every story's state follows from its executions and bugs, every sum from its parts."""
    ran: dict[tuple[int, int], list[str]] = {}
    for execution in account.executions():
        key = (execution["test_cycle"]["id"], execution["user_story_version_id"])
        ran.setdefault(key, []).append(execution["status"])
    seen: Counter[str] = Counter()
    for test_id in account.plans:
        detail = account.test(test_id)
        stories = [story for feature in detail["features"] for story in feature["user_stories"]]
        for story in stories:
            statuses = ran.get((test_id, story["user_story_version_id"]), [])
            if story["bug_ids"] or "failed" in statuses:
                expected = "failed"
            elif "blocked" in statuses:
                expected = "blocked"
            elif statuses and set(statuses) == {"passed"}:
                expected = "passed"
            else:
                expected = "not_tested"
            assert story["execution_status"] == expected
            assert story["bugs_found"] == len(story["bug_ids"])
        states = Counter(story["execution_status"] for story in stories)
        seen += states
        bug_ids = {int(bug["id"]) for bug in account.bugs(test_id)}
        linked = [bug_id for feature in detail["features"] for bug_id in feature["bug_ids"]]
        assert sorted(linked) == sorted(bug_ids)
        if "analytics" in detail:
            analytics = detail["analytics"]
            assert analytics["total_bugs"] == len(bug_ids)
            assert analytics["total_user_stories"] == len(stories)
            assert analytics["tested_user_stories"] == len(stories) - states["not_tested"]
            assert analytics["passed_user_stories"] == states["passed"]
            assert analytics["failed_user_stories"] == states["failed"]
            assert analytics["blocked_user_stories"] == states["blocked"]
            features = Counter(feature["execution_status"] for feature in detail["features"])
            assert analytics["tested_features"] == features.total() - features["not_tested"]
            assert analytics["passed_features"] == features["passed"]
            assert analytics["failed_features"] == features["failed"]
    assert seen.keys() == {"passed", "failed", "blocked", "not_tested"}


def test_a_list_has_titles_of_stories_and_no_execution_metrics(account: Account) -> None:
    row = account.row(account.test_ids[SHOP][10])
    assert "analytics" not in row
    assert "execution_status" not in row["features"][0]
    assert isinstance(row["features"][0]["user_stories"][0], str)


def test_secrets_are_planted_in_every_environment_and_attachment(
    account: Account, raw_bugs: list[Json]
) -> None:
    secrets = planted_secrets(account)
    for product_id in account.test_ids:
        for environment in account.environments(product_id):
            for key in ("username", "password", "access", "environment_test_information"):
                assert environment[key] in secrets
    environments = [account.row(test_id)["test_environment"] for test_id in account.plans]
    assert all(environment["password"] in secrets for environment in environments)
    urls = [attachment["url"] for bug in raw_bugs for attachment in bug.get("attachments", ())]
    assert urls
    assert all(any(secret in url.partition("?")[2] for secret in secrets) for url in urls)
    assert not any(secret in url.partition("?")[0] for secret in secrets for url in urls)


def strings(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from strings(one)


@pytest.mark.slow
def test_the_hostile_account_attacks_every_text_and_keeps_ids_and_most_counts(account: Account) -> None:
    attacked = hostile(account)
    for test_id in account.plans:
        before, after = account.bugs(test_id), attacked.bugs(test_id)
        assert [bug["id"] for bug in before] == [bug["id"] for bug in after]
        for old, new in zip(before, after, strict=True):
            for key in ("title", "expected_result", "actual_result", "location"):
                if old.get(key):
                    assert old[key] != new[key]
    assert planted_secrets(attacked) == planted_secrets(account)
    statuses = [test.status for test in normalised(attacked).values()]
    assert len([status for status in statuses if status in EXECUTED_STATUSES]) > 80
    longest = max(len(text) for id_ in account.plans for bug in attacked.bugs(id_) for text in strings(bug))
    assert longest > 40_000


@pytest.mark.parametrize("size", [1, 5, 40, 700])
def test_the_size_is_the_number_of_tests(size: int) -> None:
    account = demo_account(size)
    assert len(account.plans) == size
    assert len(set(account.plans)) == size


def test_about_60_of_700_tests_can_still_change() -> None:
    account = demo_account(700, bugs=6_000)
    statuses = Counter(plan.status(account.now) for plan in account.plans.values())
    assert 45 <= sum(count for status, count in statuses.items() if status not in IMMUTABLE_STATUSES) <= 75
    assert 5_800 < sum(plan.bugs for plan in account.plans.values()) < 6_200


def test_ids_are_unique_in_a_big_account() -> None:
    account = demo_account(2_000, bugs=25_000)
    bug_ids = [plan.first_bug + number for plan in account.plans.values() for number in range(plan.bugs)]
    assert len(set(bug_ids)) == len(bug_ids) > 24_000
