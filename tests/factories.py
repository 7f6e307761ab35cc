"""Believable entities and raw upstream objects for tests; every argument overrides one field."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, cast

import pytest
from msgspec import structs

from quality.deadlines import with_overdue
from quality.metrics.catalogue import METRICS
from quality.metrics.metric import Metric
from quality.metrics.rates import Rate
from quality.model.entities import (
    Bug,
    BugType,
    Device,
    Feature,
    Named,
    Product,
    RejectReason,
    ReviewState,
    Severity,
    Test,
    TestFeature,
)
from quality.model.facts import Facts, Gap
from quality.review_times import with_review_days

NOW = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
ENDED = NOW - timedelta(days=20)
_ids = count(1_000_000)
_STATUS: Mapping[ReviewState, str] = {
    "active_accepted": "accepted",
    "auto_accepted": "accepted",
    "rejected": "rejected",
    "open": "forwarded",
}
_TYPES: Mapping[str, BugType] = {"visual": "visual", "content": "content", "custom": "custom"}


def make_bug(review: ReviewState = "active_accepted", severity: Severity = "high", **overrides: Any) -> Bug:
    """A bug; its status, type and rejection reason follow from the review and the severity."""
    bug_id = overrides.pop("id", None) or next(_ids)
    fields: dict[str, Any] = {
        "id": bug_id,
        "test_id": 0,
        "product_id": 598,
        "title": f"Bug {bug_id}",
        "status": _STATUS[review],
        "review": review,
        "bug_type": _TYPES.get(severity, "functional"),
        "severity": severity,
        "language": "en",
        "tester": "alice",
        "feature_id": 2001,
        "feature": "Shopping cart",
        "devices": (Device("Smartphones", "Google", "Pixel 9", "Android", "16", ("Chrome",)),),
        "platforms": ("Android",),
        "browsers": ("Chrome",),
        "device_categories": ("Smartphones",),
        "rejection_reason": "unspecified" if review == "rejected" else None,
        "reported_at": ENDED - timedelta(days=1),
    }
    return Bug(**{**fields, **overrides})


def make_bugs(**reviews: int) -> list[Bug]:
    """So many bugs of each review state: `make_bugs(rejected=2, open=1)`."""
    return [make_bug(review) for review, number in reviews.items() for _ in range(number)]  # type: ignore[arg-type]


def make_test(bugs: Iterable[Bug] = (), **overrides: Any) -> Test:
    """A locked test that ended 20 days before `NOW`; the bugs become its own."""
    test_id = overrides.pop("id", None) or next(_ids)
    product_id = overrides.pop("product_id", 598)
    fields: dict[str, Any] = {
        "id": test_id,
        "product_id": product_id,
        "title": f"Test {test_id}",
        "status": "locked",
        "testing_type": "coverage",
        "start_at": ENDED - timedelta(days=2),
        "end_at": ENDED,
        "created_by": "qa.lead",
        "section": Named(21855, "default-section"),
        "environment": Named(2, "Staging shop"),
        "features": (TestFeature(5001, 2001, "Shopping cart"),),
        "bugs": tuple(structs.replace(bug, test_id=test_id, product_id=product_id) for bug in bugs),
    }
    return Test(**{**fields, **overrides})


def make_product(id: int = 598, name: str = "Halo Shop", **overrides: Any) -> Product:  # noqa: A002
    """A product without sections."""
    return Product(**{"id": id, "name": name, "type": "website", **overrides})


def make_feature(id: int = 2001, title: str = "Shopping cart", **overrides: Any) -> Feature:  # noqa: A002
    """A feature of product 598."""
    return Feature(**{"id": id, "product_id": 598, "title": title, **overrides})


def make_facts(
    tests: Iterable[Test] = (),
    *,
    products: Iterable[Product] | None = None,
    features: Iterable[Feature] = (),
    gaps: Iterable[Gap] = (),
    as_of: datetime = NOW,
    review_days: Mapping[int, float] | None = None,
    reject_reasons: Iterable[RejectReason] = (),
    snapshot_id: str = "20261120T060000Z-3f9c2a",
) -> Facts:
    """A snapshot's facts; by default with one product for each product id of the tests (598 at least)."""
    days = review_days or {}
    by_id = {test.id: with_overdue(with_review_days(test, days), as_of) for test in tests}
    if products is None:
        others = sorted({test.product_id for test in by_id.values()} - {598})
        products = [make_product(), *(make_product(one, f"Product {one}") for one in others)]
    known = {product.id: product for product in sorted(products, key=lambda product: product.id)}
    catalogue = {
        product_id: tuple(feature for feature in features if feature.product_id == product_id)
        for product_id in known
    }
    return Facts(
        snapshot_id=snapshot_id,
        as_of=as_of,
        products=known,
        features=catalogue,
        tests=by_id,
        reject_reasons=tuple(reject_reasons),
        gaps=tuple(gaps),
    )


def known_review_days(facts: Facts) -> dict[int, float]:
    """The days to the review of each bug for which they are known."""
    return {bug.id: bug.review_days for bug in facts.bugs.values() if bug.review_days is not None}


