"""While snapshots are published, indexed and pruned, every call is answered from one whole version."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from build.facts.load import load_facts
from build.search.index import update_index
from demo.account.account import DEMO_NOW, advance, demo_account
from snapshot.prune import prune
from snapshot.reader import open_snapshot
from tests.mcp_reader.calls import Json, asking
from tests.mcp_reader.published_account import publish_account

CALLS: list[tuple[str, Json]] = [
    ("list_tests", {"per_page": 1}),
    ("list_bugs", {"per_page": 1}),
    ("query_metrics", {"metrics": "test_count", "filters": {"status": ["running", "locked", "archived"]}}),
    ("list_features", {"per_page": 1}),
    ("generate_quality_report", {"start_date": "all"}),
    ("search", {"query": "the", "limit": 1}),
    ("list_review_deadlines", {}),
    ("get_server_diagnostics", {}),
]
DAYS = 4


@pytest.mark.slow
async def test_a_burst_of_calls_meets_no_error_and_no_mixture(tmp_path: Path) -> None:
    root = tmp_path / "snapshots"
    account = demo_account(24, bugs=90)
    counts: dict[str, tuple[int, int]] = {}

    def publish(day: int) -> None:
        publish_account(root, advance(account, day), at=DEMO_NOW + timedelta(days=day))
        facts = load_facts(open_snapshot(root))
        counts[f"{facts.as_of:%Y-%m-%dT%H:%M:%SZ}"] = (len(facts.tests), len(facts.bugs))
        update_index(facts, root / "index")
        prune(root, keep_last=1, grace=timedelta(0))

    def right(tool: str, answer: dict[str, Any]) -> bool:
        tests, bugs = counts[answer["data_as_of"]]
        if tool == "list_tests":
            return bool(answer["pagination"]["total_count"] == tests)
        if tool == "list_bugs":
            return bool(answer["pagination"]["total_count"] == bugs)
        return tool != "get_server_diagnostics" or answer["snapshot"]["tests"] == tests

    publish(0)
    for day in range(1, DAYS):  # known before a reader can see them
        facts = advance(account, day)
        at = f"{DEMO_NOW + timedelta(days=day):%Y-%m-%dT%H:%M:%SZ}"
        ids = [one for of_product in facts.test_ids.values() for one in of_product]
        counts[at] = (len(ids), sum(len(facts.bugs(one)) for one in ids))
    done = asyncio.Event()
    seen: set[str] = set()
    async with asking(root) as ask:

        async def call(tool: str, arguments: Json) -> None:
            while not done.is_set():
                answer = await ask(tool, **arguments)
                assert right(tool, answer), (tool, answer)
                seen.add(answer["data_as_of"])

        async def write() -> None:
            for day in range(1, DAYS):
                await asyncio.to_thread(publish, day)
            done.set()

        await asyncio.gather(write(), *(call(tool, arguments) for tool, arguments in CALLS for _ in range(3)))
        last = await ask("list_tests", per_page=1)
    assert len(seen) > 1
    assert last["data_as_of"] == f"{DEMO_NOW + timedelta(days=DAYS - 1):%Y-%m-%dT%H:%M:%SZ}"
