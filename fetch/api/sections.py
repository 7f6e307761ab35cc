"""Which sections a product uses."""

from collections.abc import Mapping
from typing import Any

from fetch.api.ids_and_statuses import id_of, identifier
from quality.normalise.values import items, part


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
