"""Periods are in UTC, inclusive at both ends, and adjoin without a gap."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import given
from hypothesis import strategies as st

from base.errors import InvalidInput
from quality.periods.dates import parse_range
from quality.periods.periods import (
    ALL_TIME,
    REPORT_PERIODS,
    Period,
    contains,
    last_months,
    month_key,
    period,
    previous,
    quarter_key,
    week_key,
)
from tests.factories import NOW, make_test

MS = timedelta(milliseconds=1)
moments = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("key", "start", "end"),
    [
        ("last-30-days", "2026-10-22T00:00:00+00:00", "2026-11-20T23:59:59.999000+00:00"),
        ("last-90-days", "2026-08-23T00:00:00+00:00", "2026-11-20T23:59:59.999000+00:00"),
        ("this-quarter", "2026-10-01T00:00:00+00:00", "2026-12-31T23:59:59.999000+00:00"),
        ("last-quarter", "2026-07-01T00:00:00+00:00", "2026-09-30T23:59:59.999000+00:00"),
        ("ytd", "2026-01-01T00:00:00+00:00", "2026-11-20T23:59:59.999000+00:00"),
        ("last-365-days", "2025-11-21T00:00:00+00:00", "2026-11-20T23:59:59.999000+00:00"),
    ],
)
def test_a_report_period_has_its_first_and_last_moment(key: str, start: str, end: str) -> None:
    found = period(key, NOW)
    assert found.start
    assert found.end
    assert (found.key, found.start.isoformat(), found.end.isoformat()) == (key, start, end)


def test_the_last_quarter_of_a_first_quarter_lies_in_the_year_before() -> None:
    found = period("last-quarter", datetime(2026, 2, 28, tzinfo=UTC))
    assert (found.title, found.start) == ("Last quarter (2025-Q4)", datetime(2025, 10, 1, tzinfo=UTC))


def test_today_is_the_day_in_utc_wherever_now_is_named() -> None:
    tokyo = timezone(timedelta(hours=9))
    assert period("ytd", datetime(2026, 1, 1, 8, 59, tzinfo=tokyo)).title == "Year to date (2025)"
    assert period("ytd", datetime(2026, 1, 1, 9, 0, tzinfo=tokyo)).title == "Year to date (2026)"


def test_an_unknown_period_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InvalidInput) as caught:
        period("last-90-dais", NOW)
    assert "last-365-days" in caught.value.why
    assert caught.value.hint == "Did you mean last-90-days?"


def test_both_ends_belong_to_a_period_to_the_last_microsecond() -> None:
    found = Period(
        "x", "X", datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 7, 31, 23, 59, 59, 999_000, tzinfo=UTC)
    )
    inside = ["2026-07-01T00:00:00+00:00", "2026-07-31T23:59:59.999999+00:00", "2026-08-01T01:59:59+02:00"]
    outside = ["2026-06-30T23:59:59.999999+00:00", "2026-08-01T00:00:00+00:00", "2026-07-01T01:59:59+02:00"]
    assert [found.holds(datetime.fromisoformat(one)) for one in inside] == [True] * 3
    assert [found.holds(datetime.fromisoformat(one)) for one in outside] == [False] * 3


def test_a_test_without_an_end_belongs_to_all_time_alone() -> None:
    endless = make_test(end_at=None)
    assert contains(ALL_TIME, endless)
    assert not any(contains(period(key, NOW), endless) for key in REPORT_PERIODS if key != "all")
    assert not contains(Period("custom", "Since", start=NOW), endless)


def test_an_open_end_holds_everything_on_that_side() -> None:
    since, until = Period("custom", "Since", start=NOW), Period("custom", "Until", end=NOW)
    assert (since.holds(NOW + timedelta(days=999)), since.holds(NOW - MS)) == (True, False)
    assert (until.holds(NOW - timedelta(days=999)), until.holds(NOW + MS)) == (True, False)
    assert previous(since) is None
    assert previous(ALL_TIME) is None


@given(moments, st.sampled_from([key for key in REPORT_PERIODS if key != "all"]), st.timedeltas())
def test_the_previous_period_is_as_long_or_the_quarter_before_and_adjoins(
    now: datetime, key: str, distance: timedelta
) -> None:
    found = period(key, now)
    before = previous(found)
    assert before is not None
    assert found.start
    assert found.end
    assert before.start
    assert before.end
    if key.endswith("quarter"):
        assert before.start == found.start - relativedelta(months=3)
    else:
        assert before.end - before.start == found.end - found.start
    assert before.end + MS == found.start
    try:
        moment = found.start + distance
    except OverflowError:
        return
    assert not (before.holds(moment) and found.holds(moment))
    if before.start <= moment <= found.end:
        assert before.holds(moment) or found.holds(moment)


@pytest.mark.parametrize(
    ("words", "first", "last"),
    [
        ("2026-Q3", "2026-04-01", "2026-06-30"),
        ("2026-02", "2026-01-01", "2026-01-31"),
        ("2024", "2023-01-01", "2023-12-31"),
        ("last 28 days", "2026-09-26", "2026-10-23"),
        ("2026-W07", "2026-02-02", "2026-02-08"),
    ],
)
def test_months_of_the_calendar_have_those_before_them(words: str, first: str, last: str) -> None:
    """Against as many days a quarter stood beside the end of one and the whole of another."""
    before = previous(parse_range(words, None, datetime(2026, 11, 20, 6, tzinfo=UTC)))
    assert before is not None
    assert before.start
    assert before.end
    assert (f"{before.start.date()}", f"{before.end.date()}") == (first, last)


def test_a_period_at_the_start_of_the_calendar_has_no_previous_one() -> None:
    first = datetime(1, 1, 1, tzinfo=UTC)
    assert previous(Period("x", "X", first, first + timedelta(days=1))) is None


def test_a_period_runs_while_days_of_it_are_still_to_come() -> None:
    assert period("this-quarter", NOW).running(NOW)
    assert not period("last-30-days", NOW).running(NOW)
    assert not period("last-quarter", NOW).running(NOW)
    assert not ALL_TIME.running(NOW)


def test_weeks_are_those_of_the_iso_year() -> None:
    assert week_key(datetime(2024, 12, 30, tzinfo=UTC)) == "2025-W01"
    assert week_key(datetime(2027, 1, 3, tzinfo=UTC)) == "2026-W53"
    assert (month_key(NOW), quarter_key(NOW)) == ("2026-11", "2026-Q4")


def test_the_last_months_end_with_the_running_one() -> None:
    months = last_months(datetime(2026, 3, 31, tzinfo=UTC))
    assert (len(months), months[0], months[-2], months[-1]) == (12, "2025-04", "2026-02", "2026-03")
