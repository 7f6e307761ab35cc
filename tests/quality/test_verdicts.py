"""The verdict on the review: levels at their exact boundaries, minimum samples, one sentence of reason."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.metrics.catalogue import METRICS, rate
from quality.metrics.columns import INDICATORS
from quality.metrics.rates import SMALL_SAMPLE, Rate
from quality.metrics.tally import Tally, tally
from quality.model.entities import Test
from quality.thresholds import Thresholds
from quality.verdicts import WORST_FIRST, Level, Verdict, level, review_level, review_verdict, worst
from tests.factories import make_bug, make_bugs, make_facts, make_test, worked_example
from tests.quality.strategies import accounts

OVER = 10**12


def _rate(value: float, nudge: int = 0) -> Rate:
    return Rate(round(value * OVER) + nudge, OVER)


def _verdict(**reviews: int) -> Verdict:
    return review_verdict(tally([make_test(make_bugs(**reviews))]), Thresholds())


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("rejection_rate_of_decided", _rate(0.0), "fine"),
        ("rejection_rate_of_decided", _rate(0.20, -1), "fine"),
        ("rejection_rate_of_decided", _rate(0.20), "watch"),
        ("rejection_rate_of_decided", _rate(0.35, -1), "watch"),
        ("rejection_rate_of_decided", _rate(0.35), "act_now"),
        ("auto_acceptance_rate", _rate(0.20, -1), "fine"),
        ("auto_acceptance_rate", _rate(0.20), "watch"),
        ("auto_acceptance_rate", _rate(0.40, -1), "watch"),
        ("auto_acceptance_rate", _rate(0.40), "act_now"),
        ("person_review_rate", _rate(0.80, 1), "fine"),
        ("person_review_rate", _rate(0.80), "watch"),
        ("person_review_rate", _rate(0.60, 1), "watch"),
        ("person_review_rate", _rate(0.60), "act_now"),
        ("active_acceptance_of_decided", _rate(0.35, 1), "fine"),
        ("active_acceptance_of_decided", _rate(0.35), "watch"),
        ("active_acceptance_of_decided", _rate(0.20, 1), "watch"),
        ("active_acceptance_of_decided", _rate(0.20), "act_now"),
        ("active_acceptance_of_decided", Rate(0, 0), "unknown"),
    ],
)
def test_a_level_begins_exactly_at_its_threshold(key: str, value: Rate, expected: str) -> None:
    assert level(key, value, Thresholds()) == expected


def test_under_twenty_decided_bugs_nothing_is_judged_however_bad() -> None:
    assert _verdict(rejected=19).level == "unknown"
    assert _verdict(rejected=19).reason == "19 bugs are decided, at least 20 are needed."
    assert _verdict(rejected=19, open=100).level == "unknown"
    assert _verdict(rejected=20).level == "act_now"
    found = tally(worked_example().tests.values())
    assert {review_level(key, found, Thresholds()) for key in INDICATORS} == {"unknown"}
    assert {one.level for one in review_verdict(found, Thresholds()).signals} == {"unknown", "watch"}


def test_auto_acceptance_judges_nothing_under_twenty_accepted_bugs_by_which_it_divides() -> None:
    few = _verdict(auto_accepted=9, active_accepted=10, rejected=1)
    assert _signal(few, "auto_acceptance_rate") == "unknown"
    assert few.signals[1].text == "9 of 19 accepted bugs auto-accepted: too few to judge"
    enough = _verdict(auto_accepted=9, active_accepted=11, rejected=1)
    assert _signal(enough, "auto_acceptance_rate") == "act_now"
    only = _verdict(auto_accepted=1, rejected=30)
    assert (only.level, only.reason) == (
        "act_now",
        "30 of 31 decided bugs rejected (97 %) and 0 of 31 decided bugs accepted by a person (0 %).",
    )


def test_the_reason_says_in_one_sentence_what_decided() -> None:
    assert _verdict(rejected=10, active_accepted=10).reason == "10 of 20 decided bugs rejected (50 %)."
    assert _verdict(active_accepted=27, rejected=3).reason == (
        "3 of 30 decided bugs rejected (10 %) and 30 of 30 decided bugs reviewed by a person (100 %)."
    )
    many = _verdict(rejected=10, active_accepted=10, open=10)
    assert many.reason == "10 of 20 decided bugs rejected (50 %), so far."


def test_bugs_that_nobody_decided_are_no_verdict_and_divide_by_nothing() -> None:
    assert _verdict(open=300).level == "unknown"
    assert _verdict(open=300).reason == "No bug is decided yet, 300 open."
    assert _verdict().reason == "No bug was reported."
    assert review_verdict(Tally(), Thresholds()).reason == "Not tested in this period."
    assert review_verdict(Tally(), Thresholds()).level == "unknown"


def test_overdue_bugs_make_it_at_least_watch() -> None:
    late = make_facts([make_test(make_bugs(open=2, active_accepted=30), id=1)]).tests[1]
    found = review_verdict(tally([late]), Thresholds())
    assert (found.level, found.reason) == ("watch", "2 open bugs are overdue.")
    alone = make_facts([make_test(make_bugs(open=1), id=1)]).tests[1]
    assert review_verdict(tally([alone]), Thresholds()).level == "watch"
    worse = make_facts([make_test(make_bugs(open=1, rejected=20), id=1)]).tests[1]
    assert review_verdict(tally([worse]), Thresholds()).level == "act_now"


def test_the_worst_level_is_the_first_that_is_known() -> None:
    assert worst(["fine", "unknown", "watch"]) == "watch"
    assert worst(["watch", "act_now", "fine"]) == "act_now"
    assert worst(["unknown", "fine"]) == "fine"
    assert worst([]) == "unknown"


def test_thresholds_can_be_chosen() -> None:
    strict = Thresholds(rejection_warning=0.05, rejection_critical=0.05)
    found = tally([make_test(make_bugs(rejected=1, active_accepted=19))])
    assert review_verdict(found, strict).level == "act_now"
    assert review_verdict(found, Thresholds()).level == "fine"


@pytest.mark.slow
@given(accounts(), st.integers(1, 40))
def test_adding_open_bugs_changes_no_judged_rate_and_no_level(tests: list[Test], more: int) -> None:
    before = tally(tests)
    after = before + tally((), [make_bug("open", id=10**6 + number) for number in range(more)])
    for key in INDICATORS:
        assert rate(key, before) == rate(key, after)
        assert review_level(key, before, Thresholds()) == review_level(key, after, Thresholds())
    assert review_verdict(before, Thresholds()).level == review_verdict(after, Thresholds()).level


_COUNTS = st.integers(0, 60)


@given(_COUNTS, _COUNTS, _COUNTS, _COUNTS, st.integers(1, 30))
def test_worse_reviews_of_as_many_bugs_never_improve_an_indicator_nor_the_verdict(
    accepted: int, left: int, rejected: int, late: int, moved: int
) -> None:
    """Bugs auto-accepted instead of looked at, rejected instead of accepted, overdue beside them."""
    by = min(moved, accepted)
    better = _handled(accepted, left, rejected, late)
    _never_better(better, _handled(accepted - by, left + by, rejected, late))
    _never_better(better, _handled(accepted, left, rejected, late + moved))
    other = _handled(accepted - by, left, rejected + by, late)
    for key in ("rejection_rate_of_decided", "active_acceptance_of_decided", "person_review_rate"):
        assert _rank(_signal(other, key)) <= _rank(_signal(better, key)) or _signal(better, key) == "unknown"
    if _signal(better, "auto_acceptance_rate") == "unknown" or accepted - by + left >= SMALL_SAMPLE:
        _never_better(better, other)


@given(_COUNTS, _COUNTS, _COUNTS, st.sampled_from(INDICATORS), st.floats(0, 0.2))
def test_stricter_limits_never_improve_the_verdict(
    accepted: int, left: int, rejected: int, key: str, by: float
) -> None:
    loose, name = Thresholds(), METRICS[key].limits
    limits: dict[str, Any] = {
        f"{name}_{end}": min(1.0, max(0.0, value + (by if METRICS[key].better == "up" else -by)))
        for end, value in zip(("warning", "critical"), loose.of(key), strict=True)
    }
    found = tally([make_test(make_bugs(active_accepted=accepted, auto_accepted=left, rejected=rejected))])
    better, worse = (review_verdict(found, one) for one in (loose, Thresholds(**limits)))
    _never_better(better, worse)


def _handled(accepted: int, left: int, rejected: int, late: int) -> Verdict:
    bugs = make_bugs(active_accepted=accepted, auto_accepted=left, rejected=rejected, open=late)
    return review_verdict(tally(make_facts([make_test(bugs, id=1)]).tests.values()), Thresholds())


def _never_better(better: Verdict, worse: Verdict) -> None:
    assert _rank(worse.level) <= _rank(better.level)
    known = {one.key for one in better.signals} & {one.key for one in worse.signals}
    for key in known:
        if _signal(better, key) != "unknown":
            assert _rank(_signal(worse, key)) <= _rank(_signal(better, key))


@pytest.mark.slow
@given(accounts())
def test_a_verdict_with_a_level_rests_on_twenty_decided_bugs_or_on_overdue_ones(tests: list[Test]) -> None:
    found = tally(make_facts(tests).tests.values())
    verdict = review_verdict(found, Thresholds())
    if verdict.level != "unknown":
        assert found.decided >= SMALL_SAMPLE or found.overdue
    assert verdict.reason.endswith(".")
    assert verdict.reason.count(". ") == 0


def _signal(verdict: Verdict, key: str) -> Level:
    return next(one.level for one in verdict.signals if one.key == key)


def _rank(found: Level) -> int:
    return WORST_FIRST.index(found)
