"""Raw upstream JSON becomes entities, whatever is missing, renamed or of another type."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from base.errors import InvalidInput
from quality.model.entities import REVIEW_STATES, SEVERITIES, Execution, Named, Product, UserStory
from quality.normalise import from_upstream
from tests.factories import raw_bug, raw_feature, raw_product, raw_test


def bug(**overrides: Any) -> Any:
    return from_upstream.bug(raw_bug(**overrides), test=raw_test(), product_id=598, reasons=())


def one_test(raw_bugs: Any = (), **overrides: Any) -> Any:
    return from_upstream.test(raw_test(**overrides), raw_bugs, product_id=598, reasons=())


@pytest.mark.parametrize(
    ("status", "auto_accepted", "review"),
    [
        ("accepted", False, "active_accepted"),
        ("accepted", None, "active_accepted"),
        ("accepted", True, "auto_accepted"),
        ("accepted", "true", "auto_accepted"),
        (" Accepted ", True, "auto_accepted"),
        ("REJECTED", True, "rejected"),
        ("forwarded", False, "open"),
        ("new", False, "open"),
        ("open", True, "open"),
        ("requested", False, "open"),
        ("something else", False, "open"),
        (None, True, "open"),
        ({"name": "accepted"}, True, "open"),
    ],
)
def test_the_review_follows_from_the_status_and_auto_acceptance(
    status: Any, auto_accepted: Any, review: str
) -> None:
    assert bug(status=status, auto_accepted=auto_accepted).review == review


@pytest.mark.parametrize(
    ("raw", "bug_type", "severity"),
    [
        ("critical", "functional", "critical"),
        (" High", "functional", "high"),
        ("medium", "functional", "medium"),
        ("low", "functional", "low"),
        ("VISUAL", "visual", "visual"),
        ("content", "content", "content"),
        ("custom", "custom", "custom"),
        ("blocker", "functional", "unknown"),
        ("", "functional", "unknown"),
        (None, "functional", "unknown"),
        (3, "functional", "unknown"),
        (["low"], "functional", "unknown"),
    ],
)
def test_a_severity_is_told_from_a_bug_type(raw: Any, bug_type: str, severity: str) -> None:
    found = bug(severity=raw)
    assert (found.bug_type, found.severity) == (bug_type, severity)


def test_ids_are_taken_as_numbers_and_as_numeric_strings() -> None:
    found = one_test([raw_bug(id="4001", feature=None, test_feature={"id": "5001"})], id=" 109363 ")
    assert (found.id, found.bugs[0].id, found.bugs[0].test_id, found.bugs[0].feature_id) == (
        109363,
        4001,
        109363,
        2001,
    )


@pytest.mark.parametrize(
    "raw", [None, "", "abc", -1, 0, True, 1.5, [], {}, "١٢", "9" * 30, float("inf"), float("nan")]
)
def test_an_object_without_a_usable_id_is_refused_by_name(raw: Any) -> None:
    with pytest.raises(InvalidInput, match="product has no usable id"):
        from_upstream.product(raw_product(id=raw))
    with pytest.raises(InvalidInput, match="test has no usable id"):
        one_test(id=raw)
    with pytest.raises(InvalidInput, match="bug has no usable id"):
        bug(id=raw)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("2021-04-08T13:00:00+02:00", datetime(2021, 4, 8, 11, tzinfo=UTC)),
        ("2021-04-08T13:00:00.250Z", datetime(2021, 4, 8, 13, 0, 0, 250_000, tzinfo=UTC)),
        ("2021-04-08T13:00:00-0930", datetime(2021, 4, 8, 22, 30, tzinfo=UTC)),
        (" 2021-04-08T13:00:00 ", datetime(2021, 4, 8, 13, tzinfo=UTC)),
        ("2021-04-08", datetime(2021, 4, 8, tzinfo=UTC)),
        ("0001-01-01T00:00:00+02:00", None),
        ("9999-12-31T23:59:59-02:00", None),
        ("2021-13-08T13:00:00Z", None),
        ("2026-11-20t10:00:00z", datetime(2026, 11, 20, 10, tzinfo=UTC)),
        ("2026-11-20 10:00:00 UTC", datetime(2026, 11, 20, 10, tzinfo=UTC)),
        ("2026-11-20 10:00:00.5 gmt", datetime(2026, 11, 20, 10, 0, 0, 500_000, tzinfo=UTC)),
        ("2026-11-20 10:00:00 UTC+02:00", datetime(2026, 11, 20, 8, tzinfo=UTC)),
        ("2026-12-31T24:00:00Z", datetime(2027, 1, 1, tzinfo=UTC)),
        ("2026-11-20t24:00:00.000+02:00", datetime(2026, 11, 20, 22, tzinfo=UTC)),
        ("20261120T240000Z", datetime(2026, 11, 21, tzinfo=UTC)),
        ("2026-11-20 24:00", datetime(2026, 11, 21, tzinfo=UTC)),
        ("2016-12-31T23:59:60Z", datetime(2017, 1, 1, tzinfo=UTC)),
        ("8999-12-31T24:00:00Z", None),
        ("2026-11-20T24:01:00Z", None),
        ("2026-11-20T25:00:00Z", None),
        ("1969-12-31T23:59:59Z", None),
        ("9999-12-31T23:59:59Z", None),
        ("T24" * 100_000, None),
        ("yesterday", None),
        ("", None),
        (None, None),
        (1617879600, None),
        ({}, None),
    ],
)
def test_a_time_is_read_with_any_offset_and_a_malformed_one_is_unknown(
    raw: Any, expected: datetime | None
) -> None:
    """Without its end a test has no period, and counts in no month."""
    assert from_upstream.instant(raw) == expected


def test_a_bug_finds_its_feature_by_itself_then_through_its_test_then_not_at_all() -> None:
    assert (bug().feature_id, bug().feature) == (2001, "Shopping cart")
    assert bug(feature={"id": 2002, "title": "Gift cards"}).feature_id == 2002
    through_test = bug(feature=None, test_feature={"id": 5001})
    assert (through_test.feature_id, through_test.feature) == (2001, "Shopping cart")
    assert bug(feature={"title": "Nameless"}, test_feature={"id": 5001}).feature_id == 2001
    assert bug(feature=None, test_feature={"id": 1}).feature_id is None
    assert bug(feature="Shopping cart", test_feature="x").feature_id is None


def test_a_bug_by_itself_takes_its_test_and_product_from_its_own_fields() -> None:
    found = from_upstream.bug(raw_bug(), test=None, product_id=None, reasons=())
    assert (found.test_id, found.product_id) == (109363, 598)
    entity = one_test()
    of_entity = from_upstream.bug(
        raw_bug(feature=None, test_feature={"id": 5001}), test=entity, product_id=598, reasons=()
    )
    assert (of_entity.test_id, of_entity.feature_id) == (109363, 2001)
    with pytest.raises(InvalidInput, match="test of bug 4001"):
        from_upstream.bug(raw_bug(test=None), test=None, product_id=598, reasons=())
    with pytest.raises(InvalidInput, match="product of bug 4001"):
        from_upstream.bug(raw_bug(product="Halo Shop"), test=entity, product_id=None, reasons=())


def test_platforms_are_the_devices_systems_once_and_sorted_and_unknown_without_any() -> None:
    devices = [
        {
            "operating_system": {"name": "iOS"},
            "browsers": [{"name": "Safari"}, "Chrome"],
            "category": "Tablets",
        },
        {"operating_system": "Android", "browsers": {"name": "Chrome"}, "devices": [{"name": "Pixel 9"}]},
        {"operating_system": {"name": "iOS"}, "category": {"name": None}},
        "not a device",
    ]
    found = bug(devices=devices)
    assert found.platforms == ("Android", "iOS")
    assert found.browsers == ("Chrome", "Safari")
    assert found.device_categories == ("Tablets",)
    assert found.devices[1].name == "Pixel 9"
    nothings: list[Any] = [None, [], "x", [{}], [{"operating_system": None}]]
    for nothing in nothings:
        empty = bug(devices=nothing)
        assert (empty.platforms, empty.browsers, empty.device_categories) == (("unknown",),) * 3


def test_texts_stand_in_for_objects_and_objects_for_texts() -> None:
    found = bug(
        author="bob", steps="Open the shop", comments=["Looks right", {"body": 7}], attachments=["u?sig=1"]
    )
    assert found.tester == "bob"
    assert found.steps == ("Open the shop",)
    assert [comment.body for comment in found.comments] == ["Looks right", "7"]
    assert found.attachments == ("u",)
    assert one_test(created_by="qa.lead", submitted_by={"name": "boss"}).submitted_by == "boss"
    assert one_test(section="Editor", test_environment="Staging").environment == Named(None, "Staging")


def test_what_is_missing_is_none_and_a_title_is_never_empty() -> None:
    assert from_upstream.product({"id": 1}) == Product(1, "Product 1")
    bare_test = from_upstream.test({"id": 2}, None, product_id=1, reasons=())
    assert (bare_test.title, bare_test.status, bare_test.end_at, bare_test.bugs) == ("Test 2", None, None, ())
    bare_bug = from_upstream.bug({"id": 3}, test=bare_test, product_id=1, reasons=())
    assert (bare_bug.title, bare_bug.status, bare_bug.tester, bare_bug.known) == ("Bug 3", None, None, False)
    assert bug(title="\x00 \ud800").title == "Bug 4001"


def test_characters_that_no_page_can_hold_are_dropped() -> None:
    assert bug(title="Cart\x00 \x1b[31mred\ud800\tok\n").title == "Cart [31mred ok"


def test_a_product_has_sections_only_when_it_uses_them() -> None:
    one, two = {"id": 1, "name": "default-section"}, {"id": 2, "name": "Sharing"}
    assert from_upstream.product(raw_product(sections=[], sections_with_default=[one])).sections == ()
    assert from_upstream.product(raw_product(sections=[], sections_with_default=[one, two])).sections == (
        Named(1, "default-section"),
        Named(2, "Sharing"),
    )
    assert from_upstream.product(raw_product(sections=[two], sections_with_default=[one, two])).sections == (
        Named(2, "Sharing"),
    )


def test_a_catalogue_keeps_features_with_ids_and_stories_as_texts_or_objects() -> None:
    raw = [
        raw_feature(),
        raw_feature(id="2002", title=None, user_stories=["As a guest", None, {"path": "P"}, {}]),
        "x",
        {},
    ]
    first, second = from_upstream.features(raw, 598)
    assert first.user_stories == (UserStory(10, "As a shopper, I can add an item to my cart", 2001),)
    assert (second.title, second.user_stories) == (
        "Feature 2002",
        (UserStory(None, "As a guest"), UserStory(None, "P")),
    )
    assert from_upstream.features(None, 598) == ()


def test_a_bug_listed_twice_counts_once_and_one_without_an_id_not_at_all() -> None:
    found = one_test([raw_bug(status="forwarded"), raw_bug(status="rejected"), raw_bug(id=None), "x"])
    assert [(one.id, one.review) for one in found.bugs] == [(4001, "rejected")]


def test_execution_metrics_are_counts_or_unknown() -> None:
    execution = one_test(
        analytics={"tested_user_stories": "3", "passed_user_stories": -1, "total_bugs": None}
    ).execution
    assert execution == Execution(tested_user_stories=3)
    assert one_test(analytics={}).execution is None
    assert one_test(analytics=None).execution is None


def test_statuses_and_types_are_trimmed_and_without_case() -> None:
    found = one_test(status=" Customer_Finalized ", testing_type="Rapid")
    assert (found.status, found.testing_type) == ("customer_finalized", "rapid")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def objects_like(example: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """The example with any fields missing or of any other value."""
    fields = {key: st.just(value) | json_values for key, value in example.items() if key != "id"}
    return st.fixed_dictionaries({"id": st.sampled_from([7, "7", 7.0])}, optional=fields)


@pytest.mark.slow
@given(raw=objects_like(raw_bug()), raw_test_=objects_like(raw_test()))
def test_no_bug_or_test_with_an_id_is_refused(raw: dict[str, Any], raw_test_: dict[str, Any]) -> None:
    found = from_upstream.test(raw_test_, [raw], product_id=598, reasons=())
    assert found.id == 7
    (one,) = found.bugs
    assert one.review in REVIEW_STATES
    assert one.severity in SEVERITIES
    assert one.platforms
    assert one.title.strip() == one.title != ""
    assert (one.rejection_reason is not None) == (one.review == "rejected")
    for moment in (found.start_at, found.end_at, one.reported_at):
        assert moment is None or moment.utcoffset() == UTC.utcoffset(None)
    assert from_upstream.bug(raw, test=raw_test_, product_id=598, reasons=()) == one


@given(raw=objects_like(raw_product()), listed=json_values)
def test_no_product_with_an_id_and_no_list_is_refused(raw: dict[str, Any], listed: Any) -> None:
    assert from_upstream.product(raw).id == 7
    assert isinstance(from_upstream.features(listed, 7), tuple)
    assert isinstance(from_upstream.reject_reasons(listed), tuple)
    from_upstream.test(
        {"id": 1, "features": listed, "reviews": listed, "requirements": listed},
        listed,
        product_id=1,
        reasons=(),
    )


@given(text=st.text(max_size=40) | st.datetimes().map(str))
def test_no_text_makes_the_reading_of_a_time_fail(text: str) -> None:
    found = from_upstream.instant(text)
    assert found is None or found.tzinfo is UTC


def test_a_review_of_the_set_up_keeps_every_comment() -> None:
    raw = {"status": "Failed", "reviewed_at": None, "feature_comment": "Too short", "bug_type_comment": None}
    (review,) = one_test(reviews=[raw]).reviews
    assert (review.status, review.reviewed_at, review.comments) == ("failed", None, ("Too short",))


def test_requirements_name_what_the_test_asks_for() -> None:
    raw = {
        "category": {"name": "Computers"},
        "operating_system": "Windows",
        "browsers": [{"name": "Chrome"}, "Edge"],
    }
    (requirement,) = one_test(requirements=[raw, None]).requirements
    assert (requirement.category, requirement.operating_system) == ("Computers", "Windows")
    assert requirement.browsers == ("Chrome", "Edge")
