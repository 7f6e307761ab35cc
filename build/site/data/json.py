"""Write a table as JSON objects."""

from collections.abc import Mapping, Sequence
from typing import Any

from build.site.data.values import Value, values
from quality.metrics.numbers import plain
from quality.views.table import Figure, Table


def table_json(table: Table, rows: Sequence[Sequence[Value]] | None = None) -> list[dict[str, Any]]:
    """Return an object for each row, by the columns' keys; what is not known is left out.

    Metrics stand together under `metrics`: a rate with its counts and interval, others as their number.

    Args:
        table: The table.
        rows: What `values` makes of it, where that is at hand.
    """
    keys = [column.key for column in table.columns]
    found = []
    for row, said in zip(table.rows, values(table) if rows is None else rows, strict=True):
        figures = {
            key: cell.measure for key, cell in zip(keys, row.cells, strict=True) if isinstance(cell, Figure)
        }
        one: dict[str, Any] = {
            key: part for key, part in zip(keys, said, strict=True) if part is not None and key not in figures
        }
        if figures:
            one["metrics"] = _known({key: plain(measure) for key, measure in figures.items()})
        found.append(one)
    return found


def _known(parts: Mapping[str, Any]) -> dict[str, Any]:
    return {key: part for key, part in parts.items() if part is not None}
