"""A short text that changes with whatever the context says of a product."""

from collections.abc import Iterator
from dataclasses import replace
from hashlib import blake2b

from quality.model.context import Context
from quality.model.entities import Feature
from quality.model.facts import Facts


def fingerprint(facts: Facts, product_id: int | None) -> str:
    """Return 24 hexadecimal digits over what the context says of a product; of everything for None.

    What belongs to no product of the snapshot belongs to every one.
    """
    said = facts.context if product_id is None else _of(facts, product_id)
    return blake2b(repr(replace(said, faults=())).encode("utf-8", "replace"), digest_size=12).hexdigest()


def _of(facts: Facts, product_id: int) -> Context:
    context = facts.context
    features = {one.id for one in facts.features.get(product_id, ())}

    def belongs(target: str, number: int) -> bool:
        if target == "product":
            return number == product_id
        if target == "feature":
            return number in features or not any(number == one.id for one in _others(facts, product_id))
        found = facts.tests.get(number) if target == "test" else facts.bugs.get(number)
        return found is None or found.product_id == product_id

    return Context(
        releases=context.releases_of(product_id),
        notes=tuple(note for note in context.notes if belongs(note.target, note.id)),
        goals=tuple(one for one in context.goals if one.product_id == product_id),
        actions=context.actions_of(product_id),
        owners=tuple(one for one in context.owners if belongs(one.target, one.id)),
        links=tuple(one for one in context.links if belongs("bug", one.bug_id)),
        own=tuple(one for one in context.own if one.product_id in {product_id, None}),
    )


def _others(facts: Facts, product_id: int) -> Iterator[Feature]:
    return (one for other, every in facts.features.items() if other != product_id for one in every)
