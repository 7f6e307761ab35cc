"""What there is to do stands in one table: critical bugs, reviews, and what else findings ask for."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given

from quality.context.effect import judged_by
from quality.metrics.tally import tally
from quality.model.entities import Test, TestFeature
from quality.model.facts import Facts
from quality.options import QualityOptions
from quality.periods.periods import period
from quality.selection import Selection
from quality.views.headline import waits
from quality.views.lists.cut import first_rows
from quality.views.lists.tests import list_of_tests
from quality.views.report import ReportView, report_view
from quality.views.rows import grave_shown, grave_table
from quality.views.table import Row, Table, Text, select
from quality.views.todo import actions_left_out, todo_list, todo_table
from tests.factories import NOW, make_bug, make_bugs, make_facts, make_product, make_test
from tests.quality.context.contexts import make_context, make_link
from tests.quality.strategies import accounts


def report_of(*tests: Test, facts: Facts | None = None) -> ReportView:
    known = facts or make_facts(tests)
    chosen = Selection(product_ids=(598,), period=period("last-90-days", NOW))
    return report_view(known, chosen, judged_by(QualityOptions(), known.context))


def first_cells(table: Table) -> list[str]:
    return [row.cells[0].text for row in table.rows if isinstance(row.cells[0], Text)]


def last_text(row: Row) -> str:
    assert isinstance(row.cells[-1], Text)
    return row.cells[-1].text


def account() -> tuple[Test, ...]:
    ended = NOW - timedelta(days=8)
    return (
        make_test([make_bug("active_accepted", "critical", title="Stuck")], id=1),
        make_test(
            [make_bug("open", "low", title="Grey"), make_bug("open", "high", title="Lost")],
            id=2,
            end_at=ended,
        ),
        make_test([make_bug("open", "medium", title="Late")], id=3, end_at=ended + timedelta(days=1)),
        make_test([make_bug("rejected", rejection_reason="intended_behavior") for _ in range(6)], id=4),
    )


def test_tasks_come_by_date_and_the_reviews_of_a_test_share_one_that_names_the_grave_bugs() -> None:
    report = report_of(*account())
    table = todo_table(report.todo)
    told = first_cells(table)
    assert told[:3] == ["Review 2 bugs, 1 high", "Review: Late", "Fix: Stuck"]
    assert told[3].startswith("Describe the intended behaviour of")
    what = table.rows[0].cells[0]
    assert isinstance(what, Text)
    assert [one.text for one in what.below if isinstance(one, Text)] == ["Lost"]
    assert last_text(table.rows[2]) == last_text(table.rows[3]) == "by 4 Dec"
    assert report.headline[-1].startswith(
        "Review 2 bugs by 22 Nov, 06:00 UTC, 1 by 23 Nov, 06:00; fix the critical bug"
    )


def test_a_file_has_a_row_for_every_bug() -> None:
    table = todo_list(report_of(*account()).todo)
    assert first_cells(table)[:4] == ["Review", "Review", "Review", "Fix"]
    assert first_cells(select(table, ["title"]))[:4] == ["Lost", "Grey", "Late", "Stuck"]


def test_an_open_critical_bug_is_to_be_reviewed_and_stands_there_once() -> None:
    report = report_of(
        make_test([make_bug("open", "critical", title="Stuck")], end_at=NOW - timedelta(days=8))
    )
    assert first_cells(todo_table(report.todo)) == ["Review: Stuck"]
    assert report.headline[-1] == "Review 1 bug by 22 Nov, 06:00 UTC."


def test_where_there_is_no_room_critical_bugs_stay_then_reviews_of_high_ones() -> None:
    soon = make_test([make_bug("open", "low") for _ in range(9)], id=1, end_at=NOW - timedelta(days=8))
    later = make_test([make_bug("open", "high", title="Lost")], id=2, end_at=NOW - timedelta(days=2))
    fixed = make_test([make_bug("active_accepted", "critical", title="Stuck")], id=3)
    report = report_of(soon, later, fixed)
    table = todo_table(report.todo, 2)
    assert sorted(first_cells(table)) == ["Fix: Stuck", "Review: Lost"]
    assert table.note == "9 more bugs to review, due 22 Nov, 06:00. Nobody is named to review them."
    assert {one.key for one in actions_left_out(report.todo, 2)} == {one.key for one in report.todo.actions}


def test_failed_features_are_to_be_looked_at_beside_the_reviews() -> None:
    failed = TestFeature(9000, 2000, "Player", "failed")
    ended = NOW - timedelta(days=8)
    test = make_test([make_bug("open", "low")], id=1, end_at=ended, features=(failed,))
    asked = report_of(test).headline[-1]
    assert asked.startswith("Review 1 bug by 22 Nov, 06:00 UTC; look into the feature failure by ")


def test_two_tests_of_one_name_are_told_apart_by_their_ids() -> None:
    tests = [
        make_test(make_bugs(open=1), id=at, title="Smoke test", end_at=NOW - timedelta(days=at))
        for at in (1, 2)
    ]
    rows = todo_table(report_of(*tests).todo).rows
    assert {row.cells[2].text for row in rows if isinstance(row.cells[2], Text)} == {
        "Smoke test (1)",
        "Smoke test (2)",
    }


def test_a_test_is_told_apart_from_one_of_its_name_that_is_not_in_the_table() -> None:
    tests = [
        make_test(make_bugs(open=1), id=1, title="Smoke test", end_at=NOW - timedelta(days=1)),
        make_test(id=2, title="Smoke test", status="running", end_at=NOW + timedelta(days=1)),
        make_test(id=3, title="Smoke test", product_id=599),
    ]
    facts = make_facts(tests, products=[make_product(), make_product(599, "Bank")])
    (row,) = todo_table(report_of(facts=facts).todo, 1).rows
    assert isinstance(row.cells[2], Text)
    assert row.cells[2].text == "Smoke test (1)"
    below = [
        row.cells[1].below for row in list_of_tests(facts, tests, NOW).rows if isinstance(row.cells[1], Text)
    ]
    assert [one[0] for one in below[:2]] == [Text("Test 1"), Text("Test 2")]
    assert Text("Test 3") not in below[2]


def test_a_settled_critical_bug_says_how_below_its_name_and_comes_after_the_others() -> None:
    fixed = make_bug("active_accepted", "critical", title="Fixed")
    left, out = (
        make_bug("auto_accepted", "critical", title="Left"),
        make_bug("rejected", "critical", title="Out"),
    )
    facts = replace(
        make_facts([make_test([fixed, out, left])]),
        context=make_context(links=(make_link(fixed.id, state="fixed", fixed_in="4.15"),)),
    )
    table = grave_shown(grave_table(facts, facts.tests.values()))
    assert first_cells(table) == ["Left", "Fixed", "Out"]
    name = table.rows[1].cells[0]
    assert isinstance(name, Text)
    assert name.below == (Text("Fixed in 4.15"),)
    report = report_of(facts=facts)
    assert report.headline[0] == "Act now: 2 critical bugs are accepted (1 to fix, 1 fixed in 4.15)."
    assert first_cells(todo_table(report.todo))[0] == "Fix: Left"


def test_each_grave_bug_says_whether_it_was_sent_where_any_bug_of_its_product_was_and_found_again() -> None:
    one, other = make_bug("active_accepted", "high", title="One"), make_bug("open", "high", title="Other")
    found, sent = make_test([one, other]), make_test([make_bug("active_accepted", "low", exported_at=NOW)])
    for tests, shown in (([found], "feature"), ([found, sent], "tracker")):
        facts = replace(make_facts(tests), found_again={other.id: one.id})
        table = grave_shown(grave_table(facts, tests[:1]), "found_again")
        assert [column.key for column in table.columns][3:] == ["found_again", shown]
        assert [row.cells[3] for row in table.rows] == [Text("no"), Text("yes")]
        assert all((row.cells[4] == Text("Not sent")) == (shown == "tracker") for row in table.rows)


def test_open_bugs_say_what_they_wait_for_unless_all_are_to_be_reviewed() -> None:
    review = make_test(make_bugs(open=2), id=1, end_at=NOW - timedelta(days=2))
    asked = [make_bug("open", "low", status="requested"), *make_bugs(open=1)]
    mixed = make_test(asked, id=3, end_at=NOW - timedelta(days=2))
    assert waits(tally([review]), NOW) == ""
    assert waits(tally([review, mixed]), NOW) == "3 to review, 1 waiting for the tester"


def test_open_bugs_of_tests_that_a_page_does_not_count_are_told_apart() -> None:
    review = make_test(make_bugs(open=2), id=1, end_at=NOW - timedelta(days=2))
    running = make_test(make_bugs(open=3), id=2, end_at=NOW + timedelta(days=2))
    report = report_of(review, running)
    assert (report.waits, report.todo.opened) == (
        "",
        "5 open bugs with those of other tests: 3 still being tested",
    )
    assert report_of(running).todo.opened == "3 open bugs: 3 still being tested"
    assert report_of(review).todo.opened == ""


def test_rows_that_are_left_out_say_how_many_bugs_they_have() -> None:
    reasons = ("known_bug", "known_bug", "duplicate", "out_of_scope", "not_reproducible")
    report = report_of(make_test([make_bug("rejected", rejection_reason=one) for one in reasons]))
    assert first_rows(report.reasons, 2).note == "The first 2 of 4 rows. The others have 2 bugs."
    assert first_rows(report.reasons, 9).note == ""


@given(accounts())
def test_every_bug_that_waits_and_every_critical_one_that_weighs_is_to_be_done_once(
    tests: list[Test],
) -> None:
    facts = make_facts(tests)
    for product_id in facts.tests_by_product:
        report = report_view(facts, Selection(product_ids=(product_id,)), QualityOptions())
        told = [row.id for row in (*report.todo.fix, *report.todo.reviews)]
        asked = {bug.id for day in report.deadlines if not day.overdue for bug in day.bugs}
        grave = {one for found in report.findings if found.key == "criticals" for one in found.bug_ids}
        assert len(told) == len(set(told))
        assert set(told) == asked | grave
