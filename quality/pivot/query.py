"""Any metrics by any dimensions: the pivot behind `query_metrics`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Any, Literal

from base.errors import InvalidInput
from base.text import closest, fold, name_key
from quality.metrics.catalogue import METRICS
from quality.metrics.columns import MEANT
from quality.metrics.measures import Measure, measure, measures, no_value
from quality.metrics.metric import Weights
from quality.metrics.rates import Ratio
from quality.metrics.tally import Tally
from quality.model.entities import EXECUTED_STATUSES, Test
from quality.model.facts import Facts
from quality.pivot import notes
from quality.pivot.cells import cells
from quality.pivot.dimensions import DIMENSIONS, FEATURE, Label, Labels, dimension
from quality.pivot.filters import Filter, keeping, read_filters
from quality.pivot.parts import with_features
from quality.selection import Selection, describe, select
from quality.wording import counted, listing

MAX_ROWS = 1000
ChartHint = Literal["number", "line", "bar", "stacked_bar", "table"]


@dataclass(frozen=True, slots=True)
class PivotRow:
    """One combination of values; `labels` in the order of the dimensions, `values` by metric key.

    Attributes:
        product: Of a feature's row, which does not name it otherwise; None where it has none or several.
    """

    labels: Labels
    values: Mapping[str, Measure]
    product: Label | None = None


@dataclass(frozen=True, slots=True)
class PivotView:
    """The answer to one query.

    Attributes:
        totals: Of all selected tests and bugs, whatever the rows add up to.
        total_rows: How many rows there are, with those that were cut.
        unlabelled: Whether one of all these rows is of what has no value of a dimension.
        explanation: What was counted, in words.
        warnings: What a reader has to know before comparing or adding up rows.
        chart_hint: Which picture suits the rows.
        product_ids: The products that the filters leave; None when they do not say.
        test_ids: The tests that count, newest first.
    """

    metrics: tuple[str, ...]
    dimensions: tuple[str, ...]
    rows: tuple[PivotRow, ...]
    totals: Mapping[str, Measure]
    total_rows: int
    explanation: str
    warnings: tuple[str, ...]
    chart_hint: ChartHint
    product_ids: tuple[int, ...] | None = None
    test_ids: tuple[int, ...] = ()
    unlabelled: bool = False


def query(
    facts: Facts,
    *,
    metrics: Sequence[str],
    dimensions: Sequence[str] = (),
    filters: Mapping[str, Any] | None = None,
    selection: Selection | None = None,
    tests_limit: int | None = None,
    sort_by: str | None = None,
    sort_order: str | None = None,
    limit: int = MAX_ROWS,
    weights: Weights | None = None,
) -> PivotView:
    """Metrics of the selected tests, by at most two dimensions.

    A filter keeps what the row of that value would count. A filter by status takes the place of the default
    "executed tests".

    Args:
        facts: What the snapshot says.
        metrics: Keys or titles of the catalogue, at least one; the first one sorts by default.
        dimensions: Keys of dimensions, at most two.
        filters: Dimension → value or values, by id or name.
        selection: Which tests count; by default executed ones of all time.
        tests_limit: Only the newest of these tests.
        sort_by: One of the metrics or dimensions; by default time ascending, else the first metric.
        sort_order: `asc` or `desc`; by default what suits `sort_by`.
        limit: At most so many rows, 1 to 1000.
        weights: Of the severity score.

    Raises:
        InvalidInput: For anything unknown or out of range, naming the closest and all valid names.
        NotFound: For a product or test of the selection that the snapshot knows nothing of.
    """
    asked = _metrics(metrics)
    by = tuple(dict.fromkeys(dimension(key).key for key in dimensions))
    sort_by = _by_name().get(name_key(sort_by), sort_by) if sort_by is not None else None
    _check_number("limit", limit, MAX_ROWS)
    _check_number("tests_limit", tests_limit, None)
    sorting = _sorting(asked, by, sort_by, sort_order)
    reading = read_filters(facts, filters or {})
    selection, replaced = _with_status(selection or Selection(), reading)
    found: Sequence[Test] = select(facts, selection)
    for one in reading:
        found = [test for test in found if one.takes_test(test)]
    tests = found if tests_limit is None else found[:tests_limit]
    for one in reading:
        if one.dimension.key == FEATURE:
            tests = [with_features(test, one.ids) for test in tests]

    keep = keeping(reading)
    bare = all(one.dimension.of_test for one in reading)
    total = cells(facts, tests, (), keep=keep, bare=bare).get((), Tally())
    totals = measures(total, weights, asked)
    rows = _within(cells(facts, tests, by, keep=keep, bare=bare), by, reading) if by else {}
    ordered = _ordered(rows, asked, by, weights or Weights(), sorting)
    shown = tuple(
        PivotRow(labels, _values(tally, weights, asked, by), _product(facts, labels, tally, by))
        for labels, tally in ordered[:limit]
    )
    cut = len(ordered) - len(shown)

    cut_tests = f"Only the newest {counted(len(tests), 'test')} of {len(found)} count."
    warnings = [
        *replaced,
        *([] if tests else ["No test matches: every count is 0."]),
        *notes.of_time(facts, selection, [labels for labels, _ in ordered], by),
        *notes.of_open(total, ordered, asked, by),
        *([cut_tests] if len(tests) < len(found) else []),
        *notes.of_rows(asked, by, reading),
        *notes.of_names([labels for labels, _ in ordered], by, reading),
        *(notes.of_data(totals) if tests else []),
        *([f"{counted(cut, 'row')} of {len(ordered)} are not shown; the totals hold all."] if cut else []),
    ]
    return PivotView(
        metrics=asked,
        dimensions=by,
        rows=shown,
        totals=totals,
        total_rows=len(ordered),
        explanation=_explanation(facts, asked, by, reading, selection),
        warnings=tuple(warnings),
        chart_hint=_chart_hint(asked, by),
        product_ids=_products_of(reading),
        test_ids=tuple(test.id for test in tests),
        unlabelled=any(label.name is None for labels, _ in ordered for label in labels),
    )


def _values(
    tally: Tally, weights: Weights | None, asked: tuple[str, ...], by: tuple[str, ...]
) -> dict[str, Measure]:
    """Return the metrics of a row; one that says nothing in such a row has no value."""
    return {
        key: no_value(key) if METRICS[key].never_by in by else measure(key, tally, weights) for key in asked
    }


def _product(facts: Facts, labels: Labels, tally: Tally, by: tuple[str, ...]) -> Label | None:
    """Return the product of a feature's row: that of the catalogue, else that of all its tests."""
    if FEATURE not in by or "product" in by:
        return None
    feature = labels[by.index(FEATURE)].id
    ids = {one for one, catalogue in facts.features.items() for own in catalogue if own.id == feature} or {
        test.product_id for test in tally.tests.values()
    }
    if len(ids) != 1:
        return None
    (product_id,) = ids
    product = facts.products.get(product_id)
    return Label(product_id, product.name if product else f"Product {product_id}")


