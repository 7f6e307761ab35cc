"""The verdict on the product: critical bugs, more severe bugs than before, stories and features that fail."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from quality.metrics.rates import Ratio, poisson_p
from quality.metrics.tally import Tally, tally
from quality.model.entities import Bug, Execution, Test, TestFeature
from quality.options import QualityOptions
from quality.periods.periods import ALL_TIME, Period, period, previous
from quality.periods.words import end_of_day
from quality.product_verdict import Judged, last_results, product_verdict, window
from quality.scope import scope, verdicts
from quality.selection import Selection
from quality.thresholds import Thresholds
from quality.verdicts import WORST_FIRST, Verdict
from quality.views.report import report_view
from tests.factories import NOW, make_bug, make_facts, make_test
from tests.quality.strategies import accounts


def _verdict(
    *tests: Test, before: tuple[Test, ...] | None = None, settled: Mapping[int, str] | None = None
) -> Verdict:
    earlier = None if before is None else tally(before)
    return product_verdict(Judged(tally(tests), earlier), Thresholds(), settled or {})


def _features(*results: str | None, **overrides: Any) -> Test:
    features = tuple(
        TestFeature(9000 + one, 2000 + one, f"Feature {one}", result) for one, result in enumerate(results)
    )
    return make_test(features=features, **overrides)


def _stories(passed: int, tested: int) -> Test:
    return make_test(execution=Execution(passed_user_stories=passed, tested_user_stories=tested))


def test_an_accepted_or_open_critical_bug_says_act_now_and_a_rejected_one_does_not() -> None:
    bugs = [
        make_bug("auto_accepted", "critical"),
        make_bug("open", "critical"),
        make_bug("rejected", "critical"),
    ]
    found = _verdict(make_test(bugs))
    assert (found.level, found.reason) == (
        "act_now",
        "2 critical bugs are accepted or open (1 to fix, 1 to review).",
    )
    assert _verdict(make_test(bugs[2:])).level == "fine"
    assert _verdict(make_test(bugs[2:])).reason == "No critical bug is accepted or open in 1 test."
    assert _verdict(make_test(bugs[1:2])).reason == "1 critical bug is open."


def test_a_critical_bug_that_is_fixed_or_an_accepted_risk_no_longer_counts() -> None:
    bug = make_bug("active_accepted", "critical")
    found = _verdict(make_test([bug]), settled={bug.id: "fixed in 4.15"})
    assert found.level == "fine"
    assert found.reason == "Every accepted or open critical bug is fixed or an accepted risk."


def test_a_reason_tells_settled_critical_bugs_from_those_that_count() -> None:
    """All of them are counted first: else "4 critical bugs" stands beside a 5 in the table."""
    bugs = [make_bug(severity="critical", review="active_accepted") for _ in range(3)]
    fixed = {bugs[0].id: "fixed in 4.15"}
    found = _verdict(make_test(bugs), settled=fixed)
    assert found.reason == "3 critical bugs are accepted (2 to fix, 1 fixed in 4.15)."
    assert found.reason == found.headline
    found = _verdict(make_test([*bugs, make_bug("open", "critical")]), settled=fixed)
    assert found.reason == "4 critical bugs are accepted or open (2 to fix, 1 to review, 1 fixed in 4.15)."
    found = _verdict(make_test(bugs), settled=fixed | {bugs[1].id: "accepted as a risk"})
    assert found.reason == "3 critical bugs are accepted (1 to fix, 2 settled)."


@pytest.mark.parametrize(("result", "level"), [("passed", "fine"), ("failed", "act_now"), (None, "act_now")])
def test_a_critical_bug_whose_fix_was_confirmed_no_longer_counts(result: Any, level: str) -> None:
    assert _verdict(make_test([make_bug("active_accepted", "critical", confirmation=result)])).level == level


def test_fixes_make_no_period_look_better_than_the_other() -> None:
    found = [make_bug("active_accepted", "high") for _ in range(30)]
    fixed = [make_bug("active_accepted", "high", confirmation="passed") for _ in range(30)]
    assert _verdict(make_test(found), before=(make_test(fixed),)).level == "fine"


def test_no_executed_test_is_not_tested_and_not_fine() -> None:
    assert _verdict() == Verdict("unknown", "Not tested in this period.")


def test_more_severe_bugs_a_test_than_before_by_more_than_chance_say_watch() -> None:
    def tests(count: int, bugs: int) -> tuple[Test, ...]:
        return tuple(make_test([make_bug("open", "high") for _ in range(bugs)]) for _ in range(count))

    grown = _verdict(*tests(5, 6), before=tests(5, 2))
    assert (grown.level, grown.reason) == (
        "watch",
        "30 critical or high bugs in 5 tests (6.0 a test), before 2.0.",
    )
    assert _verdict(*tests(5, 2), before=tests(5, 6)).level == "fine"
    assert _verdict(*tests(5, 3), before=tests(5, 2)).level == "fine"
    assert _verdict(*tests(5, 6), before=()).level == "fine"


@pytest.mark.parametrize(
    ("passed", "tested", "expected"),
    [(9, 10, "fine"), (8, 10, "watch"), (6, 10, "watch"), (5, 10, "act_now"), (0, 9, "fine"), (0, 0, "fine")],
)
def test_user_stories_are_judged_from_ten_tested_ones_on(passed: int, tested: int, expected: str) -> None:
    assert _verdict(_stories(passed, tested)).level == expected


def test_one_failed_feature_says_watch_and_more_than_half_of_the_tested_ones_act_now() -> None:
    assert _verdict(_features("passed", "passed", "failed", None, "not_tested")).level == "watch"
    assert _verdict(_features("passed", "failed")).level == "watch"
    assert (
        _verdict(_features("passed", "failed")).headline
        == "1 feature failed in its latest test: “Feature 1”."
    )
    assert _verdict(_features("passed", "failed", "failed")).level == "act_now"
    assert _verdict(_features("passed", "blocked")).level == "fine"
    assert _verdict(_features(None, "not_tested")).level == "fine"


def test_only_the_last_execution_of_a_feature_counts() -> None:
    old, new = _features("failed", end_at=NOW - timedelta(days=9)), _features("passed", end_at=NOW)
    untested = _features("not_tested", end_at=NOW + timedelta(days=1))
    assert last_results({one.id: one for one in (new, old, untested)}) == {2000: ("passed", "Feature 0", new)}
    assert _verdict(new, old, untested).level == "fine"


def test_of_a_longer_period_only_the_last_90_days_are_judged_and_it_says_so() -> None:
    tests = [
        make_test([make_bug("active_accepted", "critical")], id=1, end_at=NOW - timedelta(days=200)),
        make_test(id=2, end_at=NOW - timedelta(days=10)),
    ]
    facts = make_facts(tests)
    for span in (ALL_TIME, period("last-365-days", NOW)):
        product, _ = verdicts(scope(facts, Selection(period=span), NOW), QualityOptions())
        assert product.level == "fine"
        assert product.reason == (
            "In the last 90 days no critical bug is accepted or open in 1 test; 1 older critical bug is"
            " accepted."
        )
    assert window(period("last-90-days", NOW), NOW) is None
    assert window(period("last-30-days", NOW), NOW) is None
    old = Period("custom", "Long ago", NOW - timedelta(days=400), NOW - timedelta(days=150))
    product, _ = verdicts(scope(facts, Selection(period=old), NOW), QualityOptions())
    assert product.level == "act_now"


@pytest.mark.parametrize("key", ["all", "last-365-days", "ytd"])
@pytest.mark.parametrize("tested", [True, False])
def test_a_longer_period_names_its_older_critical_bugs_first_and_does_not_judge_them(
    key: str, tested: bool
) -> None:
    late = make_test([make_bug("active_accepted", "critical")], id=1, end_at=NOW - timedelta(days=200))
    recent = [make_test(id=2, end_at=NOW - timedelta(days=10))] if tested else []
    selection = Selection(product_ids=(late.product_id,), period=period(key, NOW))
    report = report_view(make_facts([late, *recent]), selection, QualityOptions())
    assert report.product_verdict.level == ("fine" if tested else "unknown")
    assert ("; one older accepted" if tested else "; 1 older critical bug is accepted") in report.headline[0]
    assert "1 older critical bug is accepted" in report.product_verdict.reason
    (stated,) = (one for one in report.findings if one.key == "criticals")
    assert (stated.level, stated.bug_ids) == ("watch", (late.bugs[0].id,))
    assert stated.title == "An older critical bug is accepted"
    assert report.measures["accepted_critical"].value == 1


def test_critical_bugs_of_tests_without_a_known_end_are_other_ones_and_not_older() -> None:
    undated = make_test([make_bug("open", "critical"), make_bug("open", "critical")], id=1, end_at=None)
    recent = make_test([make_bug("open", "critical")], id=2, end_at=NOW - timedelta(days=10))
    product, _ = verdicts(scope(make_facts([undated, recent]), Selection(), NOW), QualityOptions())
    assert product.reason == "In the last 90 days 1 critical bug is open; 2 other critical bugs are open."
    assert product.headline == "In the last 90 days 1 critical bug is open; other ones open."


def test_of_a_longer_period_that_is_over_the_90_days_are_said_with_their_end() -> None:
    tests = [make_test([make_bug("open", "critical")], id=1, end_at=NOW - timedelta(days=70))]
    facts, last = make_facts(tests), end_of_day(datetime(2025, 12, 31, tzinfo=UTC))
    year = Period("custom", "2025", datetime(2025, 1, 1, tzinfo=UTC), last)
    for ended, said in ((period("last-quarter", NOW), "30 Sep"), (year, "31 Dec 2025")):
        for found in (tests, []):
            judged = replace(scope(facts, Selection(period=ended), NOW).judged, found=tally(found))
            verdict = product_verdict(judged, Thresholds())
            texts = [verdict.reason, verdict.beside, *(one.text for one in verdict.signals)]
            assert [text for text in texts if f"n the 90 days to {said}" not in text] == []
        assert verdict.reason == f"Not tested in the 90 days to {said}."


def test_accepted_critical_bugs_of_a_longer_period_add_up_recent_older_and_settled() -> None:
    old = make_test(
        [make_bug("active_accepted", "critical") for _ in range(5)], id=1, end_at=NOW - timedelta(days=200)
    )
    recent = make_test([make_bug("active_accepted", "critical")], id=2, end_at=NOW - timedelta(days=10))
    scoped = scope(make_facts([old, recent]), Selection(), NOW)
    for settled, said in (
        (old.bugs[:2], "; 5 older critical bugs are accepted (3 to fix, 2 fixed)."),
        (old.bugs[:1], "; 5 older critical bugs are accepted (4 to fix, 1 fixed)."),
        (old.bugs, "; 5 older critical bugs are fixed."),
    ):
        verdict = product_verdict(scoped.judged, Thresholds(), {bug.id: "fixed" for bug in settled})
        assert verdict.reason == f"In the last 90 days 1 critical bug is accepted{said}"
        assert "fixed" not in verdict.headline


def test_exactly_named_tests_are_judged_whatever_their_age() -> None:
    old = make_test([make_bug("open", "critical")], id=1, end_at=NOW - timedelta(days=900))
    product, _ = verdicts(scope(make_facts([old]), Selection(test_ids=(1,)), NOW), QualityOptions())
    assert (product.level, product.reason) == ("act_now", "1 critical bug is open.")


@pytest.mark.slow
@given(accounts(), st.integers(1, 4), st.sampled_from(["active_accepted", "auto_accepted", "open"]))
def test_more_critical_bugs_never_improve_the_verdict(tests: list[Test], more: int, review: str) -> None:
    found, before = tally(tests[1:]), tally(tests[:1])
    bugs = [
        make_bug(review, "critical", id=10**6 + number, test_id=next(iter(found.tests), 0))  # type: ignore[arg-type]
        for number in range(more)
    ]
    if any(test.executed for test in found.tests.values()):
        worse = Tally(found.tests, {**found.bugs, **{bug.id: bug for bug in bugs}})
        better_level, worse_level = (
            product_verdict(Judged(one, before), Thresholds()).level for one in (found, worse)
        )
        assert WORST_FIRST.index(worse_level) <= WORST_FIRST.index(better_level)
        assert worse_level == "act_now"


_FOUND = st.fixed_dictionaries(
    {
        "tests": st.integers(1, 4),
        "criticals": st.integers(0, 2),
        "high": st.integers(0, 30),
        "before": st.integers(1, 30),
        "passed": st.integers(1, 20),
        "not_passed": st.integers(0, 20),
        "features_passed": st.integers(1, 6),
        "features_failed": st.integers(0, 6),
    }
)
_WORSE = (
    {"criticals": 1}, {"high": 1}, {"high": 9}, {"before": -1}, {"passed": -1, "not_passed": 1},
    {"features_passed": -1, "features_failed": 1},
)  # fmt: skip


@given(_FOUND)
def test_a_worse_signal_of_whatever_kind_never_improves_the_verdict_nor_the_signal(
    found: dict[str, int],
) -> None:
    better = _found(**found)
    for change in _WORSE:
        worse = _found(**{key: value + change.get(key, 0) for key, value in found.items()})
        assert WORST_FIRST.index(worse.level) <= WORST_FIRST.index(better.level), change
        for one, other in zip(better.signals, worse.signals, strict=True):
            assert WORST_FIRST.index(other.level) <= WORST_FIRST.index(one.level), (change, one.key)


def _found(
    *,
    tests: int,
    criticals: int,
    high: int,
    before: int,
    passed: int,
    not_passed: int,
    features_passed: int,
    features_failed: int,
) -> Verdict:
    bugs = [make_bug("open", "critical") for _ in range(criticals)]
    bugs += [make_bug("active_accepted", "high") for _ in range(high)]
    results = ["passed"] * features_passed + ["failed"] * features_failed
    first = replace(
        _features(*results),
        bugs=tuple(bugs),
        execution=Execution(passed_user_stories=passed, tested_user_stories=passed + not_passed),
    )
    earlier = (make_test([make_bug("open", "high") for _ in range(before)]), make_test())
    return _verdict(first, *(make_test() for _ in range(tests - 1)), before=earlier)


@given(st.integers(0, 40), st.integers(1, 12), st.integers(0, 40), st.integers(1, 12))
def test_more_of_one_rate_never_looks_more_like_chance(a: int, tests: int, b: int, others: int) -> None:
    now, more, then = Ratio(a, tests), Ratio(a + 1, tests), Ratio(b, others)
    p, sure = poisson_p(now, then), poisson_p(more, then)
    assert p is not None
    assert sure is not None
    if a * others > b * tests:
        assert sure <= p + 1e-9
    assert p == pytest.approx(poisson_p(then, now))


def test_two_rates_without_units_cannot_be_compared() -> None:
    assert poisson_p(Ratio(3, 0), Ratio(1, 2)) is None
    assert poisson_p(Ratio(0, 3), Ratio(0, 2)) == 1.0
    # Given 12 events and equal times, 11 of them in one has twice the tail of a fair coin: 2 * 13 / 4096.
    assert poisson_p(Ratio(11, 4), Ratio(1, 4)) == pytest.approx(26 / 4096)


def test_the_judged_tests_of_one_product_are_its_own() -> None:
    tests = [make_test([make_bug("open", "critical")], product_id=one) for one in (598, 599)]
    judged = Judged(tally(tests), tally(tests))
    own = judged.of_product(598)
    assert [test.product_id for test in own.found.tests.values()] == [598]
    assert [bug.product_id for bug in own.found.bugs.values()] == [598]
    assert own.before is not None
    assert len(own.before.bugs) == 1


def test_a_severe_bug_of_another_type_is_not_counted() -> None:
    bugs: list[Bug] = [structs.replace(make_bug("open", "visual"), bug_type="visual")]
    assert _verdict(make_test(bugs), before=(make_test(),)).level == "fine"
    assert previous(ALL_TIME) is None
