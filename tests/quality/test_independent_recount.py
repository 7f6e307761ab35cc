"""Every number of the demo account counted a second time, naively, from the upstream's own JSON.

Nothing of the core but the names of metrics, dimensions and periods is used for the second count.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import combinations, product
from math import sqrt
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from build.facts.load import load_facts
from demo.account.account import DEMO_NOW, Account, demo_account
from quality.metrics.catalogue import METRICS
from quality.model.facts import Facts
from quality.options import QualityOptions
from quality.periods.periods import REPORT_PERIODS, period
from quality.pivot.dimensions import DIMENSIONS
from quality.pivot.query import query
from quality.selection import Selection
from quality.views.portfolio import portfolio_view
from quality.views.product import product_view
from snapshot.reader import open_snapshot
from tests.build.account_facts import account_facts
from tests.quality.views.shown_features import feature_numbers

Json = dict[str, Any]
Cell = tuple[dict[int, Json], dict[int, Json]]
"""Tests and bugs by id."""

ACCOUNT = demo_account()
SERVED = ACCOUNT.reject_reasons()
EXECUTED = {"running", "locked", "archived"}
APOSTROPHES = "’‘ʼ`´"


def word(value: Any) -> str:
    return str(value or "").strip().lower()


def name(value: Any) -> str | None:
    return ((value.get("name") if isinstance(value, dict) else value) or "").strip() or None


def ended(test: Json) -> datetime | None:
    return moment(test.get("end_at"))


def moment(written: Any) -> datetime | None:
    try:
        at = datetime.fromisoformat(written)
    except (TypeError, ValueError):
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def review(bug: Json) -> str:
    if word(bug.get("status")) == "accepted":
        return "auto_accepted" if bug.get("auto_accepted") is True else "active_accepted"
    return "rejected" if word(bug.get("status")) == "rejected" else "open"


def severity(bug: Json) -> str:
    known = {"critical", "high", "medium", "low", "visual", "content", "custom"}
    return found if (found := word(bug.get("severity"))) in known else "unknown"


def bug_type(bug: Json) -> str:
    return found if (found := severity(bug)) in {"visual", "content", "custom"} else "functional"


def folded(text: str) -> str:
    return " ".join(re.sub(f"[{APOSTROPHES}]", "'", text.lower()).split())


KNOWN_REASONS = {  # the table of the upstream's guide
    "device_not_relevant": "This device is not relevant and the bug will not be fixed.",
    "ignored_instructions": "The test instructions were not followed.",
    "intended_behavior": "The behaviour/design described here is intentional.",
    "irrelevant": "This bug is not relevant and will not be fixed.",
    "known_bug": "This is a legit bug but already known.",
    "not_reproducible": "With the information provided it was not possible to reproduce this bug.",
    "request_timeout": "Your bug was rejected automatically, because you didn't respond to the request"
    " within 24 hours",
}


def reason(bug: Json) -> str | None:
    if review(bug) != "rejected":
        return None
    said = [*((one["key"], one["default_comment"]) for one in SERVED), *KNOWN_REASONS.items()]
    for comment in bug.get("comments") or []:
        for key, text in said:
            if folded(text).removeprefix("rejected - ") in folded(comment.get("body") or ""):
                return str(key)
    return "unspecified"


def feature(test: Json, bug: Json) -> int | None:
    if (bug.get("feature") or {}).get("id"):
        return int(bug["feature"]["id"])
    version = (bug.get("test_feature") or {}).get("id")
    found = [one["feature_id"] for one in test.get("features") or [] if one.get("id") == version]
    return int(found[0]) if version and found else None


def of_devices(read: Callable[[Json], Iterable[str | None]]) -> Callable[[Json, Json], set[Any]]:
    return lambda _, bug: (
        {one for device in bug.get("devices") or [] for one in read(device) if one} or {"unknown"}
    )


def by_end(text: Callable[[datetime], str]) -> Callable[[Json, list[Json]], set[Any]]:
    return lambda test, _: {text(at) if (at := ended(test)) else None}


def part_id(key: str) -> Callable[[Json, list[Json]], set[Any]]:
    return lambda test, _: {(test.get(key) or {}).get("id")}


def features_of(test: Json, bugs: list[Json]) -> set[Any]:
    own = {int(one["feature_id"]) for one in test.get("features") or [] if one.get("feature_id")}
    return (own | {feature(test, bug) for bug in bugs}) or {None}


SECTIONED = {  # a product whose only section is the default one has none
    product["id"]
    for product in ACCOUNT.products()
    if product["sections"] or len(product["sections_with_default"]) > 1
}
OF_TEST: Mapping[str, Callable[[Json, list[Json]], set[Any]]] = {
    "product": lambda test, _: {test["of"]},
    "feature": features_of,
    "customer": lambda test, _: {name(test.get("created_by"))},
    "status": lambda test, _: {word(test.get("status")) or None},
    "testing_type": lambda test, _: {word(test.get("testing_type")) or "test_case"},
    "test_environment": part_id("test_environment"),
    "section": lambda test, _: {(test.get("section") or {}).get("id") if test["of"] in SECTIONED else None},
    "month": by_end(lambda at: f"{at:%Y-%m}"),
    "week": by_end(lambda at: f"{at:%G-W%V}"),
    "test": lambda test, _: {int(test["id"])},
    "quarter": by_end(lambda at: f"{at.year}-Q{(at.month + 2) // 3}"),
}
OF_BUG: Mapping[str, Callable[[Json, Json], set[Any]]] = {
    "feature": lambda test, bug: {feature(test, bug)},
    "platform": of_devices(lambda device: [name(device.get("operating_system"))]),
    "browser": of_devices(lambda device: map(name, device.get("browsers") or [])),
    "device_category": of_devices(lambda device: [name(device.get("category"))]),
    "tester": lambda _, bug: {name(bug.get("author"))},
    "severity": lambda _, bug: {severity(bug)},
    "bug_type": lambda _, bug: {bug_type(bug)},
    "review": lambda _, bug: {review(bug)},
    "rejection_reason": lambda _, bug: {reason(bug)},
    "known_bug": lambda _, bug: {"true" if bug.get("known") is True else "false"},
    "reported_month": lambda _, bug: {
        f"{at:%Y-%m}" if (at := moment(bug.get("reported_at"))) is not None else None
    },
    "language": lambda _, bug: {word(bug.get("language")) or None},
}


def numbers(tests: Mapping[int, Json], bugs: Mapping[int, Json]) -> dict[str, Any]:
    """Every metric: a count, or the (numerator, denominator) of a share."""
    reviews = [review(bug) for bug in bugs.values()]
    severities = [severity(bug) for bug in bugs.values()]
    active, auto, rejected = (reviews.count(one) for one in ("active_accepted", "auto_accepted", "rejected"))
    assert active + auto + rejected + reviews.count("open") == len(bugs)
    stories = [test.get("analytics") or {} for test in tests.values()]
    told = [one for one in stories if one.get("total_user_stories") is not None]
    passed, tested, every = (
        sum(one[f"{state}_user_stories"] for one in told) for state in ("passed", "tested", "total")
    )
    executed = {
        (int(one["feature_id"]), one.get("execution_status"))
        for test in tests.values()
        for one in test.get("features") or []
    }
    decided = active + auto + rejected
    waits = [days for bug in bugs.values() if (days := export_wait(bug)) is not None]
    accepted = [severity(bug) for bug in bugs.values() if word(bug.get("status")) == "accepted"]
    weights = {"critical": 5, "high": 3, "medium": 2}
    return {
        "test_count": len(tests),
        "bug_count": len(bugs),
        "bugs_per_test": (len(bugs), len(tests)),
        "features_tested": len({one for one, status in executed if status not in {None, "not_tested"}})
        if (any(status for _, status in executed) or not executed)
        and not any(test.get("part") for test in tests.values())
        else None,
        "features_attached": len({one for one, _ in executed}),
        "active_testers": len({name(bug.get("author")) for bug in bugs.values()} - {None}),
        **{f"{one}_bugs": severities.count(one) for one in (*weights, "low", "visual", "content", "custom")},
        "unknown_bugs": severities.count("unknown"),
        "known_bugs": sum(bug.get("known") is True for bug in bugs.values()),
        "bug_severity_score": sum(weights.get(one, 1) for one in severities),
        "total_accepted": active + auto,
        "reviewed": active + rejected,
        "open_bugs": reviews.count("open"),
        "decided": decided,
        "overdue_bugs": sum(review(bug) == "open" and bug["over"] for bug in bugs.values()),
        "waiting_for_tester": sum(word(bug.get("status")) == "requested" for bug in bugs.values()),
        "exported": sum(moment(bug.get("exported_at")) is not None for bug in bugs.values()),
        "export_days": median(waits)
        if (waits := [one for one in map(export_wait, bugs.values()) if one is not None])
        else None,
        "verified_fixed": [confirmed(bug) for bug in bugs.values()].count("passed"),
        "confirmation_failed": [confirmed(bug) for bug in bugs.values()].count("failed"),
        "accepted_critical": accepted.count("critical"),
        "accepted_high": accepted.count("high"),
        "acceptance_rate": (active + auto, decided),
        "rejection_rate_of_decided": (rejected, decided),
        "person_review_rate": (active + rejected, decided),
        "active_acceptance_of_decided": (active, decided),
        "overall_acceptance_rate": (active + auto, len(bugs)),
        "active_acceptance_rate": (active, len(bugs)),
        "auto_acceptance_rate": (auto, active + auto),
        "rejection_rate": (rejected, len(bugs)),
        "review_rate": (active + rejected, len(bugs)),
        "tests_created": sum(name(test.get("created_by")) is not None for test in tests.values()),
        "tests_submitted": sum(name(test.get("submitted_by")) is not None for test in tests.values()),
        "story_pass_rate": (passed, tested),
        "story_coverage": (tested, every),
        "median_review_days": None,  # one snapshot is no history
    }


def export_wait(bug: Json) -> float | None:
    start, end = moment(bug.get("reported_at")), moment(bug.get("exported_at"))
    return (end - start) / timedelta(days=1) if start and end and end >= start else None


def confirmed(bug: Json) -> str | None:
    """The result of the last fix confirmation that has one."""
    result = None
    for comment in bug.get("comments") or []:
        body = (comment.get("body") or "").lower()
        if body.startswith("this bug is fixed"):
            result = "passed"
        if body.startswith("bug fix confirmation"):
            end = body.rsplit("result: ", 1)[-1]
            result = end if end in {"passed", "failed"} else result
    return result


def is_over(test: Json) -> bool:
    """Whether the test ended more than ten days ago and can still change."""
    at = ended(test)
    final = word(test.get("status")) in {"archived", "cancelled"}
    return at is not None and not final and DEMO_NOW - at > timedelta(days=10)


def part_of(test: Json, feature_id: int | None) -> Json:
    """What the test says of one feature: its own stories, and nothing of the others."""
    own = [one for one in test.get("features") or [] if int(one["feature_id"]) == feature_id]
    states = [
        story["execution_status"]
        for one in own
        for story in one["user_stories"]
        if isinstance(story, dict) and story.get("execution_status")
    ]
    counts = {
        "total_user_stories": len(states),
        "tested_user_stories": sum(one != "not_tested" for one in states),
        "passed_user_stories": states.count("passed"),
    }
    return {**test, "features": own, "analytics": counts if states else None, "part": True}


Chosen = list[tuple[Json, list[Json]]]
"""Tests, each with its bugs."""


def of_row(test: Json, keys: tuple[str, ...], ids: tuple[Any, ...]) -> Json:
    return part_of(test, ids[keys.index("feature")]) if "feature" in keys else test


def cells(chosen: Chosen, keys: tuple[str, ...]) -> dict[tuple[Any, ...], Cell]:
    found: dict[tuple[Any, ...], Cell] = defaultdict(lambda: ({}, {}))
    for test, bugs in chosen:
        whole = {key: OF_TEST[key](test, bugs) for key in keys if key in OF_TEST}
        if len(whole) == len(keys):
            for ids in product(*whole.values()):
                found[ids][0][test["id"]] = of_row(test, keys, ids)
        for bug in bugs:
            for ids in product(*[OF_BUG[key](test, bug) if key in OF_BUG else whole[key] for key in keys]):
                found[ids][0][test["id"]] = of_row(test, keys, ids)
                found[ids][1][bug["id"]] = bug
    return found


def within(chosen: Chosen, start: date | None, end: date | None) -> Chosen:
    """The executed tests that are no demo tests and end on one of the days (UTC)."""
    return [
        (test, bugs)
        for test, bugs in chosen
        if (word(test.get("status")) in EXECUTED or (bugs and word(test.get("status")) != "cancelled"))
        and test.get("demo") is not True
        and (not start or not end or ((at := ended(test)) is not None and start <= at.date() <= end))
    ]


# First and last day of each report period, by the calendar: the demo's today is 20 November 2026.
SPANS: Mapping[str, tuple[date, date] | tuple[None, None]] = {
    "last-30-days": (date(2026, 10, 22), date(2026, 11, 20)),
    "last-90-days": (date(2026, 8, 23), date(2026, 11, 20)),
    "this-quarter": (date(2026, 10, 1), date(2026, 12, 31)),
    "last-quarter": (date(2026, 7, 1), date(2026, 9, 30)),
    "ytd": (date(2026, 1, 1), date(2026, 11, 20)),
    "last-365-days": (date(2025, 11, 21), date(2026, 11, 20)),
    "all": (None, None),
}


def read(account: Account) -> Chosen:
    """The second count's own reading of an account."""
    tests = [
        ({**account.test(test_id), "of": product_id}, account.bugs(test_id))
        for product_id, ids in account.test_ids.items()
        for test_id in ids
    ]
    return [(test, [{**bug, "over": is_over(test)} for bug in bugs]) for test, bugs in tests]


