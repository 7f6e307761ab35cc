"""What stands in the row of a feature is that feature's own, not that of the tests that had it."""

from quality.model.entities import Execution, Test, TestFeature, UserStory
from quality.model.facts import Facts
from quality.pivot.query import PivotRow, query
from tests.factories import make_bug, make_bugs, make_facts, make_feature, make_product, make_test

STORIES = ("story_coverage", "story_pass_rate")


def feature(number: int, *states: str | None, status: str | None = None) -> TestFeature:
    stories = tuple(
        UserStory(number * 10 + place, f"Story {place}", number, state) for place, state in enumerate(states)
    )
    return TestFeature(9000 + number, number, f"Feature {number}", status, user_stories=stories)


def a_test(*features: TestFeature, **overrides: object) -> Test:
    whole = Execution(total_user_stories=16, tested_user_stories=12, passed_user_stories=9)
    return make_test(make_bugs(rejected=1), **{"features": features, "execution": whole, **overrides})


def rows(facts: Facts, *metrics: str) -> dict[int | str | None, PivotRow]:
    return {row.labels[0].id: row for row in query(facts, metrics=metrics, dimensions=["feature"]).rows}


def test_a_feature_has_the_stories_of_its_own_and_one_without_stories_has_none() -> None:
    first = a_test(feature(1, "passed", "failed", "not_tested"), feature(2), feature(3, None, None))
    second = a_test(feature(1, "passed", "passed", "passed"))
    found = rows(make_facts([first, second]), *STORIES)
    coverage, passed = (found[1].values[key] for key in STORIES)
    assert coverage.detail == "5 of 6 (3 distinct stories)"
    assert (passed.numerator, passed.denominator) == (4, 5)
    assert passed.detail.endswith("3 distinct stories tested)")
    for without in (2, 3, 2001):
        assert [found[without].values[key].value for key in STORIES] == [None, None]


def test_a_pass_rate_tells_the_stories_that_were_tested_and_leaves_out_the_others() -> None:
    tests = [a_test(feature(1, "passed", "not_tested")), a_test(feature(1, "failed", None))]
    (passed,) = (rows(make_facts(tests), "story_pass_rate")[1].values[key] for key in ["story_pass_rate"])
    assert passed.detail == "1 of 2 (1 distinct story tested)"


def test_a_filter_by_feature_counts_its_stories_alone_too() -> None:
    facts = make_facts([a_test(feature(1, "passed", "failed"), feature(2, "not_tested"))])
    assert query(facts, metrics=STORIES).totals["story_coverage"].detail.startswith("12 of 16")
    view = query(facts, metrics=STORIES, filters={"feature": 1})
    assert view.totals["story_coverage"].detail.startswith("2 of 2")
    assert view.totals["story_pass_rate"].detail.startswith("1 of 2")


def test_features_tested_are_executed_ones_and_are_left_out_by_feature() -> None:
    facts = make_facts([a_test(feature(1, status="passed"), feature(2, status="not_tested"), feature(3))])
    view = query(facts, metrics=["features_tested", "features_attached"], dimensions=["feature"])
    tested = view.totals["features_tested"]
    assert (tested.value, tested.detail) == (1, "1 (of 1 more it is not said)")
    assert view.totals["features_attached"].value == 3
    assert {row.values["features_tested"].value for row in view.rows} == {None}
    assert "features_tested: left out by feature; the totals have it." in view.warnings


def test_features_tested_is_not_known_where_no_test_says_it() -> None:
    assert (
        query(make_facts([a_test(feature(1))]), metrics=["features_tested"]).totals["features_tested"].text
        == "–"
    )
    assert (
        query(make_facts([make_test(features=())]), metrics=["features_tested"])
        .totals["features_tested"]
        .value
        == 0
    )


def test_rows_of_features_carry_their_product_and_shared_names_are_warned_about() -> None:
    bugs = [make_bug(feature_id=one, feature=None) for one in (2001, 2002, 3001)]
    facts = make_facts(
        [make_test(bugs[:2], features=()), make_test(bugs[2:], features=(), product_id=700)],
        products=[make_product(), make_product(700, "Canvas")],
        features=[make_feature(), make_feature(2002, "search"), make_feature(3001, "Search", product_id=700)],
    )
    view = query(facts, metrics=["bug_count"], dimensions=["feature"])
    products = {row.labels[0].id: row.product and row.product.name for row in view.rows}
    assert products == {2001: "Halo Shop", 2002: "Halo Shop", 3001: "Canvas"}
    (warning,) = [one for one in view.warnings if "is the name of" in one]
    assert warning.casefold() == "“search” is the name of 2 features (ids 2002, 3001)."
    filtered = query(facts, metrics=["bug_count"], filters={"feature": "SEARCH"})
    assert filtered.totals["bug_count"].value == 2
    assert "“SEARCH” is the name of several features: all of them count." in filtered.warnings
    assert query(facts, metrics=["bug_count"], dimensions=["feature", "product"]).rows[0].product is None
