"""Rates come with Wilson's interval and can be compared."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.metrics.rates import Rate, Ratio, two_proportion_p


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [  # Newcombe 1998, table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (20, 20, 0.8389, 1.0),
        (1, 29, 0.0061, 0.1718),
        (5, 10, 0.2366, 0.7634),
    ],
)
def test_the_interval_has_the_published_values(part: int, whole: int, low: float, high: float) -> None:
    assert Rate(part, whole).interval == pytest.approx((low, high), abs=5e-5)


def test_without_a_divisor_there_is_neither_value_nor_interval() -> None:
    assert (Ratio(3, 0).value, Rate(0, 0).value, Rate(0, 0).interval) == (None, None, None)
    assert Ratio(10, 4).value == 2.5


counts = st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)).map(lambda pair: Rate(min(pair), max(pair)))


@given(counts)
def test_the_interval_holds_the_value_within_zero_and_one(rate: Rate) -> None:
    if rate.interval is not None and rate.value is not None:
        low, high = rate.interval
        assert 0 <= low <= rate.value <= high <= 1


@given(counts, counts)
def test_the_comparison_is_symmetric_and_a_probability(a: Rate, b: Rate) -> None:
    p = two_proportion_p(a, b)
    assert p == two_proportion_p(b, a)
    assert p is None or 0 <= p <= 1


def test_the_comparison_has_textbook_values() -> None:
    assert two_proportion_p(Rate(62, 72), Rate(47, 58)) == pytest.approx(0.4343, abs=1e-4)
    assert two_proportion_p(Rate(15, 100), Rate(30, 100)) == pytest.approx(0.0111, abs=1e-4)
    assert two_proportion_p(Rate(5, 5), Rate(9, 9)) == 1.0
    assert two_proportion_p(Rate(0, 0), Rate(9, 9)) is None


@pytest.mark.parametrize(
    ("a", "b", "p"),
    [
        (Rate(3, 4), Rate(1, 4), 0.4857),  # Fisher's tea, two-sided
        (Rate(2, 2), Rate(0, 3), 0.1),  # the z-test says 0.025
        (Rate(29, 31), Rate(7, 10), 0.0835),  # the z-test says 0.048
        (Rate(1, 20), Rate(8, 20), 0.0197),
    ],
)
def test_few_counts_are_compared_exactly(a: Rate, b: Rate, p: float) -> None:
    assert two_proportion_p(a, b) == pytest.approx(p, abs=5e-5)


def test_a_rare_part_of_very_many_is_compared_in_no_time() -> None:
    assert two_proportion_p(Rate(0, 10**6), Rate(8, 10**6)) == pytest.approx(2 / 2**8, rel=1e-3)
