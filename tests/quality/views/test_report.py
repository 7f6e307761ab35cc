"""The report view: the same numbers for pages, Markdown and tools."""

from datetime import timedelta

import pytest

from base.errors import InvalidInput, NotFound
from quality.metrics.catalogue import METRICS
from quality.metrics.columns import KPIS, NOISE
from quality.model.entities import Execution, ReviewState, Test
from quality.model.facts import Facts, Gap
from quality.options import QualityOptions
from quality.periods.periods import REPORT_PERIODS, Period, period
from quality.selection import EXECUTED, Selection
from quality.views.report import ReportView, report_view
from quality.views.trend import rates_title
from tests.factories import NOW, make_bug, make_bugs, make_facts, make_product, make_test, worked_example

OPTIONS = QualityOptions()


def _report(facts: Facts, key: str = "last-90-days", **selection: object) -> ReportView:
    return report_view(facts, Selection(period=period(key, facts.as_of), **selection), OPTIONS)  # type: ignore[arg-type]


def _two_periods() -> Facts:
    """72 bugs of two tests in the last 90 days, 58 of three before."""
    return make_facts(
        [
            make_test(make_bugs(active_accepted=40, auto_accepted=12, rejected=4), id=1),
            make_test(
                make_bugs(active_accepted=10, rejected=4, open=2), id=2, end_at=NOW - timedelta(days=9)
            ),
            *(
                make_test(make_bugs(**reviews), id=number, end_at=NOW - timedelta(days=120))
                for number, reviews in enumerate(
                    ({"active_accepted": 47}, {"rejected": 6}, {"rejected": 5}), 3
                )
            ),
        ]
    )


def test_the_headline_gives_direction_cause_and_what_is_asked() -> None:
    report = _report(_two_periods())
    assert report.headline == (
        "Watch: 32.0 critical or high bugs a test, before 15.7.",
        "71 % of decided bugs accepted by a person, before 81 %.",
        "Review 2 bugs by 21 Nov, 06:00 UTC.",
    )
    assert report.notes == ("2 bugs are open and in no judged rate: due by 21 Nov.",)


def test_the_change_is_that_of_the_rate_that_is_the_verdict() -> None:
    """A page said how good the stories are now, and how the reviews were before."""
    now, before = (Execution(tested_user_stories=30, passed_user_stories=passed) for passed in (18, 27))
    facts = make_facts(
        [
            make_test(make_bugs(active_accepted=20), execution=now),
            make_test(make_bugs(active_accepted=20), execution=before, end_at=NOW - timedelta(days=120)),
        ]
    )
    assert _report(facts).headline[:2] == (
        "Watch: 60 % of tested story executions passed, before 90 %.",
        "100 % of decided bugs accepted by a person, before 100 %.",
    )


@pytest.mark.parametrize("review", ["active_accepted", "auto_accepted", "open"])
def test_a_critical_bug_that_weighs_on_the_product_stands_in_the_first_sentence(review: ReviewState) -> None:
    facts = make_facts([make_test([make_bug(review, "critical"), *make_bugs(rejected=30)])])
    assert "1 critical bug is" in _report(facts).headline[0]


def test_a_bad_indicator_is_the_cause_with_its_change_and_main_reason() -> None:
    rejected = [make_bug("rejected", rejection_reason="known_bug") for _ in range(6)]
    facts = make_facts(
        [
            make_test([*rejected, *make_bugs(rejected=4, active_accepted=10)], id=1),
            make_test(make_bugs(active_accepted=20), id=2, end_at=NOW - timedelta(days=120)),
        ]
    )
    assert _report(facts).headline[1] == ("50 % of decided bugs rejected, before 0 %.")


def test_fewer_bugs_of_fewer_tests_are_not_praised() -> None:
    facts = make_facts(
        [
            make_test(make_bugs(active_accepted=2), id=1),
            *(
                make_test(make_bugs(active_accepted=2), id=n, end_at=NOW - timedelta(days=120))
                for n in (2, 3)
            ),
        ]
    )
    report = _report(facts)
    assert "Fewer bugs may only mean fewer tests." in report.notes
    assert report.changes["bug_count"].better is None
    assert report.headline[1] == "2 of 2 decided bugs accepted by a person."
    assert report.volume == "1 test found 2 bugs, 2 high."