ADDED = Metric(
    key="known_share",
    title="Known share",
    unit="rate",
    formula="known_bugs / bug_count",
    help="Bugs that were known before, of all bugs.",
    value=lambda tally, _: Rate(tally.known, tally.bug_count),
    better="down",
    noun="known bug",
    divisor="bug",
    verb="known before",
    judged=True,
    no_data="Without bugs none is known.",
    action="Keep the list of known bugs in the instructions.",
)
"""A metric that the catalogue does not have."""


def add_metric(monkeypatch: pytest.MonkeyPatch, metric: Metric = ADDED) -> Metric:
    """Add an entry to the catalogue for the time of a test, and change nothing else."""
    monkeypatch.setitem(cast("dict[str, Metric]", METRICS), metric.key, metric)
    return metric


def worked_example() -> Facts:
    """One product with four locked tests and ten bugs, of which every rate is known."""
    return make_facts(
        [
            make_test(make_bugs(active_accepted=2, auto_accepted=1, rejected=1, open=1), id=1),
            make_test(make_bugs(active_accepted=2, auto_accepted=1), id=2),
            make_test(make_bugs(rejected=2), id=3),
            make_test(id=4),
        ]
    )


def raw_product(**overrides: Any) -> dict[str, Any]:
    """A product without sections, as the upstream gives it."""
    section = {
        "id": 21855,
        "name": "default-section",
        "connection": None,
        "test_templates": {"total": 1, "count": 0},
    }
    return {
        "id": 598,
        "name": "Halo Shop",
        "description": None,
        "type": "website",
        "default_section_id": 21855,
        "sections": [],
        "sections_with_default": [section],
        "connection": None,
        "remote_device_testing": False,
        **overrides,
    }


def raw_feature(**overrides: Any) -> dict[str, Any]:
    """A feature of a catalogue with one user story."""
    story = "As a shopper, I can add an item to my cart"
    return {
        "id": 2001,
        "title": "Shopping cart",
        "description": "Add and remove items",
        "howtofind": "Top right",
        "user_stories": [{"id": 10, "path": story, "title": story, "feature_id": 2001}],
        **overrides,
    }


def raw_test(**overrides: Any) -> dict[str, Any]:
    """A locked test by itself, with one feature and execution metrics."""
    return {
        "id": 109363,
        "title": "Mobile checkout flow",
        "test_title": "Mobile checkout flow",
        "status": "locked",
        "testing_type": "coverage",
        "review_status": "review_successful",
        "goal": "**Find what stops people from paying**",
        "goal_text": "Find what stops people from paying",
        "instructions": "Use the test card.",
        "instructions_text": "Use the test card.",
        "out_of_scope": None,
        "out_of_scope_text": None,
        "start_at": "2026-10-29T13:00:00+02:00",
        "end_at": "2026-10-31T17:00:00+01:00",
        "report_language": "en",
        "demo": False,
        "created_by": {"id": 41, "name": "qa.lead"},
        "submitted_by": None,
        "product": {"id": 598, "name": "Halo Shop"},
        "section": {"id": 21855, "name": "default-section"},
        "test_environment": {"id": 2, "title": "Staging shop", "url": "https://staging.example.com/"},
        "features": [
            {
                "id": 5001,
                "feature_id": 2001,
                "title": "Shopping cart",
                "description": "Add and remove items",
                "user_stories": ["As a shopper, I can add an item to my cart"],
                "execution_status": "failed",
                "tester_count": 3,
                "bugs_found": 2,
                "bug_ids": [4001, 4002],
            }
        ],
        "requirements": [],
        "attachments": [],
        "reviews": [],
        "allowed_bug_types": ["default", "content", "visual"],
        "analytics": {
            "testers_count": 5,
            "devices_count": 8,
            "total_features": 1,
            "tested_features": 1,
            "passed_features": 0,
            "failed_features": 1,
            "total_user_stories": 4,
            "tested_user_stories": 3,
            "passed_user_stories": 2,
            "failed_user_stories": 1,
            "blocked_user_stories": 0,
            "total_bugs": 2,
        },
        **overrides,
    }


def raw_bug(**overrides: Any) -> dict[str, Any]:
    """A forwarded bug of the test that `raw_test` gives."""
    return {
        "id": 4001,
        "title": "Cart total is wrong after removing the last discounted item",
        "status": "forwarded",
        "auto_accepted": False,
        "severity": "high",
        "known": False,
        "language": "en",
        "location": "https://staging.example.com/cart",
        "expected_result": "The total is 0.00",
        "actual_result": "The total still shows the discount",
        "steps": ["Open the shop", "Add a discounted item", "Remove it"],
        "author": {"id": 26, "name": "alice"},
        "test": {"id": 109363, "title": "Mobile checkout flow"},
        "product": {"id": 598, "name": "Halo Shop"},
        "feature": {"id": 2001, "title": "Shopping cart"},
        "test_feature": {"id": 5001},
        "devices": [
            {
                "id": 77,
                "category": {"name": "Smartphones"},
                "vendor": {"name": "Google"},
                "device": {"name": "Pixel 9"},
                "operating_system": {"id": 4, "name": "Android"},
                "operating_system_version": {"id": 401, "name": "16"},
                "browsers": [{"id": 2, "name": "Chrome"}],
            }
        ],
        "attachments": [{"id": 85, "url": "https://uploads.example.com/a/85.mp4"}],
        "comments": [],
        "reported_at": "2026-10-30T16:20:31+02:00",
        "exported_at": None,
        **overrides,
    }
