"""The view of all products."""

from datetime import timedelta

import pytest

from base.errors import InvalidInput
from quality.model.facts import Facts
from quality.options import QualityOptions
from quality.views.portfolio import portfolio_view
from quality.views.report import figures_of
from quality.views.table import Comparison
from tests.factories import NOW, make_bugs, make_facts, make_product, make_test

OPTIONS = QualityOptions()
PRODUCTS = [make_product(1, "Bad"), make_product(2, "Fine"), make_product(3, "Idle"), make_product(4, "Lax")]


def _facts() -> Facts:
    old = NOW - timedelta(days=120)
    return make_facts(
        [
            make_test(make_bugs(rejected=20, active_accepted=20), id=10, product_id=1),
            make_test(make_bugs(active_accepted=20), id=11, product_id=1, end_at=old),
            make_test(make_bugs(active_accepted=30), id=20, product_id=2),
            make_test(make_bugs(active_accepted=30), id=21, product_id=2, end_at=old),
            make_test(id=30, product_id=3, end_at=old),
            make_test(make_bugs(active_accepted=21, rejected=9), id=40, product_id=4),
        ],
        products=PRODUCTS,
    )


def test_products_come_by_gravity_with_the_reasons_of_both_verdicts() -> None:
    view = portfolio_view(_facts(), OPTIONS)
    assert [(row.product.name, row.level) for row in view.rows] == [
        ("Bad", "act_now"), ("Lax", "watch"), ("Fine", "fine"), ("Idle", "unknown"),
    ]  # fmt: skip
    assert view.rows[0].review_verdict.reason == "20 of 40 decided bugs rejected (50 %)."
    assert view.rows[0].product_verdict.level == "fine"
    assert view.rows[3].review_verdict.reason == "Not tested in this period."


def test_the_headline_counts_the_products_compares_and_names_the_worst() -> None:
    view = portfolio_view(_facts(), OPTIONS)
    assert view.headline[0] == ("Act now: 1 of 4 products, Bad; watch 1.")
    assert view.headline[1] == "Bad: 50 % of decided bugs rejected, before 0 %."
    assert len(view.headline) == 3


def test_the_worst_product_is_so_far_where_more_than_a_fifth_of_its_bugs_is_open() -> None:
    test = make_test(make_bugs(rejected=20, active_accepted=20, open=20), product_id=1, end_at=NOW)
    view = portfolio_view(make_facts([test], products=PRODUCTS), OPTIONS)
    assert view.headline[1] == "Bad: 50 % of decided bugs rejected, so far."
    assert view.headline[2] == "So far 50 % of decided bugs rejected; no test ended before."


def test_a_row_compares_with_the_period_before_and_knows_the_last_test() -> None:
    view = portfolio_view(_facts(), OPTIONS)
    bad = view.rows[0]
    assert bad.changes["overall_acceptance_rate"].text == "before 100 % (20 of 20)"
    assert bad.changes["bug_count"].step == "up 20"
    assert bad.previous is not None
    assert bad.previous["bug_count"].value == 20
    assert bad.last_test is not None
    assert bad.last_test.id == 10
    assert bad.slug == "1-bad"
    assert view.rows[3].last_test is not None
    assert view.rows[3].last_test.id == 30


def test_totals_are_the_sums_of_the_rows() -> None:
    view = portfolio_view(_facts(), OPTIONS)
    for key in ("test_count", "bug_count", "total_accepted", "reviewed", "high_bugs"):
        assert view.total[key].value == sum(row.measures[key].value or 0 for row in view.rows)


def test_deadlines_of_all_products_stand_together_by_day() -> None:
    ended = NOW - timedelta(days=4)
    tests = [make_test(make_bugs(open=number), product_id=number, end_at=ended) for number in (1, 2)]
    view = portfolio_view(make_facts(tests, products=PRODUCTS), OPTIONS)
    assert [(day.days_left, len(day.bugs)) for day in view.deadlines] == [(6, 3)]
    assert {row.product for row in view.deadlines[0].bugs} == {"Bad", "Fine"}
    assert view.headline[-1] == "Review 3 bugs by 26 Nov, 06:00 UTC."


