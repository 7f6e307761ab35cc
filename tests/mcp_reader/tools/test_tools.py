"""Every tool answers from the snapshot, in both protocol eras, within its schema."""

import json
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from quality.deadlines import waiting
from quality.model.facts import Facts
from tests.factories import add_metric
from tests.mcp_reader.calls import Asking, asking

HALO = 598


@pytest.mark.usefixtures("mode")
async def test_products_come_with_counts_last_test_and_verdicts(ask: Asking, facts: Facts) -> None:
    answer = await ask("list_products")
    assert (answer["data_as_of"], answer["source"]) == ("2026-11-20T06:00:00Z", "snapshot")
    assert [row["name"] for row in answer["products"]] == sorted(one.name for one in facts.products.values())
    halo = next(row for row in answer["products"] if row["id"] == HALO)
    assert halo["test_count"] > 0
    assert halo["bug_count"] > 100
    assert halo["feature_count"] == len(facts.features[HALO])
    assert (halo["product_verdict"]["level"], halo["review_verdict"]["level"]) == ("act_now", "act_now")
    assert "rejected" in halo["review_verdict"]["reason"]
    assert halo["health"] == "critical"
    tests = [test for test in facts.tests_by_product[HALO] if test.executed and not test.demo]
    assert halo["open_bugs"] == sum(bug.review == "open" for test in tests for bug in test.bugs)
    since = facts.as_of - timedelta(days=30)
    recent = [test for test in tests if test.end_at and since < test.end_at < facts.as_of + timedelta(days=1)]
    assert halo["tests_last_30_days"] <= len(recent)
    assert halo["tests_last_30_days"] <= halo["tests_last_90_days"] <= halo["test_count"]
    assert facts.tests[halo["last_test_id"]].product_id == HALO
    assert answer["pagination"] == {
        "page": 1, "per_page": 100, "offset": 0,
        "start_index": 0, "end_index": 4, "total_count": 5, "has_more": False,
    }  # fmt: skip


async def test_products_are_found_by_name_id_and_type_and_sorted(ask: Asking) -> None:
    assert [row["id"] for row in (await ask("list_products", search="HALO"))["products"]] == [HALO]
    assert [row["id"] for row in (await ask("list_products", search="598"))["products"]] == [HALO]
    mobile = await ask("list_products", product_type="mobile")
    assert {row["type"] for row in mobile["products"]} == {"mobile_app_ios", "mobile_app_android"}
    by_bugs = [row["bug_count"] for row in (await ask("list_products", sort_by="bug_count"))["products"]]
    assert by_bugs == sorted(by_bugs, reverse=True)
    for verdict, column in (
        ("product_verdict", "product_verdict"),
        ("review_verdict", "review_verdict"),
        ("health", "review_verdict"),
    ):
        rows = (await ask("list_products", sort_by=verdict))["products"]
        levels = [row[column]["level"] for row in rows if row["test_count"]]
        assert levels == sorted(levels, key=["act_now", "watch", "fine", "unknown"].index)
    nothing = await ask("list_products", search="Hallo Shopp")
    assert nothing["products"] == []
    assert "Halo Shop" in nothing["warnings"][0]


@pytest.mark.usefixtures("mode")
async def test_a_product_summary_has_the_basics_and_no_lists(ask: Asking, facts: Facts) -> None:
    answer = await ask("get_product_summary", product_id="18559")
    assert (answer["name"], answer["type"]) == ("Canvas for iOS", "mobile_app_ios")
    assert answer["section_count"] == len(answer["sections"]) == len(facts.products[18559].sections)
    assert sum(answer["tests_by_status"].values()) == len(facts.tests_by_product[18559])
    assert answer["tests_in_every_status"] == len(facts.tests_by_product[18559]) > answer["test_count"]
    assert answer["verdict_period"] == "Last 90 days"
    assert answer["feature_count"] == len(facts.features[18559])
    assert answer["health"]["period"] == "Last 90 days"
    assert answer["health"]["alias_of"] == "review_verdict"
    assert answer["product_verdict"]["level"] in {"act_now", "watch", "fine"}
    assert "tests" not in answer


