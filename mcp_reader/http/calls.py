"""What holds for a tool's call over the network only."""

from fastmcp.server.dependencies import get_http_request
from fastmcp.server.middleware import CallNext, Middleware, MiddlewareContext
from fastmcp.tools import ToolResult
from mcp_types import CallToolRequestParams

from base.errors import InvalidInput, UserError
from mcp_reader.customers import ARGUMENT
from mcp_reader.grants import current_grant
from mcp_reader.http.door import called

WHOLE_ACCOUNT = frozenset({"get_server_diagnostics", "sync_data"})
"""Tools that speak of the snapshot as a whole: nobody calls them who may see some products only."""
NEEDS_SYNC = frozenset({"sync_data"})


class Forbidden(UserError):
    """Credentials that do not reach so far."""

    code = "FORBIDDEN"


class Calls(Middleware):
    """Names the tool in the audit line, and refuses what a caller on the network may not do."""

    async def on_call_tool(
        self,
        context: MiddlewareContext[CallToolRequestParams],
        call_next: CallNext[CallToolRequestParams, ToolResult],
    ) -> ToolResult:
        """Run the tool.

        Raises:
            Forbidden: When the caller's credentials do not reach it.
            InvalidInput: When a file was to be written here.
        """
        name, scope = context.message.name, get_http_request().scope
        arguments = context.message.arguments or {}
        called(scope, tool=name)
        if customer := arguments.get(ARGUMENT):
            called(scope, account=customer)
        if asked := arguments.get("product_ids", arguments.get("product_id")):
            called(scope, asked=asked)
        _see_allowed(name)
        if "output_file" in arguments:
            raise InvalidInput(
                "output_file cannot be used over the network.",
                "The file would be written where the server runs.",
                "Leave it out; format='markdown' answers the text.",
            )
        try:
            return await call_next(context)
        except Exception as error:
            cause = error.__cause__ or error
            called(scope, outcome=cause.code if isinstance(cause, UserError) else type(cause).__name__)
            raise


def _see_allowed(name: str) -> None:
    grant = current_grant()
    if grant is None:
        return
    if name in NEEDS_SYNC and "sync" not in grant.scopes:
        raise Forbidden(f"{name} needs the scope sync.", "These credentials only read.")
    if name in WHOLE_ACCOUNT and grant.products is not None:
        raise Forbidden(
            f"{name} speaks of all products.",
            "These credentials read chosen products only.",
            "list_products says which.",
        )