def _products_of(filters: Sequence[Filter]) -> tuple[int, ...] | None:
    """Return the products that a filter names; None without one, or when it has another meaning."""
    for one in filters:
        if one.dimension.key == "product":
            return tuple(sorted(number for number in one.ids if isinstance(number, int)))
    return None


def _metrics(keys: Sequence[str]) -> tuple[str, ...]:
    if not keys:
        raise InvalidInput(
            "No metric is asked for.", f"Possible values: {', '.join(METRICS)}.", "Name at least one of them."
        )
    return tuple(dict.fromkeys(map(_metric, keys)))


def _metric(written: str) -> str:
    """Return the key of a metric that is named by its key or its title."""
    name, known = name_key(written), _by_name()
    if name in known:
        return known[name]
    near = MEANT.get(name) or tuple(dict.fromkeys(known[found] for found in closest(name, known)))
    raise InvalidInput(
        f"{written[:80]!r} is not a metric.",
        f"Possible values: {', '.join(METRICS)}.",
        f"Did you mean {' or '.join(near)}?" if near else "Choose from these.",
    )


def _by_name() -> dict[str, str]:
    """Return the keys of the metrics by their keys and titles, as `name_key` writes them."""
    return {name_key(name): key for key, one in METRICS.items() for name in (one.title, key)}


def _check_number(name: str, value: int | None, most: int | None) -> None:
    if value is None:
        return
    if value < 1 or (most is not None and value > most):
        reach = "from 1 up" if most is None else f"from 1 to {most}"
        raise InvalidInput(
            f"{name} is {value}.", f"It must be {reach}.", f"Give a number {reach}, or leave it out."
        )


