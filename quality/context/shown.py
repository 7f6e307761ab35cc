"""What people say beside the numbers: notes, releases, goals, actions, owners and records of their own."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from quality.context.actions import Followed, followed
from quality.context.goals import Standing, standings
from quality.context.release_periods import release_pages
from quality.context.release_tables import releases_table
from quality.context.releases import ReleaseCounts, release_counts
from quality.model.context import BugLink, Note, Own, TargetKind
from quality.model.facts import Facts
from quality.options import QualityOptions
from quality.views.table import Cell, Column, Day, Figure, Reference, Row, Table, Text
from quality.wording import capital, counted, day, listing

_STATES = {"open": "open", "fixed": "fixed", "accepted_risk": "accepted risk"}


@dataclass(frozen=True, slots=True)
class NoteLine:
    """A note as it is shown.

    Attributes:
        head: `Decision by Mara, 16 Nov 2026`; of another thing than the page's, that too.
        text: As it was written, Markdown and all.
    """

    head: str
    text: str
    note: Note


@dataclass(frozen=True, slots=True)
class Said:
    """Hold what people say of a product.

    Attributes:
        owner: Who looks after it, in a sentence; empty where nobody says so.
        pages: The page of each release that has one, by its version.
        own: The records of the team's own kinds, a table a kind.
    """

    notes: tuple[NoteLine, ...]
    releases: tuple[ReleaseCounts, ...]
    goals: tuple[Standing, ...]
    actions: tuple[Followed, ...]
    owner: str
    own: tuple[Table, ...]
    pages: Mapping[str, Reference]

    @property
    def tables(self) -> tuple[Table, ...]:
        """Return everything but the notes as tables, those without rows left out."""
        every = (
            goals_table(self.goals),
            actions_table(self.actions),
            releases_table(self.releases, self.pages),
            *self.own,
        )
        return tuple(table for table in every if table.rows)

    @property
    def notes_text(self) -> str:
        """`3 notes`."""
        return counted(len(self.notes), "note")

    @property
    def empty(self) -> bool:
        """Tell whether nobody says anything."""
        return not any((self.notes, self.releases, self.goals, self.actions, self.owner, self.own))


@dataclass(frozen=True, slots=True)
class BugSaid:
    """Hold what people say of a bug; `state` is that of the tracker, in words."""

    notes: tuple[NoteLine, ...] = ()
    link: BugLink | None = None
    state: str = ""


def said_of_product(facts: Facts, product_id: int, options: QualityOptions, now: datetime) -> Said:
    """Return what people say of a product and its features."""
    context = facts.context
    features = tuple((one.id, one.title) for one in facts.features.get(product_id, ()))
    notes = [
        *notes_on(facts, "product", product_id, now),
        *(
            line
            for feature, title in (features if context.notes else ())
            for line in notes_on(facts, "feature", feature, now, of=title)
        ),
    ]
    return Said(
        notes=tuple(notes),
        releases=tuple(release_counts(facts, one, options, now) for one in context.releases_of(product_id)),
        goals=standings(facts, product_id, options, now),
        actions=followed(facts, product_id, options, now),
        owner=owner_of(facts, product_id),
        own=tuple(_own_tables(context.own_of(product_id))),
        pages=release_pages(facts, (product_id,)),
    )


def said_of_bug(facts: Facts, bug_id: int, now: datetime) -> BugSaid:
    """Return what people say of a bug."""
    link = facts.context.link_of(bug_id)
    state = "" if link is None else _STATES[link.state]
    if link is not None and link.fixed_in:
        state = f"{state} in {link.fixed_in}"
    return BugSaid(notes_on(facts, "bug", bug_id, now), link, state)


def notes_on(
    facts: Facts, target: TargetKind, number: int, now: datetime, *, of: str = ""
) -> tuple[NoteLine, ...]:
    """Return the notes on one thing that still hold.

    Args:
        facts: The snapshot with its context.
        target: The kind of thing.
        number: Its id.
        now: A note that expired before this day is left out.
        of: The thing's name, where a page is not about it.
    """
    today = now.astimezone(UTC).date()
    return tuple(
        NoteLine(_head(note, of), note.text, note)
        for note in facts.context.notes_on(target, number)
        if note.expires is None or note.expires >= today
    )


def owner_of(facts: Facts, product_id: int) -> str:
    """Say who looks after a product and who reviews its bugs; empty where nobody says so."""
    own = [one for one in facts.context.owners if (one.target, one.id) == ("product", product_id)]
    goals = facts.context.goals_of(product_id)
    teams = [one.team for one in own if one.team]
    people = [*(one.reviewer for one in own if one.reviewer)]
    if goals is not None and goals.review_owner:
        people.append(goals.review_owner)
    parts = [f"team {listing(teams)}" if teams else ""]
    parts.append(f"bugs are reviewed by {listing(dict.fromkeys(people))}" if people else "")
    return capital(", ".join(part for part in parts if part))


def goals_table(every: Iterable[Standing]) -> Table:
    """Return goals beside the figures that they are about."""
    return Table(
        key="goals",
        title="Goals",
        columns=(
            Column("goal", "Goal"),
            Column("now", "Now", "mixed"),
            Column("target", "Target"),
            Column("outcome", "Outcome"),
        ),
        rows=tuple(
            Row(
                (
                    Text(one.measure.title, below=(Text(one.period),)),
                    Figure(one.measure),
                    Text(one.target),
                    Text(one.outcome),
                )
            )
            for one in every
        ),
    )


def actions_table(every: Iterable[Followed]) -> Table:
    """Return what was agreed, and what became of it."""
    return Table(
        key="actions",
        title="Agreed",
        columns=(
            Column("what", "What"),
            Column("owner", "Owner"),
            Column("due", "Due", "day"),
            Column("outcome", "Outcome"),
        ),
        rows=tuple(
            Row(
                (
                    Text(one.action.what),
                    Text(one.action.owner) if one.action.owner else None,
                    _day(one.action.due) if one.action.due else None,
                    Text(one.text),
                )
            )
            for one in every
        ),
    )


def _day(when: date) -> Cell:
    return Day(datetime.combine(when, time(), UTC))


def _head(note: Note, of: str) -> str:
    by = f" by {note.author}" if note.author else ""
    on = f" on {of}" if of else ""
    when = f", {day(note.date)}" if note.date else ""
    return f"{capital(note.kind)}{on}{by}{when}"


def _own_tables(records: Iterable[Own]) -> Iterator[Table]:
    by_kind: dict[str, list[Own]] = {}
    for one in records:
        by_kind.setdefault(one.kind, []).append(one)
    for kind, found in sorted(by_kind.items()):
        names = list(dict.fromkeys(name for one in found for name, _ in one.values))
        yield Table(
            key=f"own-{kind}",
            title=capital(kind.replace("_", " ").replace("-", " ")),
            columns=(Column("title", "Title"), *(Column(name, capital(_words(name))) for name in names)),
            rows=tuple(
                Row((Text(one.title), *(_value(dict(one.values), name) for name in names))) for one in found
            ),
        )


def _value(values: dict[str, str], name: str) -> Cell | None:
    return Text(values[name]) if values.get(name) else None


def _words(name: str) -> str:
    return name.replace("_", " ")
