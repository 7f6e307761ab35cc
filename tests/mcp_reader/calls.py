"""Asking the server as a client does."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from fastmcp import Client
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from mcp_types import CallToolResult, TextContent

from config.settings import Settings
from mcp_reader.server import create_server
from quality.metrics.measures import Measure

Json = dict[str, Any]


class Asking:
    """A connected client whose answers are checked before they are given out."""

    def __init__(self, client: Client[Any], schemas: dict[str, Json]) -> None:
        self.client = client
        self.schemas = schemas

    async def __call__(self, tool: str, **arguments: Any) -> Json:
        """The structured answer: it fits the tool's schema, and the text says the same."""
        result = await self.client.call_tool_mcp(tool, arguments)
        text = said(result)
        assert not result.is_error, text
        answer: Json = result.structured_content or {}
        Draft202012Validator(self.schemas[tool]).validate(answer)
        assert None not in answer.values()
        if "markdown" not in answer:
            assert json.loads(text) == answer
        return answer

    async def failing(self, tool: str, **arguments: Any) -> str:
        """The text of an error, which has its three parts."""
        result = await self.client.call_tool_mcp(tool, arguments)
        text = said(result)
        assert result.is_error, text
        assert [line[0] for line in text.splitlines()] == ["❌", "\N{INFORMATION SOURCE}", "💡"], text
        return text


def said(result: CallToolResult) -> str:
    """The text of a result, which is all its content."""
    (block,) = result.content
    assert isinstance(block, TextContent)
    return block.text


def settings_of(root: Path, **changed: Any) -> Settings:
    """The settings of a server without a token, a context and a limit of age, unless one is given."""
    values = {"testio_context_dir": root / "no-context", "testio_ready_hours": 87_600, **changed}
    return Settings(env_file=None, testio_snapshot_dir=root, **values)


@asynccontextmanager
async def asking(
    root: Path, mode: str = "auto", reports: Path = Path("reports"), **changed: Any
) -> AsyncIterator[Asking]:
    """A client of a server over the snapshot folder."""
    server = create_server(settings_of(root, **changed), reports=reports)
    async with Client(server, mode=mode) as client:
        schemas = {tool.name: tool.output_schema or {} for tool in await client.list_tools()}
        yield Asking(client, schemas)


def to_digits(value: float | None, digits: int) -> float | None:
    """A number as people round it: a half goes up."""
    if value is None:
        return None
    return float(Decimal(repr(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))


def told(measure: Measure) -> object:
    """A metric as tools tell it: a rate to three digits with its counts, other numbers to one."""
    if measure.unit != "rate":
        return to_digits(measure.value, 1)
    parts = {
        "value": to_digits(measure.value, 3),
        "numerator": measure.numerator,
        "denominator": measure.denominator,
        "low_95": to_digits(measure.low, 3),
        "high_95": to_digits(measure.high, 3),
    }
    return {name: part for name, part in parts.items() if part is not None}


def counts_of(measure: Measure) -> object:
    """A metric as a list tells it: of a rate without its bounds."""
    shown = told(measure)
    if not isinstance(shown, dict):
        return shown
    return {key: part for key, part in shown.items() if not key.endswith("_95")}