def test_without_a_deadline_the_gravest_findings_action_is_asked_else_nothing() -> None:
    noisy = make_test(
        [make_bug("rejected", rejection_reason="ignored_instructions") for _ in range(5)], title="Checkout"
    )
    assert _report(make_facts([noisy])).headline[-1] == ("Mend the instructions of “Checkout” by 4 Dec.")
    quiet = make_test(make_bugs(active_accepted=5))
    assert _report(make_facts([quiet])).headline[-1] == "No action needed."


def test_every_metric_is_there_with_its_value_before_and_its_change() -> None:
    report = _report(_two_periods())
    assert list(report.measures) == list(METRICS)
    assert report.previous is not None
    assert report.previous["bug_count"].value == 58
    assert report.previous_text == "25 May 2026 to 22 Aug 2026 (UTC)"
    assert report.changes["bug_count"].text == "before 58"
    assert report.changes["test_count"].step == "down 1"
    assert "auto_acceptance_rate" in report.changes
    assert "story_pass_rate" not in report.changes


def test_the_cards_have_each_with_twelve_months() -> None:
    report = _report(_two_periods())
    assert tuple(kpi.measure.key for kpi in report.kpis) == KPIS
    months = report.kpis[0].months
    assert (months[0], months[-1], len(months)) == ("2025-12", "2026-11", 12)
    by_key = {kpi.measure.key: dict(zip(kpi.months, kpi.spark, strict=True)) for kpi in report.kpis}
    assert by_key["bug_count"]["2026-10"] == 56
    assert by_key["bug_count"]["2026-11"] == 16
    assert by_key["bug_count"]["2026-07"] == 58
    assert by_key["bug_count"]["2026-01"] == 0
    assert by_key[NOISE]["2026-10"] == pytest.approx(4 / 56)
    assert by_key[NOISE]["2026-01"] is None
    assert report.kpis[2].anchor == "metric-open_bugs"


def test_the_worked_example_comes_out_exactly() -> None:
    report = _report(worked_example())
    values = {key: report.measures[key].value for key in ("test_count", "bug_count", "bugs_per_test")}
    assert values == {"test_count": 4, "bug_count": 10, "bugs_per_test": 2.5}
    rates = (
        "active_acceptance_rate",
        "auto_acceptance_rate",
        "overall_acceptance_rate",
        "rejection_rate",
        "review_rate",
    )
    assert [report.measures[key].value for key in rates] == [0.4, 2 / 6, 0.6, 0.3, 0.7]
    assert report.product_verdict.level == "fine"
    assert (report.review_verdict.level, report.review_verdict.reason) == ("watch", "1 open bug is overdue.")
    assert report.measures["acceptance_rate"].detail == "6 of 9 (2 auto-accepted)"


def test_the_breakdowns_stand_beside_their_true_totals() -> None:
    bugs = [
        make_bug("rejected", "critical", rejection_reason="known_bug"),
        make_bug("open", "visual"),
        make_bug("open", "low"),
    ]
    facts = make_facts([make_test(bugs)], products=[make_product(), make_product(599, "Idle")])
    report = _report(facts)
    severity = [
        (row.name, row.measures["bug_count"].value, row.share and row.share.text)
        for row in report.severity.rows
    ]
    assert severity == [
        ("critical", 1, "1 of 3"),
        ("high", 0, "0 of 3"),
        ("low", 1, "1 of 3"),
        ("visual", 1, "1 of 3"),
    ]
    assert report.severity.total["bug_count"].value == 3
    assert [(row.id, row.name) for row in report.reasons.rows] == [("known_bug", "Known bug")]
    assert report.reasons.total["bug_count"].value == 1
    assert [(row.name, row.measures["test_count"].value) for row in report.by_product.rows] == [
        ("Halo Shop", 1),
        ("Idle", 0),
    ]
    assert report.title == "All products"


def test_an_account_without_anything_has_a_report_too() -> None:
    report = _report(make_facts(products=[]))
    assert report.headline == (
        "No test yet: no bugs, and nothing to compare.",
        "No action needed.",
    )
    verdicts = (report.product_verdict, report.review_verdict)
    assert {(one.level, one.reason) for one in verdicts} == {("unknown", "Not tested in this period.")}
    assert report.trend == ()
    assert report.severity.rows == report.reasons.rows == report.by_product.rows == ()


