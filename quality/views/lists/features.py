"""All features of a product: how often each was tested, what was found there and what became of it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from quality.model.facts import Facts
from quality.pivot.dimensions import FEATURE
from quality.scope import scope
from quality.selection import Selection
from quality.views.features import FeatureFound, features_found, features_table
from quality.views.lists.bug_parts import ALL_TIME, MOST_FEATURES, MOST_SHOWN, part_word
from quality.views.lists.bugs import span_word
from quality.views.lists.counts import led_row
from quality.views.table import Row, Table


def list_of_features(facts: Facts, product_id: int, now: datetime) -> Table:
    """Return the features of a product over all executed tests, those with most grave bugs first.

    Features of the catalogue that no test had come last: 0 bugs found is not the same as not tested.

    Args:
        facts: The snapshot.
        product_id: Of the product.
        now: Of the selection.
    """
    tests = scope(facts, Selection(product_ids=(product_id,)), now).tests
    shown = features_found(facts, tests, facts.features.get(product_id, ()), now)
    bugs = [one.found.bug_count for one in shown if one.found]
    least = sorted(bugs, reverse=True)[:MOST_FEATURES]
    led = [one.found is not None and one.found.bug_count >= least[-1] for one in shown]
    return replace(_led(shown, led, product_id, ALL_TIME), title="All features")


def report_features(shown: Sequence[FeatureFound], product_id: int, period_key: str) -> Table:
    """Return the features of a report, the first ones with links from their counts to their bugs."""
    led = [at < MOST_SHOWN[FEATURE] for at in range(len(shown))]
    return _led(shown, led, product_id, span_word(period_key))


def _led(shown: Sequence[FeatureFound], led: Sequence[bool], product_id: int, span: str) -> Table:
    def row_of(one: FeatureFound, row: Row, lead: bool) -> Row:
        if not lead or row.gap:
            return row
        return replace(row, cells=led_row(row.cells, product_id, span, part_word(FEATURE, one.id)))

    table = features_table(shown)
    return replace(table, rows=tuple(map(row_of, shown, table.rows, led)))
