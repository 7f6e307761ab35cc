"""Write a table as JSON objects."""

from collections.abc import Mapping
from typing import Any

from build.site.data.values import value
from quality.metrics.numbers import plain
from quality.views.table import Figure, Table


def table_json(table: Table) -> list[dict[str, Any]]:
    """Return an object for each row, by the columns' keys; what is not known is left out.

    Metrics stand together under `metrics`: a rate with its counts and interval, others as their number.
    """
    keys = [column.key for column in table.columns]
    found = []
    for row in table.rows:
        cells = dict(zip(keys, row.cells, strict=True))
        figures = {key: cell.measure for key, cell in cells.items() if isinstance(cell, Figure)}
        one: dict[str, Any] = _known({key: value(cell) for key, cell in cells.items() if key not in figures})
        if figures:
            one["metrics"] = _known({key: plain(measure) for key, measure in figures.items()})
        found.append(one)
    return found


def _known(parts: Mapping[str, Any]) -> dict[str, Any]:
    return {key: part for key, part in parts.items() if part is not None}
