"""A rejected bug's reason is found in its comments."""

import pytest

from quality.model.entities import Comment, RejectReason
from quality.model.rejection import KNOWN_REJECT_REASONS, rejection_reason
from quality.normalise import from_upstream
from tests.factories import raw_bug


def reason(*bodies: str, served: tuple[RejectReason, ...] = ()) -> str:
    return rejection_reason(served)([Comment("qa", body) for body in bodies])


def test_each_known_reason_is_recognised_by_its_own_comment() -> None:
    assert len(KNOWN_REJECT_REASONS) == 7
    for known in KNOWN_REJECT_REASONS:
        assert reason(f"Rejected - {known.default_comment} Thank you.") == known.key


def test_only_a_rejected_bug_has_a_reason() -> None:
    comments = [{"body": "This is a legit bug but already known."}]
    for status, expected in (("rejected", "known_bug"), ("accepted", None), ("forwarded", None)):
        found = from_upstream.bug(
            raw_bug(status=status, comments=comments), test=None, product_id=598, reasons=()
        )
        assert found.rejection_reason == expected


def test_without_a_match_the_reason_is_unspecified() -> None:
    assert reason() == "unspecified"
    assert reason("", "We do not agree.") == "unspecified"


@pytest.mark.parametrize("apostrophe", ["'", "’", "‘", "ʼ", "`", "´"])
def test_every_apostrophe_is_the_same(apostrophe: str) -> None:
    said = f"because you didn{apostrophe}t respond to the request within 24 hours!"
    assert reason(f"Your bug was rejected automatically, {said}") == "request_timeout"


def test_case_and_white_space_do_not_matter() -> None:
    assert reason("so:\n THE  TEST\tInstructions\u00a0were not\r\nfollowed.  ok") == "ignored_instructions"


def test_the_first_comment_that_matches_decides_then_the_first_reason() -> None:
    known, timeout = "This is a legit bug but already known.", "The test instructions were not followed."
    assert reason("hello", timeout, known) == "ignored_instructions"
    assert reason(f"{known} {timeout}") == "ignored_instructions"
    served = (
        RejectReason("known_bug", "Known", known),
        RejectReason("ignored_instructions", "Ignored", timeout),
    )
    assert reason(f"{timeout} {known}", served=served) == "known_bug"


def test_served_reasons_and_the_known_ones_are_both_used() -> None:
    served = from_upstream.reject_reasons(
        [
            {"key": "Too_Late", "name": "Too late", "default_comment": "Rejected - The release is out."},
            {"key": "blank", "default_comment": "Rejected - "},
            {"key": "none", "default_comment": None},
            {"default_comment": "no key"},
        ]
    )
    assert [one.key for one in served] == ["too_late", "blank", "none"]
    assert reason("rejected – the release is out.", served=served) == "too_late"
    assert reason("The release is out.", served=served) == "too_late"
    assert reason("This is a legit bug but already known.", served=served) == "known_bug"
    assert reason("Something else", served=served) == "unspecified"
