"""The product page's view."""

from datetime import timedelta

import pytest
from msgspec import structs

from base.errors import InvalidInput, NotFound
from quality.model.entities import Execution, Requirement, TestFeature
from quality.model.facts import Facts, Gap
from quality.options import QualityOptions
from quality.periods.periods import REPORT_PERIODS
from quality.products import slug
from quality.views.breakdowns import devices_text
from quality.views.features import features_table
from quality.views.product import ProductView, find_product, product_view
from tests.factories import (
    NOW,
    make_bug,
    make_bugs,
    make_facts,
    make_feature,
    make_product,
    make_test,
)
from tests.quality.views.shown_features import feature_numbers

OPTIONS = QualityOptions()


def _page(facts: Facts, key: str | None = None) -> ProductView:
    return product_view(facts, 598, key, OPTIONS)


def _asks(system: str, *browsers: str) -> Requirement:
    return Requirement("Smartphones", None, system, None, None, browsers)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Halo Shop", "598-halo-shop"),
        ("Größe & Maß", "598-grosse-mass"),
        ("  --Ünïcode!!  ", "598-unicode"),
        ("東京", "598"),
        ("", "598"),
        ("../../etc/passwd", "598-etc-passwd"),
        ("a" * 200, "598-" + "a" * 60),
        ("<script>alert(1)</script>", "598-script-alert-1-script"),
    ],
)
def test_a_slug_is_the_id_and_what_ascii_leaves_of_the_name(name: str, expected: str) -> None:
    assert slug(make_product(name=name)) == expected


def test_every_report_period_is_linked_and_one_is_current_and_one_the_default() -> None:
    page = _page(make_facts(), "ytd")
    assert tuple(link.key for link in page.periods) == REPORT_PERIODS
    assert [link.key for link in page.periods if link.current] == ["ytd"]
    assert [link.key for link in page.periods if link.default] == ["last-90-days"]
    assert [link.key for link in page.periods if link.running] == ["this-quarter"]
    assert page.periods[1].text == "23 Aug 2026 to 20 Nov 2026 (UTC)"
    assert page.periods[-1].text == ""


def test_without_a_period_the_default_one_is_shown() -> None:
    assert _page(make_facts()).report.period.key == "last-90-days"
    options = QualityOptions(default_period="all")
    assert product_view(make_facts(), 598, None, options).report.period.key == "all"


def test_only_the_products_own_tests_count() -> None:
    facts = make_facts([make_test(make_bugs(open=1)), make_test(make_bugs(open=5), product_id=599)])
    page = _page(facts)
    assert page.report.measures["bug_count"].value == 1
    assert page.report.title == "Halo Shop"


def test_a_feature_without_bugs_is_0_found_and_one_without_a_test_is_not_tested() -> None:
    features = (TestFeature(5001, 2001, "Cart"), TestFeature(5002, 2002, "Search"))
    bugs = [
        make_bug("open", "critical"),
        make_bug("open", "low"),
        make_bug("open", feature_id=None, feature=None),
    ]
    catalogue = [
        make_feature(one, title) for one, title in ((2001, "Cart"), (2002, "Search"), (2003, "Wish list"))
    ]
    page = _page(make_facts([make_test(bugs, features=features)], features=catalogue))
    shown = feature_numbers(page, "test_count", "bug_count")
    assert list(shown) == ["Cart", "unattributed", "Search", "Wish list"]
    assert (shown["Cart"], shown["unattributed"], shown["Search"]) == ((1, 2), (1, 1), (1, 0))
    table = features_table(page.features)
    assert (table.rows[-1].gap, table.rows[-1].span) == ("not tested", len(table.columns) - 1)
    assert page.untested_features == ("Wish list",)


