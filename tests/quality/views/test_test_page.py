"""The views of one test and of the page about the counting."""

from datetime import timedelta

import pytest

from base.errors import NotFound
from quality.findings.rules import RULES
from quality.metrics.catalogue import METRICS
from quality.model.entities import Execution
from quality.model.facts import Gap
from quality.options import QualityOptions
from quality.pivot.dimensions import DIMENSIONS
from quality.selection import Selection
from quality.thresholds import Thresholds
from quality.views import test as page
from quality.views.lists import about
from quality.views.report import report_view
from quality.views.table import Table, Text
from tests.factories import NOW, make_bug, make_bugs, make_facts, make_feature, make_test

OPTIONS = QualityOptions()


def test_a_test_has_its_bugs_newest_first_and_every_measure() -> None:
    bugs = [
        make_bug("rejected", id=1, reported_at=NOW - timedelta(days=22)),
        make_bug("active_accepted", id=2, reported_at=None),
        make_bug("auto_accepted", id=3, reported_at=NOW - timedelta(days=21)),
        make_bug("rejected", id=4, reported_at=NOW - timedelta(days=21)),
    ]
    view = page.test_view(make_facts([make_test(bugs, id=9)]), 9, OPTIONS)
    assert [bug.id for bug in view.test.bugs] == [4, 3, 1, 2]
    assert list(view.measures) == list(METRICS)
    assert [(row.name, row.measures["bug_count"].value) for row in view.review.rows] == [
        ("active_accepted", 1), ("auto_accepted", 1), ("rejected", 2), ("open", 0),
    ]  # fmt: skip
    assert (view.product.name, view.slug) == ("Halo Shop", "598-halo-shop")
    assert (view.product_verdict.level, view.review_verdict.level) == ("fine", "unknown")
    assert view.notes == ()


def test_a_test_with_open_bugs_says_until_when_they_can_be_reviewed() -> None:
    test = make_test(make_bugs(open=2), id=9, end_at=NOW - timedelta(days=8))
    view = page.test_view(make_facts([test]), 9, OPTIONS)
    assert view.deadline is not None
    assert view.deadline.text == "22 Nov 2026, 06:00 UTC, in 2 days: 2 open bugs will be auto-accepted"
    assert [finding.key for finding in view.findings] == ["review_deadline"]
    assert view.notes == ("More than a fifth of the bugs is open: the rates of decided bugs are so far.",)
    asked = make_test([*make_bugs(open=2), make_bug("open", status="requested")], id=9, end_at=test.end_at)
    assert page.test_view(make_facts([asked]), 9, OPTIONS).notes[0].startswith("3 bugs are open and in no")


def test_an_action_of_a_test_is_due_before_the_next_test_of_its_product_as_in_the_products_report() -> None:
    """Two dates for one fix: the page of a test knew no other test, and named a Friday."""
    test = make_test([make_bug("active_accepted", "critical")], id=9)
    plans = [
        make_test(make_bugs(open=2), title="Next", status="waiting", start_at=NOW + timedelta(days=3)),
        make_test(title="Later", status="waiting", start_at=NOW + timedelta(days=9)),
        make_test(title="Demo", status="waiting", start_at=NOW + timedelta(days=2), demo=True),
        make_test(title="Other", status="waiting", start_at=NOW + timedelta(days=2), product_id=599),
    ]
    facts = make_facts([test, *plans])
    (told,) = page.test_view(facts, 9, OPTIONS).findings
    assert "before “Next” starts on 23 Nov" in told.action
    whole = report_view(facts, Selection(product_ids=(598,)), OPTIONS)
    assert {one.due for one in whole.findings if one.key == told.key} == {told.due} == {"before 23 Nov"}
    old = make_test([make_bug("active_accepted", "critical")], id=9, end_at=NOW - timedelta(days=91))
    for facts in (make_facts([test]), make_facts([old, *plans])):
        (undated,) = page.test_view(facts, 9, OPTIONS).findings
        assert (undated.due, "at the latest" in undated.action) == ("", False)


def test_rates_of_a_test_with_many_open_bugs_are_so_far() -> None:
    test = make_test(make_bugs(open=6, active_accepted=14, rejected=6), id=9, end_at=NOW)
    view = page.test_view(make_facts([test]), 9, OPTIONS)
    assert view.notes[0] == "More than a fifth of the bugs is open: the rates of decided bugs are so far."
    assert view.review_verdict.reason.endswith("(30 %), so far.")
    settled = make_test(make_bugs(open=5, active_accepted=14, rejected=6), id=9, end_at=NOW)
    assert page.test_view(make_facts([settled]), 9, OPTIONS).notes == ()


def test_a_running_test_is_so_far_and_one_without_an_end_says_so() -> None:
    ahead = make_test(id=1, status="running", end_at=NOW + timedelta(days=2))
    timeless = make_test(id=2, end_at=None)
    facts = make_facts([ahead, timeless])
    assert page.test_view(facts, 1, OPTIONS).notes == ("The test ends on 22 Nov: its numbers are so far.",)
    assert page.test_view(facts, 2, OPTIONS).notes == (
        "The end of this test is not known: it belongs to no period but all time.",
    )
    assert page.test_view(facts, 1, OPTIONS).deadline is None


