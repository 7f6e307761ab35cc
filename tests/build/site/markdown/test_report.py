"""What a report in Markdown says of what it leaves out or shows twice."""

import re
from datetime import timedelta

import pytest

from build.site.markdown.report import product_brief, product_markdown
from build.site.site import site_files
from quality.model.entities import Test
from quality.options import QualityOptions
from quality.views.product import ProductView, product_view
from tests.factories import NOW, make_bug, make_bugs, make_facts, make_product, make_test


def _view(*tests: Test, key: str = "last-90-days") -> ProductView:
    return product_view(make_facts(tests), 598, key, QualityOptions())


def _ended(days_ago: float, **overrides: object) -> dict[str, object]:
    return {"end_at": NOW - timedelta(days=days_ago), **overrides}


def test_the_rest_of_the_evidence_is_counted_in_bugs_and_tests_apart() -> None:
    test = make_test(make_bugs(open=7), id=9, **_ended(8))
    text = product_markdown(_view(test), None)
    first = ", ".join(f"bug {bug.id}" for bug in test.bugs[:5])
    assert f"Evidence: {first} and 2 more bugs; test 9." in text


def test_evidence_that_does_not_fit_is_counted() -> None:
    text = product_markdown(_view(make_test(make_bugs(open=70), id=9, **_ended(8))), None)
    assert "**70 open bugs to review** (Watch): 70 open bugs due by 22 Nov" in text
    assert "and 65 more bugs; test 9." in text


def test_a_table_whose_rows_overlap_has_the_true_total_below_it() -> None:
    bugs = [make_bug(platforms=("Android", "iOS")), make_bug(platforms=("iOS",))]
    text = product_markdown(_view(make_test(bugs, **_ended(3))), None)
    assert "Total: 2 bugs. A bug seen on several of them counts in each" in text
    assert "Total:" not in product_markdown(_view(make_test(make_bugs(open=2), **_ended(3))), None)


def test_the_trend_says_that_its_months_are_whole_and_how_many_are_left_out() -> None:
    tests = [make_test(make_bugs(rejected=1), id=at, **_ended(28 * at)) for at in range(1, 14)]
    text = product_markdown(_view(*tests), None)
    assert "The last 10 of 12 months. Each row is a whole calendar month (UTC)" in text
    assert "They can hold more than the period of this report." in text


def test_a_brief_has_both_verdicts_and_what_to_do_in_five_lines_and_eighty_words() -> None:
    bugs = [make_bug("open", "critical"), *make_bugs(active_accepted=30, rejected=15, open=2)]
    text = product_brief(_view(make_test(bugs, **_ended(9))), "https://quality.example")
    assert text == (
        "Halo Shop, Last 90 days, data of 2026-11-20 06:00 UTC\n"
        "Product: Act now. 1 critical bug is open.\n"
        "Review: Watch. 15 of 45 decided bugs rejected (33 %).\n"
        "Review 3 bugs by 21 Nov, 06:00 UTC.\n"
        "https://quality.example/products/598/index.html\n"
    )
    assert len(text.split()) <= 80


def test_all_time_is_said_once() -> None:
    view = _view(make_test(make_bugs(open=2), **_ended(9)), key="all")
    assert "**All time**. Snapshot" in product_markdown(view, None)
    assert "all time" not in product_brief(view, None)


@pytest.mark.slow
def test_a_page_judges_nothing_of_under_twenty_decisions() -> None:
    def verdicts(**reviews: int) -> str:
        page = dict(site_files(make_facts([make_test(make_bugs(**reviews))])))
        html = page["products/598-halo-shop/index.html"].decode()
        return html[html.index("<aside class=") : html.index("</aside>")]

    assert "18 of 88 decided bugs rejected" in verdicts(active_accepted=70, rejected=18)
    few = verdicts(rejected=3)
    assert "3 bugs are decided, at least 20 are needed." in few
    assert few.count("3 of 3 decided bugs rejected: too few to judge") == 1
    assert "%" not in few


@pytest.mark.parametrize("name", ["Shop [iOS] *new*", "shop_app_", "#1 Shop", "- {{ x }}", "1. Shop", "a\\b"])
def test_a_brief_has_no_backslash_that_its_product_has_not(name: str) -> None:
    r"""Slack shows what it is given: people saw `Shop \[iOS\]` and `**Shop**`."""
    facts = make_facts([make_test(make_bugs(open=2), **_ended(9))], products=[make_product(name=name)])
    text = product_brief(product_view(facts, 598, "all", QualityOptions(), facts.as_of), None)
    assert text.count("\\") == name.count("\\") * text.count("a\\")
    assert not re.search(r"[*`]", text)
    assert not re.search(r"\{[{%]", text)
