"""Numbers and dates as people read them."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality import wording
from quality.metrics import measures
from quality.metrics.catalogue import METRICS
from quality.metrics.measures import Change
from quality.metrics.rates import Rate
from quality.metrics.tally import Tally, tally
from tests.factories import make_bug, make_bugs, make_test, worked_example


def _tally(**reviews: int) -> Tally:
    return tally([make_test(make_bugs(**reviews))])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0 %"),
        (0.0004, "under 1 %"),
        (0.003, "under 1 %"),
        (0.0051, "1 %"),
        (0.0625, "6 %"),
        (0.125, "13 %"),
        (62 / 72, "86 %"),
        (0.994, "99 %"),
        (0.996, "over 99 %"),
        (0.99999, "over 99 %"),
        (1.0, "100 %"),
        (1.308, "131 %"),
        (12.5, "1,250 %"),
        (None, "–"),
    ],
)
def test_a_percentage_is_whole_and_round_only_when_it_is_exact(value: float | None, text: str) -> None:
    assert wording.percent(value) == text


@given(st.integers(1, 10**7).flatmap(lambda whole: st.tuples(st.integers(0, whole), st.just(whole))))
def test_only_none_is_shown_as_0_and_only_all_as_100_percent(counts: tuple[int, int]) -> None:
    part, whole = counts
    text = wording.percent(part / whole)
    assert (text == "0 %") == (part == 0)
    assert (text == "100 %") == (part == whole)


def test_a_limit_is_shown_as_it_was_chosen() -> None:
    assert [wording.limit(share) for share in (0.35, 0.125, 0.07, 1.0)] == ["35 %", "12.5 %", "7 %", "100 %"]


def test_a_day_near_another_has_its_year_only_when_it_is_a_different_one() -> None:
    december = datetime(2026, 12, 28, tzinfo=UTC)
    days = [wording.near(december + timedelta(days=later), december) for later in (1, 8)]
    assert days == ["29 Dec", "5 Jan 2027"]
    assert wording.near_moment(december, december) == "28 Dec, 00:00 UTC"


@pytest.mark.parametrize(
    ("hours", "words"),
    [(-3, "less than an hour"), (0.9, "less than an hour"), (1, "1 hour"), (47, "47 hours"), (49, "2 days")],
)
def test_an_age_is_told_in_hours_and_from_two_days_on_in_days(hours: float, words: str) -> None:
    assert wording.spoken(timedelta(hours=hours)) == words


def test_counts_come_first_and_shares_second_with_the_value_before() -> None:
    now = measures.measure("overall_acceptance_rate", _tally(active_accepted=62, rejected=10))
    before = measures.measure("overall_acceptance_rate", _tally(active_accepted=47, rejected=11))
    moved = measures.change(now, before, "up")
    assert moved is not None
    assert f"{measures.sentence(now)}, {moved.text}" == ("62 of 72 accepted (86 %), before 81 % (47 of 58)")
    assert (moved.direction, moved.better, moved.step) == ("up", None, "up 5 points")


def test_accepted_counts_name_the_automatic_ones_among_them() -> None:
    found = _tally(active_accepted=20, auto_accepted=5, open=5)
    assert measures.measure("overall_acceptance_rate", found).detail == ("25 of 30 (83 %, 5 auto-accepted)")
    assert measures.measure("total_accepted", found).detail == "25 (5 auto-accepted)"
    assert measures.measure("active_acceptance_rate", found).detail == "20 of 30 (67 %)"


def test_a_rate_of_fewer_than_20_decisions_has_counts_and_no_share() -> None:
    small = measures.measure("rejection_rate", _tally(active_accepted=14, rejected=5))
    enough = measures.measure("rejection_rate", _tally(active_accepted=15, rejected=5))
    assert (small.detail, small.small_sample) == ("5 of 19", True)
    assert (enough.detail, enough.small_sample) == ("5 of 20 (25 %)", False)


def test_the_worked_example_is_worded_with_its_counts() -> None:
    facts = worked_example()
    shown = measures.measures(tally(facts.tests.values()))
    details = {key: shown[key].detail for key in ("bugs_per_test", "auto_acceptance_rate", "review_rate")}
    assert details == {
        "bugs_per_test": "10 bugs in 4 tests (2.5)",
        "auto_acceptance_rate": "2 of 6",
        "review_rate": "7 of 10",
    }
    rate = shown["overall_acceptance_rate"]
    assert (rate.value, rate.numerator, rate.denominator) == (0.6, 6, 10)
    assert rate.low == pytest.approx(0.3127, abs=1e-4)
    assert rate.high == pytest.approx(0.8318, abs=1e-4)


def test_without_bugs_every_metric_has_a_text_and_no_rate_a_value() -> None:
    shown = measures.measures(Tally())
    assert list(shown) == list(METRICS)
    assert all(one.text == one.detail == wording.NONE for one in shown.values() if one.unit == "rate")
    assert shown["bug_count"].text == "0"
    assert shown["median_review_days"].text == "–"


def test_days_to_review_say_of_how_many_reviews_they_are_the_median() -> None:
    test = make_test([make_bug("rejected", review_days=days) for days in (1.0, 2.0, 3.0)])
    assert measures.measure("median_review_days", tally([test])).detail == (
        "2 days (the median of 3 reviews)"
    )


@pytest.mark.parametrize(
    ("now", "before", "text", "step"),
    [
        (72, 58, "before 58", "up 14"),
        (5, 0, "before 0", "up 5"),
        (0, 4, "before 4", "down 4"),
        (7, 7, "before 7", "the same"),
        (2400, 1200, "before 1,200", "up 1,200"),
    ],
)
def test_counts_change_by_a_number_and_neither_well_nor_badly(
    now: int, before: int, text: str, step: str
) -> None:
    moved = measures.change(measures.plain_count("a", "A", now), measures.plain_count("a", "A", before))
    assert moved is not None
    assert (moved.text, moved.step, moved.better) == (text, step, None)


def test_a_change_that_is_too_small_to_show_is_none() -> None:
    now = measures.measure("rejection_rate", _tally(active_accepted=2000, rejected=1000))
    before = measures.measure("rejection_rate", _tally(active_accepted=2001, rejected=1000))
    moved = measures.change(now, before, "down")
    assert moved == Change("same", None, "before 33 % (1,000 of 3,001)", "about the same", "33 %")


def test_only_a_settled_change_that_is_more_than_chance_is_good_or_bad() -> None:
    before = measures.measure("rejection_rate", _tally(active_accepted=80, rejected=20))
    worse = measures.measure("rejection_rate", _tally(active_accepted=60, rejected=40))
    a_little = measures.measure("rejection_rate", _tally(active_accepted=75, rejected=25))
    good = [
        measures.change(now, then, "down", so_far=so_far)
        for now, then, so_far in (
            (worse, before, False), (before, worse, False), (worse, before, True), (a_little, before, False),
        )
    ]  # fmt: skip
    assert [one and one.better for one in good] == [False, True, None, None]
    assert [one and one.direction for one in good] == ["up", "down", "up", "up"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (wording.percent(203 / 400), "51 %"),
        (wording.points(5 / 16 - 2 / 10), "11 points"),
        (wording.decimal(1 / 4), "0.3"),
        (wording.decimal(2.35), "2.4"),
        (wording.decimal(0.04), "under 0.1"),
    ],
)
def test_a_half_goes_up_wherever_a_float_puts_it(text: str, said: str) -> None:
    assert text == said


def test_equal_rates_of_different_counts_are_unchanged() -> None:
    now = measures.measure("rejection_rate", _tally(active_accepted=40, rejected=20))
    before = measures.measure("rejection_rate", _tally(active_accepted=20, rejected=10))
    assert measures.change(now, before, "down") == Change(
        "same", None, "before 33 % (10 of 30)", "the same", "33 %"
    )


def test_rates_of_under_twenty_are_not_compared() -> None:
    many, few = (
        measures.measure("rejection_rate", _tally(active_accepted=count, rejected=1)) for count in (19, 18)
    )
    assert measures.change(many, few, "down") is None
    assert measures.change(few, many, "down") is None
    assert measures.change(many, many, "down") is not None


def test_there_is_no_change_without_a_value_on_both_sides() -> None:
    some, none = (measures.measure("rejection_rate", one) for one in (_tally(rejected=1), Tally()))
    assert measures.change(some, none, "down") is None
    assert measures.change(none, some, "down") is None


def test_numbers_that_can_still_change_are_so_far() -> None:
    now, before = (measures.plain_count("a", "A", count) for count in (6, 10))
    moved = measures.change(now, before, so_far=True)
    assert moved is not None
    assert moved.text == "so far, before 10"


def test_a_ratio_changes_with_its_counts() -> None:
    now = tally([make_test(make_bugs(open=6)), make_test()])
    before = tally([make_test(make_bugs(open=5)), make_test()])
    moved = measures.change(
        measures.measure("bugs_per_test", now), measures.measure("bugs_per_test", before), None
    )
    assert moved is not None
    assert (moved.text, moved.step) == ("before 2.5 (5 bugs in 2 tests)", "up 0.5")


def test_days_and_times_are_shown_in_utc_and_say_so() -> None:
    late = datetime(2026, 11, 21, 0, 30, tzinfo=timezone(timedelta(hours=1)))
    assert wording.day(late) == "20 Nov 2026"
    assert wording.day_utc(late) == "20 Nov 2026 (UTC)"
    assert wording.stamp(late) == "2026-11-20 23:30 UTC"
    assert wording.moment(late) == "20 Nov 2026, 23:30 UTC"
    assert wording.day(date(2026, 1, 5)) == "5 Jan 2026"
    start = datetime(2026, 8, 23, tzinfo=UTC)
    assert wording.days(start, late) == "23 Aug 2026 to 20 Nov 2026 (UTC)"
    assert wording.days(late, late) == "20 Nov 2026 (UTC)"


@pytest.mark.parametrize(
    ("key", "text"), [("2026-11", "Nov 2026"), ("2026-13", "2026-13"), ("none", "none"), ("", "")]
)
def test_a_month_is_named_and_anything_else_stays(key: str, text: str) -> None:
    assert wording.month(key) == text


def test_upstream_text_in_a_sentence_is_one_line_and_bounded() -> None:
    assert wording.quoted("a\n\n  b") == "“a b”"
    assert wording.quoted("x" * 100, 10) == f"“{'x' * 9}…”"


def test_lists_and_plurals_read_as_a_person_says_them() -> None:
    assert wording.listing([]) == ""
    assert wording.listing(["a"]) == "a"
    assert wording.listing(["a", "b"]) == "a and b"
    assert wording.listing(["a", "b", "c"]) == "a, b and c"
    assert [wording.counted(number, "bug") for number in (0, 1, 1200)] == ["0 bugs", "1 bug", "1,200 bugs"]
    assert wording.counted(2, "story", "stories") == "2 stories"


def test_a_ratio_too_small_to_show_is_not_shown_as_0() -> None:
    tests = [make_test(make_bugs(open=1)), *(make_test() for _ in range(29))]
    assert measures.measure("bugs_per_test", tally(tests)).text == "under 0.1"


def test_a_share_is_worded_like_any_rate() -> None:
    shown = measures.share(37, 120)
    assert (shown.key, shown.detail) == ("share", "37 of 120 (31 %)")
    assert (shown.low, shown.high) == Rate(37, 120).interval


@pytest.mark.parametrize("name", ["Halo Inc.", "Payment and checkout of the…"])
def test_a_sentence_that_ends_with_a_stop_gets_no_second_one(name: str) -> None:
    assert wording.stopped(name) == name
    assert wording.stopped("Halo Shop") == "Halo Shop."
