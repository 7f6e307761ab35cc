"""What every answer has in common, and how it goes out: the same facts as structure and as text."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from fastmcp.tools import ToolResult
from mcp_types import TextContent, ToolAnnotations
from pydantic import BaseModel
from pydantic_core import to_json

from base.text import listed, shorten
from config.scrubbing import scrub
from mcp_reader.text import clean_values
from quality.metrics.measures import Measure
from quality.metrics.numbers import bound, shown
from quality.model.facts import Facts
from quality.verdicts import FORMER_LEVELS, Level, Verdict
from quality.views.freshness import freshness, left_out

Source = Literal["snapshot", "upstream"]

_GAPS = 3

FROM_SNAPSHOT = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)
MAY_ASK_UPSTREAM = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=True)


class Answer(BaseModel):
    """Every tool's answer.

    Attributes:
        data_as_of: When the upstream said what this answer shows, in UTC.
        source: Whether it comes from the snapshot or was just asked for.
        warnings: What a reader must know before using the answer; absent when there is nothing.
    """

    data_as_of: str
    source: Source = "snapshot"
    warnings: list[str] | None = None


class Rate(BaseModel):
    """A share, the counts behind it and its 95 % Wilson interval; no value without anything to divide.

    The counts are exact; the others have three digits.
    """

    value: float | None = None
    numerator: int | None = None
    denominator: int | None = None
    low_95: float | None = None
    high_95: float | None = None


Number = int | float | Rate
"""A metric's value: counts, scores, days and ratios as numbers, rates with their counts."""


class NamedRef(BaseModel):
    """An id with its name."""

    id: int | None = None
    name: str | None = None


class VerdictPart(BaseModel):
    """A verdict: act_now, watch, fine or unknown (too few to judge), with the reason in a sentence."""

    level: Level
    reason: str


class HealthPart(BaseModel):
    """The review verdict under its former name and levels; it goes with the next release."""

    level: str
    alias_of: Literal["review_verdict"] = "review_verdict"
    period: str


def rate(measure: Measure) -> Rate:
    """Return a measure whose unit is `rate`, with its counts and interval."""
    return Rate(
        value=shown(measure.value, "rate"),
        numerator=measure.numerator,
        denominator=measure.denominator,
        low_95=bound(measure.low),
        high_95=bound(measure.high),
    )


def number(measure: Measure) -> Number | None:
    """Return a measure as an answer shows it: a rate with its counts, anything else to one digit."""
    return rate(measure) if measure.unit == "rate" else shown(measure.value, measure.unit)


def without_bounds(value: Number) -> Number:
    """Return a rate with its counts alone, which say how sure it is; any other number as it is."""
    return value.model_copy(update={"low_95": None, "high_95": None}) if isinstance(value, Rate) else value


def verdict_part(verdict: Verdict) -> VerdictPart:
    """Return a verdict as an answer shows it."""
    return VerdictPart(level=verdict.level, reason=verdict.reason)


def health_part(review: Verdict, period: str) -> HealthPart:
    """Return the review verdict under its former name."""
    return HealthPart(level=FORMER_LEVELS[review.level], period=period)


def warnings_of(facts: Facts, product_ids: Collection[int] | None, *more: str) -> list[str] | None:
    """Say what the snapshot lacks of these products (None: of all), after `more`; None when nothing."""
    gaps = freshness(facts, product_ids).gap_texts
    said = [*more, *(shorten(text, 240) for text in gaps[:_GAPS])]
    if left := left_out(facts, product_ids):
        said.append(left)
    if len(gaps) > _GAPS:
        said.append(f"{len(gaps) - _GAPS} more gaps; get_server_diagnostics lists them.")
    return said or None


def warn(answer: Answer, text: str) -> None:
    """Add a warning to an answer."""
    answer.warnings = [*(answer.warnings or ()), text]


def echo(**given: object) -> dict[str, str] | None:
    """Return the filters of an answer in words; None without any."""

    def said(value: object) -> str:
        if isinstance(value, Sequence) and not isinstance(value, str):
            return listed(value, 10)
        return str(value).lower() if isinstance(value, bool) else str(value)

    return {
        name: shorten(said(value), 200) for name, value in given.items() if value not in (None, (), [])
    } or None


def not_counted(found: int, others: int, noun: str) -> str:
    """Say how many rows of a list count in no metric."""
    tests = "the others" if noun == "tests" else "the tests of the others"
    return f"{found - others:,} of {found:,} {noun} count in metrics: {tests} have not run or are demo tests."


def nothing(without: int, noun: str) -> str:
    """Say why a list is empty.

    Args:
        without: How many rows there would be without the filters.
        noun: What a row is.
    """
    if not without:
        return f"There is no {noun} to list."
    return f"No {noun} matches all filters; without them there are {without:,}."


def stamp(at: datetime) -> str:
    """`2026-11-21T06:00:00Z`."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def day(at: datetime | None) -> str | None:
    """`2026-11-21`, in UTC."""
    return None if at is None else at.astimezone(UTC).date().isoformat()


def with_warning(answer: ToolResult, said: str) -> ToolResult:
    """Return the answer with a warning, in its text and in its structure."""
    structure = answer.structured_content
    if structure is None:
        return answer
    said = scrub(said)
    payload = {**structure, "warnings": [*structure.get("warnings", ()), said]}
    text = answer.content[0]
    if isinstance(text, TextContent) and text.text.startswith("{"):
        text = TextContent(type="text", text=to_json(payload).decode())
    elif isinstance(text, TextContent):
        text = TextContent(type="text", text=f"{text.text}\n\n{said}")
    return ToolResult(content=[text, *answer.content[1:]], structured_content=payload, meta=answer.meta)


def result(answer: BaseModel, text: str | None = None) -> ToolResult:
    """Return the answer as structure and, for clients that show only text, as compact JSON.

    Args:
        answer: Null fields are left out.
        text: Shown instead of the JSON where the text says the same (Markdown).
    """
    payload = clean_values(answer.model_dump(mode="json", exclude_none=True))
    shown = clean_values(text) if text is not None else to_json(payload).decode()
    return ToolResult(content=[TextContent(type="text", text=shown)], structured_content=payload)


def schema(answer: type[BaseModel]) -> dict[str, Any]:
    """Return a lean JSON Schema of an answer: its fields with their types, of rows the names of theirs.

    Clients load it with every tool; what fields mean is told by their names and the tool's description.
    """
    whole = answer.model_json_schema(mode="serialization")
    parts = whole.get("$defs", {})
    fields = {name: _typed(part, parts) for name, part in whole["properties"].items()}
    return {"type": "object", "properties": fields}


def _typed(part: dict[str, Any], parts: dict[str, Any]) -> dict[str, Any]:
    """Return the type of a field; of a list of objects also the names of theirs, which may be anything."""
    kind = _resolved(part, parts)
    if kind.get("type") != "array":
        return {"type": kind["type"]} if isinstance(kind.get("type"), str) else {}
    items = _resolved(kind.get("items", {}), parts)
    if not (names := items.get("properties")):
        return {"type": "array"}
    return {"type": "array", "items": {"type": "object", "properties": {name: {} for name in names}}}


def _resolved(part: dict[str, Any], parts: dict[str, Any]) -> dict[str, Any]:
    """Follow a reference, and take of an optional value its only type."""
    kinds = [kind for kind in part.get("anyOf", ()) if kind.get("type") != "null"]
    if len(kinds) == 1:
        part = kinds[0]
    name = str(part.get("$ref", "")).rpartition("/")[2]
    return parts.get(name, part) if name else part
