"""Questions to the person at the client, as a form, where the client has forms; both protocol eras."""

from typing import Any

from fastmcp.exceptions import ToolError
from fastmcp.server.dependencies import get_context
from fastmcp.server.middleware import CallNext, Middleware, MiddlewareContext
from fastmcp.tools import ToolResult
from fastmcp.tools.base import InputRequiredToolResult
from mcp.shared.exceptions import MCPError
from mcp_types import (
    CallToolRequestParams,
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitResult,
    InputRequiredResult,
)
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from base.text import name_key
from mcp_reader.lookup.names import Alike

WHICH, SURE = "which", "sure"


async def asked(key: str, message: str, schema: dict[str, Any]) -> ElicitResult | InputRequiredResult | None:
    """Ask the person; None when the client has no forms.

    Args:
        key: What the answer is called when the client sends it with the call again.
        message: The question.
        schema: Of the form: an object of plain values.

    Returns:
        The answer; or, in the era in which a server sends no requests, what the call answers instead, after
        which the client calls again.
    """
    context = get_context()
    try:
        session, request = context.session, context.request_context
    except RuntimeError:  # a call without the protocol
        return None
    capabilities = session.client_capabilities
    if request is None or capabilities is None or capabilities.elicitation is None:
        return None
    given = (context.input_responses or {}).get(key)
    if isinstance(given, ElicitResult):
        return given
    if request.protocol_version in MODERN_PROTOCOL_VERSIONS:
        form = ElicitRequestFormParams(message=message, requested_schema=schema)
        return InputRequiredResult(input_requests={key: ElicitRequest(params=form)})
    try:
        return await session.elicit(
            message=message, requested_schema=schema, related_request_id=context.request_id
        )
    except MCPError:  # the form was left as it cannot be sent, or the client cannot show it after all
        return ElicitResult(action="cancel")


async def confirmed(message: str, title: str) -> bool | InputRequiredResult:
    """Ask whether something is to be done; true when the client has no forms."""
    schema = {
        "type": "object",
        "properties": {"confirm": {"type": "boolean", "title": title}},
        "required": ["confirm"],
    }
    answer = await asked(SURE, message, schema)
    if isinstance(answer, ElicitResult):
        return answer.action == "accept" and (answer.content or {}).get("confirm") is True
    return True if answer is None else answer


class Choosing(Middleware):
    """Lets the person choose where an argument names a product and several are called so."""

    async def on_call_tool(
        self,
        context: MiddlewareContext[CallToolRequestParams],
        call_next: CallNext[CallToolRequestParams, ToolResult],
    ) -> ToolResult:
        """Run the tool; with the chosen product once more, where the client has forms.

        Raises:
            ToolError: As the tool did, when nothing was chosen.
        """
        try:
            return await call_next(context)
        except ToolError as error:
            if not isinstance(alike := error.__cause__, Alike):
                raise
            answer = await asked(WHICH, alike.what, _choice(alike))
            if isinstance(answer, InputRequiredResult):
                return InputRequiredToolResult(answer)
            chosen = (answer.content or {}).get("id") if answer and answer.action == "accept" else None
            arguments = _with(context.message.arguments or {}, alike, str(chosen))
            if arguments is None:
                raise
            context.message.arguments = arguments
            return await call_next(context)


def _choice(alike: Alike) -> dict[str, Any]:
    options = [{"const": str(number), "title": text} for number, text in alike.options.items()]
    return {
        "type": "object",
        "properties": {"id": {"type": "string", "title": "Product", "oneOf": options}},
        "required": ["id"],
    }


def _with(arguments: dict[str, Any], alike: Alike, chosen: str) -> dict[str, Any] | None:
    """Return the arguments with the chosen id in the place of the name; None when nothing can be replaced."""
    if not chosen.isdecimal() or int(chosen) not in alike.options:
        return None
    held = arguments.get(alike.argument)
    values = held if isinstance(held, list) else [held]
    named = [isinstance(one, str) and name_key(one) == name_key(alike.name) for one in values]
    if not any(named):
        return None
    replaced = [int(chosen) if by_name else one for one, by_name in zip(values, named, strict=True)]
    return {**arguments, alike.argument: replaced if isinstance(held, list) else replaced[0]}
