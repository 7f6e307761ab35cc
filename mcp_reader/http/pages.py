"""The description of the routes as a page that needs no network and no script: each tool is a form."""

from collections.abc import Iterable
from html import escape
from typing import Any
from urllib.parse import urlencode

from fastmcp.tools import Tool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from mcp_reader.http.openapi import PREFIX, by_query, openapi

STYLE = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    ":root{color-scheme:light dark}"
    "details{border-top:1px solid #8888;padding:.5rem 0}label{display:grid;gap:.2rem;margin:.6rem 0}"
    "input{font:inherit;padding:.3rem}small{opacity:.8}code{font-size:.95em}"
)


def docs_routes(tools: Iterable[Tool], *, secured: bool) -> list[Route]:
    """Return the routes of the OpenAPI document and of its page."""
    offered = list(tools)
    document = openapi(offered, secured=secured)
    page = _page(offered)

    async def described(_: Request) -> Response:
        return JSONResponse(document)

    async def shown(_: Request) -> Response:
        return HTMLResponse(page)

    async def asked(request: Request) -> Response:
        """Lead a form to the route itself, without the fields that were left empty."""
        if request.path_params["name"] not in {tool.name for tool in offered}:
            raise HTTPException(404)
        filled = [(key, value) for key, value in request.query_params.multi_items() if value.strip()]
        return RedirectResponse(f"{PREFIX}/{request.path_params['name']}?{urlencode(filled)}", 303)

    return [
        Route(f"{PREFIX}/openapi.json", described),
        Route(f"{PREFIX}/docs", shown),
        Route(f"{PREFIX}/docs/{{name}}", asked),
    ]


def _page(tools: list[Tool]) -> str:
    parts = "".join(_tool(tool) for tool in tools)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><meta name="robots" content="noindex">'
        f"<title>Test IO quality reports: API</title><style>{STYLE}</style></head><body><main>"
        "<h1>API</h1><p>One route for each MCP tool, with the same answers and error codes. "
        f'<a href="{PREFIX}/openapi.json">OpenAPI document</a></p>{parts}</main></body></html>'
    )


def _tool(tool: Tool) -> str:
    path = f"{PREFIX}/{tool.name}"
    text = escape((tool.description or "").split("\n\nArgs:")[0])
    if by_query(tool):
        fields = "".join(
            _field(name, part, name in tool.parameters.get("required", ()))
            for name, part in tool.parameters.get("properties", {}).items()
        )
        body = f'<form action="{PREFIX}/docs/{tool.name}" method="get">{fields}<button>Ask</button></form>'
    else:
        body = "<p>Send the arguments as a JSON object by POST.</p>"
    head = f"<code>{escape(path)}</code> {escape(tool.title or '')}"
    return f"<details><summary>{head}</summary><p>{text}</p>{body}</details>"


def _field(name: str, part: dict[str, Any], required: bool) -> str:
    kind = part.get("type", "")
    shown = f"{kind} of {part.get('items', {}).get('type', 'values')}" if kind == "array" else kind
    needed = " required" if required else ""
    return (
        f"<label><span><code>{escape(name)}</code> <small>{escape(shown)}</small></span>"
        f'<input name="{escape(name)}"{needed}><small>{escape(part.get("description", ""))}</small></label>'
    )