@pytest.mark.usefixtures("mode")
async def test_tests_come_newest_first_and_exactly_the_page_that_is_asked_for(
    ask: Asking, facts: Facts
) -> None:
    expected = [test.id for test in facts.tests_by_product[HALO] if test.end_at is not None]
    whole = await ask("list_tests", product_id=HALO, per_page=200)
    assert [row["id"] for row in whole["tests"] if "end_at" in row] == expected
    page = await ask("list_tests", product_id=HALO, page=2, per_page=7, offset=3)
    ids = [row["id"] for row in whole["tests"]]
    assert [row["id"] for row in page["tests"]] == ids[10:17]
    assert page["pagination"]["start_index"] == 10
    assert page["pagination"]["has_more"]
    assert whole["product"] == {"id": HALO, "name": "Halo Shop"}
    first = facts.tests[ids[0]]
    assert whole["tests"][0]["bug_count"] == len(first.bugs)


async def test_tests_are_filtered_by_status_type_and_dates(ask: Asking, facts: Facts) -> None:
    tests = facts.tests_by_product[HALO]
    found = await ask("list_tests", product_id=HALO, statuses="Locked, RUNNING")
    assert {row["id"] for row in found["tests"]} == {
        test.id for test in tests if test.status in {"locked", "running"}
    }
    found = await ask("list_tests", product_id=HALO, testing_type=["rapid"], start_date="2026-Q1")
    assert found["tests"]
    assert all(row["testing_type"] == "rapid" and row["end_at"] >= "2026-01-01" for row in found["tests"])
    found = await ask("list_tests", product_id=HALO, end_date="2020-01-01")
    assert found["pagination"]["end_index"] == -1
    everything = await ask("list_tests", product_id=HALO, statuses="all")
    assert everything["pagination"]["total_count"] == len(tests)
    assert "without them there are" in found["warnings"][0]
    by_bugs = await ask("list_tests", product_id=HALO, sort_by="bug_count", per_page=5)
    counts = [row["bug_count"] for row in by_bugs["tests"]]
    assert counts == sorted((len(test.bugs) for test in tests), reverse=True)[:5]


@pytest.mark.usefixtures("mode")
async def test_a_test_summary_has_set_up_execution_and_counted_bugs(ask: Asking, facts: Facts) -> None:
    test = max(facts.tests.values(), key=lambda one: (bool(one.requirements), len(one.bugs)))
    answer = await ask("get_test_summary", test_id=str(test.id))
    assert (answer["title"], answer["status"]) == (test.title, test.status)
    assert answer["feature_count"] == len(test.features)
    assert [row["feature_id"] for row in answer["features"]] == [one.feature_id for one in test.features]
    assert answer["bugs"]["total"] == len(test.bugs)
    assert (
        sum(answer["bugs"]["by_severity"].values())
        == sum(answer["bugs"]["by_review"].values())
        == len(test.bugs)
    )
    newest = sorted(test.bugs, key=lambda bug: str(bug.reported_at), reverse=True)[:3]
    assert [row["id"] for row in answer["recent_bugs"]] == [bug.id for bug in newest]
    assert test.execution is not None
    assert answer["execution"]["testers_count"] == test.execution.testers_count
    assert answer["requirements"]
    rejected = sum(bug.review == "rejected" for bug in test.bugs)
    rejection = answer["rates"]["rejection_rate_of_decided"]
    assert rejection["numerator"] == rejected
    assert rejection["denominator"] == sum(bug.review != "open" for bug in test.bugs)


