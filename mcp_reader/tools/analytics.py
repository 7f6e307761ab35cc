"""Any metrics by any dimensions, and what can be asked for."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastmcp.tools import ToolResult, tool
from pydantic import BaseModel, BeforeValidator, Field, WithJsonSchema

from base.errors import InvalidInput
from base.text import listed, name_key, shorten
from mcp_reader.answers.base import (
    FROM_SNAPSHOT,
    Answer,
    Number,
    Rate,
    number,
    result,
    schema,
    stamp,
    warn,
    warnings_of,
    without_bounds,
)
from mcp_reader.arguments.aliases import SEVERITIES_MEANT
from mcp_reader.arguments.bug_filters import BUG_STATUSES
from mcp_reader.arguments.types import Ids, Order, Text, Word, Words
from mcp_reader.chat import SHOWN, shown
from mcp_reader.context import current_reader
from mcp_reader.lookup.names import ids_of
from mcp_reader.lookup.spans import span_of
from mcp_reader.text import LIMIT, MOST_LETTERS
from quality.metrics.catalogue import METRICS
from quality.model.entities import REVIEW_STATES, TEST_STATUSES, WAITING_FOR_TESTER
from quality.periods.words import FORMS
from quality.pivot.dimensions import DIMENSIONS, MAX_DIMENSIONS
from quality.pivot.query import MAX_ROWS, PivotRow, PivotView, query
from quality.selection import Selection
from quality.wording import state

DEFAULT_ROWS = 50


class PivotAnswer(Answer):
    """The rows of a query.

    Attributes:
        rows: For each dimension its name and, where it has one, its id (`feature_id`, `feature`); for each
            metric its number, a rate with its counts and 95 % interval. A missing label is `none`.
        totals: Of all that was selected, whatever the rows add up to.
        total_rows: With the rows that are not shown.
    """

    explanation: str
    rows: list[dict[str, str | int | Rate | float]]
    totals: dict[str, Number]
    total_rows: int
    rows_not_shown: int
    chart_hint: str
    test_ids: list[int] | None = None


class MetricPart(BaseModel):
    """One metric; `better` says which direction is good news."""

    key: str
    unit: str
    formula: str
    better: str | None = None


class Capabilities(Answer):
    """Everything that query_metrics understands."""

    metrics: list[MetricPart]
    dimensions: dict[str, str]
    filters: str
    dates: str
    limits: dict[str, int]


def _mapping(value: Any) -> Any:
    """Filters also as the text of a JSON object."""
    if isinstance(value, str):
        try:
            value = json.loads(value) if value.strip() else None
        except (ValueError, RecursionError):
            value = 0
    if value is None or isinstance(value, dict):
        return value or None
    raise InvalidInput(
        "filters is not an object.",
        "It maps dimensions to the values that count.",
        "For example filters={'product': 598, 'severity': ['critical', 'high']}.",
    )


Filters = Annotated[
    dict[str, Any] | None,
    BeforeValidator(_mapping),
    WithJsonSchema({"type": "object"}),
]


@tool(title="Query metrics", annotations=FROM_SNAPSHOT, output_schema=schema(PivotAnswer), meta=SHOWN)
async def query_metrics(
    *,
    metrics: Words,
    dimensions: Words = None,
    filters: Filters = None,
    include_test_ids: Ids = None,
    return_test_ids: bool = False,
    start_date: Text = None,
    end_date: Text = None,
    tests_limit: Annotated[int | None, Field(ge=1)] = None,
    sort_by: Word = None,
    sort_order: Order = None,
    limit: Annotated[int | None, Field(ge=1, le=MAX_ROWS)] = None,
) -> ToolResult:
    """Count anything by up to two dimensions: bugs by severity, rejection rate by feature, tests by month.

    Executed tests of all time count unless a status filter or dates say otherwise.
    get_analytics_capabilities explains all.

    Args:
        metrics: One or several, such as bug_count, open_bugs, acceptance_rate (of decided bugs),
            rejection_rate_of_decided, person_review_rate, story_pass_rate, features_tested.
        dimensions: None for the totals, or up to two of product, feature, platform, browser,
            device_category, tester, customer, severity, bug_type, status, review, testing_type,
            test_environment, rejection_reason, known_bug, language, section, month, week, quarter,
            test, reported_month.
        filters: Dimension to value or values: {"product": 598, "severity": ["critical", "high"]}.
        include_test_ids: Tests that count whatever the dates.
        return_test_ids: Also tell the ids of the tests that count.
        start_date: Tests that end since 2025-07-01, in 2025-Q3, `last 30 days`; or `release 4.2`.
        end_date: Tests that end on or before this.
        tests_limit: Only the newest so many of these tests.
        sort_by: One of the metrics or dimensions; default time ascending, else the first metric descending.
        sort_order: asc or desc.
        limit: Rows; default 50, fewer when rows are long.
    """
    reader = current_reader()
    facts = (await reader.library.edition()).facts
    _see_known(metrics or ())
    view = await reader.library.work(
        query,
        facts,
        metrics=metrics or (),
        dimensions=[_key(word) for word in dimensions or ()],
        filters=_filters(filters or {}),
        selection=Selection(
            period=span_of(facts, None, start_date, end_date),
            also=ids_of(facts, "test", include_test_ids, "include_test_ids") or (),
        ),
        tests_limit=tests_limit,
        sort_by=sort_by,
        sort_order=sort_order,
        limit=limit or DEFAULT_ROWS,
        weights=reader.settings.quality.weights,
    )
    rows = [_row(view, row) for row in view.rows]
    letters = LIMIT if limit is None else MOST_LETTERS
    lean = [
        {key: without_bounds(part) if isinstance(part, Rate) else part for key, part in row.items()}
        for row in rows
    ]
    spared = _fitting(rows, letters) < len(rows) == _fitting(lean, letters)
    if spared:
        rows = lean
    fitting = rows[: _fitting(rows, letters)]
    answer = PivotAnswer(
        data_as_of=stamp(facts.as_of),
        warnings=warnings_of(facts, view.product_ids, *view.warnings),
        explanation=view.explanation,
        rows=fitting,
        totals=_numbers(view, view.totals),
        total_rows=view.total_rows,
        rows_not_shown=view.total_rows - len(fitting),
        chart_hint=view.chart_hint,
        test_ids=list(view.test_ids) if return_test_ids else None,
    )
    if view.unlabelled:
        warn(answer, "The row none is what has no such value; totals and total_rows count it.")
    if spared:
        warn(answer, "Left out, so that all rows fit: low_95 and high_95.")
    if len(fitting) < len(rows):
        more = f"limit={len(rows)} shows more" if limit is None else "filters show the others in parts"
        warn(answer, f"To keep the answer short only {len(fitting)} rows are shown; {more}.")
    if answer.rows_not_shown and sort_by is sort_order is None and METRICS[view.metrics[0]].better == "up":
        warn(answer, "The best come first: the worst are not shown; sort_order=asc begins with them.")
    return await shown(result(answer), reader, _fragment, view, reader.settings.testio_site_base_url)


def _fragment(view: PivotView, base_url: str | None) -> str:
    from build.site.chat.fragments import pivot_fragment

    return pivot_fragment(view, base_url)


@tool(title="What can be queried", annotations=FROM_SNAPSHOT, output_schema=schema(Capabilities))
async def get_analytics_capabilities() -> ToolResult:
    """List every metric, dimension, filter and limit of query_metrics."""
    reader = current_reader()
    facts = (await reader.library.edition()).facts
    return result(
        Capabilities(
            data_as_of=stamp(facts.as_of),
            metrics=[
                MetricPart(key=one.key, unit=one.unit, formula=one.formula, better=one.better)
                for one in METRICS.values()
            ],
            dimensions={one.key: one.help for one in DIMENSIONS.values()},
            filters=(
                "Any dimension; the value by id or name, in any case, or a list of them (OR); filters "
                "combine with AND; none is the missing value. A status filter replaces the default, which "
                "is executed tests: running, locked, archived, and any other but cancelled that has a bug."
            ),
            dates=f"By the test's end, in UTC, both ends included: {FORMS}.",
            limits={"dimensions": MAX_DIMENSIONS, "rows": MAX_ROWS, "default_rows": DEFAULT_ROWS},
        )
    )


def _row(view: PivotView, row: PivotRow) -> dict[str, str | int | Rate | float]:
    labels: dict[str, str | int | Rate | float] = {}
    for key, label in zip(view.dimensions, row.labels, strict=True):
        if label.id is not None and label.id != label.name:
            labels[f"{key}_id"] = label.id if isinstance(label.id, int) else shorten(label.id, 80)
        labels[key] = shorten(label.name, 80) or "none"
    if row.product is not None and row.product.id is not None:
        labels |= {"product_id": row.product.id, "product": shorten(row.product.name, 80) or "none"}
    return {**labels, **_numbers(view, row.values)}


def _numbers(view: PivotView, values: Mapping[str, Any]) -> dict[str, Number]:
    numbers = ((key, number(values[key])) for key in view.metrics)
    return {key: value for key, value in numbers if value is not None}


def _fitting(rows: list[dict[str, str | int | Rate | float]], letters: int) -> int:
    """Return how many of the rows keep a default answer short."""
    room = letters - 1_300
    for place, row in enumerate(rows):
        room -= len(json.dumps(row, default=lambda part: part.model_dump(exclude_none=True)))
        if room < 0:
            return max(place, 1)
    return len(rows)


def _filters(given: Mapping[str, Any]) -> dict[str, Any]:
    """Filters as people write them: `product_id` for product, `a,b` and `[a, b]` for several values."""
    filters = {_key(str(key)): _values(value) for key, value in given.items()}
    for key, words in _MEANT.items():
        if key in filters:
            filters[key] = _reworded(filters[key], words)
    if BUG_STATUS in filters:
        filters["review"] = _reviews(filters.pop(BUG_STATUS))
    asked = filters.get("status")
    for word in asked if isinstance(asked, list) else [asked]:
        if isinstance(word, str) and word.strip().casefold() in _OF_BUGS:
            raise InvalidInput(
                f"The filter status={shorten(word, 40)!r} is not known.",
                "status is the test's; what became of a bug is its review.",
                f"Use review: {listed((*REVIEW_STATES, WAITING_FOR_TESTER))}.",
            )
    return filters


_OTHER_KEYS: Mapping[str, str] = {
    "statuses": "status",
    "test_status": "status",
    "test_statuses": "status",
    "severities": "severity",
    "category": "device_category",
}
_MEANT: Mapping[str, Mapping[str, str]] = {
    "severity": SEVERITIES_MEANT,
    "status": {name_key(state(one)): one for one in TEST_STATUSES},
}
"""Other words for values of a filter, as other tools take them."""


def _reworded(asked: Any, words: Mapping[str, str]) -> Any:
    if isinstance(asked, list):
        return [_reworded(one, words) for one in asked]
    return words.get(name_key(asked), asked) if isinstance(asked, str) else asked


def _see_known(metrics: Sequence[str]) -> None:
    """Say which tool lists what no metric counts."""
    for word in metrics:
        if {"untested", "feature"} <= {one.removesuffix("s") for one in name_key(word).split()}:
            raise InvalidInput(
                f"{shorten(word, 80)!r} is not a metric.",
                "A metric is counted over tests, and an untested feature has none.",
                "list_features(tested=false) lists them; its head counts tested and untested features.",
            )


def _reviews(asked: Any) -> list[str]:
    """Return the review states that statuses of bugs stand for, as the older server filtered by them."""
    words = [str(one).strip().casefold() for one in (asked if isinstance(asked, list) else [asked])]
    accepted = ["active_accepted", "auto_accepted"]
    meant: dict[str, list[str]] = {one: [one] for one in REVIEW_STATES}
    asked_tester = [WAITING_FOR_TESTER]
    meant |= {"accepted": accepted, "requested": asked_tester, WAITING_FOR_TESTER: asked_tester}
    return list(dict.fromkeys(state for word in words for state in meant.get(word, ["open"])))


BUG_STATUS = "bug_status"
_OF_BUGS = (BUG_STATUSES | set(REVIEW_STATES)) - set(TEST_STATUSES)


def _key(written: str) -> str:
    key = re.sub(r"[\s-]+", "_", written.strip().casefold())
    if key in DIMENSIONS:
        return key
    for candidate in (
        re.sub(r"_ids?$", "", key),
        re.sub(r"_names?$", "", key),
        key.removesuffix("s"),
        f"{key}_bug",
    ):
        if candidate in DIMENSIONS:
            return candidate
    return _OTHER_KEYS.get(key, key)


def _values(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    text = value.strip()
    if text.startswith("[") and text.endswith("]"):
        text = text[1:-1]
    elif not re.fullmatch(r"[\w-]+(\s*,\s*[\w-]+)+,?", text):
        return text
    return [part.strip(" \"'") for part in text.split(",") if part.strip(" \"'")]
