"""Thresholds: what settings may say, and what they may not."""

import math

import pytest

from base.errors import InvalidInput
from quality.options import QualityOptions
from quality.thresholds import Thresholds


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("rejection_warning", 0.36),
        ("rejection_critical", 0.1),
        ("auto_acceptance_warning", 0.5),
        ("review_warning", 0.5),
        ("review_critical", 0.9),
        ("active_acceptance_warning", 0.1),
        ("active_acceptance_critical", 0.5),
        ("story_pass_warning", 0.4),
        ("review_warning", 1.5),
        ("rejection_warning", -0.1),
        ("failed_features_critical", 1.1),
        ("rejection_critical", math.nan),
        ("auto_acceptance_critical", math.inf),
        ("critical_bugs_critical", 0),
        ("failed_features_warning", -1),
    ],
)
def test_a_threshold_on_the_wrong_side_is_refused_by_the_settings_name(name: str, value: float) -> None:
    with pytest.raises(InvalidInput, match=f"PLAYBOOK_{name.rsplit('_', 1)[0].upper()}"):
        Thresholds(**{name: value})  # type: ignore[arg-type]


def test_a_product_has_its_own_thresholds_and_several_have_those_of_all() -> None:
    own = Thresholds(rejection_warning=0.05)
    options = QualityOptions(product_thresholds={598: own})
    assert options.thresholds_of((598,)) is own
    assert options.thresholds_of((599,)) == options.thresholds_of((598, 599)) == Thresholds()