@pytest.mark.usefixtures("mode")
async def test_bugs_are_listed_by_product_or_by_test(ask: Asking, facts: Facts) -> None:
    test = max(facts.tests.values(), key=lambda one: len(one.bugs))
    of_test = await ask("list_bugs", test_ids=test.id)
    assert {row["id"] for row in of_test["bugs"]} == {bug.id for bug in test.bugs}
    assert of_test["test"] == {"id": test.id, "name": test.title}
    assert "test_id" not in of_test["bugs"][0]
    of_product = await ask("list_bugs", product_ids=[HALO, "18559"], per_page=20)
    bugs = [bug for bug in facts.bugs.values() if bug.product_id in {HALO, 18559}]
    assert of_product["pagination"]["total_count"] == len(bugs)
    dates = [row["reported_at"] for row in of_product["bugs"]]
    assert dates == sorted(dates, reverse=True)
    assert "product" not in of_product


async def test_every_bug_filter_keeps_exactly_its_bugs(ask: Asking, facts: Facts) -> None:
    bugs = [bug for bug in facts.bugs.values() if bug.product_id == HALO]
    some = next(bug for bug in bugs if bug.tester and bug.feature_id)
    cases: list[tuple[dict[str, object], set[int]]] = [
        ({"status": "Accepted"}, {bug.id for bug in bugs if bug.status == "accepted"}),
        ({"status": "auto_accepted"}, {bug.id for bug in bugs if bug.review == "auto_accepted"}),
        ({"status": ["open"]}, {bug.id for bug in bugs if bug.review == "open"}),
        ({"review": "rejected,open"}, {bug.id for bug in bugs if bug.review in {"rejected", "open"}}),
        (
            {"severity": '["critical", "high"]'},
            {bug.id for bug in bugs if bug.severity in {"critical", "high"}},
        ),
        ({"bug_type": "Visual"}, {bug.id for bug in bugs if bug.bug_type == "visual"}),
        (
            {"rejection_reason": "not_reproducible"},
            {bug.id for bug in bugs if bug.rejection_reason == "not_reproducible"},
        ),
        ({"feature_id": some.feature_id}, {bug.id for bug in bugs if bug.feature_id == some.feature_id}),
        ({"tester": f" {some.tester} ".upper()}, {bug.id for bug in bugs if bug.tester == some.tester}),
        ({"known": True}, {bug.id for bug in bugs if bug.known}),
        (
            {"known": "false", "severity": "low"},
            {bug.id for bug in bugs if not bug.known and bug.severity == "low"},
        ),
        (
            {"start_date": "2026-01-01", "end_date": "2026-06-30"},
            {
                bug.id
                for bug in bugs
                if (end := facts.tests[bug.test_id].end_at)
                and "2026-01-01" <= f"{end:%Y-%m-%d}" <= "2026-06-30"
            },
        ),
    ]
    for filters, expected in cases:
        answer = await ask("list_bugs", product_ids=HALO, per_page=200, **filters)
        assert expected, filters
        assert answer["pagination"]["total_count"] == len(expected), filters
        assert {row["id"] for row in answer["bugs"]} <= expected, filters


async def test_bugs_sort_by_severity_from_the_most_severe(ask: Asking) -> None:
    order = ["critical", "high", "medium", "low", "visual", "content", "custom", "unknown"]
    down = await ask("list_bugs", product_ids=HALO, sort_by="Severity", per_page=200)
    up = await ask("list_bugs", product_ids=HALO, sort_by="severity", sort_order="asc", per_page=200)
    ranks = [order.index(row["severity"]) for row in down["bugs"]]
    assert ranks == sorted(ranks)
    assert up["bugs"][0]["severity"] != "critical"


@pytest.mark.usefixtures("mode")
async def test_a_bug_summary_has_everything_about_it(ask: Asking, facts: Facts) -> None:
    bug = next(
        bug
        for bug in facts.bugs.values()
        if bug.review == "rejected"
        and bug.steps
        and bug.devices
        and bug.comments
        and bug.feature_id
        and bug.id in facts.found_again
    )
    answer = await ask("get_bug_summary", bug_id=bug.id)
    assert answer["title"] == bug.title
    assert (answer["review"], answer["rejection"]["reason"]) == ("rejected", bug.rejection_reason)
    assert answer["steps"] == list(bug.steps)
    assert answer["devices"] == [device.text for device in bug.devices]
    assert len(answer["comments"]) == answer["comment_count"] == len(bug.comments)
    assert answer["test"]["id"] == bug.test_id
    assert answer["feature"] == {"id": bug.feature_id, "name": bug.feature}
    assert facts.found_again[bug.id] in {row["id"] for row in answer["similar_bugs"]}
    assert all(row["likeness"] >= 85 and row["id"] != bug.id for row in answer["similar_bugs"])


