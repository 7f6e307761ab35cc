"""The list of tools passes the rules of the pickiest clients."""

import re
from collections.abc import Iterator
from typing import Any

from tests.mcp_reader.calls import Asking

TYPES = {"array", "boolean", "integer", "number", "object", "string"}
REFUSED = {
    "anyOf",
    "oneOf",
    "allOf",
    "not",
    "$ref",
    "$defs",
    "const",
    "additionalProperties",
    "patternProperties",
}


def nodes(schema: dict[str, Any], place: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema inside a schema, with the place where it stands."""
    yield place, schema
    for name, part in schema.get("properties", {}).items():
        yield from nodes(part, f"{place}.{name}")
    if isinstance(schema.get("items"), dict):
        yield from nodes(schema["items"], f"{place}[]")


async def test_every_argument_has_one_type_and_nothing_that_a_client_refuses(ask: Asking) -> None:
    """Gemini refuses the whole list for one type in a list; then the user has no tool at all."""
    tools = await ask.client.list_tools()
    assert tools
    for tool in tools:
        assert re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", tool.name)
        assert 0 < len(tool.description or "") <= 1024  # OpenAI's limit
        for place, schema in nodes(tool.input_schema, tool.name):
            assert schema.get("type") in TYPES, place
            assert not REFUSED & schema.keys(), place
            assert schema.get("default", 0) is not None, place
            if schema["type"] == "array":
                assert schema["items"].get("type") in TYPES, place
            if "enum" in schema:
                assert schema["type"] == "string", place
                assert all(isinstance(word, str) for word in schema["enum"]), place
