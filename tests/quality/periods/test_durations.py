"""A limit in time is taken as people write it."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from base.errors import InvalidInput
from quality.periods.durations import parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("10m", 600), ("90s", 90), ("90", 90), ("1h30m", 5400), (" 1H 5s ", 3605), ("2h", 7200)],
)
def test_hours_minutes_and_seconds_are_understood(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "0", "0m", "-5m", "10 minutes", "m", "5m1h", "1.5h", "٣m"])
def test_anything_else_is_named(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_duration(text)
    assert repr(text) in str(caught.value)


@given(st.text(max_size=12))
def test_no_text_raises_another_error(text: str) -> None:
    with contextlib.suppress(InvalidInput):
        assert parse_duration(text) > 0
