"""Answers that a snapshot has given once: the same call over the same version gets them again."""

from typing import Any

from fastmcp.server.middleware import CallNext, Middleware, MiddlewareContext
from fastmcp.tools import ToolResult
from mcp_types import CallToolRequestParams
from pydantic_core import to_json

from base.errors import UserError
from mcp_reader.chat import shows_fragments
from mcp_reader.context import current_reader
from mcp_reader.sources.snapshot import Edition, holding

COUNTING = frozenset({"list_products", "list_tests", "list_bugs", "generate_quality_report", "query_metrics"})
"""The tools whose answers are made of nothing but the version, the settings and the arguments."""
_LONGEST_CALL = 2_000


class Remembering(Middleware):
    """Gives the answer of an equal call over the same version; it stands closest to the tools."""

    async def on_call_tool(
        self,
        context: MiddlewareContext[CallToolRequestParams],
        call_next: CallNext[CallToolRequestParams, ToolResult],
    ) -> ToolResult:
        """Answer from what is remembered, else run the tool.

        A call that writes a file, or that no one would repeat for its length, is never remembered; nor is
        an answer for which the upstream was asked.
        """
        call = _call(context.message.name, context.message.arguments or {})
        edition = None if call is None else await _published()
        if call is None or edition is None:
            return await call_next(context)
        answer = edition.answers.get(call)
        if answer is None:
            with holding(edition):
                answer = await call_next(context)
            if (answer.structured_content or {}).get("source") == "snapshot":
                edition.answers.put(call, answer)
        return ToolResult(
            content=list(answer.content), structured_content=answer.structured_content, meta=answer.meta
        )


def _call(name: str, arguments: dict[str, Any]) -> bytes | None:
    """Return what equal calls have in common; None for one that is not remembered."""
    if name not in COUNTING or arguments.get("output_file") is not None:
        return None
    try:
        written = to_json([name, shows_fragments(), sorted(arguments.items())])
    except ValueError:
        return None
    return written if len(written) <= _LONGEST_CALL else None


async def _published() -> Edition | None:
    """Return the version as this caller may see it; None when there is none, and the tool says why."""
    try:
        return await current_reader().library.edition()
    except UserError:
        return None
