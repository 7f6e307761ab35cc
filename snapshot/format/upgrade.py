"""The format version of documents and manifests, and the way up from older ones."""

from collections.abc import Callable
from typing import Any

from snapshot.errors import NewerFormat

FORMAT = 1
"""The format that this release writes."""

Upgrade = Callable[[dict[str, Any]], dict[str, Any]]

UPGRADES: dict[int, Upgrade] = {}
"""For each older format, the function that turns an object of it into one of the next format."""


def upgraded(raw: Any, name: str) -> dict[str, Any]:
    """Bring a document's envelope or a manifest to the format of this release.

    Args:
        raw: The object as it was stored.
        name: What it is, for the error's text.

    Raises:
        NewerFormat: when a later release wrote it.
        ValueError: when it names no format that ever existed.
    """
    if not isinstance(raw, dict):
        raise ValueError("it is not a JSON object")  # noqa: TRY004 - one error for all damage
    found = raw.get("format")
    if not isinstance(found, int) or isinstance(found, bool) or found < 1:
        raise ValueError("it names no format version")
    if found > FORMAT:
        raise NewerFormat(
            f"{name} has snapshot format {found}.",
            f"This release of testio-reports reads formats up to {FORMAT}.",
            "Update testio-reports, or take a new snapshot into another folder.",
        )
    envelope: dict[str, Any] = raw
    for step in range(found, FORMAT):
        envelope = {**UPGRADES[step](envelope), "format": step + 1}
    return envelope