def test_the_first_of_several_deadlines_is_named_with_its_bugs() -> None:
    tests = [
        make_test(make_bugs(open=days), product_id=1, end_at=NOW - timedelta(days=days)) for days in (1, 4)
    ]
    view = portfolio_view(make_facts(tests, products=PRODUCTS), OPTIONS)
    assert view.headline[-1] == ("Review 5 bugs by 29 Nov, 06:00 UTC, the first 4 (Bad) by 26 Nov, 06:00.")


def test_overdue_bugs_alone_are_asked_for_now() -> None:
    test = make_test(make_bugs(open=2), product_id=1, end_at=NOW - timedelta(days=30))
    view = portfolio_view(make_facts([test], products=PRODUCTS), OPTIONS)
    assert view.headline[-1] == "Review 2 overdue bugs now, or ask Test IO about them."


def test_overdue_bugs_are_asked_for_after_those_that_have_time() -> None:
    tests = [
        make_test(make_bugs(open=bugs), product_id=1, end_at=NOW - timedelta(days=days))
        for bugs, days in ((2, 30), (1, 4), (3, 1))
    ]
    view = portfolio_view(make_facts(tests, products=PRODUCTS), OPTIONS)
    assert view.headline[-1] == (
        "Review 4 bugs by 29 Nov, 06:00 UTC, the first (Bad) by 26 Nov, 06:00; 2 more are overdue."
    )


def test_a_running_test_is_the_last_one_only_when_none_has_ended() -> None:
    ahead = NOW + timedelta(days=3)
    running = make_test(id=5, product_id=1, status="running", end_at=ahead)
    ended = make_test(id=6, product_id=1)
    both = portfolio_view(make_facts([running, ended], products=PRODUCTS[:1]), OPTIONS).rows[0].last_test
    only = portfolio_view(make_facts([running], products=PRODUCTS[:1]), OPTIONS).rows[0].last_test
    assert both is not None
    assert only is not None
    assert (both.id, only.id) == (6, 5)


def test_an_account_without_products_says_so() -> None:
    view = portfolio_view(make_facts(products=[]), OPTIONS)
    assert view.headline == ("The snapshot holds no products.",)
    assert view.rows == ()
    assert view.deadlines == ()


def test_the_default_period_can_be_another_and_a_running_one_is_so_far() -> None:
    view = portfolio_view(
        make_facts([make_test(make_bugs(open=1))]), QualityOptions(default_period="this-quarter")
    )
    assert view.period.running
    assert view.headline[-2] == "No test ended before; no bug is decided yet."
    assert view.notes[0].startswith("This period has not ended")
    with pytest.raises(InvalidInput):
        portfolio_view(make_facts(), QualityOptions(default_period="someday"))


def test_many_grave_products_are_counted_and_the_first_three_named() -> None:
    products = [make_product(number, f"P{number}") for number in range(1, 6)]
    tests = [make_test(make_bugs(rejected=30), product_id=number) for number in range(1, 6)]
    view = portfolio_view(make_facts(tests, products=products), OPTIONS)
    assert view.headline[0] == "Act now: 5 of 5 products, P1, P2, P3 and 2 more."


def test_open_bugs_are_compared_with_nothing_as_older_ones_had_longer_to_be_decided() -> None:
    tests = [
        make_test(make_bugs(open=25, active_accepted=30), product_id=1, end_at=NOW),
        make_test(make_bugs(active_accepted=30), product_id=1, end_at=NOW - timedelta(days=120)),
    ]
    view = portfolio_view(make_facts(tests, products=PRODUCTS), OPTIONS)
    assert "bug_count" in view.changes
    assert "open_bugs" not in view.changes
    table = figures_of(view.total, view.previous, view.changes, ["open_bugs"])
    assert table.rows[0].cells[2:] == (None, Comparison(None))


def test_a_portfolio_whose_tests_all_lie_ahead_says_that_none_was_tested() -> None:
    ahead = make_test(make_bugs(rejected=1), id=1, end_at=NOW + timedelta(days=20))
    assert (
        portfolio_view(make_facts([ahead]), OPTIONS).headline[0] == "1 product: none tested in this period."
    )
