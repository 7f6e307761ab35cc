"""Teams: what each looks after, by the owners file."""

from collections.abc import Iterator
from dataclasses import dataclass

from quality.model.entities import Bug, Named
from quality.model.facts import Facts
from quality.products import all_products


@dataclass(frozen=True, slots=True)
class Team:
    """A team with its products, and with its features of other teams' products."""

    name: str
    products: tuple[Named, ...]
    features: tuple[Named, ...]


def teams(facts: Facts) -> tuple[Team, ...]:
    """Return every team that looks after something in the snapshot, by name."""
    products = all_products(facts)
    features = {one.id: one.title for every in facts.features.values() for one in every}
    found: dict[str, tuple[list[Named], list[Named]]] = {}
    for one in facts.context.owners:
        if one.team and one.target == "product" and one.id in products:
            found.setdefault(one.team, ([], []))[0].append(Named(one.id, products[one.id].name))
        elif one.team and one.target == "feature" and one.id in features:
            found.setdefault(one.team, ([], []))[1].append(Named(one.id, features[one.id]))
    return tuple(Team(name, tuple(own), tuple(parts)) for name, (own, parts) in sorted(found.items()))


def team_of(facts: Facts, bug: Bug) -> str:
    """Return the team of a bug: of its feature, else of its product; empty where nobody says so."""
    return next(_teams_of(facts, bug), "")


def _teams_of(facts: Facts, bug: Bug) -> Iterator[str]:
    for target, number in (("feature", bug.feature_id), ("product", bug.product_id)):
        for one in facts.context.owners:
            if one.team and (one.target, one.id) == (target, number):
                yield one.team
