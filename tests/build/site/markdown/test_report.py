"""What a report in Markdown says of what it leaves out or shows twice."""

import re
from datetime import timedelta

import pytest

from build.site.links import Links
from build.site.markdown.portfolio import portfolio_markdown
from build.site.markdown.report import product_brief, product_markdown, words
from build.site.site import site_files
from quality.model.entities import REVIEW_STATES as REVIEWS
from quality.model.entities import SEVERITIES, Test
from quality.options import QualityOptions
from quality.views.portfolio import portfolio_view
from quality.views.product import ProductView, product_view
from tests.factories import NOW, make_bug, make_bugs, make_facts, make_product, make_test


def _view(*tests: Test, key: str = "last-90-days") -> ProductView:
    return product_view(make_facts(tests), 598, key, QualityOptions())


def _ended(days_ago: float, **overrides: object) -> dict[str, object]:
    return {"end_at": NOW - timedelta(days=days_ago), **overrides}


def test_bugs_to_review_are_named_by_title_with_their_date_and_the_rest_is_counted() -> None:
    bugs = [make_bug("open", "critical", title="Pay fails"), *make_bugs(open=69)]
    text = product_markdown(_view(make_test(bugs, id=9, **_ended(8))), None)
    assert f"| Review: Pay fails ({bugs[0].id}) | Critical | 22 Nov, 06:00 |" in text
    assert "| Review 69 bugs, 69 high, of “Test 9”: " in text
    assert "Nobody is named to review them." in text


def test_the_portfolio_tells_no_count_of_bugs_without_its_critical_and_high_ones() -> None:
    bugs = [make_bug("open", "high"), make_bug("rejected", "critical"), *make_bugs(active_accepted=2)]
    earlier = make_test([make_bug(severity="low")], **_ended(100))
    other = make_test([make_bug("open", "critical")], product_id=599, **_ended(3))
    facts = make_facts([make_test(bugs, **_ended(3)), other, earlier])
    text = portfolio_markdown(portfolio_view(facts, QualityOptions()), "All", None, links=Links())
    assert "| Bugs | 5 (2 critical and 3 high) | 1 (none critical or high) |" in text
    assert "| Open bugs | 2 (1 critical and 1 high) | – |" in text


def test_deadlines_are_cut_last_where_a_report_is_too_long() -> None:
    few = [make_bug("open", "critical", title=f"Pay fails {at}") for at in range(6)]
    title = "an ox " * 40
    tests = [
        make_test(
            [make_bug(review, severity, title=title) for review in REVIEWS[:3] for severity in SEVERITIES],
            id=at,
            title=title,
            **_ended(9 * at),
        )
        for at in range(2, 12)
    ]
    text = product_markdown(_view(make_test(few, id=1, **_ended(8)), *tests), None)
    assert words(text) <= 700
    assert re.search(r"The first [2-5] of 54 bugs\.", text)
    assert not re.search(r"The (first|last) 1 of", text), "a table is left out rather than cut to a row"
    assert sum(f"Review: Pay fails {at} (" in text for at in range(6)) == 6


def test_a_report_has_absolute_links_or_none_and_then_ids_instead() -> None:
    bug = make_bug("open", "critical", title="Pay fails")
    view = _view(make_test([bug], id=9, title="Checkout", **_ended(8)))
    linked = product_markdown(view, "https://quality.example/q")
    assert f"[Pay fails](https://quality.example/q/tests/9.html#bug-{bug.id})" in linked
    assert "[Checkout](https://quality.example/q/tests/9.html)" in linked
    assert "](" not in linked.replace("](https://quality.example/q/", "")
    plain = product_markdown(view, None)
    assert f"| Pay fails ({bug.id}) |" in plain
    assert "| Checkout (9) |" in plain
    assert "](" not in plain
    assert "See this report" not in plain


def test_no_report_lists_ids_and_each_bug_count_has_its_grave_ones() -> None:
    bugs = [
        make_bug("rejected", "critical", id=990_017, title="Pay fails"),
        *make_bugs(rejected=30, active_accepted=40),
    ]
    text = product_markdown(_view(make_test(bugs, id=9, **_ended(8))), None)
    assert text.count("990017") == text.count("Pay fails (990017)") == 1
    assert "found 71 bugs, 1 critical" in text
    assert "| Test | Bugs | Critical bugs | High bugs | Rejected |" in text


def test_the_trend_says_how_many_months_are_left_out() -> None:
    tests = [make_test(make_bugs(rejected=1), id=at, **_ended(28 * at)) for at in range(1, 14)]
    text = product_markdown(_view(*tests), None)
    assert "The last 6 of 12 months." in text


@pytest.mark.parametrize("title", ["long words " * 40, "x" * 300, "שגיאה בקופה " * 25, "🛒 " * 150])
def test_a_report_keeps_to_its_words_whatever_the_titles_are(title: str) -> None:
    tests = [
        make_test(
            [make_bug(review, severity, title=title) for review in REVIEWS for severity in SEVERITIES],
            id=at,
            title=title,
            **_ended(9 * at),
        )
        for at in range(1, 12)
    ]
    view = product_view(make_facts(tests, products=[make_product(name=title)]), 598, "all", QualityOptions())
    assert 100 < words(product_markdown(view, None)) <= 700
    assert words(product_brief(view, None)) <= 80


def test_a_brief_has_both_verdicts_and_what_to_do_in_five_lines_and_eighty_words() -> None:
    bugs = [make_bug("open", "critical"), *make_bugs(active_accepted=30, rejected=15, open=2)]
    text = product_brief(_view(make_test(bugs, **_ended(9))), "https://quality.example")
    assert text == (
        "Halo Shop, product: Act now. 1 critical bug is open.\n"
        "Review: Watch. 15 of 45 decided bugs rejected (33 %).\n"
        "Review 3 bugs by 21 Nov, 06:00 UTC.\n"
        "Last 90 days, data of 2026-11-20 06:00 UTC\n"
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
