"""What a report in Markdown says of what it leaves out or shows twice."""

from datetime import timedelta

from build.site.markdown.report import product_brief, product_markdown
from build.site.site import site_files
from quality.model.entities import Test
from quality.options import QualityOptions
from quality.views.product import ProductView, product_view
from tests.factories import NOW, make_bug, make_bugs, make_facts, make_test


def _view(*tests: Test, key: str = "last-90-days") -> ProductView:
    return product_view(make_facts(tests), 598, key, QualityOptions())


def _ended(days_ago: float, **overrides: object) -> dict[str, object]:
    return {"end_at": NOW - timedelta(days=days_ago), **overrides}


def test_the_rest_of_the_evidence_is_counted_in_bugs_and_tests_apart() -> None:
    test = make_test(make_bugs(open=7), id=9, **_ended(8))
    text = product_markdown(_view(test), None)
    first = ", ".join(f"bug {bug.id}" for bug in test.bugs[:5])
    assert f"Evidence: {first} and 2 more bugs; test 9." in text


def test_evidence_that_was_cut_is_not_counted() -> None:
    text = product_markdown(_view(make_test(make_bugs(open=70), id=9, **_ended(8))), None)
    assert "70 open bugs of 1 test" in text
    assert "and others; test 9." in text


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


def test_a_brief_says_everything_once() -> None:
    for days in (9, 4):
        text = product_brief(_view(make_test(make_bugs(open=2), **_ended(days))), None)
        assert text.count("auto-acceptance") == 1
        assert "auto-accepted" not in text
    text = product_brief(_view(make_test(make_bugs(active_accepted=30, rejected=15), **_ended(9))), None)
    assert text.count("30 of 45 accepted") == text.count("15 of 45 rejected") == 1
    assert "\n- 45 of 45 reviewed by a person (100.0 %)\n" in text


def test_all_time_is_said_once() -> None:
    view = _view(make_test(make_bugs(open=2), **_ended(9)), key="all")
    assert "**All time**. Snapshot" in product_markdown(view, None)
    assert "all time" not in product_brief(view, None)


def test_a_page_says_small_sample_once_and_only_of_few_decisions() -> None:
    files = dict(site_files(make_facts([make_test(make_bugs(active_accepted=70, rejected=18))])))
    page = files["products/598-halo-shop/index.html"].decode()
    panel = page[page.index("verdict") : page.index("</aside>")]
    assert "so close to a limit that more bugs may change it." in panel
    assert "mall sample" not in panel
    few = dict(site_files(make_facts([make_test(make_bugs(rejected=3))])))
    page = few["products/598-halo-shop/index.html"].decode()
    panel = page[page.index("verdict") : page.index("</aside>")]
    assert panel.count("mall sample") == 2
    assert "No accepted bugs, so nothing to judge by.<" in panel
