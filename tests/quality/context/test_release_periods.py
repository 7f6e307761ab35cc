"""A release is a period of its own tests, beside those of the release before it."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from base.errors import InvalidInput, NotFound
from quality.context.folders import slugs
from quality.context.release_periods import (
    release_asked,
    release_named,
    release_pages,
    release_periods,
)
from quality.model.context import Release
from quality.model.facts import Facts
from quality.options import QualityOptions
from quality.periods.periods import Period
from quality.views.product import ProductView, product_view
from quality.views.table import Amount
from tests.factories import NOW, make_bug, make_bugs, make_facts, make_test
from tests.quality.context.contexts import make_context, make_release

OPTIONS = QualityOptions()
OLD, NEW = date(2026, 9, 1), date(2026, 11, 1)
TESTS = [
    make_test(make_bugs(active_accepted=20), id=11, end_at=datetime(2026, 8, 30, tzinfo=UTC)),
    make_test(make_bugs(rejected=8, active_accepted=16), id=12, title="Release 4.2 regression"),
    make_test(make_bugs(open=1), id=13, title="Something else"),
    make_test([make_bug(feature_id=2002)], id=14, features=(), end_at=datetime(2026, 10, 20, tzinfo=UTC)),
]


def facts_with(*releases: Release) -> Facts:
    return replace(make_facts(TESTS), context=make_context(releases=releases))


def spans(*releases: Release) -> dict[str, Period]:
    return {one.release.version: one.period for one in release_periods(facts_with(*releases), 598)}


def report_of(version: str, *releases: Release) -> ProductView:
    return product_view(facts_with(*releases), 598, None, OPTIONS, NOW, span=spans(*releases)[version])


FIRST = make_release("4.1", date=OLD, status="shipped", test_ids=(11,))
SECOND = make_release("4.2", date=NEW, status="shipped")


def test_a_report_of_a_release_counts_its_tests_and_compares_with_those_of_the_one_before() -> None:
    report = report_of("4.2", FIRST, SECOND).report
    assert (report.period.title, report.period.text) == ("Release 4.2", "shipped 1 Nov 2026 (UTC)")
    assert [row.id for row in report.tests] == [12]
    assert report.measures["bug_count"].value == 24
    assert report.previous is not None
    assert report.previous["bug_count"].value == 20
    assert report.previous_text == "Release 4.1, shipped 1 Sep 2026 (UTC)"
    assert report.changes["rejection_rate_of_decided"].before == "0 %"
    assert "of release 4.2," in report.selection


def test_the_first_release_has_none_before_it() -> None:
    view = report_of("4.1", FIRST, SECOND)
    assert view.report.previous is None
    assert view.release is not None
    assert [column.title for column in view.release.columns] == ["Figure", "4.1", "Release before"]
    assert {row.cells[2] for row in view.release.rows} == {None}


def test_a_release_stands_beside_the_one_before_it_with_bugs_found_before_and_after_each() -> None:
    bugs = [make_bug(severity="critical", reported_at=datetime(2026, 11, day, tzinfo=UTC)) for day in (2, 9)]
    facts = facts_with(FIRST, make_release("4.2", date=date(2026, 11, 9), status="shipped", test_ids=(15,)))
    facts = replace(facts, tests={**facts.tests, 15: make_test(bugs, id=15)})
    span = release_periods(facts, 598)[0].period
    shown = product_view(facts, 598, None, OPTIONS, NOW, span=span).release
    assert shown is not None
    assert [column.title for column in shown.columns] == ["Figure", "4.2", "Before: 4.1"]
    counts = [[cell.value for cell in row.cells if isinstance(cell, Amount)] for row in shown.rows]
    assert counts == [[1, 0], [1, 20], [1, 0]]


def test_a_report_of_another_period_has_no_such_table() -> None:
    assert product_view(facts_with(FIRST), 598, None, OPTIONS, NOW).release is None


@pytest.mark.parametrize(
    ("release", "expected"),
    [
        (make_release("4.1", date=NEW, test_ids=(11, 12)), {11, 12}),
        (make_release("4.2", date=NEW), {12}),
        (make_release("5.0", date=NEW), {13, 14}),
        (make_release("5.0", date=NEW, feature_ids=(2002,)), {14}),
        (make_release("5.0", date=date(2026, 10, 31)), {14}),
        (make_release("5.0", date=NEW + timedelta(days=100)), set()),
    ],
)
def test_a_release_has_the_tests_it_names_those_naming_it_or_those_since_the_one_before(
    release: Release, expected: set[int]
) -> None:
    assert set(spans(release, make_release("4.0", date=OLD))[release.version].tests or ()) == expected


def test_without_a_name_no_test_is_that_of_another_release() -> None:
    named = make_release("4.9", date=date(2026, 12, 1), test_ids=(13,))
    assert set(spans(named, make_release("5.0", date=NEW))["5.0"].tests or ()) == {11, 14}


def test_a_release_without_tests_and_one_at_the_ends_of_the_calendar_have_a_report() -> None:
    for day in (date.min, date.max):
        report = report_of("9.9", make_release("9.9", date=day)).report
        assert report.measures["test_count"].value == 0


def test_a_release_that_is_ahead_is_so_far() -> None:
    view = report_of("5.0", make_release("5.0", date=date(2026, 12, 3)))
    assert view.report.period.running
    assert "This release, or a test of it, has not ended: its numbers are so far." in view.report.notes


@given(st.lists(st.text(max_size=300) | st.sampled_from(["4.2", "4.2 RC", "4.2-rc", "CON", "..", "../x"])))
def test_no_version_leaves_its_folder_and_no_two_share_one(versions: list[str]) -> None:
    found = slugs(versions)
    assert set(found) == set(versions)
    assert len(set(found.values())) == len(found)
    for name in found.values():
        assert re.fullmatch(r"[a-z0-9](?:[a-z0-9.-]{0,108}[a-z0-9])?", name), name
        assert ".." not in name
        assert not re.match(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", name)


def test_a_version_that_makes_a_good_folder_keeps_it_whatever_the_others_are() -> None:
    assert slugs(["4.15", "4.15 ", "v4.15"])["4.15"] == "4.15"
    assert slugs(["2026-11 Autumn"]) == {"2026-11 Autumn": "2026-11-autumn"}
    found = slugs(["4.15-RC", "4.15 rc"])
    assert all(re.fullmatch(r"4\.15-rc-[0-9a-f]{6}", name) for name in found.values())


def test_the_newest_releases_have_pages_and_the_oldest_of_very_many_have_not() -> None:
    many = [make_release(f"4.{at}", date=OLD + timedelta(days=at)) for at in range(30)]
    pages = release_pages(facts_with(*many), (598,))
    assert list(pages) == [f"4.{at}" for at in range(29, 5, -1)]


@pytest.mark.parametrize(("text", "version"), [("4.2", "4.2"), ("v4.2", "4.2"), ("V4.2 ", "4.2")])
def test_a_release_is_found_as_people_write_it(text: str, version: str) -> None:
    assert release_named(facts_with(FIRST, SECOND), text).release.version == version


def test_a_release_that_several_products_have_or_none_is_one_clear_error() -> None:
    facts = facts_with(FIRST, SECOND, make_release("4.2", product_id=599))
    with pytest.raises(InvalidInput, match="Products 598, 599 have one"):
        release_named(facts, "4.2")
    assert release_named(facts, "4.2", (598,)).release == SECOND
    with pytest.raises(NotFound, match=r"Did you mean 4\.2"):
        release_named(facts, "4.22")


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("release 4.2", "4.2"),
        ("Release: v4.2 RC ", "v4.2 RC"),
        ("release", None),
        ("released", None),
        (None, None),
    ],
)
def test_a_start_names_a_release_by_the_word_before_it(text: str, version: str | None) -> None:
    assert release_asked(text) == version
