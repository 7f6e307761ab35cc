"""What people say beside the snapshot, as summaries answer it."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from pydantic import BaseModel

from base.text import shorten
from mcp_reader.text import excerpt
from quality.model.facts import Facts
from quality.options import QualityOptions

if TYPE_CHECKING:
    from quality.context.release_periods import ReleasePeriod
    from quality.context.releases import ReleaseCounts
    from quality.context.shown import NoteLine
    from quality.model.context import Release

MOST = 5
"""Of a kind, in one answer."""


class NotePart(BaseModel):
    """A note that a person of the team wrote; internal ones are not for other readers."""

    head: str
    text: str
    internal: bool | None = None


class GoalPart(BaseModel):
    """A goal: its metric now and its target; `met` is absent where there are too few to judge."""

    metric: str
    period: str
    now: str
    target: str
    met: bool | None = None
    missed_since: str | None = None


class ReleasePart(BaseModel):
    """A release, with critical bugs that are neither fixed nor an accepted risk."""

    version: str
    status: str
    date: str
    bugs_before: int
    bugs_after: int
    unfixed_critical_bug_ids: list[int] | None = None


class ActionPart(BaseModel):
    """Something that was agreed, and what became of it: its metric then and over the default period."""

    what: str
    metric: str | None = None
    owner: str | None = None
    due: str | None = None
    outcome: str


class TrackerPart(BaseModel):
    """A bug in the team's own tracker."""

    key: str
    url: str | None = None
    state: str


class RecordPart(BaseModel):
    """A record of a kind that the team made up."""

    kind: str
    title: str
    values: dict[str, str] | None = None


class TeamPart(BaseModel):
    """Words of the team on a product; its newest releases come first."""

    owner: str | None = None
    notes: list[NotePart] | None = None
    goals: list[GoalPart] | None = None
    releases: list[ReleasePart] | None = None
    actions: list[ActionPart] | None = None
    records: list[RecordPart] | None = None


def notes_part(lines: "Iterable[NoteLine]") -> list[NotePart] | None:
    """Return notes as an answer shows them; None without one."""
    return [
        NotePart(
            head=shorten(line.head, 120),
            text=excerpt(line.text, 400) or "",
            internal=line.note.visibility == "internal" or None,
        )
        for line in list(lines)[:MOST]
    ] or None


def team_part(facts: Facts, product_id: int, options: QualityOptions, now: datetime) -> TeamPart | None:
    """Return what people say of a product; None when nobody says anything."""
    from quality.context.shown import said_of_product

    said = said_of_product(facts, product_id, options, now)
    if said.empty:
        return None
    return TeamPart(
        owner=shorten(said.owner, 200) or None,
        notes=notes_part(said.notes),
        goals=[
            GoalPart(
                metric=one.goal.metric,
                period=one.period,
                now=one.measure.detail,
                target=one.target,
                met=one.met,
                missed_since=one.since or None,
            )
            for one in said.goals[:MOST]
        ]
        or None,
        releases=[_release(one) for one in said.releases[:MOST]] or None,
        actions=[
            ActionPart(
                what=shorten(one.action.what, 200),
                metric=one.action.metric,
                owner=shorten(one.action.owner, 80) or None,
                due=one.action.due.isoformat() if one.action.due else None,
                outcome=one.text,
            )
            for one in said.actions[:MOST]
        ]
        or None,
        records=[
            RecordPart(
                kind=one.kind,
                title=shorten(one.title, 120),
                values={key: shorten(text, 120) for key, text in one.values[:8]} or None,
            )
            for one in facts.context.own_of(product_id)[:MOST]
        ]
        or None,
    )


def releases_part(
    facts: Facts, found: "ReleasePeriod", options: QualityOptions
) -> tuple[ReleasePart, ReleasePart | None]:
    """Return a release and the one before it, with what was found before and after each."""
    from quality.context.releases import release_before, release_counts

    def part(release: "Release") -> ReleasePart:
        return _release(release_counts(facts, release, options, facts.as_of))

    earlier = release_before(facts, found.release)
    return part(found.release), None if earlier is None else part(earlier)


def _release(one: "ReleaseCounts") -> ReleasePart:
    return ReleasePart(
        version=shorten(one.release.version, 60),
        status=one.release.status,
        date=one.release.date.isoformat(),
        bugs_before=one.before,
        bugs_after=one.after,
        unfixed_critical_bug_ids=[bug.id for bug in one.critical[:10]] or None,
    )


def bug_said(facts: Facts, bug_id: int, now: datetime) -> tuple[list[NotePart] | None, TrackerPart | None]:
    """Return the notes on a bug, and where it is in the team's tracker."""
    from quality.context.shown import said_of_bug

    said = said_of_bug(facts, bug_id, now)
    if said.link is None:
        return notes_part(said.notes), None
    url = shorten(said.link.url, 300) if said.link.url else None
    return notes_part(said.notes), TrackerPart(key=shorten(said.link.key, 80), url=url, state=said.state)


def feature_notes(facts: Facts, feature_id: int, now: datetime) -> list[NotePart] | None:
    """Return the notes on a feature."""
    from quality.context.shown import notes_on

    return notes_part(notes_on(facts, "feature", feature_id, now))
