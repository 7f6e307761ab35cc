"""Raw upstream JSON → entities.

The upstream's fields come and go and change their types: whatever cannot be used becomes
None, an empty tuple or False. Only an object without a usable id raises InvalidInput.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from quality.model.entities import (
    SEVERITIES,
    Bug,
    BugType,
    Comment,
    Feature,
    Product,
    RejectReason,
    ReviewState,
    Severity,
    Test,
    TestFeature,
)
from quality.model.rejection import KNOWN_REJECT_REASONS, rejection_reason
from quality.normalise import parts
from quality.normalise.confirmations import confirmation
from quality.normalise.times import instant
from quality.normalise.values import (
    flag,
    id_in,
    identifier,
    items,
    name_of,
    named,
    needed_id,
    objects,
    part,
    text,
    word,
)

__all__ = ["KNOWN_REJECT_REASONS", "bug", "features", "instant", "product", "reject_reasons", "test"]

_BUG_TYPES: Mapping[str, BugType] = {"visual": "visual", "content": "content", "custom": "custom"}
_SEVERITIES: Mapping[str, Severity] = {severity: severity for severity in SEVERITIES}


def product(raw: Any) -> Product:
    """Read a product; its sections only when it uses any.

    Raises:
        InvalidInput: Without a usable id.
    """
    product_id = needed_id(raw, "product")
    own = items(part(raw, "sections"))
    with_default = items(part(raw, "sections_with_default"))
    used = own or (with_default if len(with_default) > 1 else [])
    return Product(
        id=product_id,
        name=text(part(raw, "name")) or f"Product {product_id}",
        description=text(part(raw, "description")),
        type=word(part(raw, "type")),
        sections=tuple(section for section in map(named, used) if section is not None),
    )


def in_sections(test: Test, product: Product | None) -> Test:
    """Return the test without its section where its product uses none: it is in the default section."""
    return replace(test, section=None) if test.section and product and not product.sections else test


def features(raw_list: Any, product_id: int) -> tuple[Feature, ...]:
    """Read a product's catalogue of features, each id once; entries without a usable id are left out."""
    found: dict[int, Feature] = {}
    for raw in objects(raw_list):
        feature_id = identifier(raw.get("id"))
        if feature_id is not None:
            found[feature_id] = Feature(
                id=feature_id,
                product_id=product_id,
                title=text(raw.get("title")) or f"Feature {feature_id}",
                description=text(raw.get("description")),
                howtofind=text(raw.get("howtofind")),
                user_stories=parts.user_stories(raw.get("user_stories")),
            )
    return tuple(found.values())


def reject_reasons(raw_list: Any) -> tuple[RejectReason, ...]:
    """Read the customer's reject reasons; entries without a key are left out."""
    return tuple(
        RejectReason(key, text(raw.get("name")) or key, text(raw.get("default_comment")) or "")
        for raw in objects(raw_list)
        if (key := word(raw.get("key")))
    )


def test(raw: Any, raw_bugs: Any, *, product_id: int | None, reasons: Sequence[RejectReason]) -> Test:
    """Read a test with its bugs, each id once (the last one counts), those without a usable id left out.

    Args:
        raw: The test, from the list or by itself.
        raw_bugs: Its bugs.
        product_id: The product; None for the one that the test names.
        reasons: The served reject reasons; the known ones are used in any case.

    Raises:
        InvalidInput: When the test, or its product, has no usable id.
    """
    test_id = needed_id(raw, "test")
    product_id = _product_id(raw, product_id, f"test {test_id}")
    attached = tuple(map(parts.test_feature, objects(part(raw, "features"))))
    home = _Home(test_id, product_id, _by_version(attached), rejection_reason(reasons))
    bugs = {
        bug_id: _bug(raw_bug, bug_id, home)
        for raw_bug in objects(raw_bugs)
        if (bug_id := identifier(raw_bug.get("id"))) is not None
    }
    return Test(
        id=test_id,
        product_id=product_id,
        title=text(raw.get("title")) or text(raw.get("test_title")) or f"Test {test_id}",
        status=word(raw.get("status")),
        testing_type=word(raw.get("testing_type")) or "test_case",
        review_status=word(raw.get("review_status")),
        goal=text(raw.get("goal_text")) or text(raw.get("goal")),
        instructions=text(raw.get("instructions_text")) or text(raw.get("instructions")),
        out_of_scope=text(raw.get("out_of_scope_text")) or text(raw.get("out_of_scope")),
        start_at=instant(raw.get("start_at")),
        end_at=instant(raw.get("end_at")),
        report_language=word(raw.get("report_language")),
        demo=flag(raw.get("demo")),
        created_by=name_of(raw.get("created_by")),
        created_by_id=id_in(raw.get("created_by")),
        submitted_by=name_of(raw.get("submitted_by")),
        section=named(raw.get("section")),
        environment=named(raw.get("test_environment"), name_key="title"),
        features=attached,
        requirements=tuple(map(parts.requirement, objects(raw.get("requirements")))),
        reviews=tuple(map(parts.test_review, objects(raw.get("reviews")))),
        execution=parts.execution(raw.get("analytics")),
        bugs=tuple(bugs.values()),
    )


