from pathlib import Path

import pytest

from quality.deadlines import waiting
from quality.model.facts import Facts
from quality.selection import features_of
from tests.mcp_reader.calls import Asking, asking

HALO = 598


@pytest.mark.usefixtures("mode")
async def test_a_report_has_the_numbers_of_a_query_over_the_same_tests(ask: Asking) -> None:
    report = await ask("generate_quality_report", product_ids="598", start_date="ytd")
    query = await ask(
        "query_metrics",
        metrics="bug_count,rejection_rate_of_decided,test_count",
        filters={"product": HALO},
        start_date="YTD",
    )
    for key, value in query["totals"].items():
        shown = report["metrics"][key]
        assert shown == (value if isinstance(value, int) else {name: value[name] for name in shown})
    assert "tests" not in report
    assert "changes" not in report
    assert report["headline"]
    assert {one["level"] for one in report["signals"]} <= {"act_now", "watch"}
    assert sum(report["tests_by_status"].values()) == report["test_count"]
    assert sum(report["tests_by_type"].values()) == report["test_count"]
    assert report["health"]["alias_of"] == "review_verdict"
    assert len(report["findings"]) <= 3


async def test_a_report_compares_with_the_period_before_when_asked(ask: Asking) -> None:
    report = await ask("generate_quality_report", product_ids=HALO, compare="previous_period")
    every = await ask("generate_quality_report", start_date="all", compare="previous_period")
    assert report["period"]["title"] == "Last 90 days"
    assert report["changes"]["bug_count"].startswith(("up", "down", "the same"))
    assert " before " in report["changes"]["bug_count"] or report["changes"]["bug_count"] == "the same"
    assert "changes" not in every
    assert len(every["by_product"]) == 5


async def test_a_report_over_exact_tests_takes_no_dates(ask: Asking, facts: Facts) -> None:
    ids = [test.id for test in facts.tests_by_product[HALO][:3]]
    report = await ask("generate_quality_report", test_ids=ids)
    assert report["test_count"] == 3
    assert report["period"]["title"] == "Chosen tests"
    text = await ask.failing("generate_quality_report", test_ids=ids, start_date="ytd")
    assert "test_ids and a period are both given" in text


async def test_a_report_counts_the_tests_that_are_named_and_leaves_out_others(
    ask: Asking, facts: Facts
) -> None:
    whole = await ask("generate_quality_report", product_ids=HALO, start_date="all")
    tests = [test for test in facts.tests_by_product[HALO] if test.executed]
    rapid = await ask("generate_quality_report", product_ids=HALO, start_date="all", testing_type="Rapid")
    assert rapid["test_count"] == sum(test.testing_type == "rapid" for test in tests) > 0
    assert list(rapid["tests_by_type"]) == ["rapid"]
    assert "only of type rapid" in rapid["selection"]
    without = await ask(
        "generate_quality_report", product_ids=HALO, start_date="all", exclude_test_ids=tests[0].id
    )
    assert without["test_count"] == whole["test_count"] - 1
    old = tests[-1].id
    recent = await ask("generate_quality_report", product_ids=HALO)
    more = await ask("generate_quality_report", product_ids=HALO, include_test_ids=[old])
    assert more["test_count"] == recent["test_count"] + 1
    asked = await ask(
        "query_metrics", metrics="test_count", filters={"product": HALO}, start_date="last 90 days",
        include_test_ids=old, return_test_ids=True,
    )  # fmt: skip
    assert asked["totals"]["test_count"] == len(asked["test_ids"]) == more["test_count"]
    assert old in asked["test_ids"]


async def test_the_deadlines_of_a_report_are_those_of_its_selection(ask: Asking, facts: Facts) -> None:
    feature = next(
        bug.feature_id
        for one in waiting(facts.tests.values(), facts.as_of)
        for bug in one.bugs
        if bug.feature_id
    )
    report = await ask("generate_quality_report", feature_ids=feature)
    assert sum(day["bug_count"] for day in report["deadlines"]) == sum(
        len(one.bugs)
        for one in waiting(facts.tests.values(), facts.as_of)
        if feature in features_of(one.test)
    )


async def test_a_saved_report_is_answered_with_its_path_alone(demo_snapshot: Path, tmp_path: Path) -> None:
    async with asking(demo_snapshot, reports=tmp_path) as ask:
        said = await ask("generate_quality_report", product_ids=HALO, output_file="halo.md")
        again = await ask("generate_quality_report", product_ids=HALO, output_file="halo.md")
    assert Path(said["output_path"]) == tmp_path / "halo.md"
    assert said["output_bytes"] == (tmp_path / "halo.md").stat().st_size
    assert said["headline"]
    assert not {"findings", "metrics", "by_product", "overwritten"} & said.keys()
    assert again["overwritten"]
