"""All features of a product: how often each was tested, what was found there and what became of it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from quality.metrics import columns
from quality.metrics.measures import measures
from quality.metrics.tally import Tally
from quality.model.entities import Test
from quality.model.facts import Facts
from quality.pivot.cells import breakdown
from quality.pivot.dimensions import FEATURE
from quality.scope import scope
from quality.selection import Selection
from quality.views.lists.bug_parts import ALL_TIME, MOST_FEATURES, part_word
from quality.views.lists.counts import led_row
from quality.views.lists.outcomes import outcome
from quality.views.lists.tests import lies_ahead
from quality.views.table import Column, Day, Figure, Reference, Row, Table, Term, Text, metric_column


def list_of_features(facts: Facts, product_id: int, now: datetime) -> Table:
    """Return the features of a product over all executed tests, those with most grave bugs first.

    Features of the catalogue that no test had come last: 0 bugs found is not the same as not tested.

    Args:
        facts: The snapshot.
        product_id: Of the product.
        now: Of the selection.
    """
    tests = scope(facts, Selection(product_ids=(product_id,)), now).tests
    found = breakdown(facts, tests, FEATURE)
    most = sorted((tally.bug_count for tally in found.values()), reverse=True)[:MOST_FEATURES]
    least = most[-1] if most else 0
    rows = sorted(((label.name or "none", label.id, tally) for label, tally in found.items()), key=_stake)
    known = {label.id for label in found}
    untested = [one for one in facts.features.get(product_id, ()) if one.id not in known]
    return Table(
        key="features",
        title="All features",
        columns=(
            Column("feature", "Feature"),
            Column("last_tested", "Last tested", "day"),
            Column("result", "Last result"),
            *(metric_column(key, short=True) for key in columns.FEATURES_PAGE),
            Column("outcome", "Outcome"),
        ),
        rows=(
            *(
                _led(row, product_id, feature_id) if tally.bug_count >= least else row
                for name, feature_id, tally in rows
                for row in (_row(name, feature_id, tally, tests, now),)
            ),
            *(
                Row((Text(one.title), *(None,) * (len(columns.FEATURES_PAGE) + 3)), gap="not tested")
                for one in sorted(untested, key=lambda one: (one.title.casefold(), one.id))
            ),
        ),
    )


def _result(test: Test, feature_id: int | str | None) -> str | None:
    """Return what a test said of a feature; None where it said nothing."""
    if feature_id is None:
        return None
    return next((one.execution_status for one in test.features if one.feature_id == feature_id), None)


_Row = tuple[str, int | str | None, Tally]


def _stake(row: _Row) -> tuple[int, int, int, str, str]:
    name, feature_id, found = row
    grave = found.accepted_of("critical"), found.accepted_of("high")
    return (-grave[0], -grave[1], -found.bug_count, name.casefold(), str(feature_id))


def _led(row: Row, product_id: int, feature_id: int | str | None) -> Row:
    """Return a feature with links from its counts to its bugs."""
    return replace(row, cells=led_row(row.cells, product_id, ALL_TIME, part_word("feature", feature_id)))


def _row(name: str, feature_id: int | str | None, found: Tally, tests: Sequence[Test], now: datetime) -> Row:
    had = [test for test in tests if test.id in found.tests and test.end_at]
    results = {test.id: _result(test, feature_id) for test in had}
    over = (test for test in had if not lies_ahead(test, now) or results[test.id] not in {None, "not_tested"})
    last = next(over, None)
    result = results[last.id] if last else None
    named = measures(found, keys=columns.FEATURES_PAGE)
    return Row(
        (
            Text(name),
            Day(last.end_at, Reference("test", last.id)) if last else None,
            Term("word", result),
            *(Figure(named[key]) for key in columns.FEATURES_PAGE),
            outcome(found),
        )
    )
