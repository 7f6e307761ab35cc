"""What each kind of context file may hold; the published JSON Schemas come from here."""

import re
from dataclasses import fields
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from base.text import closest, listed, shorten
from quality.metrics.catalogue import METRICS
from quality.model.context import LinkState, NoteKind, ReleaseStatus, Visibility
from quality.periods.periods import REPORT_PERIODS, report_key
from quality.thresholds import Thresholds

THRESHOLDS = tuple(one.name for one in fields(Thresholds))
_GREATEST = 10**15


def _known(value: str, choices: tuple[str, ...], noun: str) -> str:
    if value in choices:
        return value
    near = closest(value, choices, 1)
    raise ValueError(
        f"is no {noun}; " + (f"did you mean {near[0]}?" if near else f"choose {listed(choices, 8)}")
    )


def _metric(value: str) -> str:
    return _known(value, tuple(METRICS), "metric")


def _period(value: str) -> str:
    return report_key(value) or _known(value, REPORT_PERIODS, "report period")


def _day(value: Any) -> Any:
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value.strip(), re.ASCII):
        raise ValueError("is no date such as 2026-11-21")
    return value.strip()


def _number(value: Any) -> Any:
    """Read `47 %` as 0.47."""
    if isinstance(value, str) and (found := re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*%\s*", value, re.ASCII)):
        return float(found[1]) / 100
    return value


def _address(value: str) -> str:
    if not re.fullmatch(r"https?://[^\s\"'<>@]+", value):
        raise ValueError("is no address such as https://tracker.example.com/SHOP-12")
    return value


def _limits(value: dict[str, float]) -> dict[str, float]:
    for name in value:
        try:
            _known(name, THRESHOLDS, "threshold")
        except ValueError as error:
            raise ValueError(f"{shorten(name, 60)!r} {error}") from None
    return value


def _words(value: Any) -> Any:
    """Read `rolled back` as `rolled_back`."""
    return re.sub(r"[\s-]+", "_", value.strip().lower()) if isinstance(value, str) else value


Id = Annotated[int, Field(ge=1, le=_GREATEST)]
Ids = tuple[Id, ...]
Line = Annotated[str, Field(min_length=1, max_length=300)]
Version = Annotated[
    str,
    Field(min_length=1, max_length=60),
    WithJsonSchema({"type": ["string", "number"], "description": "As people call it, such as 4.10"}),
]
Day = Annotated[date, BeforeValidator(_day)]
Figure = Annotated[
    float,
    BeforeValidator(_number),
    Field(ge=0, le=_GREATEST, allow_inf_nan=False),
    WithJsonSchema({"type": ["number", "string"], "description": "A number; a rate as 0.2 or 20 %"}),
]
Address = Annotated[str, Field(max_length=1000), AfterValidator(_address)]
Metric = Annotated[str, AfterValidator(_metric), Field(json_schema_extra={"enum": list(METRICS)})]


class Shape(BaseModel):
    """A table whose keys are all known."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, frozen=True)


class ReleaseShape(Shape):
    """A release of a product: context/releases/PRODUCT/VERSION.yaml."""

    version: Version
    date: Annotated[Day, Field(description="The day on which it was or will be shipped")]
    status: Annotated[ReleaseStatus, BeforeValidator(_words)] = "planned"
    link: Annotated[Address | None, Field(description="Its notes, ticket or tag")] = None
    commit: Line | None = None
    test_ids: Annotated[Ids, Field(description="Tests that tested it")] = ()
    bug_ids: Annotated[Ids, Field(description="Bugs that belong to it")] = ()
    feature_ids: Annotated[Ids, Field(description="Features that it changes")] = ()


class NoteShape(Shape):
    """The front matter of a note: context/notes/KIND/ID.md."""

    author: Line | None = None
    date: Day | None = None
    kind: Annotated[NoteKind, BeforeValidator(_words)] = "note"
    visibility: Annotated[
        Visibility,
        BeforeValidator(_words),
        Field(description="internal: never on a site that others can open"),
    ] = "internal"
    expires: Annotated[Day | None, Field(description="The last day on which it holds")] = None


class GoalShape(Shape):
    """A target of one metric."""

    metric: Metric
    target: Figure
    at: Annotated[
        Literal["least", "most"] | None,
        Field(description="Which side is good, where the metric does not say"),
    ] = None
    period: Annotated[
        str | None,
        BeforeValidator(lambda value: value if value is None else _period(str(value))),
        Field(description="A report period, such as last-90-days"),
    ] = None
    since: Day | None = None


class GoalsShape(Shape):
    """Hold what a product is held to: context/goals/PRODUCT.yaml."""

    goals: tuple[GoalShape, ...] = ()
    thresholds: Annotated[
        dict[str, Figure],
        AfterValidator(_limits),
        Field(
            description="Limits of the verdicts",
            json_schema_extra={"propertyNames": {"enum": list(THRESHOLDS)}},
        ),
    ] = {}
    tests_per_month: Annotated[int | None, Field(ge=1, le=1000)] = None
    review_owner: Line | None = None


class ActionShape(Shape):
    """Something that was agreed."""

    what: Line
    product: Id | None = None
    owner: Line | None = None
    agreed: Day | None = None
    due: Day | None = None
    metric: Annotated[Metric | None, Field(description="What it should move")] = None
    value: Annotated[Figure | None, Field(description="The value of the metric then")] = None
    done: bool = False


class OwnerShape(Shape):
    """Name who looks after a product or a feature."""

    product: Id | None = None
    feature: Id | None = None
    team: Line | None = None
    reviewer: Line | None = None


class LinkShape(Shape):
    """A bug in your own tracker."""

    bug: Id
    key: Line
    url: Address | None = None
    state: Annotated[LinkState, BeforeValidator(_words)] = "open"
    fixed_in: Version | None = None


class ActionsFile(Shape):
    """List what was agreed: context/actions.yaml."""

    actions: tuple[ActionShape, ...]


class OwnersFile(Shape):
    """List who looks after what: context/owners.yaml."""

    owners: tuple[OwnerShape, ...]


class LinksFile(Shape):
    """Bugs in your own tracker: context/links.yaml."""

    links: tuple[LinkShape, ...]


SHAPES: dict[str, type[Shape]] = {
    "release": ReleaseShape,
    "note": NoteShape,
    "goals": GoalsShape,
    "actions": ActionsFile,
    "owners": OwnersFile,
    "links": LinksFile,
}
"""Every kind with the shape of its file; of a note, of its front matter."""
