"""Counts by one dimension beside their true total."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from base.text import shorten
from quality.metrics import columns
from quality.metrics.measures import Measure, measures, plain_count, share
from quality.metrics.metric import Weights
from quality.metrics.tally import Tally, tally
from quality.model.entities import REVIEW_STATES, SEVERITIES, Bug, Severity, Test
from quality.model.facts import Facts
from quality.model.rejection import KNOWN_REJECT_REASONS, UNSPECIFIED
from quality.pivot.cells import breakdown
from quality.pivot.dimensions import Label, dimension
from quality.products import all_products
from quality.views.table import Cell, Column, Figure, Row, Table, Term, Text, metric_column
from quality.wording import capital, grave


@dataclass(frozen=True, slots=True)
class BreakdownRow:
    """One value of a dimension; `name` None is shown as "none".

    Attributes:
        share: Of the true total.
        exposure: For platforms and browsers, the selected tests that asked for this one, whether a bug
            was found there or not.
    """

    id: int | str | None
    name: str | None
    measures: Mapping[str, Measure]
    share: Measure | None = None
    exposure: Measure | None = None


@dataclass(frozen=True, slots=True)
class Breakdown:
    """Measures by one dimension.

    Attributes:
        columns: Metric keys in the order of the columns; the first one sorts.
        total: The true total beside the rows (rows of a many-valued dimension may exceed it).
        note: Why rows may not add up, or what was cut; empty otherwise.
    """

    dimension: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[BreakdownRow, ...]
    total: Mapping[str, Measure]
    note: str = ""


_ALWAYS: frozenset[Severity] = frozenset({"critical", "high", "low"})
_SHARED = "A bug seen on several of them counts in each, so the rows may add up to more than all bugs."


def by_severity(facts: Facts, tests: Sequence[Test], weights: Weights) -> Breakdown:
    """Bugs by severity, worst first; the functional severities also when nothing was found."""
    found = {str(label.name): tally for label, tally in breakdown(facts, tests, "severity").items()}
    total = tally(tests)
    shown = [one for one in SEVERITIES if one in found or (total.bug_count and one in _ALWAYS)]
    return _table(
        "severity",
        columns.BY_BUGS,
        [(one, one, found.get(one, Tally())) for one in shown],
        total,
        weights,
    )


def by_review(facts: Facts, tests: Sequence[Test], weights: Weights) -> Breakdown:
    """Bugs by what became of them, all four states."""
    found = {str(label.name): tally for label, tally in breakdown(facts, tests, "review").items()}
    total = tally(tests)
    shown = REVIEW_STATES if total.bug_count else ()
    rows = [(one, one, found.get(one, Tally())) for one in shown]
    return _table("review", (columns.BUGS,), rows, total, weights)


def by_reason(facts: Facts, tests: Sequence[Test], weights: Weights) -> Breakdown:
    """Rejected bugs by the reason of their rejection; the total is all rejected bugs."""
    names = reason_names(facts)
    found = breakdown(facts, tests, "rejection_reason", keep=_rejected)
    total = sum(found.values(), Tally())
    rows = [(label.id, names.get(str(label.id), label.name), tally) for label, tally in found.items()]
    return _table("rejection_reason", (columns.BUGS,), _most_first(rows), total, weights)


def by_product(
    facts: Facts, tests: Sequence[Test], product_ids: Iterable[int], weights: Weights
) -> Breakdown:
    """Break bugs down by product, those without a selected test too."""
    products = all_products(facts)
    found = {label.id: tally for label, tally in breakdown(facts, tests, "product").items()}
    rows = [
        (one, products[one].name if one in products else f"Product {one}", found.get(one, Tally()))
        for one in product_ids
    ]
    return _table("product", columns.BY_PRODUCT, _most_first(rows), tally(tests), weights)


def by_tester(facts: Facts, tests: Sequence[Test], weights: Weights) -> Breakdown:
    """Bugs by who reported them; bugs without a tester are in the row without a name."""
    rows = [(label.id, label.name, tally) for label, tally in breakdown(facts, tests, "tester").items()]
    return _table("tester", columns.BY_BUGS, _most_first(rows), tally(tests), weights)


def by_device(facts: Facts, tests: Sequence[Test], weights: Weights) -> Breakdown:
    """Bugs by the kind of device; a bug seen on several kinds counts in each."""
    key = "device_category"
    rows = [(label.id, label.name, tally) for label, tally in breakdown(facts, tests, key).items()]
    return _table(key, columns.BY_DEVICE, _most_first(rows), tally(tests), weights, note=_SHARED)


def top_testers(tests: Sequence[Test], number: int = 3) -> Measure:
    """Measure the share of the testers who reported most in all bugs with a tester."""
    testers = tally(tests).testers
    return share(
        sum(bugs for _, bugs in testers.most_common(number)), testers.total(), "Share of the top three"
    )


def by_platform(facts: Facts, tests: Sequence[Test], weights: Weights) -> Breakdown:
    """Bugs by operating system, and the tests that asked for it."""
    return _exposed(facts, tests, "platform", weights, _asked_platforms)


def by_browser(facts: Facts, tests: Sequence[Test], weights: Weights) -> Breakdown:
    """Bugs by browser, and the tests that asked for it."""
    return _exposed(facts, tests, "browser", weights, _asked_browsers)


def breakdown_table(shown: Breakdown) -> Table:
    """Return a breakdown as a table: names with their share as a bar, what was exposed, the measures."""
    exposed = any(row.exposure is not None for row in shown.rows)
    asked = Column("exposure", "Tests", "count", help="tests that asked for it")

    def row(name: Cell, one: BreakdownRow | None, values: Mapping[str, Measure]) -> Row:
        exposure = None if one is None or one.exposure is None else Figure(one.exposure)
        cells = (name, *([exposure] if exposed else []), *(Figure(values[key]) for key in shown.columns))
        return Row(cells, None if one is None or one.share is None else one.share.value or 0.0)

    return Table(
        key=shown.dimension,
        title=_TITLES.get(shown.dimension, shown.title),
        columns=(
            Column(shown.dimension, shown.title),
            *([asked] if exposed else []),
            *(metric_column(key) for key in shown.columns),
        ),
        rows=tuple(row(_row_name(shown.dimension, one.name), one, one.measures) for one in shown.rows),
        note=shown.note,
        total=row(Text("All"), None, shown.total),
    )


def devices_text(shown: Breakdown, most: int) -> str:
    """Say of the kinds of devices with most bugs how many bugs they have; empty without any kind."""

    def told(row: BreakdownRow) -> str:
        bugs, *worst = (int(row.measures[key].value or 0) for key in columns.BY_DEVICE_SHOWN)
        return f"{shorten(capital(row.name or ''), 40)} {bugs:,} ({grave(*worst)})"

    text = ", ".join(told(row) for row in shown.rows[:most] if row.name not in {None, "unknown"})
    return f"Bugs by kind of device: {text}." if text else ""


def _row_name(key: str, name: str | None) -> Text | Term:
    if key == "severity":
        return Term("severity", name)
    if key == "review":
        return Term("review", name)
    return Text("none" if name is None else shorten(name, 60))


_TITLES = {
    "severity": "Bugs by severity",
    "review": "Bugs by review",
    "rejection_reason": "Rejected bugs by reason",
    "product": "Bugs by product",
    "platform": "Bugs by platform",
    "browser": "Bugs by browser",
    "device_category": "Bugs by kind of device",
    "tester": "Bugs by tester",
}


def reason_names(facts: Facts) -> dict[str, str]:
    """Return the names of the rejection reasons by key."""
    names = {reason.key: reason.name for reason in (*KNOWN_REJECT_REASONS, *facts.reject_reasons)}
    return {UNSPECIFIED: "Unspecified", **names}


_Row = tuple[int | str | None, str | None, Tally]


def _table(
    key: str,
    keys: tuple[str, ...],
    rows: Iterable[_Row],
    total: Tally,
    weights: Weights,
    *,
    note: str = "",
    exposure: Mapping[str, int] | None = None,
) -> Breakdown:
    return Breakdown(
        dimension=key,
        title=dimension(key).title,
        columns=keys,
        rows=tuple(
            BreakdownRow(
                id=row_id,
                name=name,
                measures=measures(tally, weights, keys),
                share=share(tally.bug_count, total.bug_count, "Share of bugs"),
                exposure=None if exposure is None else _exposure(exposure.get(name or "", 0)),
            )
            for row_id, name, tally in rows
        ),
        total=measures(total, weights, keys),
        note=note,
    )


def _exposed(
    facts: Facts,
    tests: Sequence[Test],
    key: str,
    weights: Weights,
    asked: Callable[[Test], Collection[str]],
) -> Breakdown:
    """Break a many-valued dimension of bugs down; what was asked for and found nothing has a row with 0."""
    found = breakdown(facts, tests, key)
    exposure: dict[str, int] = {}
    for test in tests:
        for name in asked(test):
            exposure[name] = exposure.get(name, 0) + 1
    quiet = [Label(name, name) for name in exposure if Label(name, name) not in found]
    rows = [(label.id, label.name, found.get(label, Tally())) for label in (*found, *quiet)]
    total = tally(tests)
    twice = sum(tally.bug_count for tally in found.values()) > total.bug_count
    return _table(
        key, columns.BY_DEVICE, _most_first(rows), total, weights,
        note=_SHARED if twice else "", exposure=exposure or None,
    )  # fmt: skip


def _asked_platforms(test: Test) -> set[str]:
    return {one.operating_system for one in test.requirements if one.operating_system}


def _asked_browsers(test: Test) -> set[str]:
    return {browser for one in test.requirements for browser in one.browsers}


def _exposure(tests: int) -> Measure:
    return plain_count("exposure", "Tests that asked for it", tests)


def _most_first(rows: Iterable[_Row]) -> list[_Row]:
    return sorted(
        rows,
        key=lambda row: (
            -row[2].bug_count,
            -row[2].test_count,
            row[1] is None,
            (row[1] or "").casefold(),
            str(row[0]),
        ),
    )


def _rejected(bug: Bug) -> bool:
    return bug.review == "rejected"
