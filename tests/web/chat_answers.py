"""`python -m tests.web.chat_answers FOLDER`: write the view and answers, as a host gets them."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from fastmcp import Client

from demo.account.account import Account, demo_account
from mcp_reader.chat import VIEW
from mcp_reader.server import create_server
from tests.hostile import hostile
from tests.mcp_reader.apps import Apps
from tests.mcp_reader.calls import settings_of
from tests.mcp_reader.published_account import publish_account

SITE = "https://reports.example"
PIVOTS: tuple[dict[str, Any], ...] = (
    {"metrics": ["bug_count", "test_count", "rejection_rate_of_decided"], "dimensions": ["month"]},
    {"metrics": ["bug_count"], "dimensions": ["tester"]},
    {"metrics": ["bug_count"], "dimensions": ["feature", "severity"]},
)


async def answers(root: Path, account: Account) -> dict[str, Any]:
    """The view with its policy, and what the tools answer over the account."""
    publish_account(root, account)
    server = create_server(settings_of(root, testio_site_base_url=SITE))
    async with Client(server, extensions=[Apps()]) as client:
        (view,) = await client.read_resource(VIEW)
        bugs = await client.call_tool_mcp("list_bugs", {"review": "rejected", "per_page": 3})
        calls: list[tuple[str, dict[str, Any]]] = [
            ("generate_quality_report", {"start_date": "all"}),
            ("generate_quality_report", {"product_ids": [598], "compare": "previous_period"}),
            *(("get_bug_summary", {"bug_id": bug["id"]}) for bug in (bugs.structured_content or {})["bugs"]),
            *(("query_metrics", arguments) for arguments in PIVOTS),
        ]
        found = []
        for name, arguments in calls:
            result = await client.call_tool_mcp(name, arguments)
            found.append(
                {
                    "name": name,
                    "arguments": arguments,
                    "result": result.model_dump(mode="json", by_alias=True),
                }
            )
        meta = (view.meta or {})["ui"]
        return {"view": view.model_dump()["text"], "csp": meta["csp"], "answers": found}


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    for name, account in (("demo", demo_account()), ("hostile", hostile(demo_account(40, bugs=200)))):
        written = asyncio.run(answers(folder / name, account))
        (folder / f"{name}.json").write_text(json.dumps(written), encoding="utf-8")