async def test_open_bugs_say_when_they_will_be_auto_accepted(ask: Asking, facts: Facts) -> None:
    (one, *_) = waiting(facts.tests_by_product[HALO], facts.as_of)
    listed = await ask("list_bugs", test_ids=one.test.id)
    alone = await ask("get_bug_summary", bug_id=one.bugs[0].id)
    report = await ask("generate_quality_report")
    due = one.ends_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert {row["id"] for row in listed["bugs"] if row.get("auto_acceptance_due_at") == due} == {
        bug.id for bug in one.bugs
    }
    assert alone["auto_acceptance_due_at"] == due
    levels = {"act_now", "watch", "fine", "unknown"}
    assert all({row["product_verdict"], row["review_verdict"]} <= levels for row in report["by_product"])
    assert all(day["text"] and day["bug_count"] for day in report["deadlines"])


@pytest.mark.usefixtures("mode")
async def test_metrics_are_queried_by_dimensions_with_the_true_total(ask: Asking) -> None:
    answer = await ask(
        "query_metrics",
        metrics="bug_count, rejection_rate",
        dimensions=["Severity"],
        filters={"product_id": HALO},
    )
    counts = {row["severity"]: row["bug_count"] for row in answer["rows"]}
    assert sum(counts.values()) == answer["totals"]["bug_count"]
    assert answer["totals"]["rejection_rate"]["denominator"] == answer["totals"]["bug_count"]
    summary = await ask("get_product_summary", product_id=HALO)
    assert answer["totals"]["bug_count"] == summary["bug_count"]
    by_feature = await ask("query_metrics", metrics=["test_count"], dimensions="feature", limit=3)
    assert len(by_feature["rows"]) == 3
    assert by_feature["rows_not_shown"] == by_feature["total_rows"] - 3
    assert {"feature", "feature_id", "product", "product_id", "test_count"} == set(by_feature["rows"][0])
    totals = await ask("query_metrics", metrics=["test_count"])
    assert totals["rows"] == []


@pytest.mark.parametrize(
    "filters",
    [
        {"product": "Halo Shop", "severity": ["critical", "high"]},
        {"product_ids": [598], "severity": "critical,high"},
        '{"product": "598", "Severities": "[critical, high]"}',
    ],
)
async def test_filters_are_taken_as_people_write_them(ask: Asking, filters: object) -> None:
    answer = await ask("query_metrics", metrics="bug_count", filters=filters)
    listed = await ask("list_bugs", product_ids=HALO, severity="critical,high", per_page=1)
    assert 0 < answer["totals"]["bug_count"] <= listed["pagination"]["total_count"]


@pytest.mark.usefixtures("mode")
async def test_the_capabilities_name_every_metric_and_dimension(ask: Asking) -> None:
    answer = await ask("get_analytics_capabilities")
    some = [one["key"] for one in answer["metrics"]]
    for start in range(0, len(some), 9):
        await ask("query_metrics", metrics=some[start : start + 9])
    for key in answer["dimensions"]:
        assert (await ask("query_metrics", metrics="bug_count", dimensions=key, limit=2))["rows"]


async def test_diagnostics_say_what_the_server_has(demo_snapshot: Path, facts: Facts, mode: str) -> None:
    async with asking(demo_snapshot, mode) as ask:
        answer = await ask("get_server_diagnostics", include_events=True)
    assert answer["snapshot"]["id"] == facts.snapshot_id
    assert answer["snapshot"]["tests"] == len(facts.tests)
    assert answer["snapshot"]["bugs"] == len(facts.bugs)
    assert answer["upstream"]["state"] == "not_configured"
    assert answer["events"][0]["snapshot_id"] == facts.snapshot_id
    assert answer["last_refresh"]["requests"] > 0


