"""The list of all bugs of a product, to which every count leads."""

import csv
import io
from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from build.site.data.csv import table_csv
from quality.metrics.columns import BY_DEVICE_SHOWN, LISTED
from quality.model.entities import SEVERITIES, Test
from quality.options import QualityOptions
from quality.periods.periods import REPORT_PERIODS
from quality.views.breakdowns import Breakdown, breakdown_table
from quality.views.lists.bug_table import table_of_bugs
from quality.views.lists.bugs import EVERY, REVIEWS, SEVERE, bug_list, counted_bugs, fragment
from quality.views.lists.counts import led_breakdown
from quality.views.lists.features import list_of_features, report_features
from quality.views.product import product_view
from quality.views.table import Amount, Figure, Outcome, Row, Table, select
from tests.factories import NOW, make_bug, make_bugs, make_facts, make_test
from tests.quality.strategies import accounts

A_PAGE = 3
WORDS = (EVERY, *REPORT_PERIODS, SEVERE, *SEVERITIES, *REVIEWS)


@given(accounts(), st.sampled_from(REPORT_PERIODS))
def test_the_filter_that_a_count_leads_to_shows_exactly_the_bugs_that_it_counts(
    tests: list[Test], key: str
) -> None:
    facts = make_facts(tests)
    listed = bug_list(facts, 598, A_PAGE)
    measures = product_view(facts, 598, key, QualityOptions()).report.measures
    assert LISTED.keys() <= measures.keys()
    for metric in LISTED:
        measure = measures[metric]
        counted = measure.numerator if measure.unit == "rate" else measure.value
        assert listed.counts.get(counted_bugs(metric, key) or "", 0) == (counted or 0), metric


@given(accounts(), st.sampled_from(REPORT_PERIODS))
def test_a_count_in_any_breakdown_leads_to_exactly_its_bugs_on_however_many_pages(
    tests: list[Test], key: str
) -> None:
    facts = make_facts(tests)
    view = product_view(facts, 598, key, QualityOptions())
    parts = (view.report.severity, view.report.reasons, view.platforms, view.browsers, view.testers)
    tables = [led_breakdown(shown_of(one), one, 598, key) for one in parts]
    tables += [report_features(view.features, 598, key), list_of_features(facts, 598, NOW)]
    listed = bug_list(facts, 598, A_PAGE)
    for name, row in ((table.key, row) for table in tables for row in table.rows):
        for which, number in counts_of(row):
            pages = listed.places[which]
            assert sum(pages.values()) == number, (name, which)
            assert set(pages) <= set(range(1, listed.total // A_PAGE + 2))
            assert listed.titles()[which]


def shown_of(found: Breakdown) -> Table:
    """A breakdown with the columns that a page shows."""
    table = breakdown_table(found)
    of_devices = found.dimension in {"platform", "browser"}
    return select(table, (found.dimension, *BY_DEVICE_SHOWN)) if of_devices else table


def counts_of(row: Row) -> list[tuple[str, int]]:
    """What the linked counts of a row lead to, and how many bugs they say."""
    found: list[tuple[str, int | float | None]] = []
    for cell in row.cells:
        if isinstance(cell, Figure) and cell.to:
            measure = cell.measure
            found.append((cell.to.which, measure.numerator if measure.unit == "rate" else measure.value))
        elif isinstance(cell, Amount) and cell.to:
            found.append((cell.to.which, cell.value))
        elif isinstance(cell, Outcome):
            numbers = [int(text.split()[0]) for text, _ in cell.parts]
            found += zip((to.which for to in cell.to), numbers, strict=True)
    return [(which, int(number or 0)) for which, number in found]


@pytest.mark.slow
@given(accounts())
def test_every_bug_of_the_product_is_listed_once(tests: list[Test]) -> None:
    listed = bug_list(make_facts(tests), 598, A_PAGE)
    ids = [bug.id for group in listed.groups for bug in group.bugs]
    own = sorted(bug.id for test in tests if test.product_id == 598 for bug in test.bugs)
    assert sorted(ids) == own
    assert listed.total == len(own)
    assert [row.cells[0] for row in table_of_bugs(listed.groups, {}).rows] == [Amount(one) for one in ids]


def test_no_filter_word_is_part_of_another_as_the_address_is_searched_for_them() -> None:
    assert len(set(WORDS)) == len(WORDS)
    assert [(one, other) for one, other in permutations(WORDS, 2) if one in other] == []


def test_bugs_of_demo_tests_and_of_tests_that_have_not_run_are_listed_and_counted_in_no_period() -> None:
    demo = make_test(make_bugs(open=2), demo=True)
    cancelled = make_test(make_bugs(rejected=1), status="cancelled")
    listed = bug_list(make_facts([demo, cancelled, make_test(make_bugs(rejected=4))]), 598, A_PAGE)
    assert (listed.total, listed.uncounted) == (7, 3)
    assert listed.counts[fragment("all")] == 4
    assert listed.counts[fragment(EVERY, "high", "rejected")] == 5


@pytest.mark.parametrize("days", [5, 25])
def test_an_open_bug_is_listed_with_the_end_of_its_review_days(days: int) -> None:
    test = make_test([make_bug("open")], end_at=NOW - timedelta(days=days))
    listed = bug_list(make_facts([test]), 598, A_PAGE)
    assert listed.groups[0].due == NOW - timedelta(days=days - 10)
    assert (fragment(review="overdue") in listed.counts) == (days > 10)


def test_a_product_without_bugs_offers_no_filter() -> None:
    listed = bug_list(make_facts([make_test()]), 598, A_PAGE)
    assert (listed.total, listed.counts, listed.severities, listed.periods) == (0, {}, (), ())


def test_a_file_of_bugs_says_what_waits_for_the_tester_what_was_confirmed_and_exported() -> None:
    asked = make_bug("open", status="requested", id=1)
    fixed = make_bug("active_accepted", confirmation="failed", exported_at=NOW, id=2)
    listed = bug_list(make_facts([make_test([asked, fixed], end_at=NOW - timedelta(days=2))]), 598, A_PAGE)
    assert listed.counts[fragment(review="asked")] == 1
    rows = list(csv.DictReader(io.StringIO(table_csv(table_of_bugs(listed.groups, {})).lstrip("\ufeff"))))
    said = {
        row["id"]: (row["waiting_for_tester"], row["fix_confirmation"], row["exported_at"]) for row in rows
    }
    assert said == {"1": ("yes", "", ""), "2": ("no", "failed", "2026-11-20T06:00:00Z")}
