"""Products, tests, bugs and their parts, normalised: what every number is computed from.

Times are aware datetimes in UTC. Text is the upstream's own and hostile: whoever
shows it escapes it. `None` means that the upstream did not say.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import msgspec

ReviewState = Literal["active_accepted", "auto_accepted", "rejected", "open"]
Severity = Literal["critical", "high", "medium", "low", "visual", "content", "custom", "unknown"]
Confirmation = Literal["passed", "failed"]
BugType = Literal["functional", "visual", "content", "custom"]

BUG_TYPES: tuple[BugType, ...] = ("functional", "visual", "content", "custom")
REVIEW_STATES: tuple[ReviewState, ...] = ("active_accepted", "auto_accepted", "rejected", "open")
SEVERITIES: tuple[Severity, ...] = (
    "critical", "high", "medium", "low", "visual", "content", "custom", "unknown",
)  # fmt: skip
WAITING_FOR_TESTER = "waiting_for_tester"
"""The open bugs about which the tester has been asked something, where one asks for review states."""
EXECUTED_STATUSES = frozenset({"running", "locked", "archived"})
"""A test in another one was executed too when it has a bug, unless it was cancelled: see `Test.executed`."""
IMMUTABLE_STATUSES = frozenset({"archived", "cancelled"})
TEST_STATUSES = (
    "initialized", "customer_finalized", "waiting", "pending", "running", "locked", "completed", "archived",
    "cancelled",
)  # fmt: skip

TESTING_TYPES = ("rapid", "focused", "coverage", "usability", "test_case", "external", "custom")


@dataclass(frozen=True, slots=True)
class Named:
    """Anything that has at most an id and a name: a section, a person, an environment."""

    id: int | None
    name: str | None


@dataclass(frozen=True, slots=True)
class Product:
    """A product of the customer; `sections` is empty for a product without sections."""

    id: int
    name: str
    description: str | None = None
    type: str | None = None
    sections: tuple[Named, ...] = ()


@dataclass(frozen=True, slots=True)
class UserStory:
    """A user story, with its execution where it belongs to a test."""

    id: int | None
    title: str
    feature_id: int | None = None
    execution_status: str | None = None
    tested_by_count: int | None = None
    bug_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature of a product's catalogue."""

    id: int
    product_id: int
    title: str
    description: str | None = None
    howtofind: str | None = None
    user_stories: tuple[UserStory, ...] = ()


@dataclass(frozen=True, slots=True)
class TestFeature:
    """A feature as attached to a test: `id` is its version in the test, `feature_id` the catalogue's."""

    __test__ = False  # a noun of the domain, not a pytest class

    id: int | None
    feature_id: int | None
    title: str
    execution_status: str | None = None
    tester_count: int | None = None
    bugs_found: int | None = None
    user_stories: tuple[UserStory, ...] = ()


@dataclass(frozen=True, slots=True)
class Execution:
    """The execution metrics of one test, as the upstream counts them."""

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


@dataclass(frozen=True, slots=True)
class Requirement:
    """One kind of device a test asks for."""

    category: str | None
    vendor: str | None
    operating_system: str | None
    min_version: str | None
    max_version: str | None
    browsers: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """`Smartphones: Google, Android 14 to 16, Chrome`, without the parts that are not asked for."""
        versions = " to ".join(dict.fromkeys(filter(None, (self.min_version, self.max_version))))
        system = " ".join(filter(None, (self.operating_system, versions)))
        rest = ", ".join(
            filter(None, (self.vendor, ", ".join(self.devices), system, ", ".join(self.browsers)))
        )
        return f"{self.category or 'Any device'}{f': {rest}' if rest else ''}"