@pytest.fixture(scope="module")
def every() -> Chosen:
    """The demo account, read a second time."""
    return read(ACCOUNT)


@pytest.fixture(scope="module")
def facts(demo_snapshot: Path) -> Facts:
    """What the core has read over HTTP and the snapshot."""
    return load_facts(open_snapshot(demo_snapshot))


def compare(measures: Mapping[str, Any], cell: Cell, where: object) -> None:
    expected = numbers(*cell)
    assert measures.keys() == expected.keys() == METRICS.keys()
    for key, value in expected.items():
        shown = measures[key]
        if isinstance(value, tuple):
            part, whole = value
            assert (shown.numerator, shown.denominator) == value, (where, key)
            assert shown.value == (part / whole if whole else None), (where, key)
            if shown.unit == "rate" and whole:
                z, share = 1.959964, part / whole
                middle = (share + z * z / (2 * whole)) / (1 + z * z / whole)
                reach = z / (1 + z * z / whole) * sqrt(share * (1 - share) / whole + (z / (2 * whole)) ** 2)
                assert (shown.low, shown.high) == pytest.approx((middle - reach, middle + reach), abs=1e-9)
        else:
            assert shown.value == value, (where, key)


@pytest.mark.parametrize("key", REPORT_PERIODS)
@pytest.mark.slow
def test_every_metric_by_every_dimension_is_what_a_naive_recount_finds(
    every: Chosen, facts: Facts, key: str
) -> None:
    recount(every, facts, key, combinations(DIMENSIONS, 2) if key == "last-90-days" else ())


