"""Dates are taken as people write them, and nothing else gets through."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from base.errors import InvalidInput
from quality.periods.dates import parse_date, parse_range
from tests.factories import NOW


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2025-07-01", "2025-07-01", "2025-07-01"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2025-Q3", "2025-07-01", "2025-09-30"),
        (" 2025-q4 ", "2025-10-01", "2025-12-31"),
        ("2025-W07", "2025-02-10", "2025-02-16"),
        ("today", "2026-11-20", "2026-11-20"),
        ("Yesterday", "2026-11-19", "2026-11-19"),
        ("1 day ago", "2026-11-19", "2026-11-19"),
        ("10 days ago", "2026-11-10", "2026-11-10"),
        ("2  weeks ago", "2026-11-06", "2026-11-06"),
        ("9 months ago", "2026-02-20", "2026-02-20"),
        ("1 year ago", "2025-11-20", "2025-11-20"),
        ("last 30 days", "2026-10-21", "2026-11-20"),
        ("last 2 weeks", "2026-11-06", "2026-11-20"),
        ("last 3 months", "2026-08-20", "2026-11-20"),
        ("last 1 year", "2025-11-20", "2026-11-20"),
        ("LAST WEEK", "2026-11-13", "2026-11-20"),
        ("last month", "2026-10-21", "2026-11-20"),
        ("last quarter", "2026-08-22", "2026-11-20"),
        ("this week", "2026-11-16", "2026-11-22"),
        ("this month", "2026-11-01", "2026-11-30"),
        ("this quarter", "2026-10-01", "2026-12-31"),
        ("this year", "2026-01-01", "2026-12-31"),
        ("YTD", "2026-01-01", "2026-11-20"),
    ],
)
def test_every_form_has_its_first_and_its_last_moment(text: str, start: str, end: str) -> None:
    assert parse_date(text, NOW).isoformat() == f"{start}T00:00:00+00:00"
    assert parse_date(text, NOW, end=True).isoformat() == f"{end}T23:59:59.999000+00:00"


def test_months_ago_keep_to_the_calendar() -> None:
    last_of_march = datetime(2026, 3, 31, tzinfo=UTC)
    assert parse_date("1 month ago", last_of_march) == datetime(2026, 2, 28, tzinfo=UTC)
    assert parse_date("1 year ago", datetime(2024, 2, 29, tzinfo=UTC)) == datetime(2023, 2, 28, tzinfo=UTC)


def test_a_time_is_taken_exactly_with_its_offset() -> None:
    expected = datetime(2025, 7, 1, 10, 30, tzinfo=UTC)
    for text in ("2025-07-01T12:30:00+02:00", "2025-07-01t10:30:00z", "2025-07-01 10:30"):
        assert parse_date(text, NOW) == parse_date(text, NOW, end=True) == expected


def test_a_bare_year_is_refused_with_the_two_ways_to_say_it() -> None:
    for text in ("2025", " 2025 "):
        with pytest.raises(InvalidInput, match="ambiguous") as caught:
            parse_date(text, NOW)
        assert "2025-01-01" in caught.value.hint
        assert "2025-12-31" in caught.value.hint


@pytest.mark.parametrize(
    "text",
    [
        "", "   ", "tomorrow", "2025-13", "2025-02-30", "2025-Q5", "2025-W54", "01.07.2025", "07/01/2025",
        "0000-01-01", "999999 years ago", "last 999999 months", "last 0x10 days", "-3 days ago", "٣ days ago",
        "\uff12025-07-01", "0001-01-01T00:00:00+05:00", "2025-07-01T25:00", "nan", "now", "20250701", "last",
        "ago", "\x00", "1e9 days ago", "a" * 10_000,
    ],
)  # fmt: skip
def test_everything_else_is_refused_naming_the_forms(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_date(text, NOW)
    assert "2025-Q3" in caught.value.why
    assert len(caught.value.what) < 200


@given(st.dates(date(1, 1, 1), date(9999, 12, 31)))
def test_a_day_comes_back_as_it_was_written(day: date) -> None:
    text = day.isoformat()
    start, end = parse_date(text, NOW), parse_date(text, NOW, end=True)
    assert start.date() == end.date() == day
    assert end - start == timedelta(days=1) - timedelta(milliseconds=1)


@given(st.integers(1, 9999), st.integers(1, 12))
def test_months_and_quarters_adjoin(year: int, month: int) -> None:
    start, end = parse_date(f"{year:04}-{month:02}", NOW), parse_date(f"{year:04}-{month:02}", NOW, end=True)
    assert (start.year, start.month, end.month) == (year, month, month)
    assert end.year == year
    quarter = f"{year:04}-Q{(month + 2) // 3}"
    assert parse_date(quarter, NOW) <= start < end <= parse_date(quarter, NOW, end=True)


words = st.sampled_from(
    ["last", "this", "ago", "days", "month", "quarter", "2025", "-", "Q3", "W07", "T", "99", "Z", ":"]
)


@given(
    st.text() | st.lists(words, max_size=5).map(" ".join) | st.lists(words, max_size=5).map("".join),
    st.booleans(),
)
@example("0001-W01", False)
@example("9999-W53", True)
@example("9999-12", True)
@example("9999-Q4", True)
def test_no_text_raises_anything_but_invalid_input(text: str, end: bool) -> None:
    try:
        found = parse_date(text, NOW, end=end)
    except InvalidInput:
        return
    assert found.tzinfo is UTC


def test_a_range_runs_from_the_first_moment_to_the_last() -> None:
    found = parse_range("2025-Q3", "2025-10", NOW)
    assert (found.key, found.title) == ("custom", "2025-07-01 to 2025-10-31")
    assert found.start == datetime(2025, 7, 1, tzinfo=UTC)
    assert found.end == datetime(2025, 10, 31, 23, 59, 59, 999_000, tzinfo=UTC)


def test_one_date_alone_leaves_the_other_side_open_unless_it_names_a_span_up_to_now() -> None:
    since = parse_range("2025-07-01", None, NOW)
    assert (since.end, since.title) == (None, "Since 2025-07-01")
    until = parse_range(None, "2025-07-01", NOW)
    assert (until.start, until.title) == (None, "Until 2025-07-01")
    span = parse_range("last 30 days", None, NOW)
    assert span.end == datetime(2026, 11, 20, 23, 59, 59, 999_000, tzinfo=UTC)
    assert parse_range(None, None, NOW).key == "all"


@pytest.mark.parametrize(
    ("start", "title"),
    [
        ("2025-Q3", "2025-07-01 to 2025-09-30"),
        ("2025q3", "2025-07-01 to 2025-09-30"),
        (" 2025-02 ", "2025-02-01 to 2025-02-28"),
        ("2025-W07", "2025-02-10 to 2025-02-16"),
        ("this quarter", "2026-10-01 to 2026-12-31"),
        ("yesterday", "Since 2026-11-19"),
        ("3 weeks ago", "Since 2026-10-30"),
        ("2025-07-01T12:00:00Z", "Since 2025-07-01"),
    ],
)
def test_a_start_that_names_a_whole_span_asks_for_that_span_and_no_more(start: str, title: str) -> None:
    assert parse_range(start, None, NOW).title == title


def test_a_range_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(InvalidInput, match="ends before it starts"):
        parse_range("2025-07-02", "2025-07-01", NOW)
    assert parse_range("2025-07-01", "2025-07-01", NOW).start
