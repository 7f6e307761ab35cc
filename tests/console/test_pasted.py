"""A token in the wrong place is told back by no task and by no answer."""

from pathlib import Path
from typing import Any

import pytest
from fastmcp import Client
from mcp.shared.exceptions import MCPError

from config.scrubbing import hide
from config.settings import Settings
from mcp_reader.server import create_server
from tests.console.conftest import Run
from tests.mcp_reader.calls import said, settings_of

TOKEN = "tio_Kx82jQpLw93ZbVnR5tYhGd71"
HEX = "9f86d081884c7d659a2feaa0c55ad015"


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [name for name in Settings.model_fields if name != "testio_customer_api_token"]
)
def test_no_task_tells_back_a_token_that_was_pasted_into_a_setting(run: Run, name: str) -> None:
    """A CI job's log is read by many, and `doctor` is what people post when they ask for help."""
    token = TOKEN if len(name) % 2 else HEX
    for task in (["doctor"], ["refresh"], ["open"], ["keys", "list"], ["context"]):
        code, out, err = run(*task, **{name.upper(): token})
        assert token not in out + err, task
        assert "Traceback" not in err
        assert code in {0, 1}


@pytest.mark.parametrize("form", ["{}", "get_{}", "x" * 60 + " {}", "it's\\{}"])
async def test_a_secret_that_a_client_sends_is_not_told_back(form: str, demo_snapshot: Path) -> None:
    """A model that mixes up its fields put the token into the transcript a second time, as an error."""
    secret = "p'q\\r-" + HEX
    hide(secret)
    word = form.format(secret)
    calls: list[tuple[str, dict[str, Any]]] = [
        ("list_products", {word: 1}),
        ("list_products", {"product_type": word}),
        ("list_products", {"per_page": word}),
        ("list_products", {"customer": word}),
        ("list_tests", {"product_ids": word}),
        ("list_tests", {"product_ids": [word], "statuses": {"a": word}}),
        ("get_user_summary", {"username": word}),
        ("query_metrics", {"metrics": word, "filters": {word: word}}),
        ("generate_quality_report", {"output_file": word}),
    ]
    async with Client(create_server(settings_of(demo_snapshot))) as client:
        for tool, arguments in calls:
            text = said(await client.call_tool_mcp(tool, arguments))
            assert HEX not in text, (tool, arguments)
        with pytest.raises(MCPError) as caught:
            await client.call_tool_mcp(word, {})
        assert HEX not in caught.value.message
        for ask in (client.get_prompt(word), client.read_resource(f"testio://bugs/{HEX}")):
            with pytest.raises(MCPError) as caught:
                await ask
            assert secret not in caught.value.message
