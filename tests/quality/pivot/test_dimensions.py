"""Breakdowns place every test and bug by the rules of its dimension."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from base.errors import InvalidInput
from quality.metrics.tally import Tally, tally
from quality.model.entities import Named, Test, TestFeature
from quality.model.facts import Facts
from quality.periods.periods import period
from quality.pivot.cells import breakdown, cells
from quality.pivot.dimensions import DIMENSIONS, FEATURE, NONE, UNATTRIBUTED, Label
from quality.selection import Selection, select
from tests.factories import (
    NOW,
    make_bug,
    make_bugs,
    make_facts,
    make_feature,
    make_product,
    make_test,
    worked_example,
)
from tests.quality.strategies import accounts

SINGLE = [key for key, one in DIMENSIONS.items() if not one.many]
MANY = [key for key, one in DIMENSIONS.items() if one.many]


def split(facts: Facts, dimension: str) -> dict[Label, tuple[int, int]]:
    """(tests, bugs) of each value."""
    found = breakdown(facts, facts.tests.values(), dimension)
    return {label: (one.test_count, one.bug_count) for label, one in found.items()}


def test_every_dimension_of_the_definition_is_there() -> None:
    assert list(DIMENSIONS) == [
        "product", "feature", "platform", "browser", "device_category", "tester", "customer", "severity",
        "bug_type", "status", "review", "testing_type", "test_environment", "rejection_reason", "known_bug",
        "language", "section", "month", "week", "quarter", "test", "reported_month",
    ]  # fmt: skip
    assert MANY == ["platform", "browser", "device_category"]
    assert [key for key, one in DIMENSIONS.items() if one.time] == [
        "month",
        "week",
        "quarter",
        "reported_month",
    ]
    assert all(one.key == key and one.title and one.help.endswith(".") for key, one in DIMENSIONS.items())


@pytest.mark.slow
@given(accounts(), st.sampled_from(SINGLE), st.sampled_from(SINGLE))
def test_rows_of_single_valued_dimensions_add_up_to_the_bugs(
    found: list[Test], first: str, second: str
) -> None:
    facts, whole = make_facts(found), tally(found)
    for keys in ((first,), (first, second)):
        rows = cells(facts, found, keys)
        assert sum(row.bug_count for row in rows.values()) == whole.bug_count
        summed = sum(rows.values(), Tally())
        assert summed.bugs == whole.bugs
        if all(DIMENSIONS[key].of_test for key in keys):
            assert summed.tests.keys() == whole.tests.keys()
            if FEATURE not in keys:
                assert summed == whole


@pytest.mark.slow
@given(accounts(), st.sampled_from(MANY), st.sampled_from(SINGLE))
def test_rows_of_many_valued_dimensions_hold_every_bug_at_least_once(
    found: list[Test], first: str, second: str
) -> None:
    facts, whole = make_facts(found), tally(found)
    for keys in ((first,), (second, first)):
        rows = cells(facts, found, keys)
        assert sum(row.bug_count for row in rows.values()) >= whole.bug_count
        assert sum(rows.values(), Tally()).bugs == whole.bugs


@given(accounts(), st.sampled_from(list(DIMENSIONS)), st.sampled_from(list(DIMENSIONS)))
def test_a_row_holds_exactly_the_tests_of_its_bugs_and_those_that_have_its_value(
    found: list[Test], first: str, second: str
) -> None:
    for labels, row in cells(make_facts(found), found, (first, second)).items():
        with_bugs = {bug.test_id for bug in row.bugs.values()}
        assert with_bugs <= set(row.tests)
        chosen = DIMENSIONS[first], DIMENSIONS[second]
        for test in row.tests.values():
            if test.id not in with_bugs:
                for label, one in zip(labels, chosen, strict=True):
                    assert one.of_test
                    assert label.id in {own.id for own in one.of_test(test)}


@given(accounts(), st.sampled_from(["review", "severity", "product", "bug_type"]))
def test_the_breakdowns_of_a_selection_add_up_too(found: list[Test], key: str) -> None:
    facts = make_facts(found)
    chosen = select(facts, Selection(period=period("ytd", NOW), include_demo=True))
    assert sum(row.bug_count for row in breakdown(facts, chosen, key).values()) == tally(chosen).bug_count


def test_without_a_dimension_there_is_one_cell_the_total() -> None:
    facts = worked_example()
    assert cells(facts, facts.tests.values(), ()) == {(): tally(facts.tests.values())}


def test_a_dimension_of_tests_counts_tests_without_bugs_and_one_of_bugs_does_not() -> None:
    facts = worked_example()
    assert split(facts, "status") == {Label("locked", "locked"): (4, 10)}
    assert split(facts, "review") == {
        Label("active_accepted", "active_accepted"): (2, 4),
        Label("auto_accepted", "auto_accepted"): (2, 2),
        Label("rejected", "rejected"): (2, 3),
        Label("open", "open"): (1, 1),
    }


def test_a_bug_counts_once_in_each_of_its_platforms() -> None:
    facts = make_facts(
        [make_test([make_bug(platforms=("Android", "iOS")), make_bug(platforms=("unknown",))])]
    )
    assert split(facts, "platform") == {
        Label("Android", "Android"): (1, 1),
        Label("iOS", "iOS"): (1, 1),
        Label("unknown", "unknown"): (1, 1),
    }


def test_a_test_is_in_each_feature_attached_or_named_by_its_bugs_and_a_bug_in_its_own() -> None:
    attached = (
        TestFeature(1, 2001, "Old title"),
        TestFeature(2, 2002, "Gift cards"),
        TestFeature(3, None, "Lost"),
    )
    facts = make_facts(
        [
            make_test([make_bug(), make_bug(feature_id=2003, feature="Search")], features=attached),
            make_test([make_bug(feature_id=None, feature=None)], features=attached[:1]),
            make_test(features=()),
        ],
        features=[make_feature()],
    )
    assert split(facts, "feature") == {
        Label(2001, "Shopping cart"): (2, 1),
        Label(2002, "Gift cards"): (1, 0),
        Label(2003, "Search"): (1, 1),
        UNATTRIBUTED: (2, 1),
    }


def test_a_missing_label_is_a_row_without_id_and_name() -> None:
    facts = make_facts([make_test([make_bug(tester=None), make_bug("rejected")], section=None, end_at=None)])
    assert split(facts, "tester")[NONE] == (1, 1)
    assert split(facts, "rejection_reason") == {NONE: (1, 1), Label("unspecified", "unspecified"): (1, 1)}
    for key in ("section", "month", "week", "quarter"):
        assert split(facts, key) == {NONE: (1, 2)}


def test_rows_carry_the_upstreams_id_and_the_name_of_the_first_test() -> None:
    facts = make_facts(
        [
            make_test(section=Named(1, "Editor"), product_id=598),
            make_test(section=Named(1, "Old editor"), product_id=700),
            make_test(section=Named(None, "Sharing"), product_id=700),
            make_test(section=Named(2, None), product_id=700),
        ],
        products=[make_product()],
    )
    assert list(split(facts, "section")) == [
        Label(1, "Editor"),
        Label("Sharing", "Sharing"),
        Label(2, "Section 2"),
    ]
    assert list(split(facts, "product")) == [Label(598, "Halo Shop"), Label(700, "Product 700")]


@pytest.mark.parametrize(
    ("end", "month", "week", "quarter"),
    [
        ("2026-01-01T00:30:00+01:00", "2025-12", "2026-W01", "2025-Q4"),
        ("2025-12-31T23:30:00-01:00", "2026-01", "2026-W01", "2026-Q1"),
    ],
)
def test_time_is_the_tests_end_in_utc(end: str, month: str, week: str, quarter: str) -> None:
    facts = make_facts([make_test(end_at=datetime.fromisoformat(end).astimezone(UTC))])
    for key, expected in (("month", month), ("week", week), ("quarter", quarter)):
        assert list(split(facts, key)) == [Label(expected, expected)]


def test_known_bugs_and_others_are_two_rows() -> None:
    facts = make_facts([make_test([make_bug(known=True), *make_bugs(open=2)])])
    assert split(facts, "known_bug") == {Label("true", "known"): (1, 1), Label("false", "not known"): (1, 2)}


def test_kept_bugs_alone_count_and_their_tests() -> None:
    facts = worked_example()
    found = breakdown(facts, facts.tests.values(), "month", keep=lambda bug: bug.review == "rejected")
    assert [(row.test_count, row.bug_count) for row in found.values()] == [(2, 3)]
    bare = cells(facts, facts.tests.values(), (), keep=lambda bug: bug.review == "rejected", bare=True)
    assert bare[()].test_count == 4


def test_review_days_come_with_the_facts() -> None:
    facts = make_facts([make_test(make_bugs(rejected=1))])
    (bug_id,) = facts.bugs
    facts = make_facts(facts.tests.values(), review_days={bug_id: 2.5})
    assert [row.median_review_days for row in breakdown(facts, facts.tests.values(), "review").values()] == [
        2.5
    ]


def test_an_unknown_dimension_and_a_third_one_are_refused() -> None:
    with pytest.raises(InvalidInput, match="'platfrom'") as caught:
        breakdown(make_facts(), (), "platfrom")
    assert caught.value.hint == "Did you mean platform?"
    assert "quarter" in caught.value.why
    with pytest.raises(InvalidInput, match="3 dimensions"):
        cells(make_facts(), (), ("month", "severity", "tester"))
