"""What a client offers while somebody types an argument of a prompt or an address."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from fastmcp import FastMCP

from base.errors import UserError
from base.text import fold
from mcp_reader.context import all_readers, chosen_reader, current_reader
from mcp_reader.customers import ARGUMENT
from mcp_reader.prompts.prep_meeting import KINDS
from quality.metrics.catalogue import METRICS
from quality.model.entities import TEST_STATUSES
from quality.model.facts import Facts
from quality.periods.periods import REPORT_PERIODS
from quality.pivot.dimensions import DIMENSIONS

MOST = 100

_FIXED: Mapping[str, Iterable[str]] = {
    "period": REPORT_PERIODS,
    "meeting_type": tuple(KINDS),
    "status": TEST_STATUSES,
    "metric": tuple(METRICS),
    "dimension": tuple(DIMENSIONS),
}
_FROM_FACTS: Mapping[str, Callable[[Facts], Iterable[str]]] = {
    "product": lambda facts: (one.name for one in facts.products.values()),
    "product_identifier": lambda facts: (one.name for one in facts.products.values()),
    "product_id": lambda facts: (str(one) for one in facts.products),
    "test_id": lambda facts: (str(one) for one in facts.tests),
    "bug_id": lambda facts: (str(one) for one in facts.bugs),
}


def add_completions(server: FastMCP[Any]) -> None:
    """Let a server complete arguments."""
    server.completion(complete)


async def complete(_: Any, argument: Any, context: Any) -> list[str] | None:
    """Return the values that begin so, else those that hold it; None for an argument that is free text."""
    if argument.name in _FIXED:
        values = list(_FIXED[argument.name])
    elif argument.name == ARGUMENT:
        values = [name for name in all_readers() if name]
    elif argument.name in _FROM_FACTS:
        facts = await _facts(((context and context.arguments) or {}).get(ARGUMENT))
        if facts is None:
            return None
        values = list(_FROM_FACTS[argument.name](facts))
    else:
        return None
    typed = fold(argument.value or "")
    begins = [value for value in values if fold(value).startswith(typed)]
    return (begins or [value for value in values if typed in fold(value)])[:MOST]


async def _facts(customer: str | None) -> Facts | None:
    """Return the facts of the customer that was typed before, or of the only one; None without one."""
    readers = all_readers()
    named = readers.get(customer) if customer else next(iter(readers.values()), None)
    if named is None or (not customer and len(readers) > 1):
        return None
    try:
        with chosen_reader(named):
            return (await current_reader().library.edition()).facts
    except UserError:
        return None
