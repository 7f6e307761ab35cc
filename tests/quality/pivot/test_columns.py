"""What is counted by columns is what is counted bug by bug, whatever is asked."""

from dataclasses import replace
from typing import Any

import pytest

from demo.account.account import demo_account
from quality.model.facts import Facts
from quality.periods.periods import period
from quality.pivot import cells
from quality.pivot.dimensions import DIMENSIONS
from quality.pivot.query import PivotView, query
from quality.selection import Selection, select
from tests.build.account_facts import account_facts

METRICS = ("bug_count", "test_count", "rejection_rate", "active_testers", "export_days", "story_pass_rate")
FILTERS: tuple[dict[str, Any] | None, ...] = (
    None,
    {"severity": ["critical", "high"]},
    {"review": "rejected", "known_bug": "false", "product": 598},
)
PAIRS = [("month", "severity"), ("platform", "review"), ("product", "browser"), ("section", "tester")]


@pytest.fixture(scope="module")
def facts() -> Facts:
    return account_facts(demo_account(40, bugs=200))


def asked(facts: Facts, least: int, monkeypatch: pytest.MonkeyPatch, **query_for: Any) -> PivotView:
    monkeypatch.setattr(cells, "LEAST_IN_COLUMNS", least)
    return query(replace(facts), metrics=METRICS, **query_for)


@pytest.mark.slow
@pytest.mark.parametrize("filters", FILTERS)
@pytest.mark.parametrize("dates", ["all", pytest.param("last-90-days", marks=pytest.mark.slow)])
def test_columns_count_what_objects_do(
    facts: Facts, monkeypatch: pytest.MonkeyPatch, filters: dict[str, Any] | None, dates: str
) -> None:
    selection = Selection(period=period(dates, facts.as_of))
    for by in [(), *((key,) for key in DIMENSIONS), *PAIRS]:
        for limited in (None, 7) if filters is None else (None,):
            query_for = {
                "dimensions": by,
                "filters": filters,
                "selection": selection,
                "tests_limit": limited,
            }
            one_by_one = asked(facts, 10**9, monkeypatch, **query_for)
            assert asked(facts, 0, monkeypatch, **query_for) == one_by_one


def test_bugs_that_two_tests_list_are_counted_one_by_one(facts: Facts) -> None:
    first, second, *_ = [test for test in facts.tests.values() if test.bugs]
    shared = replace(facts, tests={**facts.tests, second.id: replace(second, bugs=first.bugs)})
    assert not shared.columns.distinct
    found = select(shared, Selection(test_ids=(first.id, second.id)))
    (total,) = cells.cells(shared, found, ()).values()
    assert total.bug_count == len(first.bugs)


def test_a_changed_test_is_not_counted_by_the_columns_of_another(facts: Facts) -> None:
    test = next(test for test in facts.tests.values() if test.bugs)
    assert facts.columns.rows([test]) is not None
    assert facts.columns.rows([replace(test, bugs=())]) is None


def test_a_tally_by_columns_knows_its_tests_and_bugs(facts: Facts, monkeypatch: pytest.MonkeyPatch) -> None:
    tests = select(facts, Selection())
    for key in ("severity", "month", "tester"):
        monkeypatch.setattr(cells, "LEAST_IN_COLUMNS", 10**9)
        one_by_one = cells.breakdown(facts, tests, key)
        monkeypatch.setattr(cells, "LEAST_IN_COLUMNS", 0)
        found = cells.breakdown(facts, tests, key)
        assert list(found) == list(one_by_one)
        for label, tally in found.items():
            assert dict(tally.bugs) == one_by_one[label].bugs
            assert dict(tally.tests) == one_by_one[label].tests
            assert list(tally.bugs) == list(one_by_one[label].bugs)
            assert tally.reviews.most_common() == one_by_one[label].reviews.most_common()
