"""The description of the REST routes, made from the tools themselves."""

from collections.abc import Iterable
from typing import Any

from fastmcp.tools import Tool

from base.version import version

PREFIX = "/api/v1"
PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string", "description": "What went wrong, naming the value."},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "The kind of error; programs may rely on it."},
        "detail": {"type": "string", "description": "Why."},
        "hint": {"type": "string", "description": "What to do."},
        "request_id": {"type": "string", "description": "Names the request in the server's log."},
    },
}
_DEFINED = "#/$defs/"
_ERRORS = {
    "400": "The request does not fit the description.",
    "401": "No credentials, or none that are known.",
    "403": "The credentials do not reach so far.",
    "404": "There is no such thing, or the caller may not see it.",
    "409": "Another writer is at work.",
    "413": "The body is too large.",
    "415": "The body is not JSON.",
    "422": "A value cannot be used.",
    "429": "Too many requests; Retry-After says how long to wait.",
    "500": "The server failed.",
    "503": "Something that the answer needs is not there.",
}


def openapi(tools: Iterable[Tool], *, secured: bool) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of the tools.

    Args:
        tools: What is served.
        secured: Whether callers need credentials.
    """
    schemes = {
        "bearer": {"type": "http", "scheme": "bearer", "description": "An API key, or a JSON web token."},
        "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    }
    offered = list(tools)
    parts = {name: part for tool in offered for name, part in _parts(tool).items()}
    document: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {
            "title": "Test IO quality reports",
            "version": version(),
            "description": "What the MCP tools answer, from the last snapshot; nothing here changes Test IO.",
        },
        "paths": {f"{PREFIX}/{tool.name}": _path(tool) for tool in offered},
        "components": {"schemas": {"Problem": PROBLEM, **parts}},
    }
    if secured:
        document["components"]["securitySchemes"] = schemes
        document["security"] = [{"bearer": []}, {"key": []}]
    return document


def arguments_schema(tool: Tool) -> dict[str, Any]:
    """Return the schema of a tool's arguments: what is not named in it is refused."""
    return {**tool.parameters, "additionalProperties": False}


def by_query(tool: Tool) -> bool:
    """Return whether a tool only reads, and takes nothing that a query cannot hold."""
    reads = tool.annotations is not None and tool.annotations.read_only_hint is True
    kinds = {part.get("type") for part in tool.parameters.get("properties", {}).values()}
    return reads and kinds <= {"string", "integer", "number", "boolean", "array"}


def _path(tool: Tool) -> dict[str, Any]:
    common = {"summary": tool.title or tool.name, "description": tool.description or "", "tags": ["tools"]}
    posted = {
        **common,
        "operationId": f"{tool.name}_post",
        "requestBody": {
            "required": bool(tool.parameters.get("required")),
            "content": {"application/json": {"schema": arguments_schema(tool)}},
        },
        "responses": _responses(tool),
    }
    if not by_query(tool):
        return {"post": posted}
    required = tool.parameters.get("required", ())
    asked = {
        **common,
        "operationId": tool.name,
        "parameters": [
            {"name": name, "in": "query", "required": name in required, "schema": part, **_described(part)}
            for name, part in tool.parameters.get("properties", {}).items()
        ],
        "responses": _responses(tool),
    }
    return {"get": asked, "post": posted}


def _described(part: dict[str, Any]) -> dict[str, Any]:
    return {"description": part["description"]} if "description" in part else {}


def _answer(tool: Tool) -> dict[str, Any]:
    """Return the schema of a tool's answer, whose parts are those of the document."""
    schema = {key: part for key, part in (tool.output_schema or {"type": "object"}).items() if key != "$defs"}
    placed: dict[str, Any] = _placed(schema, tool.name)
    return placed


def _parts(tool: Tool) -> dict[str, Any]:
    """Return the parts of a tool's answer under names of their own: tools may call different parts alike."""
    found = (tool.output_schema or {}).get("$defs", {})
    return {f"{tool.name}.{name}": _placed(part, tool.name) for name, part in found.items()}


def _placed(node: Any, tool: str) -> Any:
    if isinstance(node, dict):
        return {
            key: f"#/components/schemas/{tool}.{part.removeprefix(_DEFINED)}"
            if key == "$ref" and isinstance(part, str) and part.startswith(_DEFINED)
            else _placed(part, tool)
            for key, part in node.items()
        }
    return [_placed(part, tool) for part in node] if isinstance(node, list) else node


def _responses(tool: Tool) -> dict[str, Any]:
    answer = {"application/json": {"schema": _answer(tool)}}
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        "200": {"description": "The answer, as the tool gives it.", "content": answer},
        **{status: {"description": what, "content": problem} for status, what in _ERRORS.items()},
    }