def _sorting(
    asked: tuple[str, ...], by: tuple[str, ...], sort_by: str | None, sort_order: str | None
) -> tuple[str, bool]:
    """Return what sorts the rows, and whether it does so from the highest value down."""
    if sort_by is not None and sort_by not in {*asked, *by}:
        raise InvalidInput(
            f"sort_by is {sort_by[:80]!r}, which the answer does not have.",
            f"It has {', '.join((*asked, *by))}.",
            "Choose one of these, or ask for that metric too.",
        )
    if sort_order is not None and sort_order not in {"asc", "desc"}:
        raise InvalidInput(
            f"sort_order is {sort_order[:80]!r}.", "It must be asc or desc.", "Write asc or desc."
        )
    if sort_by is None:
        sort_by = next((key for key in by if DIMENSIONS[key].time), asked[0])
    return sort_by, sort_by in asked if sort_order is None else sort_order == "desc"


def _with_status(selection: Selection, filters: tuple[Filter, ...]) -> tuple[Selection, list[str]]:
    """Return the selection with a filter's statuses instead of the default ones, and its warning."""
    wanted = [str(one) for read in filters if read.dimension.key == "status" for one in read.ids if one]
    if not wanted or selection.statuses is not None or selection.test_ids is not None:
        return selection, []
    unexecuted = sorted(set(wanted) - EXECUTED_STATUSES)
    warning = f"Tests that were not executed count too: {listing(unexecuted)}."
    return replace(selection, statuses=tuple(sorted(wanted))), [warning] if unexecuted else []


def _within(
    rows: Mapping[Labels, Tally], by: tuple[str, ...], filters: tuple[Filter, ...]
) -> dict[Labels, Tally]:
    """Return the rows whose values are among those of a filter by the same dimension."""
    bounds = [(by.index(one.dimension.key), one.ids) for one in filters if one.dimension.key in by]
    return {
        labels: tally
        for labels, tally in rows.items()
        if all(labels[place].id in ids for place, ids in bounds)
    }


def _ordered(
    rows: Mapping[Labels, Tally],
    asked: tuple[str, ...],
    by: tuple[str, ...],
    weights: Weights,
    sorting: tuple[str, bool],
) -> list[tuple[Labels, Tally]]:
    """Sort the rows: by what sorts, then by time, by the first metric from the top, by name."""
    sort_by, descending = sorting
    ordered = sorted(rows.items(), key=lambda row: [_name(label) for label in row[0]])
    steps = [
        (asked[0], True),
        *((key, False) for key in reversed(by) if DIMENSIONS[key].time),
        (sort_by, descending),
    ]
    for key, downwards in steps:
        value = _reader(key, by, weights)
        known = [(found, row) for row in ordered if (found := value(row)) is not None]
        missing = [row for row in ordered if value(row) is None]
        known.sort(key=itemgetter(0), reverse=downwards)
        ordered = [*(row for _, row in known), *missing]
    return ordered


def _reader(key: str, by: tuple[str, ...], weights: Weights) -> Callable[[tuple[Labels, Tally]], Any]:
    """Return what a row is sorted by: a metric's number or a value's name; None comes last."""
    if key in by:
        place = by.index(key)
        return lambda row: None if row[0][place].id is None else _name(row[0][place])
    metric = METRICS[key]
    if metric.never_by in by:
        return lambda _: None

    def number(row: tuple[Labels, Tally]) -> float | None:
        value = metric.value(row[1], weights)
        return value.value if isinstance(value, Ratio) else value

    return number


def _name(label: Label) -> tuple[str, str]:
    return fold(label.name or ""), str(label.id)


def _explanation(
    facts: Facts,
    asked: tuple[str, ...],
    by: tuple[str, ...],
    filters: tuple[Filter, ...],
    selection: Selection,
) -> str:
    what = listing(METRICS[key].title for key in asked)
    per = f" by {listing(DIMENSIONS[key].title.lower() for key in by)}" if by else ""
    only = f" Only where {listing(one.words for one in filters)}." if filters else ""
    return f"{what}{per}. {describe(facts, selection)}{only}"


def _chart_hint(asked: tuple[str, ...], by: tuple[str, ...]) -> ChartHint:
    if not by:
        return "number"
    times = [DIMENSIONS[key].time for key in by]
    if len(by) == 1:
        return "line" if times[0] else "bar"
    if METRICS[asked[0]].unit == "count" and not all(times):
        return "stacked_bar"
    return "line" if any(times) else "table"
