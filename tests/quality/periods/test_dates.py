"""Dates are taken as people write them, and nothing else gets through."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from base.errors import InvalidInput
from quality.periods.dates import parse_date, parse_range
from quality.periods.periods import (
    ALL_TIME,
    REPORT_PERIODS,
    month_key,
    period,
    quarter_key,
    week_key,
)
from tests.factories import NOW

moments = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


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
        ("tomorrow", "2026-11-21", "2026-11-21"),
        ("in 3 days", "2026-11-23", "2026-11-23"),
        ("in 2 weeks", "2026-12-04", "2026-12-04"),
        ("next 7 days", "2026-11-20", "2026-11-27"),
        ("next week", "2026-11-23", "2026-11-29"),
        ("next quarter", "2027-01-01", "2027-03-31"),
        ("next year", "2027-01-01", "2027-12-31"),
        ("1 day ago", "2026-11-19", "2026-11-19"),
        ("10 days ago", "2026-11-10", "2026-11-10"),
        ("2  weeks ago", "2026-11-06", "2026-11-06"),
        ("9 months ago", "2026-02-20", "2026-02-20"),
        ("1 year ago", "2025-11-20", "2025-11-20"),
        ("2025", "2025-01-01", "2025-12-31"),
        ("Q3 2025", "2025-07-01", "2025-09-30"),
        ("July 2025", "2025-07-01", "2025-07-31"),
        ("sept 2025", "2025-09-01", "2025-09-30"),
        ("1 Jan 2025", "2025-01-01", "2025-01-01"),
        ("31 december 2025", "2025-12-31", "2025-12-31"),
        ("3-weeks-ago", "2026-10-30", "2026-10-30"),
        ("last 1 day", "2026-11-20", "2026-11-20"),
        ("last 7 days", "2026-11-14", "2026-11-20"),
        ("last 30 days", "2026-10-22", "2026-11-20"),
        ("last_30_days", "2026-10-22", "2026-11-20"),
        ("last 90 days", "2026-08-23", "2026-11-20"),
        ("last 2 weeks", "2026-11-07", "2026-11-20"),
        ("last 3 months", "2026-08-21", "2026-11-20"),
        ("last 1 year", "2025-11-21", "2026-11-20"),
        ("LAST WEEK", "2026-11-09", "2026-11-15"),
        ("last month", "2026-10-01", "2026-10-31"),
        ("last quarter", "2026-07-01", "2026-09-30"),
        ("previous quarter", "2026-07-01", "2026-09-30"),
        ("last year", "2025-01-01", "2025-12-31"),
        ("this week", "2026-11-16", "2026-11-22"),
        ("this month", "2026-11-01", "2026-11-30"),
        ("this quarter", "2026-10-01", "2026-12-31"),
        ("this year", "2026-01-01", "2026-12-31"),
        ("YTD", "2026-01-01", "2026-11-20"),
        ("year to date", "2026-01-01", "2026-11-20"),
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


def test_all_time_has_no_first_day_and_is_open_in_a_range() -> None:
    with pytest.raises(InvalidInput, match="'all-time' has no first"):
        parse_date("all-time", NOW)
    assert parse_range("all-time", None, NOW) == parse_range(None, "All time", NOW) == ALL_TIME
    assert parse_range("all", "2025-07", NOW).title == "Until 2025-07-31"
    assert parse_range("2025-Q3", "all-time", NOW).title == "Since 2025-07-01"


@pytest.mark.parametrize(
    "text",
    [
        "", "   ", "in 0x10 days", "next 0 days",
        "2025-13", "2025-02-30", "2025-Q5", "2025-W54", "01.07.2025", "07/01/2025",
        "0000-01-01", "999999 years ago", "last 999999 months", "last 0x10 days", "-3 days ago", "٣ days ago",
        "\uff12025-07-01", "0001-01-01T00:00:00+05:00", "2025-07-01T25:00", "nan", "now", "20250701", "last",
        "last 0 days", "last -3 days", "1 2 days ago", "ju 2025", "foo 2025", "30 Feb 2025", "Q5 2025",
        "this decade",         "ago", "\x00", "1e9 days ago", "a" * 10_000,
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


@given(st.integers(1, 9998), st.integers(1, 12))
def test_months_and_quarters_adjoin(year: int, month: int) -> None:
    start, end = parse_date(f"{year:04}-{month:02}", NOW), parse_date(f"{year:04}-{month:02}", NOW, end=True)
    assert (start.year, start.month, end.month) == (year, month, month)
    assert end.year == year
    quarter = f"{year:04}-Q{(month + 2) // 3}"
    assert parse_date(quarter, NOW) <= start < end <= parse_date(quarter, NOW, end=True)


words = st.sampled_from(
    ["last", "this", "ago", "days", "month", "quarter", "2025", "-", "Q3", "W07", "T", "99", "Z", ":", "may"]
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
    span = parse_range("last 31 days", None, NOW)
    assert span.end == datetime(2026, 11, 20, 23, 59, 59, 999_000, tzinfo=UTC)
    assert parse_range(None, None, NOW).key == "all"


@pytest.mark.parametrize(
    ("start", "title"),
    [
        ("2025-Q3", "2025-07-01 to 2025-09-30"),
        ("2025q3", "2025-07-01 to 2025-09-30"),
        (" 2025-02 ", "2025-02-01 to 2025-02-28"),
        ("2025-W07", "2025-02-10 to 2025-02-16"),
        ("2025", "2025-01-01 to 2025-12-31"),
        ("last 1 day", "2026-11-20 to 2026-11-20"),
        ("last week", "2026-11-09 to 2026-11-15"),
        ("yesterday", "Since 2026-11-19"),
        ("3 weeks ago", "Since 2026-10-30"),
        ("2025-07-01T12:00:00Z", "Since 2025-07-01"),
    ],
)
def test_a_start_that_names_a_whole_span_asks_for_that_span_and_no_more(start: str, title: str) -> None:
    assert parse_range(start, None, NOW).title == title


phrases = st.sampled_from(
    ["today", "3 weeks ago", "last 12 days", "previous month", "this week", "q3 2025", "july 2025",
     "1 jan 2025", "year to date", "all time", "last quarter"]
)  # fmt: skip


@given(phrases, st.sampled_from("-_"), st.integers(1, 4))
def test_case_blanks_and_hyphens_do_not_matter(phrase: str, joiner: str, blanks: int) -> None:
    expected = parse_range(phrase, None, NOW)
    for written in (phrase.replace(" ", joiner), phrase.replace(" ", " " * blanks).upper(), f" {phrase} "):
        assert parse_range(written, None, NOW) == expected


@given(st.integers(1, 5000), moments)
def test_the_last_n_days_are_n_calendar_days_that_end_with_today(number: int, now: datetime) -> None:
    found = parse_range(f"last {number} days", None, now)
    assert found.start
    assert found.end
    assert (found.end.date() - found.start.date()).days + 1 == number
    assert found.end.date() == now.date()
    days = [now - timedelta(days=back) for back in range(-1, number + 1)]
    assert sum(found.holds(day) for day in days) == number


@given(st.sampled_from(["week", "month", "quarter", "year"]), moments)
def test_the_last_of_the_calendar_ends_where_this_one_begins(part: str, now: datetime) -> None:
    this, last = (parse_range(f"{which} {part}", None, now) for which in ("this", "last"))
    assert this.start
    assert last.end
    assert this.holds(now)
    assert last.end + timedelta(milliseconds=1) == this.start
    assert parse_range(f"previous-{part}", None, now) == last
    name = {
        "week": week_key(last.end), "month": month_key(last.end), "quarter": quarter_key(last.end),
        "year": str(last.end.year),
    }[part]  # fmt: skip
    named = parse_range(name, None, now)
    assert (named.start, named.end) == (last.start, last.end)


@given(st.sampled_from(REPORT_PERIODS), moments)
def test_a_page_and_a_tool_mean_the_same_days_by_the_same_words(key: str, now: datetime) -> None:
    page = period(key, now)
    for words in (key, key.replace("-", " "), key.upper()):
        assert parse_range(words, None, now) == page
    if page.start:
        assert (page.start, page.end) == (parse_date(key, now), parse_date(key, now, end=True))


def test_a_range_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(InvalidInput, match="ends before it starts"):
        parse_range("2025-07-02", "2025-07-01", NOW)
    assert parse_range("2025-07-01", "2025-07-01", NOW).start
