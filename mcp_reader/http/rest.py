"""The REST routes: one for each tool, over the same function, with the same models and error codes."""

import re
from collections.abc import Sequence
from typing import Any

import orjson
from fastmcp import FastMCP
from fastmcp.exceptions import ToolError
from fastmcp.tools import Tool
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from jsonschema.exceptions import best_match  # type: ignore[import-untyped]
from mcp.shared.exceptions import MCPError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from base.errors import InvalidInput
from base.text import shorten
from mcp_reader.errors.parts import Told
from mcp_reader.http.openapi import PREFIX, arguments_schema, by_query
from mcp_reader.http.problems import problem, told

_NUMBER = re.compile(r"(-?(?:0|[1-9][0-9]{0,99}))(?:\.0+)?")
_JSON = re.compile(r"application/(json|[\w.+-]+\+json)\s*(;.*)?", re.IGNORECASE)


class _Unusable(Exception):
    """A request that does not fit the description."""

    def __init__(self, what: str, why: str = "", status: int = 400) -> None:
        super().__init__(what)
        self.what, self.why, self.status = what, why, status


def rest_routes(server: FastMCP[Any], tools: Sequence[Tool]) -> list[Route]:
    """Return a route for each tool: GET where it only reads, and POST with JSON."""
    return [
        Route(
            f"{PREFIX}/{tool.name}",
            _endpoint(server, tool),
            methods=["GET", "POST"] if by_query(tool) else ["POST"],
            name=tool.name,
        )
        for tool in tools
    ]


def _endpoint(server: FastMCP[Any], tool: Tool) -> Any:
    validator = Draft202012Validator(arguments_schema(tool))

    async def answer(request: Request) -> Response:
        try:
            given = _of_query(request, tool) if request.method in {"GET", "HEAD"} else await _of_body(request)
            _see_fitting(validator, given)
        except _Unusable as error:
            hint = f"See {PREFIX}/openapi.json."
            return problem(error.status, InvalidInput.code, error.what, error.why, hint)
        try:
            result = await server.call_tool(tool.name, given)
        except Told as error:
            return told(error.code, *error.parts)
        except (ToolError, MCPError) as error:
            return told("NOT_FOUND", shorten(str(error), 300))
        return Response(orjson.dumps(result.structured_content), media_type="application/json")

    return answer


def _of_query(request: Request, tool: Tool) -> dict[str, Any]:
    """Read the arguments from the query, as the types of the tool's schema say."""
    properties = tool.parameters.get("properties", {})
    given: dict[str, Any] = {}
    for name in dict.fromkeys(request.query_params):
        part = properties.get(name, {})
        values = request.query_params.getlist(name)
        if part.get("type") == "array":
            kind = part.get("items", {}).get("type")
            split = [word for value in values for word in value.split(",")] if kind == "integer" else values
            given[name] = [_typed(word, kind) for word in split]
        elif len(values) > 1:
            raise _Unusable(f"{shorten(name, 80)} is given {len(values)} times.", "It takes one value.")
        else:
            given[name] = _typed(values[0], part.get("type"))
    return given


def _typed(text: str, kind: str | None) -> Any:
    """Read a word of the query; what is not of its type stays a text, which the schema refuses."""
    if kind in {"integer", "number"} and (number := _NUMBER.fullmatch(text.strip())):
        return int(number[1])
    if kind == "boolean" and text.lower() in {"true", "false"}:
        return text.lower() == "true"
    return text


async def _of_body(request: Request) -> dict[str, Any]:
    raw = await request.body()
    if not raw.strip():
        return {}
    if not _JSON.fullmatch(request.headers.get("content-type", "")):
        raise _Unusable("The body is not declared as JSON.", "Send Content-Type: application/json.", 415)
    try:
        given = orjson.loads(raw)
    except ValueError:
        raise _Unusable("The body is not JSON.") from None
    if not isinstance(given, dict):
        raise _Unusable("The body is not a JSON object.", "Arguments have names.")
    return given


def _see_fitting(validator: Any, given: dict[str, Any]) -> None:
    error = best_match(validator.iter_errors(given))
    if error is not None:
        place = ".".join(str(part) for part in error.absolute_path)
        what = f"{shorten(place, 80)} cannot be used." if place else "The arguments cannot be used."
        raise _Unusable(what, f"{shorten(error.message, 240)}.")
