"""The customer that a call is about: the only one, or one of several, which no answer ever mixes."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastmcp.server.middleware import CallNext, Middleware, MiddlewareContext
from fastmcp.tools import ToolResult
from mcp_types import CallToolRequestParams

from base.errors import InvalidInput
from base.text import listed, name_key, shorten
from config.settings import Settings
from mcp_reader.answers.base import with_warning
from mcp_reader.arguments.types import did_you_mean
from mcp_reader.context import Reader, all_readers, chosen_reader, name_of
from quality.wording import counted

ARGUMENT = "customer"
LIST = "list_customers"


class Customers(Middleware):
    """Takes `customer` out of every call, and lets the tool read that customer's snapshot alone."""

    def __init__(self, accounts: Sequence[Settings]) -> None:
        self._several = len(accounts) > 1
        self._names = {
            name_key(name): name_of(one) or ""
            for one in accounts
            for name in (one.testio_account, one.testio_customer_name)
            if name
        }

    async def on_call_tool(
        self,
        context: MiddlewareContext[CallToolRequestParams],
        call_next: CallNext[CallToolRequestParams, ToolResult],
    ) -> ToolResult:
        """Run the tool for its customer.

        Raises:
            InvalidInput: When no customer is named although there are several, or an unknown one.
        """
        arguments = dict(context.message.arguments or {})
        asked = arguments.pop(ARGUMENT, None)
        context.message.arguments = arguments
        if context.message.name == LIST:
            return await call_next(context)
        with chosen_reader(self._chosen(asked, all_readers())):
            answer = await call_next(context)
        if asked is not None and not self._names:
            return with_warning(
                answer,
                f"customer={shorten(str(asked), 60)!r} was compared with nothing: this reader serves one"
                " account without a name (TESTIO_CUSTOMER_NAME gives it one).",
            )
        return answer

    def _chosen(self, asked: Any, readers: Mapping[str, Reader]) -> Reader:
        """Return the reader of the customer that is asked for, among those that the caller may read from."""
        names = sorted(readers)
        if asked is None and self._several:
            raise InvalidInput(
                "customer is missing.",
                f"This reader serves {counted(len(names), 'customer')}: {listed(names)}."
                " No answer mixes two.",
                f"Call again with customer={names[0]!r}.",
            )
        if asked is None or not self._names:
            return next(iter(readers.values()))
        found = readers.get(self._names.get(name_key(str(asked)[:200]), "\0"))
        if found is None:
            raise InvalidInput(
                f"customer={shorten(str(asked), 80)!r} is not served here.",
                f"This reader serves: {listed(names)}.",
                did_you_mean(str(asked)[:200], names) or f"Call again with customer={names[0]!r}.",
            )
        return found


def say_customer(parameters: dict[str, Any], names: Sequence[str]) -> None:
    """Put `customer` into the input schema of a tool of a reader that serves several.

    Args:
        parameters: The schema.
        names: Those that whoever reads the schema may know; none where not every caller may know all.
    """
    said = {"type": "string", "description": f"Whose data: {listed(names, 20) if names else LIST}."}
    parameters["properties"] = {ARGUMENT: said, **parameters.get("properties", {})}
    parameters["required"] = [ARGUMENT, *parameters.get("required", ())]
