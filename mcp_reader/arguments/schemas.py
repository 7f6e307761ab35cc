"""Input schemas that every client takes: one type for each argument, and nothing that some refuse.

Gemini refuses a list of tools for one `"type": [...]`; others stumble over `anyOf`, over `null` and over
`additionalProperties`. What an argument takes beyond its one type (`"598,599"` for a list of ids) is the
reader's generosity, not the contract.

An id is an integer here, although a name does as well, as the description says. As a string it would stand
for both, but what was written for testio-mcp sends numbers, and a client that holds arguments against the
schema would refuse these. The other way round nobody loses: such a client asks by id, all others by name.
"""

from typing import Any

BEYOND_ALL = 1_000_000
"""A limit from which on nobody has to be told of it."""
DROPPED = ("additionalProperties", "title")


def plain_schema(parameters: dict[str, Any]) -> dict[str, Any]:
    """Return a tool's input schema with one type for each argument, and `null` nowhere."""
    properties = {name: _plain(part) for name, part in parameters.get("properties", {}).items()}
    kept = {key: value for key, value in parameters.items() if key not in DROPPED}
    return {**kept, "type": "object", "properties": properties}


def _plain(part: dict[str, Any]) -> dict[str, Any]:
    kinds = [kind for kind in part.get("anyOf", ()) if kind.get("type") != "null"]
    merged = {key: value for key, value in part.items() if key not in {"anyOf", *DROPPED}}
    if kinds:
        (kind,) = kinds
        merged = {**{key: value for key, value in kind.items() if key not in DROPPED}, **merged}
    if merged.get("default", 0) is None:
        del merged["default"]
    if merged.get("maximum", 0) >= BEYOND_ALL:
        del merged["maximum"]
    return merged
