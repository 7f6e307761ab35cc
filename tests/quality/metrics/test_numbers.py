"""Programs are given numbers to one decimal, never all for almost all, nor nothing for little."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.metrics.metric import Unit
from quality.metrics.numbers import shown


@pytest.mark.parametrize(
    ("value", "unit", "told"),
    [
        (16 / 27, "rate", 0.593),
        (0.0625, "rate", 0.063),
        (0.9996, "rate", 0.999),
        (0.0002, "rate", 0.001),
        (1.0, "rate", 1),
        (0.0, "rate", 0),
        (115 / 10, "ratio", 11.5),
        (2.25, "ratio", 2.3),
        (1 / 30, "ratio", 0.03),
        (1204.0, "count", 1204),
        (2.04, "days", 2),
        (None, "rate", None),
    ],
)
def test_a_number_has_one_decimal_of_a_share_as_in_percent(
    value: float | None, unit: Unit, told: float | None
) -> None:
    assert shown(value, unit) == told


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_share_stays_within_its_half_digit_and_in_order_and_only_all_and_nothing_are_one_and_zero(
    one: float, other: float
) -> None:
    least, most = (shown(share, "rate") for share in sorted((one, other)))
    assert least is not None
    assert most is not None
    assert least <= most
    for share in (one, other):
        told = shown(share, "rate")
        assert told == pytest.approx(share, abs=0.00101)
        assert (told in {0, 1}) == (share in {0, 1})