def test_a_period_without_tests_names_the_latest_one() -> None:
    facts = make_facts([make_test(id=1, title="Old one", end_at=NOW - timedelta(days=200))])
    report = _report(facts)
    assert report.headline[0] == "No test ended. The latest test, “Old one”, ended on 4 May."
    assert report.tests == ()
    assert report.trend[0].month == "2026-05"


def test_tests_without_bugs_have_no_rates_and_no_cause() -> None:
    report = _report(make_facts([make_test()]))
    assert report.headline == (
        "Fine: no critical bug is accepted or open.",
        "No action needed.",
    )
    assert report.volume == "1 test found no bugs."
    assert report.measures["rejection_rate"].text == "–"
    assert report.kpis[3].change is None


def test_open_bugs_alone_are_judged_by_nothing_and_said_to_be_open() -> None:
    report = _report(make_facts([make_test(make_bugs(open=30), end_at=NOW - timedelta(days=1))]))
    assert report.headline[1:] == (
        "No test ended before; no bug is decided yet.",
        "Review 30 bugs by 29 Nov, 06:00 UTC.",
    )
    assert report.volume == "1 test found 30 bugs, 30 high."
    assert report.review_verdict.level == "unknown"
    assert report.notes[:2] == (
        "30 bugs are open and in no judged rate: due by 29 Nov.",
        "More than a fifth of the bugs is open: the rates of decided bugs are so far.",
    )


def test_a_running_period_is_so_far_and_stands_beside_a_whole_one() -> None:
    tests = [
        make_test(make_bugs(rejected=2), id=1),
        make_test(make_bugs(rejected=4), id=2, end_at=NOW - timedelta(days=80)),
    ]
    report = _report(make_facts(tests), "this-quarter")
    assert report.period.running
    assert report.headline[1] == "So far 0 of 2 decided bugs accepted by a person."
    assert report.changes["bug_count"].text == "so far, before 4"
    assert report.notes[0] == (
        "This period has not ended: its numbers are so far, after 51 of 92 days, and stand beside a whole"
        " period before."
    )
    assert report.trend[-1].running


def test_a_period_that_has_not_begun_says_so_and_compares_nothing() -> None:
    facts = make_facts([make_test(make_bugs(rejected=30, open=2))])
    ahead = Period("custom", "Next", NOW + timedelta(days=42), NOW + timedelta(days=131))
    report = report_view(facts, Selection(period=ahead), OPTIONS)
    assert report.notes == (
        "This period is ahead, from 1 Jan 2027 (UTC) on: nothing of it can be compared yet.",
    )
    assert report.headline[0].startswith("No test ended.")
    assert "-" not in " ".join(report.notes)


@pytest.mark.parametrize("key", ["last-30-days", "last-90-days", "ytd", "last-quarter", "all"])
def test_a_period_up_to_today_or_before_is_not_running(key: str) -> None:
    report = _report(make_facts([make_test(make_bugs(open=1))]), key)
    assert not report.period.running
    assert "so far" not in " ".join(report.headline)


def test_all_time_has_no_period_before_and_counts_tests_without_an_end() -> None:
    tests = [make_test(make_bugs(open=1), id=1), make_test(make_bugs(open=2), id=2, end_at=None)]
    whole, bounded = (_report(make_facts(tests), key) for key in ("all", "last-90-days"))
    assert whole.previous is None
    assert whole.changes == {}
    assert whole.measures["bug_count"].value == 3
    assert "1 test without a known end is in no month." in whole.trend_note
    assert bounded.measures["bug_count"].value == 1
    assert "1 test without a known end belongs to no period but all time." in bounded.notes


def test_an_empty_period_before_is_named_with_the_earliest_known_test() -> None:
    report = _report(make_facts([make_test(make_bugs(active_accepted=20), id=1)]))
    [note] = report.notes
    assert note == (
        "No test ended in the period before (25 May 2026 to 22 Aug 2026 (UTC)); the earliest that is known"
        " ended on 31 Oct 2026 (UTC)."
    )


