"""What a page shows of the features of a report."""

from build.site import shown_rows
from quality.model.entities import TestFeature
from quality.options import QualityOptions
from quality.views.product import product_view
from tests.factories import make_bug, make_facts, make_feature, make_test


def test_features_that_were_not_tested_are_named_once_below_those_that_were() -> None:
    tested = [TestFeature(at, at, f"Feature {at}") for at in range(1, 5)]
    catalogue = [make_feature(at, f"Feature {at}") for at in range(1, 8)]
    test = make_test([make_bug("active_accepted", feature_id=1, feature="Feature 1")], features=tuple(tested))
    view = product_view(make_facts([test], features=catalogue), 598, None, QualityOptions())
    shown = shown_rows.features(view, 3)
    assert len(shown.rows) == 3
    assert not any(row.gap for row in shown.rows)
    assert shown.note == "1 more. Not tested: “Feature 5”, “Feature 6” and 1 more."
    assert [column.title for column in shown.columns] == list(shown_rows.OF_FEATURES.values())
