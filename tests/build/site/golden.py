"""The golden pages: built from a small account made by hand, kept in `tests/gold`.

`python -m tests.build.site.golden` accepts what is built now; look at the difference before committing it.
"""

import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from build.site.site import SiteOptions, site_files
from quality.model.entities import Comment, Execution, Requirement, Test, TestFeature, UserStory
from quality.model.facts import Facts, Gap
from tests.factories import NOW, make_bug, make_facts, make_feature, make_product, make_test

GOLD = Path(__file__).parents[2] / "gold"
PAGES: Mapping[str, str] = {
    "index.html": "index.html",
    "product.html": "products/598-halo-shop/index.html",
    "test.html": "tests/31.html",
    "report.md": "products/598-halo-shop/report.md",
    "brief.md": "products/598-halo-shop/brief.md",
}
OPTIONS = SiteOptions(base_url="https://quality.example/reports", customer_name="Halo Group")


def golden_facts() -> Facts:
    """Two products, five tests that count, one that does not, and a gap."""
    shop = [
        _test(31, 4, "Release 4.2: checkout", [("open", "critical"), ("open", "low"), ("rejected", "high")]),
        _test(30, 25, "Search in depth", [("active_accepted", "high")] * 4 + [("rejected", "visual")] * 3),
        _test(
            29,
            60,
            "Release 4.1 regression",
            [("active_accepted", "low")] * 9 + [("auto_accepted", "high")] * 2,
        ),
        _test(
            28, 130, "Release 4.0 regression", [("active_accepted", "content")] * 11 + [("rejected", "low")]
        ),
        _test(27, -5, "Planned: gift cards", [], status="waiting"),
    ]
    bank = [_test(41, 12, "Onboarding", [], product_id=599, features=())]
    products = [make_product(), make_product(599, "Kestrel Bank", type="mobile_app_ios")]
    features = [
        make_feature(2001, "Checkout"),
        make_feature(2002, "Search"),
        make_feature(2003, "Gift cards"),
    ]
    gap = Gap("test", 26, 598, "missing", "The API answers 500 for this test.", NOW - timedelta(days=2), 3)
    return make_facts([*shop, *bank], products=products, features=features, gaps=[gap])


def golden_pages() -> dict[str, str]:
    """The pages by the names of their files in `tests/gold`, without what changes with the assets."""
    built = dict(site_files(golden_facts(), OPTIONS))
    return {
        name: re.sub(r"(assets/\w+)\.[0-9a-f]{10}\.", r"\1.", built[path].decode())
        for name, path in PAGES.items()
    }


def accept() -> list[str]:
    """Make what is built now the expected pages; the names of those that changed."""
    changed = []
    for name, text in golden_pages().items():
        path = GOLD / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            changed.append(name)
    return changed


def _test(test_id: int, days_ago: int, title: str, bugs: list[tuple[Any, Any]], **overrides: Any) -> Test:
    ended = NOW - timedelta(days=days_ago)
    made = [
        make_bug(
            review,
            severity,
            id=test_id * 100 + at,
            title=f"{title}: bug {at}",
            reported_at=ended - timedelta(hours=at),
            tester=("alice", "Priya N.", None)[at % 3],
            feature_id=2001 + at % 2,
            feature=("Checkout", "Search")[at % 2],
            steps=("Open the shop", "Search for a lamp"),
            location="https://staging.example.com/cart",
            expected_result="The total is 0.00",
            actual_result="The total still shows the discount",
            comments=(Comment("qa.lead", "The test instructions were not followed."),),
            attachments=(f"https://uploads.example.com/a/{test_id * 100 + at}.mp4",),
            rejection_reason="ignored_instructions" if review == "rejected" else None,
        )
        for at, (review, severity) in enumerate(bugs)
    ]
    stories = (UserStory(7, "Pay by card", 2001, "failed", 3, (test_id * 100,)),)
    fields: dict[str, Any] = {
        "goal": "Find out whether people can pay.\nOn every device.",
        "start_at": ended - timedelta(days=2),
        "end_at": ended,
        "features": (
            TestFeature(51, 2001, "Checkout", "failed", 4, 2, stories),
            TestFeature(52, 2002, "Search", "passed", 4, 0),
        ),
        "requirements": (Requirement("Smartphones", "Google", "Android", "14", "16", ("Chrome",)),),
        "execution": Execution(
            testers_count=4, total_user_stories=1, tested_user_stories=1, failed_user_stories=1
        ),
    }
    return make_test(made, id=test_id, title=title, **{**fields, **overrides})


if __name__ == "__main__":
    for name in accept():
        print(f"tests/gold/{name}")  # noqa: T201 - speaks to a person