def test_features_with_accepted_critical_bugs_come_first_then_those_with_high_ones() -> None:
    found = [("Many", "low")] * 5 + [("Grave", "critical"), ("High", "high"), ("High", "low")]
    bugs = [
        make_bug("auto_accepted", severity, feature_id=ord(name[0]), feature=name)  # type: ignore[arg-type]
        for name, severity in found
    ]
    bugs += [make_bug("rejected", "critical", feature_id=1, feature="Not so")]
    page = _page(make_facts([make_test(bugs, features=())]))
    shown = feature_numbers(page, "accepted_critical", "accepted_high")
    assert list(shown.items()) == [("Grave", (1, 0)), ("High", (0, 1)), ("Many", (0, 0)), ("Not so", (0, 0))]


def test_kinds_of_devices_say_how_many_of_their_bugs_are_grave() -> None:
    found = {
        "critical": ("Phones",),
        "high": ("Phones",),
        "low": ("Phones", "tablets"),
        "visual": ("unknown",),
    }
    bugs = [make_bug("open", one, device_categories=kinds) for one, kinds in found.items()]  # type: ignore[arg-type]
    page = _page(make_facts([make_test(bugs)]))
    assert devices_text(page.devices, 2) == (
        "Bugs by kind of device: Phones 3 (1 critical and 1 high), Tablets 1 (none critical or high)."
    )
    assert devices_text(_page(make_facts([make_test()])).devices, 2) == ""


def test_platforms_say_how_many_tests_asked_for_them_also_when_nothing_was_found() -> None:
    bugs = [make_bug("open", platforms=("Android", "iOS")), make_bug("open", platforms=("unknown",))]
    tests = [
        make_test(bugs, id=1, requirements=(_asks("Android", "Chrome"), _asks("Android", "Firefox"))),
        make_test(id=2, requirements=(_asks("Windows", "Chrome"), _asks("Android"))),
    ]
    page = _page(make_facts(tests))
    shown = [
        (row.name, row.measures["bug_count"].value, row.exposure and row.exposure.value)
        for row in page.platforms.rows
    ]
    assert shown == [("Android", 1, 2), ("iOS", 1, 0), ("unknown", 1, 0), ("Windows", 0, 1)]
    assert page.platforms.total["bug_count"].value == 2
    assert "may add up to more than all bugs" in page.platforms.note
    browsers = {row.name: (row.measures["bug_count"].value, row.exposure) for row in page.browsers.rows}
    assert browsers["Chrome"][0] == 2
    assert browsers["Firefox"][0] == 0
    assert page.browsers.note == ""


def test_without_requirements_exposure_is_not_known_rather_than_0() -> None:
    page = _page(make_facts([make_test(make_bugs(open=1))]))
    assert [row.exposure for row in page.platforms.rows] == [None]


def test_testers_are_listed_by_bugs_with_the_share_of_the_top_three() -> None:
    names = ["ann", "ann", "ann", "bob", "bob", "cleo", "dora", None]
    page = _page(make_facts([make_test([make_bug("open", tester=name) for name in names])]))
    assert [(row.name, row.measures["bug_count"].value) for row in page.testers.rows] == [
        ("ann", 3),
        ("bob", 2),
        ("cleo", 1),
        ("dora", 1),
        (None, 1),
    ]
    assert page.top_testers.detail == "6 of 7"


def test_user_stories_are_the_counts_of_story_coverage() -> None:
    tests = [
        make_test(
            execution=Execution(
                total_user_stories=10, tested_user_stories=8, passed_user_stories=5, failed_user_stories=2,
                blocked_user_stories=1,
            )
        ),
        make_test(execution=Execution(total_user_stories=4, tested_user_stories=4, passed_user_stories=4)),
        make_test(execution=Execution(total_user_stories=99)),
        make_test(execution=None),
    ]  # fmt: skip
    page = _page(make_facts(tests))
    stories = page.stories
    assert (stories.total, stories.tested, stories.passed, stories.failed, stories.blocked) == (
        14,
        12,
        9,
        2,
        1,
    )
    assert page.report.measures["story_coverage"].detail == "12 of 14"
    assert page.report.measures["story_pass_rate"].detail == "9 of 12"


