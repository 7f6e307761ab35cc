"""The parts of a raw test or bug → entities; whatever cannot be used is None or left out."""

from dataclasses import fields
from typing import Any

from quality.model.entities import Comment, Device, Execution, Requirement, TestFeature, TestReview, UserStory
from quality.normalise.times import instant
from quality.normalise.values import (
    count,
    identifier,
    identifiers,
    items,
    name_of,
    names,
    part,
    text,
    word,
)


def test_feature(raw: dict[str, Any]) -> TestFeature:
    """Read a feature as attached to a test."""
    version_id, feature_id = identifier(raw.get("id")), identifier(raw.get("feature_id"))
    return TestFeature(
        id=version_id,
        feature_id=feature_id,
        title=text(raw.get("title"))
        or (f"Feature {feature_id}" if feature_id else "Feature without a title"),
        execution_status=word(raw.get("execution_status")),
        tester_count=count(raw.get("tester_count")),
        bugs_found=count(raw.get("bugs_found")),
        user_stories=user_stories(raw.get("user_stories")),
    )


def user_stories(raw: Any) -> tuple[UserStory, ...]:
    """User stories given as texts or as objects; those without a title are left out."""
    return tuple(story for story in map(_user_story, items(raw)) if story is not None)


def _user_story(raw: Any) -> UserStory | None:
    if not isinstance(raw, dict):
        title = text(raw)
        return UserStory(None, title) if title else None
    story_id = identifier(raw.get("id"))
    title = (
        text(raw.get("title")) or text(raw.get("path")) or (f"User story {story_id}" if story_id else None)
    )
    if title is None:
        return None
    return UserStory(
        id=story_id,
        title=title,
        feature_id=identifier(raw.get("feature_id")),
        execution_status=word(raw.get("execution_status")),
        tested_by_count=count(raw.get("tested_by_count")),
        bug_ids=identifiers(raw.get("bug_ids")),
    )


def requirement(raw: dict[str, Any]) -> Requirement:
    """Read one kind of device a test asks for."""
    return Requirement(
        category=name_of(raw.get("category")),
        vendor=name_of(raw.get("vendor")),
        operating_system=name_of(raw.get("operating_system")),
        min_version=name_of(raw.get("min_operating_system_version")),
        max_version=name_of(raw.get("max_operating_system_version")),
        browsers=names(raw.get("browsers")),
        devices=names(raw.get("devices")),
    )


def test_review(raw: dict[str, Any]) -> TestReview:
    """Read a review of a test's set-up, with every comment that it holds."""
    return TestReview(
        status=word(raw.get("status")),
        reviewed_at=instant(raw.get("reviewed_at")),
        comments=tuple(
            comment
            for key in sorted(raw)
            if key.endswith("_comment") and (comment := text(raw[key])) is not None
        ),
    )


def execution(raw: Any) -> Execution | None:
    """Read a test's execution metrics; None when there is not one of them."""
    if not isinstance(raw, dict):
        return None
    counts = {name: count(raw.get(name)) for name in _EXECUTION_FIELDS}
    return Execution(**counts) if any(value is not None for value in counts.values()) else None


def device(raw: dict[str, Any]) -> Device:
    """Read a device on which a bug was seen."""
    models = names(raw.get("device")) or names(raw.get("devices"))
    return Device(
        category=name_of(raw.get("category")),
        vendor=name_of(raw.get("vendor")),
        name=", ".join(models) or None,
        operating_system=name_of(raw.get("operating_system")),
        version=name_of(raw.get("operating_system_version")),
        browsers=names(raw.get("browsers")),
    )


def comment(raw: Any) -> Comment:
    """Read a comment, given as an object or as its text."""
    if not isinstance(raw, dict):
        return Comment(None, text(raw) or "")
    return Comment(name_of(raw.get("author")), text(raw.get("body")) or "", instant(raw.get("created_at")))


def attachment(raw: Any) -> str | None:
    """Read an attachment's URL without its query string and fragment."""
    url = text(part(raw, "url") if isinstance(raw, dict) else raw)
    return url.split("?", 1)[0].split("#", 1)[0] if url else None


_EXECUTION_FIELDS = tuple(field.name for field in fields(Execution))
