"""Findings on platforms, features, the number of tests, changes and goals."""

from datetime import timedelta

import pytest

from quality.findings.finding import Missed
from quality.findings.pace import other_types
from quality.metrics.tally import tally
from quality.model.entities import Bug, Test, TestFeature
from quality.product_verdict import Judged
from tests.factories import NOW, make_bug, make_bugs, make_feature, make_test
from tests.quality.findings.cases import found_in


def _on(platform: str, rejected: int, accepted: int) -> list[Bug]:
    reviews = ["rejected"] * rejected + ["active_accepted"] * accepted
    return [make_bug(review, "low", platforms=(platform,)) for review in reviews]  # type: ignore[arg-type]


def test_a_platform_with_more_rejections_than_elsewhere_by_more_than_chance_is_named() -> None:
    found = found_in([make_test([*_on("iOS", 12, 8), *_on("Android", 4, 36)])])["platform"]
    assert found.title == "iOS stands out"
    assert found.text == ("12 of 20 (60 %) decided bugs on iOS were rejected, elsewhere 4 of 40 (10 %).")
    assert len(found.bug_ids) == 12


@pytest.mark.parametrize(("here", "elsewhere"), [((9, 0), (4, 36)), ((5, 15), (4, 36)), ((12, 8), (0, 0))])
def test_few_bugs_small_differences_or_one_platform_alone_do_not_stand_out(
    here: tuple[int, int], elsewhere: tuple[int, int]
) -> None:
    bugs = [*_on("iOS", *here), *_on("unknown", *elsewhere)]
    assert "platform" not in found_in([make_test(bugs)])


def _feature(id: int, title: str) -> TestFeature:  # noqa: A002
    return TestFeature(id, id, title)


def test_a_feature_with_twice_the_accepted_severe_bugs_a_test_is_fragile() -> None:
    cart, quiet = _feature(2001, "Cart"), _feature(2002, "Quiet")
    tests = [make_test([make_bug(), make_bug()], features=(cart,)) for _ in range(3)]
    tests += [make_test(features=(quiet,)) for _ in range(3)]
    found = found_in(tests)["fragile"]
    assert found.title == "A feature is fragile"
    assert found.text.endswith("“Cart” 2.0 (6 in 3).")
    assert found.action == "Add regression tests of “Cart” by 4 Dec."
    assert "fragile" not in found_in(tests[1:])
    assert "fragile" not in found_in(tests[:5])


def test_a_feature_whose_last_execution_failed_is_named_with_its_test() -> None:
    player = TestFeature(1, 2001, "Player", "failed")
    test = make_test(features=(player,), title="Home screen")
    found = found_in([test], judged=Judged(tally([test])))["failed_features"]
    assert (found.title, found.text) == ("A feature failed in its latest test", "“Player” in “Home screen”.")
    assert found.action == "Find out what fails in “Player” by 4 Dec."
    assert found.level == "act_now"
    assert found.test_ids == (test.id,)


def test_a_product_without_any_test_waits_for_its_first_one() -> None:
    features = tuple(make_feature(at, title) for at, title in enumerate(("Points", "Levels"), 1))
    found = found_in([], features=features)["never_tested"]
    assert found.action == "Plan a first test: Points, Levels by 4 Dec."
    planned = make_test(status="waiting", start_at=NOW + timedelta(days=2))
    assert "never_tested" not in found_in([], every=(planned,), features=features)


def test_features_without_an_executed_test_are_to_be_included() -> None:
    features = (make_feature(), make_feature(2002, "Search"), make_feature(2003, "Other", product_id=599))
    found = found_in([make_test()], features=features)["untested"]
    assert found.title == "1 of 2 features was not tested"
    assert found.text == "No executed test of this period had it."
    assert found.action == "Include “Search” in the next test, by 4 Dec."
    assert "untested" not in found_in([], features=features)


def _monthly(*counts: int) -> list[Test]:
    """So many tests in November, October and the months before them."""
    return [
        make_test(end_at=NOW.replace(month=11 - back))
        for back, count in enumerate(counts)
        for _ in range(count)
    ]