@dataclass(frozen=True, slots=True)
class TestReview:
    """A review of a test's set-up by the upstream's team."""

    __test__ = False

    status: str | None
    reviewed_at: datetime | None
    comments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Device:
    """A device on which a bug was seen; `text` is its one-line description."""

    category: str | None
    vendor: str | None
    name: str | None
    operating_system: str | None
    version: str | None
    browsers: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """`Google Pixel 9, Android 16, Chrome`, without the parts that are not known."""
        parts = (
            " ".join(part for part in (self.vendor, self.name) if part),
            " ".join(part for part in (self.operating_system, self.version) if part),
            ", ".join(self.browsers),
        )
        return ", ".join(part for part in parts if part) or self.category or "unknown device"


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment of a bug."""

    author: str | None
    body: str
    created_at: datetime | None = None


class Bug(msgspec.Struct, frozen=True, gc=False):
    """A bug, with the derived facts that every count is made of.

    An account has a hundred thousand of them, so it is a struct: made four times as fast as a dataclass.

    Attributes:
        status: The upstream's status, trimmed and in lower case, or None.
        feature_id: The catalogue's feature, or None when the bug is unattributed.
        platforms: Operating systems, unique and sorted; `("unknown",)` without one. Likewise
            `browsers` and `device_categories`.
        rejection_reason: A reject reason's key or `unspecified`; None unless rejected.
        review_days: Days from first seen open to first seen reviewed by a person, from the history of
            snapshots; None where they do not tell.
        confirmation: The result of the last fix confirmation; None without one.
        overdue: The bug is open although the review days of its test are over, at the moment of the facts.
        attachments: URLs without their query strings.
    """

    id: int
    test_id: int
    product_id: int
    title: str
    status: str | None
    review: ReviewState
    bug_type: BugType
    severity: Severity
    known: bool = False
    language: str | None = None
    location: str | None = None
    expected_result: str | None = None
    actual_result: str | None = None
    steps: tuple[str, ...] = ()
    tester: str | None = None
    tester_id: int | None = None
    feature_id: int | None = None
    feature: str | None = None
    devices: tuple[Device, ...] = ()
    platforms: tuple[str, ...] = ("unknown",)
    browsers: tuple[str, ...] = ("unknown",)
    device_categories: tuple[str, ...] = ("unknown",)
    comments: tuple[Comment, ...] = ()
    attachments: tuple[str, ...] = ()
    rejection_reason: str | None = None
    reported_at: datetime | None = None
    exported_at: datetime | None = None
    confirmation: Confirmation | None = None
    review_days: float | None = None
    overdue: bool = False

    @property
    def waits_for_tester(self) -> bool:
        """Tell whether the customer has asked the tester something; such a bug is open."""
        return self.status == "requested" and self.review == "open"

    @property
    def review_words(self) -> tuple[str, ...]:
        """Return the review state, and what an open bug waits for where that is the tester."""
        return (self.review, WAITING_FOR_TESTER) if self.waits_for_tester else (self.review,)

    @property
    def export_days(self) -> float | None:
        """Count the days from report to export; None where they are not known."""
        if self.exported_at is None or self.reported_at is None or self.exported_at < self.reported_at:
            return None
        return (self.exported_at - self.reported_at) / timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Test:
    """A test (the upstream also says test cycle) with all its bugs."""

    __test__ = False

    id: int
    product_id: int
    title: str
    status: str | None
    testing_type: str | None = None
    review_status: str | None = None
    goal: str | None = None
    instructions: str | None = None
    out_of_scope: str | None = None
    start_at: datetime | None = None
    end_at: datetime | None = None
    report_language: str | None = None
    demo: bool = False
    created_by: str | None = None
    created_by_id: int | None = None
    submitted_by: str | None = None
    section: Named | None = None
    environment: Named | None = None
    features: tuple[TestFeature, ...] = ()
    requirements: tuple[Requirement, ...] = ()
    reviews: tuple[TestReview, ...] = ()
    execution: Execution | None = None
    bugs: tuple[Bug, ...] = ()

    @property
    def executed(self) -> bool:
        """Return whether it counts by default: it runs, is in review or done, or a bug shows that it ran."""
        return self.status in EXECUTED_STATUSES or (self.status != "cancelled" and bool(self.bugs))


@dataclass(frozen=True, slots=True)
class RejectReason:
    """A reason by whose default comment a rejected bug is recognised."""

    key: str
    name: str
    default_comment: str
