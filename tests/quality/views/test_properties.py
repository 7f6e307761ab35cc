"""What holds for every view of any account."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from quality.metrics.measures import Measure
from quality.model.entities import Test
from quality.model.facts import Facts
from quality.options import QualityOptions
from quality.periods.periods import REPORT_PERIODS, period
from quality.selection import Selection
from quality.views import test as test_page
from quality.views.breakdowns import Breakdown
from quality.views.lists.about import about_view
from quality.views.portfolio import portfolio_view
from quality.views.product import product_view
from quality.views.report import report_view
from tests.factories import NOW, make_facts, make_feature, make_product
from tests.quality.strategies import accounts
from tests.quality.views.shown_features import feature_numbers

OPTIONS = QualityOptions()
PERIODS = st.sampled_from(REPORT_PERIODS)


def _facts(tests: list[Test]) -> Facts:
    days = {bug.id: 1.5 for test in tests for bug in test.bugs if bug.id % 3 == 0}
    products = [make_product(598), make_product(599, "Canvas"), make_product(600, "Idle")]
    features = [make_feature(one, f"Feature {one}") for one in (2001, 2009)]
    return make_facts(tests, products=products, features=features, review_days=days)


def _number(measures: Mapping[str, Measure], key: str = "bug_count") -> int:
    return int(measures[key].value or 0)


def _sum(breakdown: Breakdown, key: str = "bug_count") -> int:
    return sum(_number(row.measures, key) for row in breakdown.rows)


@given(accounts(), PERIODS)
def test_the_breakdowns_of_a_report_add_up_to_its_totals(tests: list[Test], key: str) -> None:
    report = report_view(_facts(tests), Selection(period=period(key, NOW)), OPTIONS)
    bugs = _number(report.measures)
    assert _sum(report.severity) == _sum(report.by_product) == bugs
    assert (
        _sum(report.by_product, "test_count") == _number(report.measures, "test_count") == len(report.tests)
    )
    assert sum(_number(row.measures) for row in report.tests) == bugs
    assert _sum(report.reasons) == (report.measures["rejection_rate"].numerator or 0)
    accepted, rejected = report.measures["overall_acceptance_rate"], report.measures["rejection_rate"]
    assert _number(report.measures, "total_accepted") == accepted.numerator
    assert accepted.denominator == rejected.denominator == bugs
    for breakdown in (report.severity, report.by_product):
        assert _number(breakdown.total) == bugs
    if key == "all":
        dated = sum(len(test.bugs) for test in tests if test.id in _shown(report.tests) and test.end_at)
        assert sum(_number(point.measures) for point in report.trend) == dated


def _shown(rows: Any) -> set[int]:
    return {row.id for row in rows}


@given(accounts(), PERIODS)
def test_the_details_of_a_product_page_add_up_to_its_report(tests: list[Test], key: str) -> None:
    page = product_view(_facts(tests), 598, key, OPTIONS)
    bugs = _number(page.report.measures)
    assert sum(found for (found,) in feature_numbers(page, "bug_count").values()) == bugs
    assert _sum(page.testers) == bugs
    for many in (page.platforms, page.browsers):
        assert _sum(many) >= bugs
        assert _number(many.total) == bugs
        assert bool(many.note) == (_sum(many) > bugs)
    assert page.stories.tested in {None, page.report.measures["story_coverage"].numerator}


@given(accounts())
def test_the_portfolio_is_the_sum_of_its_products_and_equals_the_report_of_all(tests: list[Test]) -> None:
    facts = _facts(tests)
    view = portfolio_view(facts, OPTIONS)
    report = report_view(facts, Selection(period=period("last-90-days", NOW)), OPTIONS)
    assert view.total == report.measures
    assert view.changes == report.changes
    for row in view.rows:
        page = product_view(facts, row.product.id, None, OPTIONS)
        assert row.measures == page.report.measures
        assert row.changes == page.report.changes
        assert row.product_verdict == page.report.product_verdict
        assert row.review_verdict == page.report.review_verdict
        assert report.verdicts[row.product.id] == (row.product_verdict, row.review_verdict)
    assert sum(len(day.bugs) for day in view.deadlines) == sum(
        len(day.bugs)
        for row in view.rows
        for day in product_view(facts, row.product.id, None, OPTIONS).report.deadlines
    )


@given(accounts())
def test_a_test_pages_severities_and_reviews_add_up_to_its_bugs(tests: list[Test]) -> None:
    facts = _facts(tests)
    for test in tests:
        view = test_page.test_view(facts, test.id, OPTIONS)
        assert _sum(view.severity) == _sum(view.review) == _number(view.measures) == len(test.bugs)
        assert sorted(bug.id for bug in view.test.bugs) == sorted(bug.id for bug in test.bugs)


@given(accounts(), PERIODS)
def test_no_text_of_any_view_says_none_or_nan_or_has_a_loose_end(tests: list[Test], key: str) -> None:
    facts = _facts(tests)
    earlier = _facts(tests[1:])
    views = [
        portfolio_view(facts, QualityOptions(default_period=key)),
        product_view(facts, 598, key, OPTIONS, earlier=earlier),
        report_view(facts, Selection(period=period(key, NOW)), OPTIONS),
        about_view(facts, OPTIONS),
        *(test_page.test_view(facts, test.id, OPTIONS) for test in tests[:2]),
    ]
    for view in views:
        for text in _texts(view):
            assert "nan" not in text.split(), text
            assert "None" not in text, text
            assert "inf" not in text.split(), text
            assert "  " not in text, text
            assert not text.endswith((":", ",", ";", " ")), text
            assert ".." not in text.replace("…", ""), text
            assert "(, " not in text, text
            assert " 1 bugs" not in f" {text}", text
            assert " 1 tests" not in f" {text}", text


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, tuple | list | set | frozenset):
        for part in value:
            yield from _texts(part)
    elif is_dataclass(value):
        for field in fields(value):
            yield from _texts(getattr(value, field.name))


@given(accounts(), PERIODS, st.randoms(use_true_random=False))
def test_a_view_does_not_depend_on_the_order_in_which_tests_were_read(
    tests: list[Test], key: str, random: Any
) -> None:
    shuffled = list(tests)
    random.shuffle(shuffled)
    one, other = _facts(tests), _facts(shuffled)
    assert product_view(one, 598, key, OPTIONS) == product_view(other, 598, key, OPTIONS)
    assert portfolio_view(one, OPTIONS) == portfolio_view(other, OPTIONS)
