"""The lists of all tests and of all features of a product."""

from datetime import timedelta

from hypothesis import given

from quality.model.entities import Test
from quality.views.lists.features import list_of_features
from quality.views.lists.tests import list_of_tests
from quality.views.table import Amount, Day, Figure, Outcome, Row, Table, Text
from tests.factories import NOW, make_bugs, make_facts, make_feature, make_test
from tests.quality.strategies import accounts


def cells(table: Table, row: Row) -> dict[str, object]:
    return dict(zip((column.key for column in table.columns), row.cells, strict=True))


def total(outcome: object) -> int:
    assert isinstance(outcome, Outcome)
    return outcome.by_person + outcome.by_time + outcome.rejected + outcome.open


@given(accounts())
def test_the_outcomes_of_a_row_add_up_to_its_bugs(tests: list[Test]) -> None:
    facts = make_facts(tests)
    for product_id, own in facts.tests_by_product.items():
        for table in (list_of_tests(facts, own, NOW), list_of_features(facts, product_id, NOW)):
            for row in table.rows:
                found = cells(table, row)
                bugs = found["bug_count"]
                if row.gap:
                    assert bugs is None
                else:
                    assert isinstance(bugs, Figure)
                    assert total(found["outcome"]) == bugs.measure.value


def test_a_test_is_listed_with_its_release_its_outcome_and_the_end_of_its_review() -> None:
    bugs = make_bugs(active_accepted=3, auto_accepted=1, rejected=2, open=1)
    test = make_test(bugs, title="Release 4.2 regression", end_at=NOW - timedelta(days=4))
    table = list_of_tests(make_facts([test]), [test], NOW)
    found = cells(table, table.rows[0])
    assert found["id"] == Amount(test.id)
    assert found["release"] == Text("4.2")
    assert found["outcome"] == Outcome(3, 1, 2, 1)
    assert Outcome(3, 1, 2, 1).text == "3 accepted, 1 auto-accepted, 2 rejected, 1 open"
    assert found["due"] == Day(NOW + timedelta(days=6), exact=True)


def test_a_test_without_a_release_or_open_bugs_has_neither() -> None:
    test = make_test(make_bugs(rejected=1), title="Checkout")
    table = list_of_tests(make_facts([test]), [test], NOW)
    found = cells(table, table.rows[0])
    assert (found["release"], found["due"]) == (None, None)


def test_features_come_by_grave_bugs_and_those_never_tested_last_without_numbers() -> None:
    tests = [make_test(make_bugs(active_accepted=2)), make_test(make_bugs(open=1), demo=True)]
    features = [make_feature(2001, "Shopping cart"), make_feature(2002, "Gift cards")]
    table = list_of_features(make_facts(tests, features=features), 598, NOW)
    assert [cells(table, row)["feature"] for row in table.rows] == [Text("Shopping cart"), Text("Gift cards")]
    assert [row.gap for row in table.rows] == ["", "not tested"]
    assert total(cells(table, table.rows[0])["outcome"]) == 2
