"""A model that knows the list of tools alone gets the pages' numbers at first try, on twelve questions."""

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from build.facts.history import facts_before
from build.facts.load import load_facts
from quality.metrics.columns import COMPARED, HEADLINE
from quality.metrics.measures import Change
from quality.metrics.tally import tally
from quality.model.entities import Test
from quality.model.facts import Facts
from quality.options import QualityOptions
from quality.periods.dates import parse_range
from quality.periods.periods import ALL_TIME
from quality.selection import Selection, select
from quality.views import breakdowns
from quality.views.changes import since_snapshot
from quality.views.deadlines import deadline_days
from quality.views.freshness import freshness
from quality.views.lists.feature_rows import feature_rows
from quality.views.lists.tests import list_of_tests
from quality.views.portfolio import portfolio_view
from quality.views.product import product_view
from quality.views.table import Amount, Figure
from snapshot.reader import open_snapshot
from tests.mcp_reader.calls import Asking, asking, counts_of, to_digits, told

HALO = 598
OPTIONS = QualityOptions()
DEMO, MEDIUM = "indexed_snapshot", pytest.param("medium_snapshot", marks=pytest.mark.slow)


@dataclass(frozen=True)
class Reading:
    """A client without any other knowledge, and what the pages are made from."""

    ask: Asking
    facts: Facts
    earlier: Facts | None
    reports: Path


@pytest.fixture(scope="module", params=[DEMO, MEDIUM])
def root(request: pytest.FixtureRequest) -> Path:
    found: Path = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="module")
async def reading(root: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Reading]:
    snapshot = open_snapshot(root)
    facts = load_facts(snapshot)
    reports = tmp_path_factory.mktemp("twelve") / "reports"
    async with asking(root, reports=reports) as ask:
        yield Reading(ask, facts, facts_before(snapshot, facts), reports)


async def test_which_product_is_worst_and_why(reading: Reading) -> None:
    answer = await reading.ask("list_products", sort_by="product_verdict")
    rows = portfolio_view(reading.facts, OPTIONS).rows
    worst = answer["products"][0]
    counts = tally(select(reading.facts, Selection()))
    assert answer["totals"] == {
        "test_count": counts.test_count,
        "bug_count": counts.bug_count,
        "open_bugs": counts.open,
        "overdue_bugs": counts.overdue,
    }
    assert all(isinstance(row["open_bugs"], int) for row in answer["products"])
    assert (answer["period"], answer["verdict_period"]) == ("All time", "Last 90 days")
    assert answer["health_alias_of"] == "review_verdict"
    assert worst["id"] == rows[0].product.id
    assert {row["id"]: (row["product_verdict"], row["review_verdict"]) for row in answer["products"]} == {
        row.product.id: tuple(
            {"level": one.level, "reason": one.reason} for one in (row.product_verdict, row.review_verdict)
        )
        for row in rows
    }


async def test_tests_51_to_100_of_a_product(reading: Reading) -> None:
    answer = await reading.ask("list_tests", product_ids=[HALO], page=2, per_page=50)
    tests = reading.facts.tests_by_product[HALO]
    dated = sorted((one for one in tests if one.end_at), key=lambda one: (-stamp_of(one), one.id))
    expected = [*dated, *(one for one in sorted(tests, key=lambda one: one.id) if not one.end_at)][50:100]
    assert [row["id"] for row in answer["tests"]] == [one.id for one in expected]
    assert answer["pagination"]["total_count"] == len(tests)
    assert answer["pagination"]["start_index"] == 50
    assert {row["id"]: row["bug_count"] for row in answer["tests"]} == bugs_shown(reading.facts, expected)


async def test_tests_in_review_over_all_products_with_their_open_bugs(reading: Reading) -> None:
    """45 such tests fit into one default answer, which leaves out columns for that."""
    answer = await reading.ask("list_tests", statuses=["locked"])
    locked = [one for one in reading.facts.tests.values() if one.status == "locked"]
    assert {row["id"]: row["open_bugs"] for row in answer["tests"]} == {
        one.id: tally((one,)).open for one in locked
    }
    assert sum(row["tests_listed"] for row in answer["products"]) == len(locked)
    assert sum(row["open_bugs"] for row in answer["products"]) == tally(locked).open
    assert answer["totals"] == {
        "tests_listed": len(locked),
        "tests_in_metrics": sum(one.executed and not one.demo for one in locked),
        "bug_count": tally(locked).bug_count,
        "open_bugs": tally(locked).open,
    }


