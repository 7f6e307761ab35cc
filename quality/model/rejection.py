"""Why a bug was rejected: a reject reason's default comment, found inside the bug's comments."""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

from base.text import fold
from quality.model.entities import Comment, RejectReason

UNSPECIFIED = "unspecified"
KNOWN_REJECT_REASONS = (
    RejectReason(
        "device_not_relevant",
        "Device not relevant",
        "This device is not relevant and the bug will not be fixed.",
    ),
    RejectReason("ignored_instructions", "Ignored instructions", "The test instructions were not followed."),
    RejectReason(
        "intended_behavior", "Intended behavior", "The behaviour/design described here is intentional."
    ),
    RejectReason("irrelevant", "Irrelevant", "This bug is not relevant and will not be fixed."),
    RejectReason("known_bug", "Known bug", "This is a legit bug but already known."),
    RejectReason(
        "not_reproducible",
        "Not reproducible",
        "With the information provided it was not possible to reproduce this bug.",
    ),
    RejectReason(
        "request_timeout",
        "Request timeout",
        "Your bug was rejected automatically, because you didn't respond to the request within 24 hours",
    ),
)
_PREFIX = re.compile(r"^rejected\s*[-–—]\s*")


def rejection_reason(served: Sequence[RejectReason] = ()) -> Callable[[Iterable[Comment]], str]:
    """Return a function that gives the key of the reason in a bug's comments, or `unspecified`.

    The comments are read in their order, and in each the reasons in theirs: the served ones, then the
    known ones.
    """
    phrases = _phrases(tuple(served))

    def reason_of(comments: Iterable[Comment]) -> str:
        key, _ = _reasoned(phrases, comments)
        return key

    return reason_of


def rejecting_comment(comments: Iterable[Comment], served: Sequence[RejectReason] = ()) -> Comment | None:
    """Return the comment in which a bug's rejection reason was found; None when none has one."""
    _, comment = _reasoned(_phrases(tuple(served)), comments)
    return comment


def _reasoned(phrases: Sequence[tuple[str, str]], comments: Iterable[Comment]) -> tuple[str, Comment | None]:
    for comment in comments:
        said = fold(comment.body)
        for phrase, key in phrases:
            if phrase in said:
                return key, comment
    return UNSPECIFIED, None


@lru_cache(maxsize=32)
def _phrases(served: tuple[RejectReason, ...]) -> tuple[tuple[str, str], ...]:
    found: dict[str, str] = {}
    for reason in (*served, *KNOWN_REJECT_REASONS):
        phrase = _PREFIX.sub("", fold(reason.default_comment))
        if phrase:
            found.setdefault(phrase, reason.key)
    return tuple(found.items())