async def test_open_among_statuses_stands_for_all_that_are_not_decided(indexed_snapshot: Path) -> None:
    async def total(ask: Asking, status: str) -> int:
        found = await ask("search", query="button", entities="bugs", status=status, limit=1)
        return int(found["pagination"]["total_count"])

    async with asking(indexed_snapshot) as ask:
        accepted, waiting = await total(ask, "accepted"), await total(ask, "open")
        assert min(accepted, waiting) > 0
        assert await total(ask, "accepted, Open") == accepted + waiting
        text = await ask.failing("search", query="button", status="rejected,forwarded,auto_accepted")
    assert "mixes the review state auto_accepted with statuses" in text


async def test_a_metric_added_to_the_catalogue_can_be_asked_for(
    demo_snapshot: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is one entry: tools name it and count it without another change."""
    added = add_metric(monkeypatch)
    async with asking(demo_snapshot, reports=tmp_path) as ask:
        named = (await ask("get_analytics_capabilities"))["metrics"]
        counted = await ask("query_metrics", metrics=[added.key], dimensions=["product"])
        await ask("generate_quality_report", product_ids=[HALO], output_file="halo.json")
    report = json.loads((tmp_path / "halo.json").read_text())
    assert {"key": added.key, "unit": "rate", "formula": added.formula, "better": "down"} in named
    assert counted["totals"][added.key]["denominator"] > 100
    assert report["metrics"][added.key]["numerator"] >= 0


async def test_a_list_of_bugs_repeats_its_filters_as_they_were_understood(ask: Asking) -> None:
    answer = await ask(
        "list_bugs", reported_since="2026-11-01", severity="major", known=False, deadline_before="7 days"
    )
    assert answer["filters"] == {
        "severity": "high",
        "known": "false",
        "reported": "Since 2026-11-01",
        "deadline_before": "2026-11-27T06:00:00Z",
    }
    assert "filters" not in await ask("list_bugs", per_page=1)


async def test_the_rejected_bugs_of_a_person_add_up_over_their_reasons(ask: Asking, facts: Facts) -> None:
    rejected = Counter(bug.tester for bug in facts.bugs.values() if bug.review == "rejected")
    (name, count) = rejected.most_common(1)[0]
    (part,) = (await ask("get_user_summary", username=name))["activity"]
    assert sum(part["rejected_by_reason"].values()) == part["bugs_by_review"]["rejected"] <= count


async def test_a_finding_of_today_says_so_in_a_report_on_the_past(ask: Asking) -> None:
    """The open bugs are those of now, whatever the period; a change in the headline may be chance."""
    answer = await ask("generate_quality_report", start_date="last quarter")
    (title,) = (one["title"] for one in answer["findings"] if one["key"] == "review_deadline")
    assert answer["metrics"]["open_bugs"] == 0
    assert title.endswith("to review now, over all periods")
    compared = await ask("generate_quality_report", start_date="last quarter", compare="previous_period")
    (told,) = (line for line in answer["headline"] if "rejected" in line)
    sure = "more than chance" in compared["changes"].get("rejection_rate_of_decided", "")
    assert told.endswith(" (within chance).") is ("before" in told and not sure)
    halo = await ask(
        "generate_quality_report", product_ids=HALO, start_date="2026-Q2", compare="previous_period"
    )
    for one in (compared, halo):
        assert [line for line in one["notes"] if line.endswith("counts are not judged.")]


async def test_an_unknown_release_is_answered_by_what_a_caller_can_do(ask: Asking) -> None:
    said = await ask.failing("query_metrics", metrics="bug_count", start_date="release 9.9")
    assert "start_date and end_date" in said
    assert "invoke" not in said