async def test_why_a_bug_was_rejected_by_whom_and_in_whose_words(reading: Reading) -> None:
    listed = await reading.ask("list_bugs", product_ids=[HALO], review=["rejected"], per_page=5)
    assert all(row["rejection_reason"] for row in listed["bugs"])
    bug = reading.facts.bugs[listed["bugs"][0]["id"]]
    answer = (await reading.ask("get_bug_summary", bug_id=bug.id))["rejection"]
    assert answer["reason"] == bug.rejection_reason
    assert (answer["by"], answer["comment"]) in {(one.author, one.body) for one in bug.comments}
    fields = ["rejected_by", "rejected_at", "rejection_comment"]
    lines = await reading.ask("list_bugs", product_ids=[HALO], review="rejected", fields=fields, per_page=5)
    (line,) = (row for row in lines["bugs"] if row["id"] == bug.id)
    assert [line[name] for name in fields] == [answer["by"], answer["at"], answer["comment"]]


async def test_five_features_with_most_bugs_and_their_bugs_per_test(reading: Reading) -> None:
    answer = await reading.ask("list_features", sort_by="bug_count", per_page=5)
    pages = [
        (row.found.bug_count, row.id, row.found.test_count)
        for product_id in reading.facts.products
        for row in product_view(reading.facts, product_id, ALL_TIME.key, OPTIONS).features
        if row.found is not None and isinstance(row.id, int)
    ]
    most = sorted(pages, key=lambda one: (-one[0], one[1]))[:5]
    shown = [(row["metrics"]["bug_count"], row["id"]) for row in answer["features"]]
    assert shown == [(bugs, feature_id) for bugs, feature_id, _ in most]
    for row, (bugs, _, tests) in zip(answer["features"], most, strict=True):
        assert row["metrics"]["bugs_per_test"] == to_digits(bugs / tests, 1)


async def test_how_fresh_the_data_is_and_what_is_missing(reading: Reading) -> None:
    answer = await reading.ask("get_server_diagnostics")
    origin = freshness(reading.facts)
    assert answer["snapshot"]["created_at"] == f"{origin.as_of:%Y-%m-%dT%H:%M:%SZ}" == answer["data_as_of"]
    assert answer["snapshot"]["gaps"] == len(origin.gaps)
    assert answer["snapshot"]["bugs"] == len(reading.facts.bugs)
    executed = select(reading.facts, Selection())
    assert answer["snapshot"]["tests_in_metrics"] == len(executed)
    assert answer["snapshot"]["bugs_in_metrics"] == tally(executed).bug_count
    assert answer["snapshot"]["last_test_end_at"] <= answer["data_as_of"][:10]
    assert answer["snapshot"]["last_planned_end_at"] >= answer["data_as_of"][:10]
    products = (await reading.ask("list_products"))["products"]
    last = max(row["last_test_end_at"] for row in products if "last_test_end_at" in row)
    assert answer["snapshot"]["last_test_end_at"] == last


async def test_a_report_is_saved_and_its_path_told(reading: Reading) -> None:
    answer = await reading.ask("generate_quality_report", product_ids=["Halo Shop"], output_file="halo.md")
    view = product_view(reading.facts, HALO, None, OPTIONS).report
    path = Path(answer["output_path"])
    assert path == (reading.reports / "halo.md").absolute()
    assert path.stat().st_size == answer["output_bytes"]  # noqa: ASYNC240 - a small local file
    assert [text.replace(" (within chance)", "") for text in answer["headline"]] == list(view.headline)
    assert len(str(answer)) < 2_000


async def test_bugs_due_in_seven_days_by_product_and_day(reading: Reading) -> None:
    answer = await reading.ask("list_review_deadlines", within_days=7)
    facts, until = reading.facts, reading.facts.as_of + timedelta(days=7)
    expected = {
        (f"{day.day}", facts.products[product_id].name): bugs
        for day in deadline_days(facts, facts.tests.values(), facts.as_of)
        if not day.overdue and day.day <= until.date()
        for product_id in facts.products
        if (bugs := sum(bug.product_id == product_id for bug in day.bugs))
    }
    shown: dict[tuple[str, str], int] = {}
    for row in answer["coming"]:
        shown[row["day"], row["product"]] = shown.get((row["day"], row["product"]), 0) + row["bug_count"]
    assert shown == expected
    days = {(day, name): n for name, days in answer["by_product"].items() for day, n in days.items()}
    assert days == expected
    opened = sum(bug.review == "open" for bug in facts.bugs.values())
    held = (answer["coming_bugs"], answer["later_bugs"], answer["overdue_bugs"])
    assert sum(held) + sum(answer.get("without_deadline", {}).values()) == opened
    listed = await reading.ask("list_bugs", deadline_before="7 days")
    assert listed["filters"] == {"deadline_before": f"{until:%Y-%m-%dT%H:%M:%SZ}"}
    assert {(row["day"], row["product"]): row["bug_count"] for row in listed["due"]} == expected
    assert listed["pagination"]["total_count"] == sum(row["bug_count"] for row in listed["products"])
    ends = [row["auto_acceptance_due_at"] for row in listed["bugs"]]
    assert ends == sorted(ends)


