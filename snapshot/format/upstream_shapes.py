"""The shapes of the upstream's redacted objects, as far as they are known.

Every field may be missing or null, and unknown ones are kept: they describe, and refuse nothing.
"""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

Id = Annotated[
    int | Annotated[str, Field(pattern="^[0-9]+$")], Field(description="A number or a numeric string")
]
Instant = Annotated[str, Field(description="ISO 8601 with any offset, with or without milliseconds")]


class _Upstream(BaseModel):
    model_config = ConfigDict(extra="allow")


class Named(_Upstream):
    """Something that has a name."""

    id: Id | None = None
    key: str | None = None
    name: str | None = None


class Connection(Named):
    """The issue tracker that a product or section is connected with."""

    url: str | None = None
    fixed: bool | None = None


class Section(Named):
    """A part of a product."""

    connection: Connection | None = None
    test_templates: dict[str, Any] | None = None


class Product(Named):
    """A product. It uses sections when `sections` has any, or `sections_with_default` more than one."""

    id: Id
    description: str | None = None
    type: Annotated[str | None, Field(examples=["website", "mobile_app_ios", "streaming_app"])] = None
    default_section_id: Id | None = None
    sections: list[Section] | None = None
    sections_with_default: list[Section] | None = None
    connection: Connection | None = None
    remote_device_testing: bool | None = None


class UserStory(_Upstream):
    """A user story, and inside a test what came of it."""

    id: Id | None = None
    path: str | None = None
    title: str | None = None
    feature_id: Id | None = None
    user_story_version_id: Id | None = None
    execution_status: Annotated[str | None, Field(examples=["not_tested", "passed", "failed", "blocked"])] = (
        None
    )
    tested_by_count: int | None = None
    bugs_found: int | None = None
    bug_ids: list[Id] | None = None


class Feature(_Upstream):
    """A feature of a product."""

    id: Id
    title: str | None = None
    description: str | None = None
    howtofind: str | None = None
    user_stories: list[UserStory | str] | None = None


class TestedFeature(Feature):
    """A feature as one test has it: `id` is its version in this test, `feature_id` the feature."""

    feature_id: Id | None = None
    location: str | None = None
    enable_default: bool | None = None
    enable_content: bool | None = None
    enable_visual: bool | None = None
    execution_status: Annotated[str | None, Field(examples=["not_tested", "passed", "failed", "blocked"])] = (
        None
    )
    tester_count: int | None = None
    bugs_found: int | None = None
    bug_ids: list[Id] | None = None


class TestEnvironment(_Upstream):
    """The place where the test was run. Credentials and access links are never stored."""

    id: Id | None = None
    title: str | None = None
    url: str | None = None
    proxy: bool | None = None
    allow_orders: bool | None = None
    access_type: str | None = None


class Requirement(_Upstream):
    """Devices that the test asked for."""

    id: Id | None = None
    category: Named | None = None
    vendor: Named | None = None
    devices: list[Named] | None = None
    operating_system: Named | None = None
    min_operating_system_version: Named | None = None
    max_operating_system_version: Named | None = None
    browsers: list[Named] | None = None
    input_devices: list[Any] | None = None


class Analytics(_Upstream):
    """The upstream's own counts of one test."""

    testers_count: int | None = None
    devices_count: int | None = None
    total_features: int | None = None
    tested_features: int | None = None
    passed_features: int | None = None
    failed_features: int | None = None
    total_user_stories: int | None = None
    tested_user_stories: int | None = None
    passed_user_stories: int | None = None
    failed_user_stories: int | None = None
    blocked_user_stories: int | None = None
    total_bugs: int | None = None


class Attachment(_Upstream):
    """A file at the upstream; its address is stored without query."""

    id: Id | None = None
    url: str | None = None
    content_type: str | None = None
    original_filename: str | None = None


class Review(_Upstream):
    """A review of a test."""

    status: str | None = None
    reviewed_at: Instant | None = None


class Test(_Upstream):
    """An exploratory test with its execution metrics."""

    id: Id
    title: str | None = None
    test_title: str | None = None
    status: Annotated[
        str | None,
        Field(
            examples=[
                "initialized",
                "waiting",
                "running",
                "locked",
                "customer_finalized",
                "archived",
                "cancelled",
            ]
        ),
    ] = None
    review_status: str | None = None
    testing_type: Annotated[str | None, Field(examples=["rapid", "focused", "coverage", "usability"])] = None
    goal: str | None = None
    goal_text: str | None = None
    instructions: str | None = None
    instructions_text: str | None = None
    out_of_scope: str | None = None
    out_of_scope_text: str | None = None
    start_at: Instant | None = None
    end_at: Instant | None = None
    report_language: str | None = None
    demo: bool | None = None
    created_by: Named | str | None = None
    submitted_by: Named | str | None = None
    product: Product | None = None
    section: Section | None = None
    test_environment: TestEnvironment | None = None
    features: list[TestedFeature] | None = None
    requirements: list[Requirement] | None = None
    attachments: list[Attachment] | None = None
    reviews: list[Review] | None = None
    allowed_bug_types: list[str] | None = None
    enable_low: bool | None = None
    enable_high: bool | None = None
    enable_critical: bool | None = None
    analytics: Analytics | None = None


class Titled(_Upstream):
    """A reference to something that has a title."""

    id: Id | None = None
    title: str | None = None


class Device(_Upstream):
    """A device on which a bug was seen."""

    id: Id | None = None
    category: Named | None = None
    vendor: Named | None = None
    device: Named | None = None
    devices: Named | None = None
    operating_system: Named | None = None
    operating_system_version: Named | None = None
    browsers: list[Named] | None = None


class Comment(_Upstream):
    """A comment on a bug."""

    id: Id | None = None
    body: str | None = None
    author: Named | None = None
    created_at: Instant | None = None


class Bug(_Upstream):
    """A bug. `severity` is overloaded: `visual`, `content` and `custom` are types without a severity."""

    id: Id
    title: str | None = None
    status: Annotated[str | None, Field(examples=["forwarded", "accepted", "rejected"])] = None
    auto_accepted: bool | None = None
    severity: Annotated[
        str | None, Field(examples=["low", "high", "critical", "visual", "content", "custom"])
    ] = None
    known: bool | None = None
    language: str | None = None
    location: str | None = None
    expected_result: str | None = None
    actual_result: str | None = None
    steps: list[str] | str | None = None
    author: Named | None = None
    test: Titled | None = None
    product: Named | None = None
    feature: Titled | None = None
    test_feature: Titled | None = None
    devices: list[Device] | None = None
    attachments: list[Attachment] | None = None
    comments: list[Comment] | None = None
    reported_at: Instant | None = None
    exported_at: Instant | None = None


class RejectReason(_Upstream):
    """A reason for which bugs are rejected, and the comment that tells it."""

    key: str | None = None
    name: str | None = None
    default_comment: str | None = None


class FeaturesData(_Upstream):
    """A product's features."""

    features: list[Feature]


class TestData(_Upstream):
    """A test with its bugs."""

    test: Test
    bugs: list[Bug]


class RejectReasonsData(_Upstream):
    """The customer's reject reasons."""

    reject_reasons: list[RejectReason]