def test_a_test_that_still_runs_is_not_judged() -> None:
    tests = [
        make_test(make_bugs(auto_accepted=25, open=5), id=at, end_at=NOW + timedelta(hours=at))
        for at in (-1, 1)
    ]
    ended, running = (page.test_view(make_facts(tests), at, OPTIONS) for at in (-1, 1))
    assert running.review_verdict.level == "unknown"
    assert running.review_verdict.reason == "The test has not ended: its bugs need not be reviewed yet."
    assert ended.review_verdict.reason.startswith("25 of 25 accepted bugs auto-accepted (100 %) and 0 of 25")


def test_a_test_that_nobody_has_executed_is_not_fine() -> None:
    waiting = make_test(
        id=9, status="waiting", start_at=NOW + timedelta(days=2), end_at=NOW + timedelta(days=5)
    )
    view = page.test_view(make_facts([waiting]), 9, OPTIONS)
    assert view.product_verdict.level == "unknown"
    assert view.product_verdict.reason == "This test has not been executed."


def test_a_test_that_has_not_begun_says_when_it_does() -> None:
    test = make_test(id=9, status="waiting", start_at=NOW + timedelta(days=2), end_at=NOW + timedelta(days=5))
    assert page.test_view(make_facts([test]), 9, OPTIONS).notes == ("The test begins on 22 Nov.",)


def test_a_test_shows_only_the_gaps_that_its_numbers_depend_on() -> None:
    gaps = [
        Gap("bugs", 9, 598, "stale", "timeout"),
        Gap("test", 10, 598, "missing", "500"),
        Gap("bugs", 11, 598, "missing", "500"),
        Gap("features", 598, 598, "missing", "500"),
        Gap("tests", None, 598, "missing", "500", place=3),
    ]
    seen = page.test_view(make_facts([make_test(id=9)], gaps=gaps), 9, OPTIONS).freshness
    assert seen.gap_texts == (
        "The bugs of test 9 of Halo Shop: counted from an older copy. Timeout.",
        "The features of Halo Shop: missing, not counted. 500.",
    )
    assert "2 gaps" in seen.text


def test_user_stories_of_one_test_are_its_own() -> None:
    test = make_test(id=9, execution=Execution(total_user_stories=4, tested_user_stories=3))
    stories = page.test_view(make_facts([test]), 9, OPTIONS).stories
    assert stories is not None
    assert (stories.total, stories.tested, stories.passed) == (4, 3, None)


@pytest.mark.parametrize("kind", ["test", "bugs"])
def test_an_unknown_test_names_the_closest_ones_and_a_missing_one_its_reason(kind: str) -> None:
    facts = make_facts(
        [make_test(id=109363, title="Checkout")], gaps=[Gap(kind, 5, 598, "missing", "it is broken")]
    )
    with pytest.raises(NotFound) as error:
        page.test_view(facts, 109364, OPTIONS)
    assert error.value.hint == "Closest: 109363 “Checkout”."
    with pytest.raises(NotFound, match="It is broken"):
        page.test_view(facts, 5, OPTIONS)
    with pytest.raises(NotFound, match="Check the id"):
        page.test_view(make_facts(), 1, OPTIONS)


def test_the_about_page_explains_every_metric_dimension_threshold_and_rule() -> None:
    facts = make_facts(
        [make_test(make_bugs(open=3))],
        features=[make_feature()],
        gaps=[Gap("test", 1, 598, "missing", "gone")],
    )
    view = about.about_view(facts, QualityOptions(thresholds=Thresholds(rejection_warning=0.1)))
    assert [metric.key for metric in view.metrics] == list(METRICS)
    assert all(metric.anchor == f"metric-{metric.key}" and metric.help for metric in view.metrics)
    assert [key for key, _ in view.dimensions] == list(DIMENSIONS)
    assert texts(view.review) == [
        ("Rejection rate of decided bugs", "below 10 %", "from 10 % up", "from 35 % up"),
        ("Auto-acceptance rate", "below 20 %", "from 20 % up", "from 40 % up"),
        ("Reviewed by a person", "above 80 %", "from 80 % down", "from 60 % down"),
        ("Accepted by a person", "above 35 %", "from 35 % down", "from 20 % down"),
        ("Overdue bugs", "none", "from 1 up", "–"),
    ]
    assert texts(view.product) == [
        ("Critical bugs that are accepted or open", "–", "from 1 up"),
        (
            "Accepted or open critical and high bugs a test, against the period before",
            "more, by more than chance",
            "–",
        ),
        ("User story pass rate (from 10 tested stories)", "from 80 % down", "from 50 % down"),
        ("Features whose last execution failed", "from 1 up", "more than 50 % of the tested ones"),
    ]
    assert view.counts == {"products": 1, "features": 1, "tests": 1, "bugs": 3, "gaps": 1}
    assert [title for title, _, _ in texts(view.findings)] == [rule.title for rule in RULES]


def texts(table: Table) -> list[tuple[str, ...]]:
    return [tuple(cell.text for cell in row.cells if isinstance(cell, Text)) for row in table.rows]