@pytest.mark.parametrize("period", ["last quarter", "last 90 days"])
async def test_what_got_better_or_worse_than_chance_against_the_period_before(
    reading: Reading, period: str
) -> None:
    """Over all products a rise of one hides a fall of another: each product's own changes are told."""
    answer = await reading.ask("generate_quality_report", start_date=period, compare="previous_period")
    rows = {row["id"]: row.get("changes", {}) for row in answer["by_product"]}
    assert len(rows) >= 3
    for product_id, changes in rows.items():
        report = product_view(reading.facts, product_id, period, OPTIONS).report
        sure = {key: one for key, one in report.changes.items() if one.better is not None}
        told = words_of({key: one for key, one in sure.items() if key in COMPARED})
        assert changes.items() <= told.items()
        assert told.keys() - changes.keys() <= {HEADLINE}
    for product_id in rows:
        one = await reading.ask(
            "generate_quality_report",
            product_ids=[product_id],
            start_date=period,
            compare="previous_period",
        )
        report = product_view(reading.facts, product_id, period, OPTIONS).report
        assert one.get("changes", {}).items() <= words_of(report.changes).items()
    (recent,) = [text for text in answer["notes"] if text.startswith("Last 90 days against")] or [""]
    assert bool(recent) == (period == "last quarter")
    halo = product_view(reading.facts, HALO, None, OPTIONS).report.changes["rejection_rate_of_decided"]
    assert not recent or reading.earlier or f"{halo.step}, {halo.text}; worse" in recent


async def test_the_most_productive_testers_and_their_rejected_share(reading: Reading) -> None:
    answer = await reading.ask("list_users", user_type="tester")
    period = parse_range("last 365 days", None, reading.facts.as_of)
    tests = select(reading.facts, Selection(period=period))
    rows = [row for row in breakdowns.by_tester(reading.facts, tests, OPTIONS.weights).rows if row.name]
    shown = {row["name"]: row["metrics"] for row in answer["users"]}
    assert len(shown) >= 10
    for row in rows[:10]:
        for key in ("bug_count", "rejection_rate_of_decided"):
            assert shown[row.name or ""][key] == counts_of(row.measures[key])
    asked = await reading.ask(
        "query_metrics", metrics="bug_count", dimensions="tester", start_date="last 365 days", limit=5
    )
    assert {row["tester"]: row["bug_count"] for row in asked["rows"]} == {
        row["tester"]: shown[row["tester"]]["bug_count"] for row in asked["rows"]
    }
    told_of = "tests that end in the last 365 days, without running and undated ones"
    assert answer["period"] == told_of


async def test_login_problems_of_high_severity_since_a_date(reading: Reading, demo_snapshot: Path) -> None:
    """Without an index too."""
    since = reading.facts.as_of - timedelta(days=80)
    alone = await reading.ask("search", query="login", severity="high", reported_since=f"{since:%Y-%m-%d}")
    wider = await reading.ask(
        "search",
        query='login OR "log in" OR "sign in" OR signin',
        severity="high",
        reported_since=f"{since:%Y-%m-%d}",
    )
    more = wider["pagination"]["total_count"] - alone["pagination"]["total_count"]
    assert more > 0
    assert alone["warnings"][0].startswith(f"{more} more hits with ")
    named = alone["hits"] and all(hit["matched_in"] in {"title", "feature", "text"} for hit in alone["hits"])
    assert named
    assert alone["filters"] == {"severity": "high", "reported_since": f"{since:%Y-%m-%d}"}
    assert all(
        "**" in hit.get("snippet", "**") or "login" in hit["title"].casefold() for hit in alone["hits"]
    )
    call: dict[str, Any] = {
        "query": 'login OR "sign in"',
        "entities": ["bug"],
        "severity": ["high"],
        "reported_since": f"{since:%Y-%m-%d}",
        "limit": 100,
    }
    answer = await reading.ask("search", **call)
    shown = {hit["id"] for hit in answer["hits"]}
    assert answer["pagination"]["total_count"] == len(shown)
    high = [
        bug
        for bug in reading.facts.bugs.values()
        if bug.severity == "high" and bug.reported_at and bug.reported_at.date() >= since.date()
    ]
    assert shown <= {bug.id for bug in high}
    assert {bug.id for bug in high if "login" in bug.title.casefold().split()} <= shown
    assert shown
    if reading.earlier is None:
        async with asking(demo_snapshot) as ask:
            assert {hit["id"] for hit in (await ask("search", **call))["hits"]} == shown