def test_the_trend_reaches_twelve_months_back_from_the_end_of_the_period() -> None:
    tests = [
        make_test(make_bugs(open=1), id=days, title=f"Release {days}.0", end_at=NOW - timedelta(days=days))
        for days in range(0, 900, 30)
    ]
    facts = make_facts(tests)
    quarter = _report(facts, "last-quarter")
    assert (quarter.trend[0].month, quarter.trend[-1].month) == ("2025-10", "2026-09")
    assert not any(point.running for point in quarter.trend)
    recent = _report(facts, "last-30-days")
    assert (recent.trend[0].month, recent.trend[-1].month) == ("2025-12", "2026-11")
    assert recent.trend[-1].releases == ("0.0",)
    assert "They can hold more than the period of this report." in recent.trend_note
    ever = _report(facts, "all")
    assert len(ever.trend) == 29
    assert sum(point.measures["bug_count"].value or 0 for point in ever.trend) == 30


def test_a_very_long_trend_is_cut_and_says_so() -> None:
    tests = [make_test(id=years, end_at=NOW - timedelta(days=365 * years)) for years in (0, 1, 5, 2000)]
    report = _report(make_facts(tests), "all")
    assert len(report.trend) == 36
    assert "The last 36 months;" in report.trend_note
    assert "earlier ones left out" in report.trend_note


def test_chosen_tests_are_counted_whatever_their_period_and_status() -> None:
    facts = make_facts([make_test(make_bugs(open=3), id=1, status="cancelled", title="One"), make_test(id=2)])
    report = report_view(facts, Selection(test_ids=(1,)), OPTIONS)
    assert report.period.title == "Chosen tests"
    assert report.title == "One"
    assert report.headline[0] == "No bug is decided yet."
    assert report.previous is None
    assert [row.id for row in report.tests] == [1]
    assert report.deadlines == ()


def test_deadlines_are_about_now_whatever_the_period() -> None:
    facts = make_facts([make_test(make_bugs(open=1), end_at=NOW - timedelta(days=2))])
    summer = Period("summer", "Summer", NOW - timedelta(days=120), NOW - timedelta(days=60))
    report = report_view(facts, Selection(period=summer), OPTIONS, NOW)
    assert [day.days_left for day in report.deadlines] == [8]
    assert report.headline[-1].startswith("Apart from this period, review 1 bug by 28 Nov")
    later = report_view(
        facts, Selection(period=period("last-quarter", NOW)), OPTIONS, NOW + timedelta(days=3)
    )
    assert [day.days_left for day in later.deadlines] == [5]


def test_only_gaps_of_the_reported_products_are_named() -> None:
    gaps = [
        Gap("test", 7, 598, "missing", "it broke.", NOW - timedelta(days=1), tries=3),
        Gap("bugs", 8, 599, "stale", "timeout"),
        Gap("features", 598, 598, "damaged", "cut short"),
        Gap("reject_reasons", None, None, "missing", ""),
        Gap("test", 9, 598, "stale", "timeout", copied_at=NOW - timedelta(days=15)),
        Gap("test", 10, 598, "gone", ""),
        Gap("tests", None, 598, "missing", "", place=5, beside=(8, 6)),
        Gap("tests", None, 598, "missing", "it broke", place=1, beside=(8,)),
        Gap("tests", None, 598, "missing", "500"),
    ]
    facts = make_facts(products=[make_product(), make_product(599, "Other")], gaps=gaps)
    seen = _report(facts, product_ids=(598,)).freshness
    assert seen.gap_texts == (
        "Test 7 of Halo Shop: missing, not counted, since 19 Nov 2026 (UTC), after 3 tries. It broke.",
        "The features of Halo Shop: cannot be read, not counted. Cut short.",
        "The list of reject reasons: missing, not counted.",
        "Test 9 of Halo Shop: counted from the copy of 5 Nov 2026 (UTC). Timeout.",
        "A test of Halo Shop, in place 5 of its list, between the tests 8 and 6: missing, not counted.",
        "A test of Halo Shop, in place 1 of its list, beside test 8: missing, not counted. It broke.",
        "The list of tests of Halo Shop: not read to the end, and what is missing is not counted. 500.",
    )
    assert seen.text == (
        "Snapshot 20261120T060000Z-3f9c2a, as of 2026-11-20 06:00 UTC. 7 gaps in the data."
        " 1 test is gone from the API and not counted."
    )


