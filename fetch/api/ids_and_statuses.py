"""Ids, sections and statuses as the upstream sends them."""

from collections.abc import Mapping
from typing import Any

from quality.model.entities import IMMUTABLE_STATUSES
from quality.normalise.values import identifier, items, part, word

__all__ = ["feature_requests", "id_of", "identifier", "immutable", "section_ids", "status_of"]


def id_of(thing: Any) -> int | None:
    """Return the id of an upstream object, or None when it has no usable one."""
    return identifier(part(thing, "id"))


def status_of(thing: Any) -> str | None:
    """Return the status of an upstream object, trimmed and without case."""
    return word(part(thing, "status"))


def immutable(status: str | None) -> bool:
    """Return whether a test of this status, and its bugs, can no longer change."""
    return status in IMMUTABLE_STATUSES


def section_ids(product: Mapping[str, Any]) -> tuple[int, ...]:
    """Return the sections that a product uses; none when its only one is the default section."""
    own, with_default = items(part(product, "sections")), items(part(product, "sections_with_default"))
    if not own and len(with_default) <= 1:
        return ()
    found = (id_of(section) or identifier(section) for section in [*own, *with_default])
    return tuple(dict.fromkeys(number for number in found if number is not None))


def feature_requests(product: Mapping[str, Any]) -> int:
    """Return how many requests a product's features take: one, or one for each section."""
    return max(len(section_ids(product)), 1)