def test_without_execution_metrics_stories_are_not_known() -> None:
    stories = _page(make_facts([make_test()])).stories
    assert (stories.total, stories.tested, stories.passed, stories.failed, stories.blocked) == (None,) * 5


def test_an_unknown_product_names_the_closest_ones() -> None:
    facts = make_facts(products=[make_product(598), make_product(5998, "Canvas"), make_product(7, "Far")])
    with pytest.raises(NotFound) as error:
        product_view(facts, 599, None, OPTIONS)
    assert error.value.what == "Product 599 is not in the snapshot."
    assert error.value.hint == "Closest: 598 “Halo Shop” and 5998 “Canvas”."


def test_an_unknown_product_far_from_all_names_the_first_ones_and_an_empty_snapshot_says_so() -> None:
    with pytest.raises(NotFound, match="It has: 598"):
        find_product(make_facts(), 123456)
    with pytest.raises(NotFound, match="It holds no products"):
        find_product(make_facts(products=[]), 1)


def test_a_product_that_could_not_be_fetched_says_why() -> None:
    facts = make_facts(gaps=[Gap("product", 600, 600, "missing", "the API answered 500")])
    with pytest.raises(NotFound, match=r"Product 600 could not be fetched\. The API answered 500"):
        find_product(facts, 600)


def test_a_product_known_only_by_its_tests_has_a_page_under_its_id() -> None:
    facts = make_facts([make_test(make_bugs(open=2), product_id=777)], products=[make_product()])
    page = product_view(facts, 777, None, OPTIONS)
    assert (page.product.name, page.slug) == ("Product 777", "777-product-777")
    assert page.report.measures["bug_count"].value == 2


def test_an_unknown_period_is_an_error_that_names_the_known_ones() -> None:
    with pytest.raises(InvalidInput, match="last-90-days"):
        _page(make_facts(), "last-99-days")


def test_what_changed_since_an_earlier_snapshot_is_listed_and_said() -> None:
    waiting = make_bug("open", id=11)
    lapsed = make_bug("open", id=12)
    running = make_test([waiting, lapsed], id=1, status="running")
    earlier = make_facts([running, make_test(id=2)], as_of=NOW - timedelta(days=1), snapshot_id="older")
    decided = [
        structs.replace(waiting, review="active_accepted"),
        structs.replace(lapsed, review="auto_accepted"),
        make_bug("open", id=13),
    ]
    later = make_facts([make_test(decided, id=1), make_test(make_bugs(open=1), id=3)])
    since = product_view(later, 598, None, OPTIONS, earlier=earlier).since
    assert since is not None
    assert since.text == (
        "Since the snapshot of 19 Nov, 06:00 UTC: 1 new test, 1 with another status, 1 test gone,"
        " 2 new bugs and 2 open bugs decided (1 accepted and 1 auto-accepted)."
    )
    assert [row.id for row in since.new_tests] == [3]
    assert [(row.id, then) for row, then in since.moved_tests] == [(1, "running")]
    assert since.gone_test_ids == (2,)
    assert [row.id for row in since.reviewed_bugs] == [11, 12]
    assert 13 in [row.id for row in since.new_bugs]


def test_nothing_new_is_said_as_such_and_a_test_that_is_now_a_gap_is_not_gone() -> None:
    facts = make_facts([make_test(id=1)])
    same = product_view(facts, 598, None, OPTIONS, earlier=facts).since
    assert same is not None
    assert same.text.endswith("UTC: nothing has changed.")
    for kind in ("test", "bugs"):
        broken = make_facts(gaps=[Gap(kind, 1, 598, "damaged", "cut")])
        since = product_view(broken, 598, None, OPTIONS, earlier=facts).since
        assert since is not None
        assert since.gone_test_ids == ()


def test_a_page_without_an_earlier_snapshot_says_nothing_of_it() -> None:
    assert _page(make_facts()).since is None
