"""Asking the Customer API for one entity, and what to say when it has no answer."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar

from base.errors import InvalidInput, NotFound, Unavailable, UserError
from base.text import closest_ids, shorten
from mcp_reader.answers.base import Answer, Source, stamp, warnings_of
from mcp_reader.sources.upstream import Fetched, NoUpstream
from quality.model.entities import Bug, Product, Test
from quality.model.facts import Facts, Gap
from quality.wording import spoken
from quality.wording import stamp as in_words

Entity = TypeVar("Entity", Product, Test, Bug)


@dataclass(frozen=True)
class Found(Generic[Entity]):
    """An entity and where it comes from.

    Attributes:
        facts: The snapshot's facts, with the entity as it was found among them.
        at: When the upstream said so.
        warnings: Why it is not as fresh as was asked for.
    """

    entity: Entity
    facts: Facts
    source: Source
    at: datetime
    warnings: tuple[str, ...] = ()


def attribute(answer: Answer, found: Found[Entity], product_id: int) -> None:
    """Say in an answer where its entity comes from, and what the snapshot lacks of its product."""
    answer.data_as_of, answer.source = stamp(found.at), found.source
    gaps_of = (product_id,) if found.source == "snapshot" else ()
    answer.warnings = warnings_of(found.facts, gaps_of, *found.warnings)


@dataclass(frozen=True)
class Wanted(Generic[Entity]):
    """An entity that is looked for.

    Attributes:
        held: What the snapshot has of it; None when nothing.
        stale: What is held is not fresh enough for the caller.
        named: Gives the ids of this kind that the snapshot has, with their names.
        finder: The tools that find ids of this kind.
    """

    kind: str
    id: int
    held: Entity | None
    stale: bool
    named: Callable[[], Mapping[int, str]]
    finder: str

    @property
    def hint(self) -> str:
        """Return the closest ids, and who finds others."""
        named = self.named()
        near = ", ".join(f"{one} {shorten(named[one], 60)!r}" for one in closest_ids(self.id, named))
        return (f"Closest: {near}. " if near else "") + f"{self.finder} finds ids."

    def is_of(self, gap: Gap) -> bool:
        """Return whether a gap says why the snapshot lacks it."""
        if self.kind == "Test":
            return gap.test_id == self.id
        return (gap.kind, gap.id) == (self.kind.lower(), self.id)


async def found_or_asked(
    facts: Facts,
    wanted: Wanted[Entity],
    ask: Callable[[], Awaitable[Fetched]],
    taken: Callable[[Fetched], Found[Entity]],
) -> Found[Entity]:
    """Return what is held unless it is stale, else the upstream's, else what is held with a warning.

    Args:
        facts: What the snapshot says.
        wanted: What is looked for.
        ask: Asks the upstream.
        taken: Makes an entity of its answer.

    Raises:
        NotFound: When neither has it, or the upstream cannot be asked for want of a token.
        Unavailable: When the snapshot lacks it and the upstream fails.
    """
    if wanted.held is not None and not wanted.stale:
        return Found(wanted.held, facts, "snapshot", facts.as_of)
    name = f"{wanted.kind} {wanted.id}"
    try:
        return taken(await ask())
    except InvalidInput:
        problem: UserError = Unavailable("", "its answer could not be used", "Try again later.")
    except UserError as error:
        problem = error
    gone, reason = _is_missing(problem), reason_of(problem)
    if wanted.held is not None:
        age = datetime.now(UTC) - facts.as_of
        warning = (
            f"The Customer API no longer has {name.lower()}; this is the snapshot's copy"
            if gone
            else f"The Customer API could not be asked ({reason}); this is the snapshot's copy"
        )
        return Found(
            wanted.held,
            facts,
            "snapshot",
            facts.as_of,
            (f"{warning} of {in_words(facts.as_of)}, {spoken(age)} old.",),
        )
    hint = _other_kind(facts, wanted.id) or wanted.hint
    if gone:
        raise NotFound(
            f"{name} does not exist.",
            f"Neither the snapshot of {in_words(facts.as_of)} nor the Customer API has it.",
            hint,
        )
    gap = next((gap for gap in facts.gaps if wanted.is_of(gap)), None)
    kind = NotFound if isinstance(problem, NoUpstream) else Unavailable
    raise kind(
        f"{name} is not in the snapshot.",
        (f"It is a gap of the snapshot: {shorten(gap.reason)} " if gap else "")
        + f"The Customer API could not be asked: {reason}.",
        f"{hint} {problem.hint}".strip(),
    )


def _other_kind(facts: Facts, number: int) -> str:
    """`402262 is a bug: get_bug_summary(bug_id=402262)`, when it is the id of something."""
    kinds = {"product": facts.products, "test": facts.tests, "bug": facts.bugs}
    return next(
        (
            f"{number} is a {kind}: get_{kind}_summary({kind}_id={number})."
            for kind, known in kinds.items()
            if number in known
        ),
        "",
    )


def _is_missing(error: UserError) -> bool:
    return getattr(error, "status", None) in {404, 410}


def reason_of(error: UserError) -> str:
    """Say why the upstream gave nothing, without the path that was asked for."""
    status = getattr(error, "status", None)
    if error.why:
        return error.why.rstrip(".")
    if status is not None:
        return f"it answered with status {status}"
    return "it could not be reached in time"