def bug(
    raw: Any,
    *,
    test: Any = None,
    product_id: int | None = None,
    reasons: Sequence[RejectReason] = (),
) -> Bug:
    """Read a bug by itself.

    Args:
        raw: The bug.
        test: Its test, raw or normalised, by which its feature is found; by default only the test's id is
            taken, from the bug.
        product_id: The product; by default the one that the bug names.
        reasons: The served reject reasons; the known ones are used in any case.

    Raises:
        InvalidInput: When the bug, its test or its product has no usable id.
    """
    bug_id = needed_id(raw, "bug")
    if isinstance(test, Test):
        test_id, attached = test.id, test.features
    else:
        source = test if isinstance(test, dict) else part(raw, "test")
        test_id = needed_id(source, f"test of bug {bug_id}")
        attached = tuple(map(parts.test_feature, objects(part(source, "features"))))
    product_id = _product_id(raw, product_id, f"bug {bug_id}")
    return _bug(raw, bug_id, _Home(test_id, product_id, _by_version(attached), rejection_reason(reasons)))


@dataclass(frozen=True, slots=True)
class _Home:
    """The part of a test that its bugs need to know."""

    test_id: int
    product_id: int
    features: Mapping[int, TestFeature]
    reason_of: Callable[[Iterable[Comment]], str]


def _bug(raw: dict[str, Any], bug_id: int, home: _Home) -> Bug:
    get = raw.get
    status = word(get("status"))
    review = review_of(status, get("auto_accepted"))
    bug_type, severity = _kind(get("severity"))
    feature_id, feature = _feature(get("feature"), get("test_feature"), home.features)
    devices = tuple(map(parts.device, objects(get("devices"))))
    comments = tuple(parts.comment(comment) for comment in items(get("comments")))
    return Bug(
        id=bug_id,
        test_id=home.test_id,
        product_id=home.product_id,
        title=text(get("title")) or f"Bug {bug_id}",
        status=status,
        review=review,
        bug_type=bug_type,
        severity=severity,
        known=flag(get("known")),
        language=word(get("language")),
        location=text(get("location")),
        expected_result=text(get("expected_result")),
        actual_result=text(get("actual_result")),
        steps=tuple(step for step in map(text, items(get("steps"))) if step),
        tester=name_of(get("author")),
        tester_id=id_in(get("author")),
        feature_id=feature_id,
        feature=feature,
        devices=devices,
        platforms=_values(device.operating_system for device in devices),
        browsers=_values(browser for device in devices for browser in device.browsers),
        device_categories=_values(device.category for device in devices),
        comments=comments,
        attachments=tuple(url for url in map(parts.attachment, items(get("attachments"))) if url),
        rejection_reason=home.reason_of(comments) if review == "rejected" else None,
        reported_at=instant(get("reported_at")),
        exported_at=instant(get("exported_at")),
        confirmation=confirmation(comments),
    )


def _product_id(raw: Any, given: int | None, whose: str) -> int:
    return given if given is not None else needed_id(part(raw, "product"), f"product of {whose}")


def review_of(status: str | None, auto_accepted: Any) -> ReviewState:
    """Return what became of a bug, by its status as a word and whether it says that time accepted it."""
    if status == "accepted":
        return "auto_accepted" if flag(auto_accepted) else "active_accepted"
    return "rejected" if status == "rejected" else "open"


def _kind(raw: Any) -> tuple[BugType, Severity]:
    written = word(raw) or ""
    return _BUG_TYPES.get(written, "functional"), _SEVERITIES.get(written, "unknown")


def _feature(
    feature: Any, test_feature: Any, by_version: Mapping[int, TestFeature]
) -> tuple[int | None, str | None]:
    own = named(feature, name_key="title")
    version_id = identifier(part(test_feature, "id"))
    attached = by_version.get(version_id) if version_id is not None else None
    feature_id = own.id if own else None
    if feature_id is None and attached is not None:
        feature_id = attached.feature_id
    if feature_id is None:
        return None, None
    title = own.name if own else None
    if title is None and attached is not None and attached.feature_id == feature_id:
        title = attached.title
    return feature_id, title


def _by_version(attached: Iterable[TestFeature]) -> dict[int, TestFeature]:
    return {feature.id: feature for feature in attached if feature.id is not None}


def _values(found: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(sorted({value for value in found if value})) or ("unknown",)
