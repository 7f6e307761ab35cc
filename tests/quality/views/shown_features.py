"""The features of a report as a reader of its table has them."""

from quality.views.features import features_table
from quality.views.product import ProductView
from quality.views.table import Figure, Text


def feature_numbers(view: ProductView, *keys: str) -> dict[str, tuple[int, ...]]:
    """Of each feature the values of these columns by its name; of one that was not tested zeros."""
    table = features_table(view.features)
    place = {column.key: at for at, column in enumerate(table.columns)}
    shown: dict[str, tuple[int, ...]] = {}
    for row in table.rows:
        name, figures = row.cells[0], [row.cells[place[key]] for key in keys]
        assert isinstance(name, Text)
        assert name.text not in shown
        values = [int(one.measure.value or 0) for one in figures if isinstance(one, Figure)]
        assert len(values) == (0 if row.gap else len(keys))
        shown[name.text] = tuple(values) if values else (0,) * len(keys)
    return shown