async def test_stories_passed_untested_features_and_what_changed_since_yesterday(reading: Reading) -> None:
    passed = await reading.ask(
        "query_metrics", metrics=["story_pass_rate"], dimensions=["product"], start_date="last 90 days"
    )
    features = await reading.ask(
        "list_features",
        product_ids=[HALO],
        start_date="last 90 days",
        sort_by="test_count",
        sort_order="asc",
    )
    view = product_view(reading.facts, HALO, None, OPTIONS)
    (rate,) = (row["story_pass_rate"] for row in passed["rows"] if row["product_id"] == HALO)
    assert rate == told(view.report.measures["story_pass_rate"])
    untested = [row["title"] for row in features["features"] if not row["metrics"]["test_count"]]
    assert set(untested) == set(view.untested_features) != set()
    assert untested == [row["title"] for row in features["features"]][: len(untested)]
    never = await reading.ask("list_features", product_ids=[HALO], start_date="last 90 days", tested=False)
    assert {row["title"] for row in never["features"]} == set(untested)
    stories = await reading.ask("list_features", product_ids=[HALO], fields="stories")
    ever = {
        row.id: row
        for row in feature_rows(reading.facts, select(reading.facts, Selection()), [HALO], OPTIONS.weights)
    }
    assert stories["pagination"]["total_count"] == len(ever)
    assert set(stories["untested"]) == {row.title for row in ever.values() if not row.tally.test_count}
    assert (stories["features_tested"], stories["features_untested"]) == (
        len(ever) - len(stories["untested"]),
        len(stories["untested"]),
    )
    told_of = [one for row in stories["features"] for one in row.get("stories", ())]
    today = f"{reading.facts.as_of:%Y-%m-%d}"
    for one in told_of:
        ended, ends = one.get("last_tested"), one.get("running_test_ends")
        assert bool(ended or ends) is ("last" in one)
        assert (ended or today) <= today <= (ends or today)
    assert not any(one.get("last") == "not_tested" for one in told_of)
    if not stories["pagination"]["has_more"]:
        last = Counter(one.get("last", "not_tested") for one in told_of)
        assert stories["stories_by_last_outcome"] == last
        assert stories["stories_passed"] == last["passed"]
        assert stories["stories_tested"] == last.total() - last["not_tested"]
    every = await reading.ask("list_features", fields="stories")
    assert not every["pagination"]["has_more"], "the names of passed stories fit into the first answer"
    last = Counter(one.get("last") for row in every["features"] for one in row.get("stories", ()))
    assert last["passed"] == every["stories_passed"] > 0
    assert last.total() - last[None] == every["stories_tested"]
    both = await reading.ask(
        "list_features", product_ids=[HALO], fields="stories, metrics, last_test_end_at", per_page=50
    )
    plain = await reading.ask("list_features", product_ids=[HALO], per_page=50)
    keep = ("id", "metrics", "last_test_end_at")
    assert [[row.get(key) for key in keep] for row in both["features"]] == [
        [row.get(key) for key in keep] for row in plain["features"]
    ]
    assert all("stories" in row for row in both["features"] if row["user_stories"])
    changes = await reading.ask("get_changes", since="yesterday")
    if reading.earlier is None:
        start = (reading.facts.as_of - timedelta(days=1)).replace(hour=0)
        new = [bug for bug in reading.facts.bugs.values() if bug.reported_at and bug.reported_at >= start]
        assert changes["counts"]["reported_bugs"] == len(new)
        assert "since_snapshot" not in changes
        assert changes["warnings"][0].startswith("No snapshot from 2026-11-19T00:00:00Z or before is kept")
        return
    rows = {row["id"]: row for row in changes["products"]}
    for product_id in reading.facts.products:
        since = since_snapshot(reading.earlier, reading.facts, product_id)
        if product_id in rows:
            assert since.text.endswith(rows[product_id]["text"])
            assert rows[product_id]["counts"].get("new_bugs", 0) == len(since.new_bugs)
        else:
            assert since.text.endswith("nothing has changed.")


def stamp_of(test: Test) -> float:
    return test.end_at.timestamp() if test.end_at else 0.0


def bugs_shown(facts: Facts, tests: Sequence[Test]) -> dict[int, int]:
    """The bugs of each test on the page of all tests."""
    table = list_of_tests(facts, tests, facts.as_of)
    keys = [column.key for column in table.columns]
    found = {}
    for row in table.rows:
        cells = dict(zip(keys, row.cells, strict=True))
        number, bugs = cells["id"], cells["bug_count"]
        assert isinstance(number, Amount)
        assert isinstance(bugs, Figure)
        found[int(number.value or 0)] = int(bugs.measure.value or 0)
    return found


def words_of(changes: Mapping[str, Change]) -> dict[str, str]:
    """Changes as an answer tells them."""

    def judged(one: Change) -> str:
        return "" if one.better is None else f"; {'better' if one.better else 'worse'}, more than chance"

    return {key: f"{one.step}, {one.text}{judged(one)}" for key, one in changes.items()}
