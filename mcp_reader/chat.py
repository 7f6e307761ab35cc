"""The report in the chat: what hosts with MCP Apps show of an answer, beside what the model reads."""

import logging
from collections.abc import Callable
from typing import Any, ParamSpec

from fastmcp import FastMCP
from fastmcp.apps.config import UI_EXTENSION_ID, AppConfig, ResourceCSP
from fastmcp.server.dependencies import get_context
from fastmcp.tools import ToolResult

from mcp_reader.context import Reader

VIEW = "ui://testio/report.html"
SHOWN = {"ui": {"resourceUri": VIEW}}
"""The metadata of a tool whose answers are shown in that view."""
FRAGMENT = "testio/fragment"
"""Where the view finds its HTML: in `_meta`, which no host hands to the model."""
LONGEST_FRAGMENT = 400_000
"""Letters; a longer one is left out, and the view says that the answer is in the text."""

log = logging.getLogger(__name__)
_P = ParamSpec("_P")


def add_view(server: FastMCP[Any]) -> None:
    """Add the view to a server; it needs no other place than itself."""
    nothing = ResourceCSP(connect_domains=[], resource_domains=[], frame_domains=[], base_uri_domains=[])
    server.resource(
        VIEW, name="report-view", title="Report in the chat", app=AppConfig(csp=nothing, prefers_border=True)
    )(read_view)


async def read_view() -> str:
    """Return the page that shows a report, a bug or a chart in the chat."""
    from build.site.chat.view import chat_view

    return chat_view()


def shows_fragments() -> bool:
    """Return whether the caller can show HTML beside an answer."""
    return get_context().client_supports_extension(UI_EXTENSION_ID)


async def shown(
    answer: ToolResult, reader: Reader, make: Callable[_P, str], *args: _P.args, **kwargs: _P.kwargs
) -> ToolResult:
    """Return the answer, for a host that shows such things with the HTML that `make` returns.

    Whatever happens to that, the answer is given.
    """
    if not shows_fragments():
        return answer
    try:
        fragment = await reader.library.work(make, *args, **kwargs)
    except Exception:
        log.exception("The answer is given without its HTML for the chat.")
        return answer
    if len(fragment) <= LONGEST_FRAGMENT:
        answer.meta = {**(answer.meta or {}), FRAGMENT: fragment}
    return answer
