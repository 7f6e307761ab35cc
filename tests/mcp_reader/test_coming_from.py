"""Calls written for testio-mcp 1.0.0 are answered, or refused with what to do instead."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.mcp_reader.calls import Asking, Json, asking

CUSTOMER = {"customer": "acme"}
ANSWERED: list[tuple[str, Json]] = [
    ("list_products", {"search": "halo", "product_type": "website,mobile_app_ios", "sort_by": "title"}),
    (
        "list_products",
        {"sort_by": "product_type", "sort_order": "asc", "page": 1, "per_page": 50, "offset": 0},
    ),
    ("list_products", {"sort_by": "last_synced", "sort_order": "desc"}),
    ("get_product_summary", {"product_id": 598}),
    (
        "list_tests",
        {
            "product_id": 598,
            "page": 1,
            "per_page": 0,
            "offset": 0,
            "statuses": "running,locked",
            "testing_type": ["coverage", "focused"],
            "sort_by": "end_at",
            "sort_order": "desc",
        },
    ),
    ("list_tests", {"product_id": 598, "feature_ids": "2001,2002"}),
    ("list_features", {"product_id": 598, "sort_by": "last_synced", "has_user_stories": True, "per_page": 0}),
    ("list_features", {"product_id": 598, "sort_by": "bug_count", "sort_order": "desc"}),
    ("get_feature_summary", {"feature_id": 2001}),
    ("list_users", {"user_type": "tester", "days": 365, "sort_by": "username", "sort_order": "asc"}),
    ("list_users", {"user_type": "customer", "sort_by": "last_activity"}),
    ("get_user_summary", {"user_id": 2601}),
    (
        "list_bugs",
        {
            "product_ids": "[598, 18559]",
            "start_date": "last 30 days",
            "statuses": ["locked"],
            "status": '["rejected"]',
            "severity": "critical,high",
            "include": "actual_result,expected_result,steps",
            "per_page": 0,
            "page": 1,
            "offset": 0,
            "sort_by": "reported_at",
            "sort_order": "desc",
        },
    ),
    ("list_bugs", {"product_ids": 598, "feature_ids": "2001", "reported_by_user_id": 2601}),
    (
        "generate_quality_report",
        {
            "product_ids": "598,18559",
            "start_date": "2026-07-01",
            "end_date": "today",
            "statuses": "locked,archived",
            "testing_type": "coverage",
        },
    ),
    ("generate_quality_report", {"product_ids": 598, "start_date": "this quarter", "feature_ids": 2001}),
    (
        "query_metrics",
        {
            "metrics": "bug_count,test_count",
            "dimensions": "feature,severity",
            "filters": '{"product_id": 598}',
            "start_date": "3 months ago",
            "end_date": "today",
            "sort_by": "bug_count",
            "sort_order": "desc",
            "limit": 10,
        },
    ),
    (
        "query_metrics",
        {
            "metrics": [
                "bugs_per_test",
                "overall_acceptance_rate",
                "rejection_rate",
                "auto_acceptance_rate",
                "active_acceptance_rate",
                "review_rate",
                "bug_severity_score",
                "features_tested",
                "active_testers",
            ],
            "dimensions": ["quarter"],
            "tests_limit": 20,
            "return_test_ids": True,
        },
    ),
    *(
        ("query_metrics", {"metrics": "bug_count", "dimensions": dimension, "limit": 3})
        for dimension in (
            "feature",
            "product",
            "platform",
            "tester",
            "customer",
            "severity",
            "status",
            "month",
            "week",
            "quarter",
            "rejection_reason",
            "testing_type",
            "test_environment",
            "known_bug",
        )
    ),
    ("get_analytics_capabilities", {}),
    (
        "search",
        {
            "query": "login*",
            "entities": ["bug", "feature"],
            "product_ids": "598",
            "start_date": "last week",
            "end_date": "today",
            "limit": 20,
            "match_mode": "simple",
        },
    ),
    ("search", {"query": "cart OR checkout", "match_mode": "raw"}),
    ("get_server_diagnostics", {"include_sync_events": True, "sync_event_limit": 5}),
    ("get_problematic_tests", {"product_id": 598}),
]


@pytest.fixture(scope="module")
async def older(indexed_snapshot: Path) -> AsyncIterator[Asking]:
    async with asking(indexed_snapshot, testio_customer_name="Acme") as client:
        yield client


@pytest.mark.slow
@pytest.mark.parametrize(("tool", "arguments"), ANSWERED, ids=lambda value: str(value)[:50])
async def test_a_call_as_the_older_server_documents_it_is_answered(
    older: Asking, tool: str, arguments: Json
) -> None:
    answer = await older(tool, **CUSTOMER, **arguments)
    assert not any("Ignored" in warning for warning in answer.get("warnings", ()))


async def test_ids_of_single_tests_and_bugs_are_taken(older: Asking) -> None:
    tests = (await older("list_tests", product_id=598, per_page=2))["tests"]
    ids = ",".join(str(row["id"]) for row in tests)
    assert (await older("get_test_summary", test_id=tests[0]["id"]))["id"] == tests[0]["id"]
    bugs = (await older("list_bugs", test_ids=ids, per_page=5))["bugs"]
    assert (await older("get_bug_summary", bug_id=str(bugs[0]["id"])))["id"] == bugs[0]["id"]
    both = await older("generate_quality_report", product_ids=598, test_ids=ids)
    assert both["test_count"] == 2
    for name, change in (("include_test_ids", 0), ("exclude_test_ids", -1)):
        start = {"product_ids": 598, "start_date": "all"}
        whole = await older("generate_quality_report", **start)
        found = await older("generate_quality_report", **start, **{name: tests[-1]["id"]})
        assert found["test_count"] in {whole["test_count"] + change, whole["test_count"] + 1}


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("generate_quality_report", {"product_ids": 598, "output_file": "/reports/x.json"}, "relative name"),
        ("query_metrics", {"metrics": "defect_density", "dimensions": "product"}, "bugs_per_test"),
        ("query_metrics", {"metrics": "reject_rate"}, "rejection_rate_of_decided or rejection_rate"),
        ("list_products", {"sort_by": "worst"}, "Closest: product_verdict"),
        (
            "query_metrics",
            {"metrics": "bug_count", "dimensions": "month", "filters": {"status": "rejected"}},
            "Use review",
        ),
        ("list_products", {"customer": "globex"}, "This reader serves: Acme"),
    ],
)
async def test_what_means_something_else_is_said(
    older: Asking, tool: str, arguments: Json, said: str
) -> None:
    assert said in await older.failing(tool, **arguments)
