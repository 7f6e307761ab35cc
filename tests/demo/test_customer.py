from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest

from demo.account.account import DEMO_NOW, Account, advance, demo_account
from quality.metrics.catalogue import rate
from quality.metrics.rates import two_proportion_p
from quality.metrics.tally import Tally, tally
from quality.model.entities import IMMUTABLE_STATUSES, Test
from quality.product_verdict import Judged, product_verdict
from quality.thresholds import Thresholds
from quality.verdicts import review_verdict
from tests.demo.accounts import BANK, CANVAS, REWARDS, SHOP, TV, normalised


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
