"""Health levels at their exact boundaries, and samples too small to be sure of them."""

import math

import pytest

from base.errors import InvalidInput
from quality.health import Thresholds, assess, level, small_sample, worst
from quality.metrics.columns import INDICATORS
from quality.metrics.rates import Rate
from quality.metrics.tally import Tally, tally
from tests.factories import make_bugs, make_test, worked_example

BELOW, ABOVE = -1e-12, 1e-12


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("rejection_rate_of_decided", 0.0, "healthy"),
        ("rejection_rate_of_decided", 0.20 + BELOW, "healthy"),
        ("rejection_rate_of_decided", 0.20, "warning"),
        ("rejection_rate_of_decided", 0.35 + BELOW, "warning"),
        ("rejection_rate_of_decided", 0.35, "critical"),
        ("auto_acceptance_rate", 0.20 + BELOW, "healthy"),
        ("auto_acceptance_rate", 0.20, "warning"),
        ("auto_acceptance_rate", 0.40 + BELOW, "warning"),
        ("auto_acceptance_rate", 0.40, "critical"),
        ("auto_acceptance_rate", 1.0, "critical"),
        ("person_review_rate", 1.0, "healthy"),
        ("person_review_rate", 0.80 + ABOVE, "healthy"),
        ("person_review_rate", 0.80, "warning"),
        ("person_review_rate", 0.60 + ABOVE, "warning"),
        ("person_review_rate", 0.60, "critical"),
        ("person_review_rate", 0.0, "critical"),
        ("rejection_rate_of_decided", None, "unknown"),
        ("auto_acceptance_rate", None, "unknown"),
        ("person_review_rate", None, "unknown"),
    ],
)
def test_a_level_begins_exactly_at_its_threshold(key: str, value: float | None, expected: str) -> None:
    assert level(key, value, Thresholds()) == expected


@pytest.mark.parametrize("whole", [5, 20, 40, 60, 100, 1000, 12345 * 20])
def test_counts_at_a_threshold_are_not_lost_to_rounding(whole: int) -> None:
    for key in INDICATORS:
        warning, critical = Thresholds().of(key)
        for threshold, expected in ((warning, "warning"), (critical, "critical")):
            part = round(whole * threshold)
            if part == whole * threshold:
                assert level(key, Rate(part, whole).value, Thresholds()) == expected


def test_the_worked_example_is_a_warning_of_a_small_sample() -> None:
    found = assess(tally(worked_example().tests.values()), Thresholds())
    assert [(one.key, one.rate, one.level, one.small_sample) for one in found] == [
        ("rejection_rate_of_decided", Rate(3, 9), "warning", True),
        ("auto_acceptance_rate", Rate(2, 6), "warning", True),
        ("person_review_rate", Rate(7, 9), "warning", True),
    ]


def test_without_bugs_nothing_is_known() -> None:
    found = assess(Tally(), Thresholds())
    assert {one.level for one in found} == {"unknown"}
    assert worst(one.level for one in found) == "unknown"


def test_overall_health_is_the_worst_that_is_not_unknown() -> None:
    assert worst(["healthy", "unknown", "warning"]) == "warning"
    assert worst(["warning", "critical", "healthy"]) == "critical"
    assert worst(["unknown", "healthy"]) == "healthy"
    assert worst([]) == "unknown"


def test_a_sample_is_small_under_twenty_or_when_its_interval_holds_a_threshold() -> None:
    thresholds = (0.20, 0.35)
    assert small_sample(Rate(0, 19), thresholds)
    assert not small_sample(Rate(0, 20), thresholds)
    assert small_sample(Rate(4, 30), thresholds)
    assert not small_sample(Rate(40, 1000), thresholds)
    assert small_sample(Rate(200, 1000), thresholds)
    assert not small_sample(Rate(270, 1000), thresholds)


def test_thresholds_can_be_chosen() -> None:
    strict = Thresholds(
        rejection_warning=0.05, rejection_critical=0.05, review_warning=0.9, review_critical=0.9
    )
    found = assess(tally([make_test(make_bugs(rejected=1, active_accepted=19))]), strict)
    assert [one.level for one in found] == ["critical", "healthy", "healthy"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("rejection_warning", 0.36),
        ("rejection_critical", 0.1),
        ("auto_acceptance_warning", 0.5),
        ("review_warning", 0.5),
        ("review_critical", 0.9),
        ("review_warning", 1.5),
        ("rejection_warning", -0.1),
        ("rejection_critical", math.nan),
        ("auto_acceptance_critical", math.inf),
    ],
)
def test_a_threshold_on_the_wrong_side_is_refused_by_the_settings_name(name: str, value: float) -> None:
    with pytest.raises(InvalidInput, match=f"PLAYBOOK_{name.rsplit('_', 1)[0].upper()}"):
        Thresholds(**{name: value})
