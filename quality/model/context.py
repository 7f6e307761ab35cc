"""What people know and the API does not: releases, notes, goals, actions, owners, tracker links.

Texts are as hostile as the upstream's: whoever shows them escapes them.
"""

import datetime as dt
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Literal, get_args

from base.text import shorten

TargetKind = Literal["product", "test", "bug", "feature"]
ReleaseStatus = Literal["planned", "shipped", "rolled_back"]
NoteKind = Literal["decision", "note", "question", "handover"]
Visibility = Literal["internal", "published"]
LinkState = Literal["open", "fixed", "accepted_risk"]

TARGET_KINDS: tuple[TargetKind, ...] = get_args(TargetKind)
NOTE_KINDS: tuple[NoteKind, ...] = get_args(NoteKind)
SETTLED: frozenset[LinkState] = frozenset({"fixed", "accepted_risk"})
"""What people say of a bug so that it no longer weighs on the product."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Name a place: a file, as it is called inside the context folder, and a line from 1."""

    file: str
    line: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """A sentence that says what is wrong at a place."""

    place: Place
    text: str

    def __str__(self) -> str:
        return f"{self.place}: {self.text}"


@dataclass(frozen=True, slots=True)
class Release:
    """A version of a product; the ids say what belongs to it."""

    place: Place
    product_id: int
    version: str
    date: dt.date
    status: ReleaseStatus
    link: str | None = None
    commit: str | None = None
    test_ids: tuple[int, ...] = ()
    bug_ids: tuple[int, ...] = ()
    feature_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Note:
    """Hold what somebody wrote about a product, test, bug or feature.

    Attributes:
        text: Markdown as it was written.
        expires: The last day on which it holds; None for always.
    """

    place: Place
    target: TargetKind
    id: int
    text: str
    author: str | None = None
    date: dt.date | None = None
    kind: NoteKind = "note"
    visibility: Visibility = "internal"
    expires: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Goal:
    """A target of one metric.

    Attributes:
        metric: A key of the catalogue.
        target: In the unit of the metric; a rate is 0-1.
        at_least: Whether more is better; by default as the catalogue says.
        period: A report period; None for the default one.
        since: From when it holds.
    """

    place: Place
    metric: str
    target: float
    at_least: bool
    period: str | None = None
    since: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Goals:
    """Hold what a product is held to.

    Attributes:
        thresholds: Limits of the verdicts by their names, such as `rejection_warning`.
        tests_per_month: How many tests should end in a month.
        review_owner: Who reviews its bugs.
    """

    place: Place
    product_id: int
    goals: tuple[Goal, ...] = ()
    thresholds: Mapping[str, float] = field(default_factory=dict)
    tests_per_month: int | None = None
    review_owner: str | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """Hold what was agreed.

    Attributes:
        product_id: None for all products.
        metric: The key of the metric that it should move, and `value` what that was then.
    """

    place: Place
    what: str
    product_id: int | None = None
    owner: str | None = None
    agreed: dt.date | None = None
    due: dt.date | None = None
    metric: str | None = None
    value: float | None = None
    done: bool = False


@dataclass(frozen=True, slots=True)
class Owner:
    """The team and reviewer of a product or of a feature."""

    place: Place
    target: Literal["product", "feature"]
    id: int
    team: str | None = None
    reviewer: str | None = None


@dataclass(frozen=True, slots=True)
class BugLink:
    """A bug in the customer's tracker, and what became of it there."""

    place: Place
    bug_id: int
    key: str
    url: str | None = None
    state: LinkState = "open"
    fixed_in: str | None = None


@dataclass(frozen=True, slots=True)
class Own:
    """A record of a kind that the team made up.

    Attributes:
        product_id: None for one that belongs to no product.
        values: Its other fields in their order, as texts.
    """

    place: Place
    kind: str
    title: str
    product_id: int | None = None
    values: tuple[tuple[str, str], ...] = ()
    visibility: Visibility = "internal"


