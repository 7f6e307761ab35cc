"""The customer that a call is about: the only one, or one of several, which no answer ever mixes."""

from collections.abc import Sequence
from typing import Any

from fastmcp.server.middleware import CallNext, Middleware, MiddlewareContext
from fastmcp.tools import ToolResult
from mcp_types import CallToolRequestParams

from base.errors import InvalidInput
from base.text import listed, name_key, shorten
from config.settings import Settings
from mcp_reader.answers.base import with_warning
from mcp_reader.arguments.types import did_you_mean
from mcp_reader.context import all_readers, chosen_reader, name_of

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
        name = self._named(asked)
        readers = all_readers()
        with chosen_reader(readers[name] if name in readers else next(iter(readers.values()))):
            answer = await call_next(context)
        if asked is not None and not self._names:
            return with_warning(
                answer,
                f"customer={shorten(str(asked), 60)!r} was compared with nothing: this reader serves one"
                " account without a name (TESTIO_CUSTOMER_NAME gives it one).",
            )
        return answer

    def _named(self, asked: Any) -> str:
        """Return the name of the customer that is asked for, as its reader has it."""
        names = sorted(set(self._names.values()))
        if asked is None:
            if self._several:
                raise InvalidInput(
                    "customer is missing.",
                    f"This reader serves {len(names)} customers: {listed(names)}. No answer mixes two.",
                    f"Call again with customer={names[0]!r}.",
                )
            return next(iter(names), "")
        if not self._names:
            return ""
        found = self._names.get(name_key(str(asked)[:200]))
        if found is None:
            raise InvalidInput(
                f"customer={shorten(str(asked), 80)!r} is not served here.",
                f"This reader serves: {listed(names)}.",
                did_you_mean(str(asked)[:200], names) or f"Call again with customer={names[0]!r}.",
            )
        return found


def say_customer(parameters: dict[str, Any], names: Sequence[str]) -> None:
    """Put `customer` into the input schema of a tool of a reader that serves several."""
    said = {"type": "string", "description": f"Whose data: {listed(names, 20)}."}
    parameters["properties"] = {ARGUMENT: said, **parameters.get("properties", {})}
    parameters["required"] = [ARGUMENT, *parameters.get("required", ())]