def test_what_is_known_from_older_copies_is_asked_for_as_that() -> None:
    ended = NOW - timedelta(days=4)
    tests = [
        make_test(make_bugs(open=2), id=1, end_at=ended),
        make_test(make_bugs(open=1), id=2, end_at=ended),
    ]
    gap = Gap("test", 1, 598, "stale", "timeout", copied_at=NOW - timedelta(days=15))
    report = _report(make_facts(tests, gaps=[gap]))
    assert report.headline[-1] == (
        "Review 3 bugs by 26 Nov, 06:00 UTC."
        " 2 of these are known only from copies, the oldest of 5 Nov 2026 (UTC): look at them first."
    )
    assert (
        "1 of these 2 tests is counted from older copies, the oldest of 5 Nov 2026 (UTC): what happened since"
        " is not known." in report.notes
    )
    assert [row.copied_at for row in report.tests if row.id == 1] == [gap.copied_at]


def test_nothing_is_asked_only_as_far_as_is_known_when_a_test_is_missing() -> None:
    quiet = make_test(make_bugs(active_accepted=5))
    missing, gone = Gap("test", 9, 598, "missing", ""), Gap("test", 10, 598, "gone", "")
    asked = _report(make_facts([quiet], gaps=[missing, gone])).headline[-1]
    assert asked == "No action needed as far as is known, but 1 gap may hide open bugs."
    assert _report(make_facts([quiet], gaps=[gone])).headline[-1] == "No action needed."


def test_tests_that_have_not_ended_are_said_with_their_open_bugs() -> None:
    later = NOW + timedelta(hours=8)
    tests = [make_test(make_bugs(open=2), end_at=later), make_test(make_bugs(open=1, active_accepted=4))]
    said = "3 bugs are open and in no judged rate: 1 overdue and 2 of running tests."
    assert said in _report(make_facts(tests)).notes
    assert "1 bug is open and in no judged rate: overdue." in _report(make_facts(tests[1:])).notes


def test_the_selection_is_said_in_words() -> None:
    assert _report(make_facts(), product_ids=(598,)).selection == (
        f"Executed tests ({EXECUTED}) of Halo Shop that ended from"
        " 23 Aug 2026 to 20 Nov 2026 (UTC), without demo tests."
    )


def test_an_unknown_product_or_status_is_an_error() -> None:
    with pytest.raises(NotFound):
        _report(make_facts(), product_ids=(1,))
    with pytest.raises(InvalidInput):
        _report(make_facts(), statuses=("lockd",))


def test_the_same_facts_and_now_give_the_same_view() -> None:
    for key in REPORT_PERIODS:
        assert _report(_two_periods_again(), key) == _report(_two_periods_again(), key)


def _two_periods_again() -> Facts:
    tests: list[Test] = [
        make_test(
            [make_bug("rejected", id=10 * n + 1), make_bug("open", id=10 * n + 2)],
            id=n,
            end_at=NOW - timedelta(days=9 * n),
        )
        for n in range(1, 12)
    ]
    return make_facts(tests)


def test_a_custom_range_has_its_days_in_words_and_a_period_before() -> None:
    span = Period("custom", "October", NOW - timedelta(days=30), NOW - timedelta(days=1))
    report = report_view(_two_periods(), Selection(period=span), OPTIONS)
    assert report.period.text == "21 Oct 2026 to 19 Nov 2026 (UTC)"
    assert report.previous_text == "22 Sep 2026 to 21 Oct 2026 (UTC)"
    assert report.measures["bug_count"].value == 72


def test_a_month_with_enough_decided_bugs_is_told_of_though_it_is_so_far() -> None:
    facts = make_facts([make_test(make_bugs(active_accepted=30, rejected=30, open=30), id=1)])
    assert rates_title(_report(facts).trend) == "Rejected: 50 % in Oct 2026 so far"
    few = make_facts([make_test(make_bugs(active_accepted=3, rejected=3, open=3), id=1)])
    assert rates_title(_report(few).trend) == "Too few decided bugs in any month to judge"