def test_half_the_tests_a_month_of_the_three_before_are_fewer_tests() -> None:
    found = found_in(_monthly(0, 1, 2, 2, 2))["fewer_tests"]
    assert found.text == "1 test ended in Oct 2026, 2.0 a month in the three months before."
    assert len(found.test_ids) == 7
    assert "fewer_tests" not in found_in(_monthly(0, 2, 3, 3, 3))
    assert "fewer_tests" not in found_in(_monthly(0, 0, 1, 2, 2))


def _tests(**reviews: int) -> list[Test]:
    return [make_test(make_bugs(**reviews))]


def test_a_judged_rate_that_differs_by_more_than_chance_is_a_change_with_both_values() -> None:
    found = found_in(_tests(active_accepted=60, rejected=40), _tests(active_accepted=80, rejected=20))[
        "change"
    ]
    assert (found.title, found.level) == ("Acceptance rate is down", "watch")
    assert found.text == "60 of 100 decided bugs accepted (60 %), before 80 % (80 of 100)."
    assert found.action == "Look at what was rejected by 4 Dec."
    assert len(found.bug_ids) == 40


def test_good_news_is_a_change_too() -> None:
    found = found_in(_tests(active_accepted=80, rejected=20), _tests(active_accepted=60, rejected=40))[
        "change"
    ]
    assert found.level == "fine"
    assert found.action == "Find out what helped, and keep it, by 4 Dec."


@pytest.mark.parametrize(
    ("now", "before"),
    [
        ({"active_accepted": 60, "rejected": 40, "open": 26}, {"active_accepted": 80, "rejected": 20}),
        ({"active_accepted": 60, "rejected": 40}, {"active_accepted": 80, "rejected": 20, "open": 26}),
        ({"rejected": 19}, {"active_accepted": 100}),
        ({"rejected": 100}, {"active_accepted": 19}),
        ({"active_accepted": 70, "rejected": 30}, {"active_accepted": 80, "rejected": 20}),
        ({"rejected": 20}, {"rejected": 20}),
        ({"rejected": 20}, {}),
        ({}, {"rejected": 20}),
    ],
)
def test_open_few_or_alike_periods_are_no_change(now: dict[str, int], before: dict[str, int]) -> None:
    assert "change" not in found_in(_tests(**now), _tests(**before))


def test_a_running_period_is_no_change() -> None:
    now, before = _tests(active_accepted=60, rejected=40), _tests(active_accepted=90, rejected=10)
    assert "change" in found_in(now, before)
    assert "change" not in found_in(now, before, running=True)
    assert "change" not in found_in(now)


def test_a_change_of_other_types_of_tests_says_so() -> None:
    now = [make_test(make_bugs(active_accepted=60, rejected=40), testing_type=None)]
    before = _tests(active_accepted=80, rejected=20)
    assert found_in(now, before)["change"].text.endswith(" The tests are of other types than before.")
    assert other_types(tally(now), tally(before)) == (
        "The tests are of other types: 1 test case, before 1 coverage."
    )
    few = [make_test(testing_type=kind) for kind in ("rapid", "coverage", "coverage")]
    same = [make_test(testing_type="coverage") for _ in range(3)]
    assert other_types(tally(few), tally(same)) == ""
    assert other_types(tally([]), tally(same)) == other_types(tally(few), None) == ""
    assert other_types(tally(few[:2]), tally(same)) == (
        "The tests are of other types: 1 coverage and 1 rapid, before 3 coverage."
    )


def test_a_missed_goal_has_value_target_and_since_when() -> None:
    goal = Missed("Rejected bugs", "47 of 100", "under 20 of 100", "Aug 2026")
    found = found_in([], missed=(goal,))["goal"]
    assert found.title == "Goal missed: Rejected bugs"
    assert found.text == "47 of 100, target under 20 of 100, since Aug 2026."
    assert found.action == "Agree what to do about rejected bugs by 4 Dec."


def test_a_year_of_open_bugs_claims_nothing_but_the_review() -> None:
    tests = [
        make_test([make_bug("open", "low") for _ in range(9)], end_at=NOW - timedelta(days=days))
        for days in range(5, 365, 30)
    ]
    assert set(found_in(tests, tests)) == {"review_deadline"}