@pytest.fixture(scope="module", params=[11, 23])
def other(request: pytest.FixtureRequest) -> Account:
    """Another account than the demo's."""
    return demo_account(48, seed=request.param)


@pytest.mark.parametrize("key", REPORT_PERIODS)
@pytest.mark.slow
def test_a_naive_recount_of_other_accounts_finds_the_same_too(other: Account, key: str) -> None:
    recount(read(other), account_facts(other), key, ())


def recount(every: Chosen, facts: Facts, key: str, pairs: Iterable[tuple[str, ...]]) -> None:
    """Compare every metric of a period, in all and by each dimension, with the naive count."""
    chosen = within(every, *SPANS[key])
    assert chosen
    total = cells(chosen, ())[()]
    for keys in [(), *((one,) for one in DIMENSIONS), *pairs]:
        view = query(
            facts,
            metrics=tuple(METRICS),
            dimensions=keys,
            selection=Selection(period=period(key, DEMO_NOW)),
        )
        compare(view.totals, total, (key, "totals"))
        if keys:
            expected = cells(chosen, keys)
            rows = {tuple(label.id for label in row.labels): row.values for row in view.rows}
            assert rows.keys() == expected.keys(), keys
            assert len(rows) == len(view.rows) == view.total_rows
            for ids, cell in expected.items():
                compare(rows[ids], cell, (key, keys, ids))


