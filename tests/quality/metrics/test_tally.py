"""The tally counts tests and bugs once, and adds up however they are split."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.metrics.catalogue import METRICS, rate
from quality.metrics.catalogue_bugs import severity_score
from quality.metrics.metric import Unit, Weights
from quality.metrics.rates import Rate, Ratio
from quality.metrics.tally import Tally, tally
from quality.model.entities import SEVERITIES, Execution, Test, TestFeature
from quality.review_times import with_review_days
from tests.factories import make_bug, make_bugs, make_test, worked_example
from tests.quality.strategies import accounts


def value(key: str, counted: Tally) -> float | None:
    found = METRICS[key].value(counted, Weights())
    return found.value if isinstance(found, Ratio) else found


def test_the_worked_example_comes_out_exactly() -> None:
    counted = tally(worked_example().tests.values())
    assert {key: value(key, counted) for key in METRICS} == {
        "test_count": 4,
        "bug_count": 10,
        "bugs_per_test": 2.5,
        "features_tested": None,
        "features_attached": 1,
        "active_testers": 1,
        "critical_bugs": 0,
        "high_bugs": 10,
        "medium_bugs": 0,
        "low_bugs": 0,
        "visual_bugs": 0,
        "content_bugs": 0,
        "custom_bugs": 0,
        "unknown_bugs": 0,
        "known_bugs": 0,
        "bug_severity_score": 30,
        "total_accepted": 6,
        "reviewed": 7,
        "open_bugs": 1,
        "decided": 9,
        "overdue_bugs": 1,
        "waiting_for_tester": 0,
        "accepted_critical": 0,
        "accepted_high": 6,
        "acceptance_rate": 6 / 9,
        "rejection_rate_of_decided": 3 / 9,
        "person_review_rate": 7 / 9,
        "active_acceptance_of_decided": 4 / 9,
        "overall_acceptance_rate": 0.6,
        "active_acceptance_rate": 0.4,
        "auto_acceptance_rate": 2 / 6,
        "rejection_rate": 0.3,
        "review_rate": 0.7,
        "exported": 0,
        "export_days": None,
        "verified_fixed": 0,
        "confirmation_failed": 0,
        "tests_created": 4,
        "tests_submitted": 0,
        "story_pass_rate": None,
        "story_coverage": None,
        "median_review_days": None,
    }
    assert rate("auto_acceptance_rate", counted) == Rate(2, 6)


def test_the_catalogue_has_every_metric_once_with_its_words() -> None:
    units: set[Unit] = {"count", "ratio", "score", "rate", "days"}
    assert len({metric.title for metric in METRICS.values()}) == len(METRICS)
    for key, metric in METRICS.items():
        assert metric.key == key
        assert metric.unit in units
        assert metric.title
        assert metric.formula
        assert metric.help.endswith(".")


def test_nothing_is_zero_and_what_has_no_divisor_is_null() -> None:
    units = {key: value(key, Tally()) for key in METRICS}
    for key, found in units.items():
        assert found == (0 if METRICS[key].unit in {"count", "score"} else None)


def test_what_two_tallies_share_counts_once() -> None:
    first, second = make_test(make_bugs(rejected=2)), make_test(make_bugs(open=1))
    both = tally([first, second]) + tally([second, second])
    assert (both.test_count, both.bug_count, both.rejected) == (2, 3, 2)
    assert tally([first, first]) == tally([first])


def test_only_the_named_bugs_count_when_some_are_named() -> None:
    test = make_test(make_bugs(rejected=2, open=1))
    assert tally([test], test.bugs[:1]).bug_count == 1
    assert tally([test], ()).test_count == 1


def test_weights_can_be_chosen() -> None:
    counted = tally([make_test([make_bug(severity=one) for one in SEVERITIES])])
    assert severity_score(counted, Weights()) == 5 + 3 + 2 + 5 * 1
    assert severity_score(counted, Weights(critical=10, high=0, medium=0, other=0.5)) == 12.5


def test_user_stories_are_summed_over_the_tests_that_give_them_and_then_divided() -> None:
    stories = [(4, 2, 2), (6, 3, 1), (None, 5, 4), (3, None, None), (2, 9, 99)]
    counted = tally(
        make_test(execution=Execution(total_user_stories=a, tested_user_stories=t, passed_user_stories=p))
        for a, t, p in stories
    )
    assert rate("story_coverage", counted) == Rate(2 + 3, 4 + 6)
    assert rate("story_pass_rate", counted) == Rate(2 + 1 + 4, 2 + 3 + 5)


def test_features_and_testers_are_counted_once_each() -> None:
    attached = TestFeature(1, 2001, "Cart"), TestFeature(2, 2002, "Gift cards"), TestFeature(3, None, "No id")
    counted = tally(
        [
            make_test(
                [make_bug(tester="alice"), make_bug(tester="bob"), make_bug(tester=None)], features=attached
            ),
            make_test([make_bug(tester="alice")], features=attached[:1]),
        ]
    )
    assert (len(counted.features), len(counted.testers)) == (2, 2)


def test_the_median_is_of_the_selected_bugs_with_a_known_review_time() -> None:
    seen = [make_bug("rejected", review_days=days) for days in (1.0, 4.0, None)]
    unselected = make_bug("rejected", review_days=100.0)
    counted = tally([make_test([*seen, unselected])], seen)
    assert counted.median_review_days == 2.5


@given(accounts())
def test_review_states_and_severities_and_reasons_add_up(found: list[Test]) -> None:
    counted = tally(found)
    assert (
        counted.active_accepted + counted.auto_accepted + counted.rejected + counted.open == counted.bug_count
    )
    assert sum(counted.severities.values()) == counted.bug_count == sum(counted.reviews.values())
    assert sum(counted.reasons.values()) == counted.rejected
    assert counted.accepted + counted.rejected + counted.open == counted.bug_count
    assert sum(value(f"{one}_bugs", counted) or 0 for one in SEVERITIES) == counted.bug_count
    assert counted.decided + counted.open == counted.bug_count


@given(accounts(), st.data())
def test_a_tally_adds_up_over_any_split_of_the_tests(found: list[Test], data: st.DataObject) -> None:
    parts: list[list[Test]] = [[], [], []]
    for test in found:
        days = {bug.id: bug.id / 7 for bug in test.bugs if bug.known}
        parts[data.draw(st.integers(0, 2))].append(with_review_days(test, days))
    whole = tally(test for part in parts for test in part)
    summed = sum((tally(part) for part in parts), Tally())
    assert summed == whole
    for key, metric in METRICS.items():
        assert metric.value(summed, Weights()) == metric.value(whole, Weights()), key


@given(accounts())
def test_every_rate_is_a_part_of_a_whole(found: list[Test]) -> None:
    counted = tally(found)
    for key, metric in METRICS.items():
        if metric.unit == "rate":
            part = rate(key, counted)
            assert 0 <= part.numerator <= part.denominator
            assert part.value is None or 0 <= part.value <= 1
            assert (part.value is None) == (part.denominator == 0) == (part.interval is None)


def test_only_rates_are_asked_for_as_rates() -> None:
    with pytest.raises(KeyError):
        rate("bugs_per_test", Tally())


def test_equal_tests_in_any_order_give_equal_tallies() -> None:
    one, two = make_test(make_bugs(open=1)), make_test(make_bugs(rejected=1))
    for first, second in product((one, two), repeat=2):
        assert tally([first]) + tally([second]) == tally([second]) + tally([first])
