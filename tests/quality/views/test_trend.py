"""What the titles of the charts by month say, and where a sentence stands instead of charts."""

from datetime import UTC, datetime

from quality.model.entities import Test
from quality.options import QualityOptions
from quality.periods.periods import period
from quality.selection import Selection
from quality.views.report import report_view
from quality.views.trend import TrendPoint, lone_months, rates_title
from tests.factories import NOW, make_bugs, make_facts, make_test


def ended(month: int, **reviews: int) -> Test:
    return make_test(make_bugs(**reviews), end_at=datetime(2026, month, 10, tzinfo=UTC))


def points(*tests: Test) -> tuple[TrendPoint, ...]:
    chosen = Selection(product_ids=(598,), period=period("last-365-days", NOW))
    return report_view(make_facts(tests), chosen, QualityOptions()).trend


def test_rejections_are_told_from_the_first_to_the_last_month_and_how_they_are_so_far() -> None:
    rose = [ended(5, active_accepted=45, rejected=5), ended(10, active_accepted=20, rejected=20)]
    title = "Rejections rose from 10 % in May 2026 to 50 % in Oct 2026"
    assert rates_title(points(*rose)) == title
    assert rates_title(points(*rose, ended(11, active_accepted=15, rejected=15))) == f"{title}, 50 % so far"
    assert rates_title(points(*rose, ended(11, active_accepted=1, rejected=1))) == title


def test_a_month_so_far_that_differs_from_the_last_one_is_the_news() -> None:
    """Rejections held, said a title beside a line that had fallen to a third."""
    held = [ended(5, active_accepted=32, rejected=18), ended(7, active_accepted=33, rejected=17)]
    now = ended(11, active_accepted=48, rejected=2)
    assert (
        rates_title(points(*held, now)) == "Rejections fell from 34 % in Jul 2026 to 4 % in Nov 2026 so far"
    )
    near = ended(11, active_accepted=20, rejected=5)
    assert rates_title(points(*held, near)) == "Rejected: 36 % in May 2026, 34 % in Jul 2026, 20 % so far"


def test_rejections_that_differ_by_chance_hold_and_without_any_nothing_is_said() -> None:
    alike = [ended(5, active_accepted=40, rejected=5), ended(10, active_accepted=38, rejected=7)]
    assert rates_title(points(*alike)) == "Rejections hold, from 11 % in May 2026 to 16 % in Oct 2026"
    assert rates_title(points(ended(5, rejected=3), ended(10, rejected=2))).startswith("Too few decided bugs")
    assert rates_title(points(ended(10, open=3))) == ""


def test_one_month_with_tests_is_no_trend() -> None:
    assert lone_months(points(ended(5), ended(10))) == ""
    assert lone_months(points(ended(10, rejected=30), ended(10))) == (
        "Tests ended in Oct 2026 alone: too few for a trend."
    )
    assert lone_months(()) == "No test ended in these months."
