"""The demo account is believable, complete in its oddities, and the same every time."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import orjson
import pytest

from demo.account.account import DEMO_NOW, Account, advance, demo_account, planted_secrets
from quality.metrics.catalogue import rate
from quality.metrics.rates import two_proportion_p
from quality.metrics.tally import Tally, tally
from quality.model.entities import EXECUTED_STATUSES, IMMUTABLE_STATUSES, SEVERITIES, Test
from quality.normalise import from_upstream
from quality.product_verdict import Judged, product_verdict
from quality.thresholds import Thresholds
from quality.verdicts import review_verdict
from tests.hostile import hostile

Json = dict[str, Any]
SHOP, CANVAS, BANK, TV, REWARDS = 598, 18559, 21043, 30417, 45120


def everything(account: Account) -> bytes:
    """All that the account can answer, as one text."""
    tests = [[account.row(id_), account.test(id_), account.bugs(id_)] for id_ in account.plans]
    others = [
        [account.features(id_), account.user_stories(id_), account.environments(id_)]
        for id_ in account.test_ids
    ]
    rest = [account.products(), account.reject_reasons(), list(account.executions())]
    return orjson.dumps([tests, others, rest])


@cache
def normalised(account: Account) -> dict[int, Test]:
    reasons = from_upstream.reject_reasons(account.reject_reasons())
    return {
        test_id: from_upstream.test(
            account.test(test_id), account.bugs(test_id), product_id=plan.product.id, reasons=reasons
        )
        for test_id, plan in account.plans.items()
    }


@pytest.fixture(scope="module")
def account() -> Account:
    return demo_account()


@pytest.fixture(scope="module")
def tests(account: Account) -> dict[int, Test]:
    return normalised(account)


@pytest.fixture(scope="module")
def raw_bugs(account: Account) -> list[Json]:
    return [bug for test_id in account.plans for bug in account.bugs(test_id)]


def between(tests: Iterable[Test], product_id: int, first: float, last: float) -> Tally:
    """The executed tests of a product that ended between so many days before now."""
    newest, oldest = DEMO_NOW - timedelta(days=first), DEMO_NOW - timedelta(days=last)
    return tally(
        test
        for test in tests
        if test.product_id == product_id and test.executed and test.end_at and oldest < test.end_at <= newest
    )


def review(counted: Tally) -> str:
    return review_verdict(counted, Thresholds()).level


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


@pytest.mark.parametrize("seed", [7, 8, 9])
def test_the_shop_turned_noisy_90_days_ago(seed: int) -> None:
    tests = normalised(demo_account(seed=seed)).values()
    now, before = between(tests, SHOP, 0, 90), between(tests, SHOP, 90, 180)
    assert review(now) == "act_now"
    p = two_proportion_p(rate("rejection_rate", now), rate("rejection_rate", before))
    assert p is not None
    assert p < 0.05
    reasons = Counter(bug.rejection_reason for bug in now.bugs.values() if bug.review == "rejected")
    assert reasons["intended_behavior"] + reasons["ignored_instructions"] > reasons.total() / 2


@pytest.mark.parametrize("seed", [7, 8, 9])
def test_the_drawing_app_became_better_90_days_ago(seed: int) -> None:
    tests = normalised(demo_account(seed=seed)).values()
    now, before = between(tests, CANVAS, 0, 90), between(tests, CANVAS, 90, 180)
    after, ago = rate("rejection_rate", now), rate("rejection_rate", before)
    assert after.value is not None
    assert ago.value is not None
    assert after.value < ago.value
    p = two_proportion_p(after, ago)
    assert p is not None
    assert p < 0.05


@pytest.mark.parametrize("seed", [7, 8, 9])
def test_the_bank_is_always_fine(seed: int) -> None:
    tests = normalised(demo_account(seed=seed)).values()
    for first, last in ((0, 90), (90, 180), (0, 540)):
        counted = between(tests, BANK, first, last)
        assert review(counted) == "fine"


def test_nobody_has_looked_at_the_bugs_of_the_tv_app_yet(tests: dict[int, Test]) -> None:
    counted = between(tests.values(), TV, 0, 90)
    assert counted.bug_count >= 20
    assert counted.open == counted.bug_count
    assert review(counted) == "unknown"


def test_the_newest_product_has_features_and_no_test(account: Account) -> None:
    assert account.features(REWARDS)
    assert account.test_ids[REWARDS] == ()


@pytest.mark.parametrize("seed", [7, 8, 9])
def test_the_products_differ_in_what_their_tests_found(seed: int) -> None:
    tests = normalised(demo_account(seed=seed)).values()
    levels = {
        product_id: product_verdict(Judged(between(tests, product_id, 0, 90)), Thresholds()).level
        for product_id in (SHOP, CANVAS, BANK, TV, REWARDS)
    }
    assert levels[SHOP] == "act_now"
    assert levels[BANK] == "fine"
    assert "act_now" not in {levels[CANVAS], levels[TV]}
    assert levels[REWARDS] == "unknown"


def test_few_testers_report_much_and_many_report_little(tests: dict[int, Test]) -> None:
    found = Counter(bug.tester for test in tests.values() for bug in test.bugs if test.product_id == SHOP)
    assert 0.2 < sum(count for _, count in found.most_common(3)) / found.total() < 0.5
    assert len(found) > 20


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


@pytest.mark.slow
def test_a_day_later_more_has_happened_and_nothing_else() -> None:
    """What was archived stays as it was to the byte; what was decided stays decided."""
    before = demo_account(80)
    for day in (1, 4, 11, 30):
        after = demo_account(80, day=day)
        assert list(after.plans)[: len(before.plans)] == list(before.plans)
        for test_id in before.plans:
            earlier, later = before.test(test_id), after.test(test_id)
            if earlier["status"] in IMMUTABLE_STATUSES:
                assert earlier == later
                assert before.bugs(test_id) == after.bugs(test_id)
            reviewed = {bug["id"]: bug["status"] for bug in before.bugs(test_id)}
            for bug in after.bugs(test_id):
                status = reviewed.get(bug["id"])
                if status in {"accepted", "rejected", "Accepted "}:
                    assert bug["status"] == status
        before = after


def test_over_30_days_tests_begin_end_and_are_archived_and_bugs_accepted_by_time() -> None:
    first, last = demo_account(), demo_account(day=30)
    assert len(last.plans) > len(first.plans) + 4
    moves = Counter(
        (first.row(test_id)["status"], last.row(test_id)["status"])
        for test_id in first.plans
        if first.row(test_id)["status"] != last.row(test_id)["status"]
    )
    assert moves["running", "locked"]
    assert moves["locked", "archived"]
    assert moves["customer_finalized", "locked"]
    auto = {
        bug["id"]
        for test_id in first.plans
        for bug in last.bugs(test_id)
        if bug.get("auto_accepted") and first.row(test_id)["status"] == "locked"
    }
    assert auto


def test_a_bug_is_accepted_by_itself_ten_days_after_its_test_ended() -> None:
    account = demo_account()
    test_id, bug = next(
        (test_id, bug)
        for test_id, plan in account.plans.items()
        if plan.status(account.now) == "locked"
        for bug in account.bugs(test_id)
        if bug["status"] == "forwarded"
        and next(b for b in advance(account, 20).bugs(test_id) if b["id"] == bug["id"])["auto_accepted"]
    )
    end: datetime = account.plans[test_id].end_at
    just_before = advance(account, (end + timedelta(days=10) - account.now) / timedelta(days=1) - 0.001)
    just_after = advance(just_before, 0.002)
    states = [
        next(one for one in seen.bugs(test_id) if one["id"] == bug["id"])
        for seen in (just_before, just_after)
    ]
    assert [state["status"] for state in states] == ["forwarded", "accepted"]
    assert [state["auto_accepted"] for state in states] == [False, True]


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
