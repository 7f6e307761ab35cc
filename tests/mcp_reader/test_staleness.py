"""Answers of an old snapshot say how old it is; those of a young one, and of the upstream, do not."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from demo.account.account import DEMO_NOW, demo_account
from quality.wording import day_utc
from tests.mcp_reader.calls import asking
from tests.mcp_reader.published_account import publish_account


@pytest.mark.parametrize(
    ("hours", "token", "warned"),
    [
        (47, "stub-token-1234567", ""),
        (49, "stub-token-1234567", "sync_data takes a new snapshot."),
        (49, None, "sync_data cannot take a new one: TESTIO_CUSTOMER_API_TOKEN is not set."),
    ],
)
async def test_an_answer_warns_of_a_snapshot_that_is_older_than_the_limit(
    tmp_path: Path, hours: int, token: str | None, warned: str
) -> None:
    taken = datetime.now(UTC) - timedelta(hours=hours)
    publish_account(tmp_path, demo_account(2, bugs=4), at=taken)
    if warned:
        warned = f"The snapshot is 2 days old, relative days count from {day_utc(taken)}; {warned}"
    async with asking(tmp_path, testio_ready_hours=48, testio_customer_api_token=token) as ask:
        for tool in ("list_products", "list_tests", "list_tests", "get_changes", "query_metrics"):
            more = {"metrics": "bug_count"} if tool == "query_metrics" else {}
            said = (await ask(tool, **more)).get("warnings", [])
            assert [one for one in said if "snapshot is" in one] == [warned][: bool(warned)], tool
        assert "warnings" not in await ask("get_server_diagnostics")


async def test_an_old_answer_says_how_many_of_its_review_deadlines_have_passed(tmp_path: Path) -> None:
    publish_account(tmp_path, demo_account(40), at=DEMO_NOW)
    async with asking(tmp_path, testio_ready_hours=48) as ask:
        answer = await ask("list_review_deadlines")
    every = sum(row["bug_count"] for row in answer["coming"])
    assert every > 0
    told = f"Of the {every:,} open bugs in `coming`, {every:,} were due before now."
    assert [one.endswith(told) for one in answer["warnings"] if "snapshot is" in one] == [True]
