"""Ids and statuses as the upstream sends them."""

from typing import Any

from quality.model.entities import IMMUTABLE_STATUSES
from quality.normalise.values import identifier, part, word

__all__ = ["id_of", "identifier", "immutable", "status_of"]


def id_of(thing: Any) -> int | None:
    """Return the id of an upstream object, or None when it has no usable one."""
    return identifier(part(thing, "id"))


def status_of(thing: Any) -> str | None:
    """Return the status of an upstream object, trimmed and without case."""
    return word(part(thing, "status"))


def immutable(status: str | None) -> bool:
    """Return whether a test of this status, and its bugs, can no longer change."""
    return status in IMMUTABLE_STATUSES
