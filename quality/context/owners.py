"""Who reviews a bug: the reviewer of its feature, else of its product."""

from collections.abc import Iterable

from quality.model.facts import Facts
from quality.wording import listing


def reviewer_of(facts: Facts, product_id: int, feature_id: int | None) -> str:
    """Return who reviews a bug of a product and perhaps of a feature; empty where nobody says so."""
    owners = facts.context.owners
    for target, number in (("feature", feature_id), ("product", product_id)):
        for one in owners:
            if (one.target, one.id) == (target, number) and one.reviewer:
                return one.reviewer
    goals = facts.context.goals_of(product_id)
    return (goals.review_owner or "") if goals else ""


def reviewers(facts: Facts, bugs: Iterable[tuple[int, int | None]]) -> str:
    """Return who reviews some bugs, each person once: `Mara and Jonas`.

    Args:
        facts: The snapshot with its context.
        bugs: The product and the feature of each.
    """
    if not facts.context.owners and not facts.context.goals:
        return ""
    return listing(dict.fromkeys(name for one in bugs if (name := reviewer_of(facts, *one))))
