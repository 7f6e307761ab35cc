"""Every error of a tool call, turned into three lines that a model can act on."""

import logging
from collections.abc import Container, Mapping
from functools import reduce
from typing import Any

from fastmcp.exceptions import NotFoundError, ResourceError, ToolError, ValidationError
from fastmcp.resources import ResourceResult
from fastmcp.server.middleware import CallNext, Middleware, MiddlewareContext
from fastmcp.tools import ToolResult
from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS, CallToolRequestParams, ReadResourceRequestParams, TextContent
from pydantic import ValidationError as PydanticValidationError

from base.bounds import CALL_ARGUMENTS
from base.errors import InvalidInput, UserError
from base.text import listed, shorten
from mcp_reader.answers.base import with_warning
from mcp_reader.arguments.aliases import as_accepted, reworded
from mcp_reader.arguments.given import foreign, refuse_empty, without_blanks
from mcp_reader.arguments.types import did_you_mean
from mcp_reader.customers import ARGUMENT
from mcp_reader.errors.parts import Parts, Told, parts_of, three_parts

log = logging.getLogger(__name__)
LONGEST_SHOWN = 200


class _SaidOnce(logging.Filter):
    """Drops FastMCP's own line and traceback for an error that this middleware words or logs."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if error is not None and record.getMessage().startswith("Error reading resource"):
            return parts_of(error) is None
        return not record.getMessage().startswith(("Error calling tool", "Invalid arguments for tool"))


logging.getLogger("fastmcp.server.server").addFilter(_SaidOnce())


class Errors(Middleware):
    """The one place where an exception becomes an answer.

    An unknown tool is a protocol error (-32602). Everything else is a tool error in three
    parts; what nobody foresaw is masked and logged.
    """

    async def on_call_tool(
        self,
        context: MiddlewareContext[CallToolRequestParams],
        call_next: CallNext[CallToolRequestParams, ToolResult],
    ) -> ToolResult:
        """Run the tool; an error is answered in three parts, its code in the answer's `_meta`.

        Raises:
            Told: To who calls without the protocol.
            MCPError: When there is no such tool.
        """
        try:
            return await self._run(context, call_next)
        except Told as error:
            if context.fastmcp_context is None or context.fastmcp_context.request_context is None:
                raise
            said = TextContent(type="text", text=str(error))
            return ToolResult(content=[said], meta={"code": error.code}, is_error=True)

    async def _run(
        self,
        context: MiddlewareContext[CallToolRequestParams],
        call_next: CallNext[CallToolRequestParams, ToolResult],
    ) -> ToolResult:
        """Run the tool.

        Raises:
            Told: With the three parts.
            MCPError: When there is no such tool.
        """
        name = context.message.name
        try:
            said = await _tidy(context)
            answer = await call_next(context)
            return reduce(with_warning, said, answer)
        except NotFoundError:
            raise await _unknown_tool(context) from None
        except ValidationError as error:
            raise Told(InvalidInput.code, *await _bad_argument(context, error)) from None
        except ToolError as error:
            raise _worded(name, error.__cause__ or error) from None
        except MCPError:
            raise
        except Exception as error:  # noqa: BLE001 - nothing may reach the client unworded
            raise _worded(name, error) from None

    async def on_read_resource(
        self,
        context: MiddlewareContext[ReadResourceRequestParams],
        call_next: CallNext[ReadResourceRequestParams, ResourceResult],
    ) -> ResourceResult:
        """Read a resource.

        Raises:
            ResourceError: With the three parts.
        """
        try:
            return await call_next(context)
        except Exception as error:
            parts = parts_of(error) or parts_of(error.__cause__ or error)
            if parts is None:
                raise
            raise ResourceError(three_parts(*parts)) from None


async def _tidy(context: MiddlewareContext[CallToolRequestParams]) -> list[str]:
    """Take out of the call what says nothing, and return what is to be said of what else was changed."""
    server = context.fastmcp_context.fastmcp if context.fastmcp_context else None
    if server is None or not context.message.arguments:
        return []
    if len(context.message.arguments) > CALL_ARGUMENTS:
        raise InvalidInput(
            f"The call has {len(context.message.arguments):,} arguments.",
            f"At most {CALL_ARGUMENTS} are taken.",
            "Leave out what the tool does not list.",
        )
    tools = await server.list_tools(run_middleware=False)
    names = {one.name: frozenset(one.parameters.get("properties", {})) for one in tools}
    tool = context.message.name
    said = reworded(context.message.arguments)
    given = as_accepted(tool, context.message.arguments, names.get(tool, frozenset()))
    refuse_empty(given, next((one.parameters.get("required", ()) for one in tools if one.name == tool), ()))
    ignored = foreign(given, names.get(tool, frozenset()), frozenset({ARGUMENT}).union(*names.values()))
    context.message.arguments = without_blanks(
        {name: value for name, value in given.items() if name not in ignored}
    )
    return [*said, *([_said(ignored)] if ignored else ())]


def _said(ignored: tuple[str, ...]) -> str:
    names = listed([shorten(name, 40) for name in ignored], 5)
    return f"Ignored: {names}; no tool here has such an argument."


async def _unknown_tool(context: MiddlewareContext[CallToolRequestParams]) -> MCPError:
    server = context.fastmcp_context.fastmcp if context.fastmcp_context else None
    names = [tool.name for tool in await server.list_tools(run_middleware=False)] if server else []
    name = shorten(context.message.name, 80)
    return MCPError(
        INVALID_PARAMS,
        three_parts(
            f"There is no tool {name!r}.",
            f"The tools are: {listed(names)}.",
            did_you_mean(name, names) or "Ask for the list of tools.",
        ),
    )


async def _bad_argument(context: MiddlewareContext[CallToolRequestParams], error: ValidationError) -> Parts:
    cause = error.__cause__
    faults = cause.errors(include_url=False) if isinstance(cause, PydanticValidationError) else []
    if not faults:
        return "An argument cannot be used.", "It does not have the expected form.", _schema_hint(())
    server = context.fastmcp_context.fastmcp if context.fastmcp_context else None
    tool = await server.get_tool(context.message.name) if server else None
    accepted: Mapping[str, Any] = tool.parameters.get("properties", {}) if tool else {}
    unknown = [fault for fault in faults if fault["type"] == "unexpected_keyword_argument"]
    fault = (unknown or faults)[0]
    name = str(fault["loc"][0]) if fault["loc"] else "arguments"
    if unknown:
        return (
            f"{shorten(context.message.name, 80)} takes no argument {shorten(name, 80)!r}.",
            f"Its arguments are: {listed(accepted) or 'none'}.",
            did_you_mean(name, accepted) or _instead(name, accepted),
        )
    if str(fault["type"]).startswith("missing"):
        return f"{name} is missing.", f"{context.message.name} needs it.", _needed(name)
    return (
        f"{name}={shorten(_seen(fault['input']), 120)} cannot be used.",
        f"{fault['msg']}.",
        _schema_hint(accepted.get(name, {})),
    )


def _instead(name: str, accepted: Container[str]) -> str:
    """Say what an argument of other tools is called here; leaving it out would answer another question."""
    if "filters" in accepted:
        return "Use filters, such as filters={'product': 598}."
    if name in {"query", "search", "text", "words", "title"}:
        return "search(query=…) finds by words, and takes severity, product_ids and dates too."
    if name == "limit" and "per_page" in accepted:
        return "Use per_page."
    return "Leave it out."


def _needed(name: str) -> str:
    source = {"product_id": "list_products", "test_id": "list_tests", "bug_id": "list_bugs"}.get(name)
    if source:
        return f"Find the id with {source} or search, and call again with {name}."
    return f"Call again with {name}."


def _schema_hint(schema: Any) -> str:
    if not isinstance(schema, Mapping):
        return "See the tool's input schema."
    kinds = [kind for kind in (schema, *schema.get("anyOf", ())) if isinstance(kind, Mapping)]
    said = {key: value for kind in kinds for key, value in kind.items()}
    if words := said.get("enum"):
        return f"Use one of: {listed(words)}."
    low, high = said.get("minimum"), said.get("maximum")
    if low is not None and high is not None:
        return f"Use a number from {low} to {high}."
    return "See the tool's input schema, or leave the argument out."


def _seen(value: Any) -> str:
    """Return a value as the caller wrote it, of a text no more than is shown."""
    return repr(value[:LONGEST_SHOWN] if isinstance(value, str) else value)


def _worded(tool: str, error: BaseException) -> Told:
    if isinstance(error, Told):
        return error
    parts = parts_of(error)
    if parts is not None:
        return Told(error.code if isinstance(error, UserError) else UserError.code, *parts)
    log.error("%s failed unexpectedly: %s", shorten(tool, 80), type(error).__name__, exc_info=error)
    return Told(
        UserError.code,
        f"{shorten(tool, 80)} failed unexpectedly.",
        "The fault is in the server, not in the call; its log has the details.",
        "Try once more; get_server_diagnostics says what the server has.",
    )