@dataclass(frozen=True)
class Context:
    """Everything that the context folder says; empty without one.

    Attributes:
        faults: What could not be read, and was left out.
    """

    releases: tuple[Release, ...] = ()
    notes: tuple[Note, ...] = ()
    goals: tuple[Goals, ...] = ()
    actions: tuple[Action, ...] = ()
    owners: tuple[Owner, ...] = ()
    links: tuple[BugLink, ...] = ()
    own: tuple[Own, ...] = ()
    faults: tuple[Fault, ...] = ()

    def __reduce__(self) -> tuple[type["Context"], tuple[object, ...]]:
        """Pickle what was said alone, whatever was looked up before."""
        return Context, tuple(getattr(self, one.name) for one in fields(self))

    @cached_property
    def _notes(self) -> Mapping[tuple[TargetKind, int], tuple[Note, ...]]:
        found: dict[tuple[TargetKind, int], tuple[Note, ...]] = {}
        for note in self.notes:
            key = note.target, note.id
            found[key] = (*found.get(key, ()), note)
        return found

    @cached_property
    def _links(self) -> Mapping[int, BugLink]:
        return {one.bug_id: one for one in reversed(self.links)}

    def notes_on(self, target: TargetKind, number: int) -> tuple[Note, ...]:
        """Return the notes on one thing, in the order of their files."""
        return self._notes.get((target, number), ())

    def link_of(self, bug_id: int) -> BugLink | None:
        """Return where a bug is in the tracker; None when that is not known."""
        return self._links.get(bug_id)

    def releases_of(self, product_id: int) -> tuple[Release, ...]:
        """Return a product's releases, the newest first."""
        found = [one for one in self.releases if one.product_id == product_id]
        return tuple(sorted(found, key=lambda one: (one.date, one.version), reverse=True))

    def shipped(self, product_ids: Iterable[int]) -> tuple[Release, ...]:
        """Return the releases of some products that are not only planned, the newest of each first."""
        every = (one for product_id in product_ids for one in self.releases_of(product_id))
        return tuple(one for one in every if one.status != "planned")

    def goals_of(self, product_id: int) -> Goals | None:
        """Return a product's goals; None when it has none."""
        return next((one for one in self.goals if one.product_id == product_id), None)

    def actions_of(self, product_id: int) -> tuple[Action, ...]:
        """Return what was agreed for a product, and for all of them."""
        return tuple(one for one in self.actions if one.product_id in {product_id, None})

    def own_of(self, product_id: int) -> tuple[Own, ...]:
        """Return a product's records of the team's own kinds."""
        return tuple(one for one in self.own if one.product_id == product_id)

    @cached_property
    def settled(self) -> dict[int, str]:
        """Return what became of the bugs that are fixed or accepted as a risk, by id: `fixed in 4.15`."""
        return {one.bug_id: _became(one) for one in reversed(self.links) if one.state in SETTLED}

    def of_products(self, product_ids: Container[int]) -> "Context":
        """Return the part that says nothing of other products."""
        return replace(
            self,
            releases=tuple(one for one in self.releases if one.product_id in product_ids),
            notes=tuple(one for one in self.notes if one.target != "product" or one.id in product_ids),
            goals=tuple(one for one in self.goals if one.product_id in product_ids),
            actions=tuple(one for one in self.actions if one.product_id in product_ids),
            owners=tuple(one for one in self.owners if one.target != "product" or one.id in product_ids),
            own=tuple(one for one in self.own if one.product_id in product_ids),
            faults=(),
        )

    def for_everyone(self) -> "Context":
        """Return the part that anyone may read: no internal note, record or fault."""
        return replace(
            self,
            notes=tuple(note for note in self.notes if note.visibility == "published"),
            own=tuple(one for one in self.own if one.visibility == "published"),
            faults=(),
        )


def _became(link: BugLink) -> str:
    if link.state != "fixed":
        return "accepted as a risk"
    return f"fixed in {shorten(link.fixed_in, _LONGEST_VERSION)}" if link.fixed_in else "fixed"


_LONGEST_VERSION = 20
NO_CONTEXT = Context()
