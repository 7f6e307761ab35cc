"""What is wrong with a context in the light of a snapshot: ids that nothing has, notes that have expired."""

import re
from collections.abc import Container, Iterable, Iterator
from datetime import UTC, date

from base.errors import InvalidInput
from quality.context.effect import limits
from quality.model.context import Context, Fault, Place, TargetKind
from quality.model.facts import Facts
from quality.products import all_products
from quality.thresholds import Thresholds
from quality.wording import day


def check(context: Context, facts: Facts | None, thresholds: Thresholds, today: date) -> tuple[Fault, ...]:
    """Return everything that is wrong, in the order of the files.

    Args:
        context: What was read.
        facts: The snapshot; None where there is none, and no id can be looked up.
        thresholds: The limits of all products.
        today: In UTC; what expires on this day still holds.
    """
    found = [*context.faults, *_dated(context, today), *_limits(context, thresholds)]
    if facts is not None:
        found += _dangling(context, facts)
    return tuple(sorted(set(found)))


def _dated(context: Context, today: date) -> Iterator[Fault]:
    for note in context.notes:
        if note.expires is not None and note.expires < today:
            yield Fault(note.place, f"The note expired on {day(note.expires)}; remove or renew it.")
    for release in context.releases:
        if release.status == "planned" and release.date < today:
            yield Fault(
                release.place,
                f"It was planned for {day(release.date)}, which is over; set status or date.",
            )


def _limits(context: Context, thresholds: Thresholds) -> Iterator[Fault]:
    for goals in context.goals:
        try:
            limits(thresholds, goals)
        except InvalidInput as error:
            text = re.sub(
                r"PLAYBOOK_[A-Z_]+", lambda name: name[0].removeprefix("PLAYBOOK_").lower(), str(error)
            )
            yield Fault(goals.place, f"thresholds: {text}")


def _dangling(context: Context, facts: Facts) -> Iterator[Fault]:
    known: dict[TargetKind, Container[int]] = {
        "product": all_products(facts).keys(),
        "test": facts.tests.keys() | {gap.test_id or 0 for gap in facts.gaps},
        "bug": facts.bugs.keys(),
        "feature": {one.id for features in facts.features.values() for one in features},
    }

    def missing(place: Place, kind: TargetKind, ids: Iterable[int | None]) -> Iterator[Fault]:
        for number in ids:
            if number is not None and number not in known[kind]:
                yield Fault(place, f"The snapshot has no {kind} {number}.")

    for release in context.releases:
        yield from missing(release.place, "product", (release.product_id,))
        yield from missing(release.place, "test", release.test_ids)
        yield from missing(release.place, "bug", release.bug_ids)
        yield from missing(release.place, "feature", release.feature_ids)
    named: list[tuple[Place, TargetKind, int | None]] = [
        *((one.place, one.target, one.id) for one in context.notes),
        *((one.place, one.target, one.id) for one in context.owners),
        *((one.place, "bug", one.bug_id) for one in context.links),
        *((one.place, "product", one.product_id) for one in context.goals),
        *((one.place, "product", one.product_id) for one in context.actions),
        *((one.place, "product", one.product_id) for one in context.own),
    ]
    for place, kind, number in named:
        yield from missing(place, kind, (number,))


def today_of(facts: Facts) -> date:
    """Return the day of a snapshot in UTC."""
    return facts.as_of.astimezone(UTC).date()
