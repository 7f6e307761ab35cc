"""Any metrics by any dimensions, with what was counted, cut and to be minded said in words."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from base.errors import InvalidInput
from quality.metrics.catalogue import METRICS
from quality.metrics.metric import Weights
from quality.metrics.tally import tally
from quality.model.entities import SEVERITIES, Test
from quality.model.facts import Facts
from quality.periods.periods import period
from quality.pivot.cells import cells
from quality.pivot.dimensions import DIMENSIONS, Label
from quality.pivot.query import PivotView, query
from quality.selection import EXECUTED, Selection, select
from tests.factories import (
    NOW,
    make_bug,
    make_bugs,
    make_facts,
    make_feature,
    make_product,
    make_test,
    worked_example,
)
from tests.quality.strategies import accounts


def ending(month: int, *args: Any, **overrides: Any) -> Test:
    return make_test(*args, end_at=datetime(2026, month, 15, tzinfo=UTC), **overrides)


ACCOUNT = make_facts(
    [
        ending(9, [make_bug(severity="low"), make_bug(severity="critical", tester="bob")]),
        ending(10, [make_bug(severity="critical"), make_bug("rejected", tester="Bob the 2nd")]),
        ending(8, [make_bug(severity="critical", platforms=("Android", "iOS"))], product_id=599),
        ending(10),
    ],
    products=[make_product(), make_product(599, "Canvas for iOS")],
    features=[make_feature(), make_feature(2002, "Gift cards")],
)


def rows(view: PivotView, metric: str) -> list[tuple[Any, ...]]:
    return [(*(label.name for label in row.labels), row.values[metric].value) for row in view.rows]


def total(view: PivotView, metric: str) -> float | None:
    return view.totals[metric].value


def test_the_worked_example_gives_its_numbers() -> None:
    view = query(worked_example(), metrics=["bug_count", "rejection_rate", "bugs_per_test"])
    assert [total(view, key) for key in view.metrics] == [10, 0.3, 2.5]
    assert (view.rows, view.chart_hint, view.warnings) == ((), "number", ())


def test_time_is_ascending_and_everything_else_descends_by_the_first_metric() -> None:
    by_month = query(ACCOUNT, metrics=["bug_count", "test_count"], dimensions=["month"])
    assert rows(by_month, "bug_count") == [("2026-08", 1), ("2026-09", 2), ("2026-10", 2)]
    by_severity = query(ACCOUNT, metrics=["bug_count"], dimensions=["severity"])
    assert rows(by_severity, "bug_count") == [("critical", 3), ("high", 1), ("low", 1)]
    both = query(ACCOUNT, metrics=["bug_count"], dimensions=["severity", "month"])
    assert [row[:2] for row in rows(both, "bug_count")] == [
        ("critical", "2026-08"), ("critical", "2026-09"), ("low", "2026-09"),
        ("critical", "2026-10"), ("high", "2026-10"),
    ]  # fmt: skip


def test_rows_are_sorted_as_asked_with_missing_values_last() -> None:
    asked: dict[str, Any] = {"metrics": ["test_count", "rejection_rate"], "dimensions": ["month"]}
    view = query(ACCOUNT, **asked, sort_by="rejection_rate", sort_order="asc")
    assert [row[0] for row in rows(view, "test_count")] == ["2026-08", "2026-09", "2026-10"]
    view = query(ACCOUNT, **asked, sort_by="month", sort_order="desc")
    assert [row[0] for row in rows(view, "test_count")] == ["2026-10", "2026-09", "2026-08"]
    facts = make_facts([make_test(make_bugs(open=1), section=None), make_test([*make_bugs(rejected=2)])])
    for order in ("asc", "desc"):
        view = query(
            facts, metrics=["bug_count"], dimensions=["section"], sort_by="section", sort_order=order
        )
        assert [row[0] for row in rows(view, "bug_count")] == ["default-section", None]


def test_the_total_is_true_where_rows_add_up_to_more() -> None:
    view = query(ACCOUNT, metrics=["bug_count"], dimensions=["platform"])
    assert sum(row[-1] for row in rows(view, "bug_count")) == 6
    assert total(view, "bug_count") == 5
    assert any("once in each platform" in one for one in view.warnings)


def test_it_is_said_when_rows_leave_out_tests_without_bugs() -> None:
    view = query(ACCOUNT, metrics=["test_count"], dimensions=["severity"])
    assert total(view, "test_count") == 4
    assert view.warnings == ("test_count: a row counts only tests with at least one such bug.",)
    assert query(ACCOUNT, metrics=["test_count"], dimensions=["month"]).warnings == ()
    (overlap,) = query(ACCOUNT, metrics=["test_count"], dimensions=["feature"]).warnings
    assert overlap.startswith("test_count: a test counts in each of its features, so rows overlap")


def test_what_was_cut_is_said_and_the_totals_hold_all() -> None:
    view = query(ACCOUNT, metrics=["bug_count"], dimensions=["month"], limit=1)
    assert (len(view.rows), view.total_rows, total(view, "bug_count")) == (1, 3, 5)
    assert "2 rows of 3 are not shown; the totals hold all." in view.warnings


def test_only_the_newest_tests_count_when_limited_and_it_is_said() -> None:
    view = query(ACCOUNT, metrics=["test_count"], dimensions=["month"], tests_limit=3)
    assert rows(view, "test_count") == [("2026-09", 1), ("2026-10", 2)]
    assert "Only the newest 3 tests of 4 count." in view.warnings


def test_the_explanation_says_what_was_counted() -> None:
    view = query(
        ACCOUNT,
        metrics=["bug_count", "rejection_rate"],
        dimensions=["month"],
        filters={"severity": ["critical", "high"], "tester": "bob"},
        selection=Selection(product_ids=(598,)),
    )
    assert view.explanation == (
        "Bugs and Rejection rate of all bugs by month. "
        f"Executed tests ({EXECUTED}) of Halo Shop of all time, "
        "without demo tests. "
        "Only where severity is critical or high and tester is bob."
    )


def test_a_running_period_is_so_far() -> None:
    view = query(ACCOUNT, metrics=["bug_count"], selection=Selection(period=period("this-quarter", NOW)))
    assert view.warnings == ("The period runs until 31 Dec 2026 (UTC): its numbers are so far.",)
    for key in ("last-quarter", "last-90-days", "ytd"):
        done = query(ACCOUNT, metrics=["bug_count"], selection=Selection(period=period(key, NOW)))
        assert done.warnings == ()


def test_a_filter_of_bugs_says_that_only_tests_with_such_a_bug_count() -> None:
    metrics = ["bugs_per_test", "rejection_rate"]
    for by in ([], ["month"], ["tester"]):
        view = query(ACCOUNT, metrics=metrics, dimensions=by, filters={"severity": "critical"})
        assert view.warnings == ("bugs_per_test: only tests with at least one such bug count.",)
    assert query(ACCOUNT, metrics=["bugs_per_test"], filters={"product": 598}).warnings == ()


def test_shares_of_bugs_that_were_chosen_by_their_review_say_so() -> None:
    for asked in ({"dimensions": ["rejection_reason"]}, {"filters": {"review": "rejected"}}):
        view = query(ACCOUNT, metrics=["rejection_rate", "bug_count"], **asked)
        assert [text for text in view.warnings if text.startswith("rejection_rate: these bugs are chosen by")]
    assert query(ACCOUNT, metrics=["bug_count"], dimensions=["review"]).warnings == ()


def test_metrics_of_user_stories_are_of_tests_too() -> None:
    view = query(ACCOUNT, metrics=["story_pass_rate"], dimensions=["severity"])
    assert view.warnings[0] == "story_pass_rate: a row counts only tests with at least one such bug."


def test_a_row_of_a_month_that_has_not_ended_is_so_far() -> None:
    ends = {1: NOW - timedelta(days=40), 2: NOW - timedelta(days=1), 3: NOW + timedelta(days=20)}
    facts = make_facts([make_test(id=test_id, end_at=end) for test_id, end in ends.items()])
    view = query(facts, metrics=["test_count"], dimensions=["month"])
    assert view.warnings == ("2026-11 and 2026-12 have not ended: so far only.",)
    ytd = query(
        facts, metrics=["test_count"], dimensions=["week"], selection=Selection(period=period("ytd", NOW))
    )
    assert ytd.warnings == ("2026-W47 has not ended: so far only.",)
    earlier = Selection(period=period("last-quarter", NOW))
    assert "ended: so far" not in str(query(facts, metrics=["test_count"], selection=earlier).warnings)


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("bugs", "bug_count"),
        ("Bug Count", "bug_count"),
        ("acceptance_rate_of_all_bugs", "overall_acceptance_rate"),
        ("rejection-rate", "rejection_rate"),
        ("Severity score", "bug_severity_score"),
    ],
)
def test_a_metric_can_be_named_by_its_key_or_its_title(written: str, key: str) -> None:
    view = query(ACCOUNT, metrics=[written, key, "test_count"], dimensions=["product"], sort_by=written)
    assert view.metrics == (key, "test_count")


def test_a_metric_without_data_is_named() -> None:
    view = query(ACCOUNT, metrics=["median_review_days", "story_coverage", "bug_count"])
    [said] = view.warnings
    assert said == "No data: median_review_days and story_coverage. Days to review need several snapshots."


def test_no_match_is_said_and_is_zero() -> None:
    view = query(make_facts(), metrics=["bug_count", "rejection_rate"], dimensions=["month"])
    assert (view.rows, total(view, "bug_count"), total(view, "rejection_rate")) == ((), 0, None)
    assert view.warnings == ("No test matches: every count is 0.",)


@pytest.mark.parametrize(
    ("filters", "tests", "bugs"),
    [
        ({"severity": "CRITICAL "}, 3, 3),
        ({"severity": "visual"}, 0, 0),
        ({"product": 598}, 3, 4),
        ({"product": "598"}, 3, 4),
        ({"product": "halo-shop"}, 3, 4),
        ({"product": ["Halo Shop", 599]}, 4, 5),
        ({"feature": "shopping cart"}, 4, 5),
        ({"feature": 2002}, 0, 0),
        ({"feature": "unattributed"}, 0, 0),
        ({"tester": "Bob"}, 1, 1),
        ({"month": "2026-09"}, 1, 2),
        ({"month": ["2026-09", "2026-10"], "severity": "critical"}, 2, 2),
        ({"week": "2026-w42"}, 2, 2),
        ({"quarter": "2026-q4"}, 2, 2),
        ({"month": "2001-01"}, 0, 0),
        ({"month": None}, 0, 0),
        ({"tester": None}, 0, 0),
        ({"known_bug": False}, 3, 5),
        ({"known_bug": "known"}, 0, 0),
        ({"rejection_reason": "none"}, 3, 4),
        ({"review": "rejected", "rejection_reason": "unspecified"}, 1, 1),
        ({"status": "locked"}, 4, 5),
    ],
)
def test_a_filter_counts_what_the_row_of_its_value_counts(
    filters: dict[str, Any], tests: int, bugs: int
) -> None:
    view = query(ACCOUNT, metrics=["test_count", "bug_count"], filters=filters)
    assert (total(view, "test_count"), total(view, "bug_count")) == (tests, bugs)


@pytest.mark.slow
@given(accounts(6), st.sampled_from(list(DIMENSIONS)))
def test_the_total_under_a_filter_equals_the_row_of_that_value(found: list[Test], key: str) -> None:
    facts = make_facts(found)
    chosen = select(facts, Selection())
    for (label,), row in cells(facts, chosen, (key,)).items():
        shown = [one for one, metric in METRICS.items() if metric.never_by != key]
        view = query(facts, metrics=shown, dimensions=[key], filters={key: label.id})
        for metric in ("test_count", "bug_count", "decided", "tests_created"):
            assert total(view, metric) == METRICS[metric].value(row, Weights())
        assert [line.labels[0].id for line in view.rows] == [label.id]
        assert view.rows[0].values == view.totals


@given(accounts(6), st.sampled_from(list(DIMENSIONS)), st.sampled_from(list(DIMENSIONS)))
def test_the_totals_are_those_of_the_selection_whatever_the_dimensions(
    found: list[Test], first: str, second: str
) -> None:
    facts = make_facts(found)
    whole = tally(select(facts, Selection()))
    view = query(facts, metrics=["test_count", "bug_count"], dimensions=[first, second])
    assert (total(view, "test_count"), total(view, "bug_count")) == (whole.test_count, whole.bug_count)


def test_a_name_that_is_written_exactly_is_no_other_one() -> None:
    names = ("Élodie", "elodie", "bug_hunter", "bug-hunter")
    facts = make_facts([make_test([make_bug(tester=name) for name in names])])
    for name, bugs in (*((name, 1) for name in names), ("ELODIE", 2), ("Bug Hunter", 2)):
        view = query(facts, metrics=["bug_count"], filters={"tester": name})
        assert view.totals["bug_count"].value == bugs, name


def test_a_filter_by_status_takes_the_place_of_executed_tests() -> None:
    facts = make_facts([make_test(make_bugs(open=1), status="cancelled"), make_test()])
    view = query(facts, metrics=["test_count"], filters={"status": "cancelled"})
    assert total(view, "test_count") == 1
    assert view.warnings == ("Tests that were not executed count too: cancelled.",)


def test_a_filter_on_a_shown_dimension_shows_only_its_values() -> None:
    view = query(ACCOUNT, metrics=["bug_count"], dimensions=["platform"], filters={"platform": "iOS"})
    assert rows(view, "bug_count") == [("iOS", 1)]


@pytest.mark.parametrize(
    ("asked", "what", "hint"),
    [
        ({"metrics": ["bug_cuont"]}, "'bug_cuont' is not a metric", "Did you mean bug_count"),
        ({"metrics": []}, "No metric", "at least one"),
        ({"dimensions": ["sverity"]}, "'sverity' is not a dimension", "Did you mean severity"),
        ({"dimensions": ["month", "week", "tester"]}, "3 dimensions", "Leave some out"),
        ({"filters": {"teste": "bob"}}, "'teste' is not a dimension", "Did you mean tester"),
        ({"filters": {"severity": "criticl"}}, "'criticl' is not a value", "Did you mean critical"),
        ({"filters": {"product": 1}}, "'1' is not a value", "Choose one of these"),
        ({"filters": {"product": "Hallo Shop"}}, "'Hallo Shop' is not a value", "Did you mean Halo Shop"),
        ({"filters": {"month": "July"}}, "'July' is not a month", "2025-07"),
        ({"filters": {"tester": []}}, "empty list", "Leave the filter out"),
        ({"limit": 0}, "limit is 0", "from 1 to 1000"),
        ({"limit": 1001}, "limit is 1001", "from 1 to 1000"),
        ({"tests_limit": 0}, "tests_limit is 0", "from 1 up"),
        ({"sort_by": "review_rate"}, "sort_by is 'review_rate'", "ask for that metric"),
        ({"sort_order": "up"}, "sort_order is 'up'", "asc or desc"),
    ],
)
def test_whatever_is_unknown_is_refused_with_what_there_is(
    asked: dict[str, Any], what: str, hint: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        query(ACCOUNT, **{"metrics": ["bug_count"], **asked})
    assert what in caught.value.what
    assert hint in f"{caught.value.why} {caught.value.hint}"


@pytest.mark.parametrize(
    ("metric", "dimensions", "hint"),
    [
        ("bug_count", [], "number"),
        ("bug_count", ["month"], "line"),
        ("bug_count", ["severity"], "bar"),
        ("bug_count", ["month", "severity"], "stacked_bar"),
        ("rejection_rate", ["month", "product"], "line"),
        ("rejection_rate", ["tester", "product"], "table"),
    ],
)
def test_a_picture_that_suits_the_rows_is_named(metric: str, dimensions: list[str], hint: str) -> None:
    assert query(ACCOUNT, metrics=[metric], dimensions=dimensions).chart_hint == hint


@pytest.mark.slow
def test_every_metric_goes_with_every_dimension() -> None:
    for key in DIMENSIONS:
        view = query(ACCOUNT, metrics=list(METRICS), dimensions=[key])
        assert all(set(row.values) == set(METRICS) for row in view.rows)


def test_fixed_values_can_be_filtered_by_though_nothing_has_them() -> None:
    facts: Facts = make_facts([make_test()])
    for severity in SEVERITIES:
        assert total(query(facts, metrics=["bug_count"], filters={"severity": severity}), "bug_count") == 0


def test_names_are_told_apart_by_their_ids() -> None:
    view = query(ACCOUNT, metrics=["bug_count"], dimensions=["product"])
    assert [row.labels for row in view.rows] == [(Label(598, "Halo Shop"),), (Label(599, "Canvas for iOS"),)]


def test_rates_of_which_more_than_a_fifth_of_the_bugs_is_open_are_so_far() -> None:
    facts = make_facts(
        [
            ending(9, make_bugs(active_accepted=30)),
            ending(10, make_bugs(active_accepted=10, open=9), title="Open"),
        ]
    )
    asked = query(facts, metrics=["acceptance_rate", "bug_count"], dimensions=["month"])
    assert "So far, as more than a fifth of the bugs is open: 2026-10." in asked.warnings
    unnamed = make_facts([make_test([make_bug("rejected", tester=None), make_bug("open", tester=None)])])
    by_tester = query(unnamed, metrics=["rejection_rate_of_decided"], dimensions=["tester"])
    assert by_tester.unlabelled
    assert not asked.unlabelled
    assert "So far, as more than a fifth of the bugs is open: bugs without tester." in by_tester.warnings
    assert not [text for text in asked.warnings if "49 bugs" in text]
    whole = query(facts, metrics=["acceptance_rate"], filters={"month": "2026-10"})
    assert "9 of 19 bugs are open: acceptance_rate so far." in whole.warnings
    for settled in (
        query(facts, metrics=["bug_count", "overall_acceptance_rate"], dimensions=["month"]),
        query(facts, metrics=["acceptance_rate"], dimensions=["review"]),
        query(facts, metrics=["acceptance_rate"], filters={"month": "2026-09"}),
        query(make_facts([ending(9, make_bugs(open=9))]), metrics=["acceptance_rate"]),
    ):
        assert not [text for text in settled.warnings if "o far" in text]


def test_bugs_that_wait_for_the_tester_can_be_filtered_by_like_a_review_state() -> None:
    bugs = [make_bug("open", status="requested"), *make_bugs(open=2, rejected=3)]
    facts = make_facts([ending(9, bugs)])
    for asked, counted in (("waiting_for_tester", 1), (["Waiting for tester", "rejected"], 4), ("open", 3)):
        view = query(facts, metrics=["bug_count", "waiting_for_tester"], filters={"review": asked})
        assert view.totals["bug_count"].value == counted
        assert view.totals["waiting_for_tester"].value == (asked != ["rejected"])
    rows = query(
        facts, metrics=["bug_count"], dimensions=["review"], filters={"review": "waiting_for_tester"}
    ).rows
    assert [(row.labels[0].id, row.values["bug_count"].value) for row in rows] == [("open", 1)]
    with pytest.raises(InvalidInput, match="waiting_for_tester"):
        query(facts, metrics=["bug_count"], filters={"review": "waiting"})
