"""Everything that a context folder says, and what in it cannot be read: the rest goes on."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from base.text import closest
from context_files.checked import shaped
from context_files.folder import File, fault, files
from context_files.front_matter import split
from context_files.own_kinds import TAKEN, Kind, kind_of, record_of
from context_files.shapes import (
    ActionShape,
    GoalsShape,
    LinkShape,
    NoteShape,
    OwnerShape,
    ReleaseShape,
    Shape,
)
from context_files.yaml import BadYaml, Parsed, parse
from quality.metrics.catalogue import METRICS
from quality.model.context import (
    TARGET_KINDS,
    Action,
    BugLink,
    Context,
    Fault,
    Goal,
    Goals,
    Note,
    Own,
    Owner,
    Place,
    Release,
)

_ID = re.compile(r"(?P<id>[1-9]\d{0,14})(?:-.*)?", re.ASCII)
_LISTS = {"actions.yaml": "actions", "owners.yaml": "owners", "links.yaml": "links"}
_ONE = TypeVar("_ONE")
_SHAPE = TypeVar("_SHAPE", bound=Shape)


def load_context(root: Path) -> Context:
    """Read a context folder; an empty context when there is none.

    What cannot be read is left out and named in `faults`, by file and line.
    """
    found = _Found()
    every = list(files(root))
    for file in every:
        if file.fault:
            found.faults.append(fault(file, file.fault, file.line))
        elif file.parts[0] == "schemas":
            found.learn(file)
    for file in every:
        if not file.fault and file.parts[0] != "schemas":
            found.take(file)
    return found.context()


@dataclass(slots=True)
class _Found:
    """Collect what was read so far."""

    kinds: dict[str, Kind] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)
    releases: list[Release] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    goals: list[Goals] = field(default_factory=list)
    actions: list[Action] = field(default_factory=list)
    owners: list[Owner] = field(default_factory=list)
    links: list[BugLink] = field(default_factory=list)
    own: list[Own] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def learn(self, file: File) -> None:
        """Take in the schema of a kind that the team made up."""
        if len(file.parts) != 2 or not file.name.endswith(".json"):  # noqa: PLR2004 - folder and file
            self.faults.append(fault(file, "Only schemas/KIND.json are read here."))
            return
        kind = kind_of(file)
        if isinstance(kind, Fault):
            self.faults.append(kind)
            self.unknown.add(file.parts[-1].removesuffix(".json"))
        else:
            self.kinds[kind.name] = kind

    def take(self, file: File) -> None:
        """Take in any other file, by the place where it stands."""
        parts = tuple(
            part.removesuffix(".yml") + ".yaml" if part.endswith(".yml") else part for part in file.parts
        )
        match parts:
            case ("releases", product, name) if name.endswith(".yaml"):
                self._release(file, product)
            case ("notes", target, name) if name.endswith(".md"):
                self._note(file, target, name)
            case ("goals", name) if name.endswith(".yaml"):
                self._goals(file, name.removesuffix(".yaml"))
            case (name,) if name in _LISTS:
                self._list(file, _LISTS[name])
            case (kind, name) if kind in self.kinds and name.endswith(".yaml"):
                record = record_of(file, self.kinds[kind])
                if isinstance(record, Own):
                    self.own.append(record)
                else:
                    self.faults += record
            case (kind, *_) if kind in self.unknown:
                self.faults.append(fault(file, f"It is not read, as schemas/{kind}.json cannot be used."))
            case _:
                self.faults.append(fault(file, _nowhere(parts, self.kinds)))

    def context(self) -> Context:
        """Return what was found, of doubles the first."""
        return Context(
            releases=self._once(self.releases, lambda one: (one.product_id, one.version), "This version"),
            notes=tuple(self.notes),
            goals=self._once(self.goals, lambda one: one.product_id, "This product"),
            actions=tuple(self.actions),
            owners=self._once(self.owners, lambda one: (one.target, one.id), "This owner"),
            links=self._once(self.links, lambda one: one.bug_id, "This bug"),
            own=tuple(self.own),
            faults=tuple(sorted(self.faults)),
        )

    def _once(self, every: Iterable[_ONE], key: Callable[[_ONE], object], what: str) -> tuple[_ONE, ...]:
        first: dict[object, _ONE] = {}
        for one in every:
            before = first.setdefault(key(one), one)
            if before is not one:
                place: Place = one.place  # type: ignore[attr-defined]
                there: Place = before.place  # type: ignore[attr-defined]
                self.faults.append(Fault(place, f"{what} stands in {there} already; this entry is left out."))
        return tuple(first.values())

    def _parsed(self, file: File) -> Parsed | None:
        try:
            parsed = parse(file.text)
        except BadYaml as error:
            self.faults.append(fault(file, error.why, error.line))
            return None
        if not isinstance(parsed.value, dict):
            self.faults.append(fault(file, "It must be a table of names and values, such as version: 4.2"))
            return None
        return parsed

    def _id(self, file: File, name: str, noun: str) -> int | None:
        if found := _ID.fullmatch(name):
            return int(found["id"])
        text = f"{name!r} does not begin with the id of a {noun}, such as 598 or 598-halo-shop."
        self.faults.append(fault(file, text))
        return None

    def _shaped(
        self, parsed: Parsed, shape: type[_SHAPE], file: File, value: Any, *at: str | int
    ) -> _SHAPE | None:
        found, faults = shaped(parsed, shape, file.name, at, value=value)
        self.faults += faults
        return found

    def _release(self, file: File, product: str) -> None:
        product_id = self._id(file, product, "product")
        parsed = self._parsed(file)
        if product_id is None or parsed is None:
            return
        one = self._shaped(parsed, ReleaseShape, file, parsed.value)
        if one is not None:
            values = {name: getattr(one, name) for name in ReleaseShape.model_fields}
            self.releases.append(Release(Place(file.name, parsed.line(("version",))), product_id, **values))

    def _note(self, file: File, target: str, name: str) -> None:
        kind = next((one for one in TARGET_KINDS if one in {target, target.removesuffix("s")}), None)
        if kind is None:
            self.faults.append(fault(file, f"Notes stand in notes/{', notes/'.join(TARGET_KINDS)}."))
            return
        number = self._id(file, name.removesuffix(".md"), kind)
        try:
            parts = split(file.text)
        except BadYaml as error:
            self.faults.append(fault(file, error.why, error.line))
            return
        if not isinstance(parts.front.value, dict):
            self.faults.append(fault(file, "The front matter must be names and values, such as author: Ann"))
            return
        front = self._shaped(parts.front, NoteShape, file, parts.front.value)
        if not parts.text.strip():
            self.faults.append(fault(file, "The note has no text."))
        elif front is not None and number is not None:
            values = {name: getattr(front, name) for name in NoteShape.model_fields}
            self.notes.append(Note(Place(file.name), kind, number, parts.text, **values))

    def _goals(self, file: File, product: str) -> None:
        product_id = self._id(file, product, "product")
        parsed = self._parsed(file)
        if product_id is None or parsed is None:
            return
        one = self._shaped(parsed, GoalsShape, file, parsed.value)
        if one is None:
            return
        goals = []
        for at, goal in enumerate(one.goals):
            place = Place(file.name, parsed.line(("goals", at)))
            better = METRICS[goal.metric].better
            if goal.at is None and better is None:
                text = (
                    f"goals, entry {at + 1}: add at: least or at: most, as {goal.metric} is good either way."
                )
                self.faults.append(Fault(place, text))
                continue
            least = goal.at == "least" if goal.at else better == "up"
            goals.append(Goal(place, goal.metric, goal.target, least, goal.period, goal.since))
        rest = (one.thresholds, one.tests_per_month, one.review_owner)
        self.goals.append(Goals(Place(file.name), product_id, tuple(goals), *rest))

    def _list(self, file: File, name: str) -> None:
        parsed = self._parsed(file)
        if parsed is None:
            return
        for key in parsed.value:
            if key != name:
                line = parsed.line((key,))
                self.faults.append(
                    fault(file, f"{key[:60]!r} is not known here; the list is called {name}.", line)
                )
        entries = parsed.value.get(name)
        if not isinstance(entries, list):
            if name not in parsed.value or entries is not None:
                self.faults.append(fault(file, f"The list {name}: is missing."))
            return
        for at, entry in enumerate(entries):
            self._entry(parsed, file, name, at, entry)

    def _entry(self, parsed: Parsed, file: File, name: str, at: int, entry: Any) -> None:
        place = Place(file.name, parsed.line((name, at)))
        if name == "actions" and (action := self._shaped(parsed, ActionShape, file, entry, name, at)):
            values = {key: getattr(action, key) for key in ActionShape.model_fields}
            self.actions.append(Action(place, product_id=values.pop("product"), **values))
        elif name == "links" and (link := self._shaped(parsed, LinkShape, file, entry, name, at)):
            self.links.append(BugLink(place, link.bug, link.key, link.url, link.state, link.fixed_in))
        elif name == "owners" and (owner := self._shaped(parsed, OwnerShape, file, entry, name, at)):
            if (owner.product is None) == (owner.feature is None):
                text = f"{name}, entry {at + 1}: name either a product or a feature."
                self.faults.append(Fault(place, text))
            elif owner.product is not None:
                self.owners.append(Owner(place, "product", owner.product, owner.team, owner.reviewer))
            elif owner.feature is not None:
                self.owners.append(Owner(place, "feature", owner.feature, owner.team, owner.reviewer))


def _nowhere(parts: tuple[str, ...], kinds: Iterable[str]) -> str:
    """Say why nothing reads a file, and where it may have been meant to be."""
    places: Iterator[str] = (*sorted(TAKEN), *kinds).__iter__()
    known = [*places]
    first = parts[0].rpartition(".")[0] or parts[0]
    if first in {"releases", "notes", "goals"}:
        shape = {
            "releases": "releases/PRODUCT/VERSION.yaml",
            "notes": "notes/KIND/ID.md",
            "goals": "goals/PRODUCT.yaml",
        }
        return f"It is not read; files here are {shape[first]}."
    near = closest(first, known, 1)
    if near and near[0] != first:
        return f"It is not read; did you mean {near[0]}?"
    return "It is not read: no kind has this name; describe yours in schemas/KIND.json."
