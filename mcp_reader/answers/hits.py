"""Fill the answer of a search."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel

from base.text import listed, shorten
from mcp_reader.answers.base import day
from mcp_reader.lookup.chosen import product_ref
from mcp_reader.paging import Listing
from quality.model.facts import Facts

if TYPE_CHECKING:
    from build.search.query import Hit

LONGEST_SNIPPET = 110


class HitLine(BaseModel):
    """Something found; `snippet` marks the words that were looked for with ** on both sides.

    Attributes:
        matched_in: Where the words stand: title, feature (its name), or text (steps, comments, people, …).
    """

    kind: Literal["product", "feature", "test", "bug"]
    id: int
    title: str
    product_id: int
    product: str
    test_id: int | None = None
    feature: str | None = None
    reported_at: str | None = None
    severity: str | None = None
    review: str | None = None
    matched_in: str | None = None
    score: float | None = None
    snippet: str | None = None


class SearchAnswer(Listing):
    """A page of hits, best first; scores compare within one answer only.

    Attributes:
        filters: Those that were given, as they were understood.
        matched_in: How many of all hits have every word in the title, in title and feature, and in any text;
            they come in this order; absent when they are too many to tell.
        did_you_mean: A query that finds something, when this one finds nothing.
    """

    filters: dict[str, str] | None = None
    matched_in: dict[str, int] | None = None
    hits: list[HitLine]
    did_you_mean: str | None = None


def named_bugs(facts: Facts, text: str) -> list[set[int]]:
    """Return for each word of a query that must be there the bugs whose feature's name has it."""
    from build.search.scan import named_in

    by_feature: dict[str, list[int]] | None = facts.made.get("bugs by name of feature")
    if by_feature is None:
        by_feature = {}
        for bug in facts.bugs.values():
            if bug.feature:
                by_feature.setdefault(bug.feature, []).append(bug.id)
        facts.made["bugs by name of feature"] = by_feature
    return named_in(text, by_feature)


def hit_lines(facts: Facts, text: str, hits: Sequence["Hit"]) -> list[HitLine]:
    """Return the rows of hits, each with where the words of the query stand."""
    from build.search.query import numbered
    from build.search.scan import held_in

    held, by_number = held_in(text), numbered(text)

    def matched(hit: "Hit") -> str:
        bug = facts.bugs.get(hit.id) if hit.kind == "bug" else None
        found = held({"title": hit.title, "feature": (bug.feature or "") if bug else ""})
        return "id" if f"{hit.kind}:{hit.id}" in by_number else listed(found)

    return [_line(facts, hit, matched(hit)) for hit in hits]


def _line(facts: Facts, hit: "Hit", matched_in: str) -> HitLine:
    bug = facts.bugs.get(hit.id) if hit.kind == "bug" else None
    marked = "".join(f"**{piece.text}**" if piece.match else piece.text for piece in hit.snippet)
    if (at := marked.find("**")) > LONGEST_SNIPPET // 2:
        marked = f"…{marked[at - LONGEST_SNIPPET // 3 :]}"
    return HitLine(
        kind=hit.kind,
        id=hit.id,
        title=shorten(hit.title),
        product_id=hit.product_id,
        product=product_ref(facts, hit.product_id).name or "",
        test_id=hit.test_id if hit.kind == "bug" else None,
        severity=bug.severity if bug else None,
        review=bug.review if bug else None,
        matched_in=matched_in,
        score=round(hit.score, 2),
        feature=(shorten(bug.feature, 80) or None) if bug and bug.feature else None,
        reported_at=day(bug.reported_at) if bug else None,
        snippet=shorten(marked, LONGEST_SNIPPET) or None,
    )
