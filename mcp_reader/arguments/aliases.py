"""Other names and values that arguments are known by: those of older servers and of habit."""

from collections.abc import Collection, Mapping
from typing import Any

from base.errors import InvalidInput

ANYWHERE: Mapping[str, str] = {
    "start_index": "offset",
    "sync_event_limit": "event_limit",
    "include_sync_events": "include_events",
    "product_identifier": "product_id",
    "force_refresh": "fresh",
    "period": "start_date",
}
"""Arguments of any tool that has the second one."""

OF_TOOL: Mapping[str, Mapping[str, str]] = {
    "list_bugs": {
        "status": "bug_status",
        "statuses": "test_statuses",
        "include": "fields",
        "limit": "per_page",
    },
    "list_tests": {
        "status": "statuses",
        "test_status": "statuses",
        "test_statuses": "statuses",
        "limit": "per_page",
    },
    "search": {"status": "bug_status", "per_page": "limit"},
    "list_products": {"name": "search", "query": "search", "limit": "per_page"},
    "list_features": {"limit": "per_page", "include": "fields"},
    "list_users": {"limit": "per_page"},
    "generate_quality_report": {
        "status": "statuses",
        "test_status": "statuses",
        "test_statuses": "statuses",
    },
    "get_user_summary": {"name": "username", "tester": "username"},
}
"""Arguments of one tool."""

WITHOUT_EFFECT: Mapping[str, frozenset[str]] = {"search": frozenset({"match_mode"})}
"""Arguments of the older server that ask for what is always so."""

SEVERITIES_MEANT: Mapping[str, str] = {"major": "high", "minor": "low"}
"""Severities of other trackers, and what they are here."""


def as_accepted(tool: str, arguments: Mapping[str, Any], accepted: Collection[str]) -> dict[str, Any]:
    """Return the arguments under the names that the tool has, older values replaced.

    `product_id` stands for `product_ids` where a tool takes several, and the other way round.

    Raises:
        InvalidInput: When an argument is given under two names, with different values.
    """
    found: dict[str, Any] = {}
    for name, value in arguments.items():
        if name in WITHOUT_EFFECT.get(tool, ()) or (name == "per_page" and value in (0, "0")):
            continue
        own = name if name in accepted else _other(tool, name, accepted)
        meant = _severity(value) if own == "severity" else value
        if own in found and found[own] != meant:
            raise InvalidInput(
                f"{own} is given twice.",
                f"{name} is another name of {own}, and their values differ.",
                f"Give {own} only.",
            )
        found[own] = meant
    return found


def reworded(arguments: Mapping[str, Any]) -> list[str]:
    """Say which severities of a call are read as others."""
    given = arguments.get("severity")
    words = given if isinstance(given, list) else given.split(",") if isinstance(given, str) else ()
    named = dict.fromkeys(word.strip().casefold() for word in words if isinstance(word, str))
    return [f"severity {one} is read as {SEVERITIES_MEANT[one]}." for one in named if one in SEVERITIES_MEANT]


def _other(tool: str, name: str, accepted: Collection[str]) -> str:
    for other in (
        OF_TOOL.get(tool, {}).get(name),
        ANYWHERE.get(name),
        f"{name}s",
        f"{name}es",
        name.removesuffix("s"),
    ):
        if other in accepted:
            return str(other)
    return name


def _severity(value: Any) -> Any:
    if isinstance(value, str):
        return ",".join(SEVERITIES_MEANT.get(word.strip().casefold(), word) for word in value.split(","))
    if isinstance(value, list):
        return [_severity(one) for one in value]
    return value