@pytest.mark.slow
@pytest.mark.parametrize("key", REPORT_PERIODS)
def test_product_pages_and_the_portfolio_show_what_a_naive_recount_finds(
    every: Chosen, facts: Facts, key: str
) -> None:
    start, end = SPANS[key]
    portfolio = {
        row.product.id: row for row in portfolio_view(facts, QualityOptions(default_period=key)).rows
    }
    assert portfolio.keys() == ACCOUNT.test_ids.keys()
    for product_id, row in portfolio.items():
        own = [one for one in every if one[0]["of"] == product_id]
        chosen = within(own, start, end)
        view = product_view(facts, product_id, key, QualityOptions())
        compare(view.report.measures, cells(chosen, ())[()], (key, product_id))
        compare(row.measures, cells(chosen, ())[()], (key, product_id))
        if start and end:
            before = within(own, start - (end - start) - timedelta(days=1), start - timedelta(days=1))
            compare(view.report.previous or {}, cells(before, ())[()], (key, product_id, "before"))
        for shown in (view.report.severity, view.report.reasons, view.platforms, view.browsers, view.testers):
            found = {ids[0]: len(bugs) for ids, (_, bugs) in cells(chosen, (shown.dimension,)).items()}
            if shown.dimension == "rejection_reason":
                found.pop(None, None)
            rows = {one.id: int(one.measures["bug_count"].value or 0) for one in shown.rows}
            assert {one: count for one, count in rows.items() if count} == found
        keys = ("test_count", "bug_count", "accepted_critical", "accepted_high")
        tested = feature_numbers(view, *keys)
        counted = [numbers(*cell) for cell in cells(chosen, ("feature",)).values()]
        assert sorted(tested[name] for name in tested if name not in view.untested_features) == sorted(
            tuple(one[key] for key in keys) for one in counted
        )
        ended_in = cells(within(own, None, None), ("month",))
        for point in view.report.trend:
            tests, bugs = ended_in.get((point.month,), ({}, {}))
            assert point.measures["test_count"].value == len(tests)
            rejected = list(map(review, bugs.values())).count("rejected")
            assert point.measures["rejection_rate_of_decided"].numerator == rejected
