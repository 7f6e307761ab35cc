"""The arguments of a call, without those that say nothing and those that clients add of their own."""

from collections.abc import Collection, Mapping
from typing import Any

from base.errors import InvalidInput
from base.text import closest, listed

NO_FILTERS = frozenset({"dimensions", "fields", "include_test_ids", "exclude_test_ids"})
"""Lists that select no rows: empty ones ask for nothing more."""


def without_blanks(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments without null, blank text, empty list and empty object: they count as left out.

    An empty list of a filter was refused before. Also one that is required, which is then said to be missing.
    """
    return {name: value for name, value in arguments.items() if not _blank(value)}


def refuse_empty(arguments: Mapping[str, Any], required: Collection[str]) -> None:
    """Refuse filters that are empty lists: left out they would select all, as they stand nothing.

    Raises:
        InvalidInput: Naming all of them; of what is required nothing is said here.
    """
    empty = [
        name
        for name, value in arguments.items()
        if value == [] and name not in required and name not in NO_FILTERS
    ]
    if empty:
        one = len(empty) == 1
        raise InvalidInput(
            f"{listed(empty)} {'is an empty list' if one else 'are empty lists'}.",
            "An empty list would select nothing.",
            f"Leave {'it' if one else 'them'} out for all, or name at least one value.",
        )


def foreign(
    arguments: Collection[str], accepted: Collection[str], of_any_tool: Collection[str]
) -> tuple[str, ...]:
    """Return the arguments that no tool has and that are not a near miss of one that this tool has.

    Clients and agents add such names (`toolCallId`, `sessionId`); leaving them out changes no answer.
    """
    unknown = [name for name in arguments if name not in accepted and name not in of_any_tool]
    return tuple(name for name in unknown if not closest(name, sorted(accepted)))


def _blank(value: Any) -> bool:
    if isinstance(value, str):
        return not value.strip()
    return value is None or value in ([], {})
