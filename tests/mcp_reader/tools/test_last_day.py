"""Diagnostics say how many refreshes of the last 24 hours published a whole snapshot."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from snapshot.format.manifest import Manifest, Problem
from snapshot.store import new_id, publish
from tests.mcp_reader.calls import asking

GAP = Problem(kind="test", id=7, reason="It answered 500.", since=datetime(2026, 11, 20, tzinfo=UTC))


async def test_the_refreshes_of_the_last_day_are_counted(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    for hours, problems in ((30, ()), (20, (GAP,)), (3, ()), (1, ())):
        at = now - timedelta(hours=hours)
        publish(tmp_path, Manifest(id=new_id(at), created_at=at, api_host="127.0.0.1", problems=problems))
    async with asking(tmp_path) as ask:
        answer = await ask("get_server_diagnostics")
    assert answer["last_24_hours"] == {
        "counted": "refreshes that published a snapshot; one that failed published none",
        "refreshes": 3,
        "without_gaps": 2,
        "success_rate": {"value": 0.667, "numerator": 2, "denominator": 3},
    }


async def test_without_a_refresh_in_a_day_there_is_no_rate(demo_snapshot: Path) -> None:
    async with asking(demo_snapshot) as ask:
        answer = await ask("get_server_diagnostics")
        tests = await ask(
            "query_metrics", metrics="test_count", start_date="2000-01-01", end_date="2100-01-01"
        )
    assert "last_24_hours" not in answer
    held = answer["snapshot"]
    assert held["undated_tests"] > 0
    assert held["tests_in_metrics"] - held["undated_tests"] == tests["totals"]["test_count"]
