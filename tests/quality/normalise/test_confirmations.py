"""What comments say of a bug's fix is read from those alone that are confirmations."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.model.entities import Comment
from quality.normalise.confirmations import confirmation
from quality.normalise.from_upstream import bug
from tests.factories import raw_bug

LINK = "https://shop.test.io/bug_fix_confirmations/7?state=failed"


def said(*bodies: str) -> str | None:
    return confirmation(Comment("Test IO", body) for body in bodies)


@pytest.mark.parametrize(
    ("bodies", "expected"),
    [
        ((), None),
        ((f"Bug Fix Confirmation: #7 {LINK} passed",), "passed"),
        ((f"bug fix  confirmation:\n#7 {LINK}\nResult: FAILED.",), "failed"),
        ((f"Bug Fix Confirmation: #7 Login failed again ({LINK})\nResult: passed",), "passed"),
        ((f"Bug Fix Confirmation: #7 {LINK}",), None),
        (("Bug Fix Confirmation: #7 passed", "Bug Fix Confirmation: #9 failed"), "failed"),
        (("Bug Fix Confirmation: #7 failed", "Bug Fix Confirmation: #9 passed", "Thanks, failed?"), "passed"),
        (("Bug Fix Confirmation: #7 passed", "Bug Fix Confirmation: #9 expired"), "passed"),
        (("Bug Fix Confirmation: #7 blocked", "Bug Fix Confirmation: #8 cancelled"), None),
        (("This bug is fixed.",), "passed"),
        (("This bug is fixed", "Bug Fix Confirmation: #9 failed"), "failed"),
        (("This bug is fixedly odd",), None),
        (("We hope that this bug is fixed soon",), None),
        (("See the Bug Fix Confirmation: #7 passed",), None),
    ],
)
def test_the_last_confirmation_with_a_result_decides(bodies: tuple[str, ...], expected: str | None) -> None:
    assert said(*bodies) == expected


@given(st.lists(st.text(max_size=80).map(lambda text: f"Bug Fix Confirmation: #{text}"), max_size=4))
def test_whatever_a_confirmation_says_it_has_a_known_result_or_none(bodies: list[str]) -> None:
    assert said(*bodies) in {"passed", "failed", None}


def test_a_bug_knows_its_confirmation_its_export_and_for_whom_it_waits() -> None:
    comments = [{"id": 1, "body": "Bug Fix Confirmation: #7 passed", "author": {"name": "Test IO"}}, None]
    found = bug(
        raw_bug(
            status="Requested ",
            comments=comments,
            reported_at="2026-10-30T12:00:00+02:00",
            exported_at="2026-11-01T22:00:00Z",
        )
    )
    assert (found.confirmation, found.waits_for_tester, found.review) == ("passed", True, "open")
    assert found.export_days == 2.5


@pytest.mark.parametrize(
    ("reported", "exported"),
    [(None, "2026-11-01T22:00:00Z"), ("2026-10-30", None), ("2026-11-02", "2026-11-01"), ("never", "2026")],
)
def test_days_to_export_are_not_known_without_both_times_in_their_order(
    reported: str | None, exported: str | None
) -> None:
    assert bug(raw_bug(reported_at=reported, exported_at=exported)).export_days is None
