"""Arguments as clients and agents send them: blanks count as left out, what no tool knows is ignored."""

from typing import Any

import pytest

from base.bounds import CALL_ARGUMENTS
from mcp_reader.arguments.given import NO_FILTERS
from tests.mcp_reader.calls import Asking

BLANK: list[Any] = [None, "", " ", {}]


@pytest.mark.slow
@pytest.mark.parametrize("blank", BLANK)
async def test_an_optional_argument_without_a_value_counts_as_left_out(ask: Asking, blank: Any) -> None:
    """Agents fill every argument of a schema."""
    for tool in await ask.client.list_tools():
        properties = tool.input_schema["properties"]
        needed = set(tool.input_schema.get("required", ()))
        known = {
            "product_id": 598,
            "test_id": 402,
            "bug_id": 1,
            "feature_id": 1,
            "user_id": 1,
            "metrics": "bug_count",
            "query": "login",
        }
        given = {name: known[name] for name in needed}
        plain = await ask.client.call_tool_mcp(tool.name, given)
        filled = {name: blank for name in properties if name not in needed}
        blanked = await ask.client.call_tool_mcp(tool.name, {**given, **filled})
        if tool.name == "get_server_diagnostics":
            assert not blanked.is_error
        else:
            assert blanked.content == plain.content, tool.name


async def test_an_empty_list_of_a_filter_is_refused_and_named(ask: Asking) -> None:
    """It would select nothing, and left out it selects all; other lists ask for nothing more when empty."""
    said = await ask.failing("list_tests", product_ids=[], statuses=[], feature_ids="598", page=1)
    assert "product_ids, statuses are empty lists." in said
    assert "Leave them out for all" in said
    plain = await ask("query_metrics", metrics="bug_count")
    assert await ask("query_metrics", metrics="bug_count", dimensions=[], include_test_ids=[]) == plain
    for tool in await ask.client.list_tools():
        properties, needed = tool.input_schema["properties"], tool.input_schema.get("required", ())
        filters = [
            name
            for name, part in properties.items()
            if part["type"] == "array" and name not in {*needed, *NO_FILTERS}
        ]
        for name in filters:
            assert f"{name} is an empty list." in await ask.failing(tool.name, **{name: []})


@pytest.mark.parametrize("blank", [*BLANK, []])
async def test_a_required_argument_without_a_value_is_missing(ask: Asking, blank: Any) -> None:
    said = await ask.failing("query_metrics", metrics=blank)
    assert "metrics is missing" in said
    assert "eave" not in said  # never advised to leave out what is required


@pytest.mark.parametrize("name", ["toolCallId", "sessionId", "random_string", "_meta", "explanation"])
async def test_what_no_tool_knows_is_ignored_with_a_warning(ask: Asking, name: str) -> None:
    """Some clients add arguments of their own to every call: refusing them refuses the client."""
    plain = await ask("list_products")
    answer = await ask("list_products", **{name: "x"})
    (warning,) = answer.pop("warnings")
    assert name in warning
    assert answer == plain


async def test_a_call_with_thousands_of_arguments_is_refused_before_they_are_compared(ask: Asking) -> None:
    """Each was compared with every name that the tool has: 20,000 held up all calls for 16 seconds."""
    filled = {f"argument_{number}": number for number in range(CALL_ARGUMENTS + 1)}
    said = await ask.failing("list_products", **filled)
    assert f"{CALL_ARGUMENTS + 1} arguments" in said
    assert "argument_" not in said
    filled.popitem()
    assert "products" in await ask("list_products", **filled)


@pytest.mark.parametrize(("name", "meant"), [("product_idz", "product_ids"), ("serverity", "severity")])
async def test_a_near_miss_is_still_an_error(ask: Asking, name: str, meant: str) -> None:
    """A misspelt filter that is ignored would answer another question."""
    assert meant in await ask.failing("list_bugs", product_ids=[598], **{name: "critical"})


async def test_an_argument_of_another_tool_is_still_an_error(ask: Asking) -> None:
    assert "takes no argument" in await ask.failing("list_products", severity="critical")


async def test_a_long_answer_is_bounded_and_says_how_to_see_the_rest(ask: Asking) -> None:
    """660 kB in one answer are more than a model can hold; most clients cut it somewhere, silently."""
    answer = await ask(
        "query_metrics",
        metrics=["bug_count", "rejection_rate", "overall_acceptance_rate", "review_rate"],
        dimensions=["tester", "feature"],
        limit=1000,
    )
    assert answer["rows_not_shown"] > 0
    assert len(answer["rows"]) + answer["rows_not_shown"] == answer["total_rows"]
    assert any("filters" in warning for warning in answer["warnings"])
    assert len(str(answer)) < 90_000


async def test_words_of_other_trackers_are_taken_and_said(ask: Asking) -> None:
    """Severities in arguments and filters, and statuses as pages write them."""
    listed = await ask("list_bugs", severity="major", per_page=1)
    assert "severity major is read as high." in listed["warnings"]
    high = await ask("list_bugs", severity="high", per_page=1)
    assert listed["pagination"] == high["pagination"]
    asked = {"metrics": ["bug_count", "test_count"]}
    meant = await ask("query_metrics", **asked, filters={"severity": "high", "status": "locked"})
    told = await ask("query_metrics", **asked, filters={"severity": ["Major"], "test_status": "in review"})
    assert told["totals"] == meant["totals"]
    words = {"start_date": "all-time", "product_ids": 598}
    report = await ask("generate_quality_report", **words, test_status="In review")
    same = await ask("generate_quality_report", **words, statuses="locked")
    assert report["metrics"] == same["metrics"]
    tests = await ask("list_tests", test_statuses="in review", per_page=1)
    assert tests["pagination"] == (await ask("list_tests", statuses="locked", per_page=1))["pagination"]
    assert "test_statuses='in review'" in await ask.failing("list_bugs", status="in review")
    assert "list_features(tested=false)" in await ask.failing("query_metrics", metrics="features_untested")


async def test_days_to_come_are_dates_and_a_slip_in_one_is_corrected(ask: Asking) -> None:
    rows = {
        text: (await ask("list_bugs", deadline_before=text, per_page=1))["filters"]["deadline_before"]
        for text in ("tomorrow", "in 3 days", "next 7 days", "2026-11-23")
    }
    assert rows == {
        "tomorrow": "2026-11-21T23:59:59Z",
        "in 3 days": "2026-11-23T06:00:00Z",
        "next 7 days": "2026-11-27T23:59:59Z",
        "2026-11-23": "2026-11-23T23:59:59Z",
    }
    said = await ask.failing("query_metrics", metrics="bug_count", start_date="last quater")
    assert "Did you mean last quarter?" in said
