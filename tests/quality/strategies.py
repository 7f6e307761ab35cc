"""Hypothesis strategies for tests with bugs."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from msgspec import structs

from quality.model.entities import (
    EXECUTED_STATUSES,
    REVIEW_STATES,
    SEVERITIES,
    Bug,
    Execution,
    Named,
    Test,
    TestFeature,
)
from tests.factories import NOW, make_bug, make_test, raw_bug, raw_test

_PLATFORMS = st.lists(st.sampled_from(["Android", "iOS", "Windows"]), max_size=3, unique=True).map(
    lambda found: tuple(sorted(found)) or ("unknown",)
)
_COUNTS = st.none() | st.integers(0, 9)


@st.composite
def some_bugs(draw: st.DrawFn) -> Bug:
    """A bug of any kind, without its own id."""
    review = draw(st.sampled_from(REVIEW_STATES))
    return make_bug(
        review,
        draw(st.sampled_from(SEVERITIES)),
        id=1,
        known=draw(st.booleans()),
        **({"status": "requested"} if review == "open" and draw(st.booleans()) else {}),
        language=draw(st.sampled_from([None, "en", "de"])),
        tester=draw(st.sampled_from([None, "alice", "bob"])),
        feature_id=draw(st.sampled_from([None, 2001, 2002, 2003])),
        feature=None,
        platforms=draw(_PLATFORMS),
        rejection_reason=draw(st.sampled_from(["known_bug", "unspecified"]))
        if review == "rejected"
        else None,
    )


@st.composite
def some_tests(draw: st.DrawFn) -> Test:
    """A test of any kind with up to five bugs, without ids of their own."""
    found: list[Bug] = draw(st.lists(some_bugs(), max_size=5))
    features = draw(st.lists(st.sampled_from([2001, 2002, 2003]), max_size=3, unique=True))
    fields: dict[str, Any] = {
        "id": 1,
        "product_id": draw(st.sampled_from([598, 599])),
        "status": draw(st.sampled_from([*sorted(EXECUTED_STATUSES), "cancelled", None])),
        "demo": draw(st.booleans()),
        "created_by": draw(st.sampled_from([None, "qa.lead"])),
        "section": draw(st.sampled_from([None, Named(1, "Editor"), Named(None, "Sharing")])),
        "end_at": draw(st.none() | st.integers(0, 700).map(lambda days: NOW - timedelta(days))),
        "features": tuple(TestFeature(9000 + one, one, f"Feature {one}") for one in features),
        "execution": Execution(
            total_user_stories=draw(_COUNTS),
            tested_user_stories=draw(_COUNTS),
            passed_user_stories=draw(_COUNTS),
        ),
    }
    return make_test(found, **fields)


def accounts(max_size: int = 8) -> st.SearchStrategy[list[Test]]:
    """Tests with ids of their own, and bugs likewise."""
    return st.lists(some_tests(), max_size=max_size).map(_numbered)


def _numbered(found: list[Test]) -> list[Test]:
    numbered = []
    for number, test in enumerate(found, 1):
        own = tuple(
            structs.replace(bug, id=number * 100 + i, test_id=number) for i, bug in enumerate(test.bugs)
        )
        numbered.append(replace(test, id=number, bugs=own))
    return numbered


Json = dict[str, Any]
ODD = (
    st.none() | st.sampled_from(["accepted", "rejected", "requested", " Forwarded", ""]) | st.text(max_size=9)
)


@st.composite
def odd_accounts(draw: st.DrawFn) -> list[tuple[Json, list[Json]]]:
    """Tests with bugs as an upstream of tomorrow might give them: new words, ends ahead or malformed."""
    ends = st.sampled_from(["2026-10-31T17:00:00Z", "2031-01-01", "9999-12-31T23:59:59Z", "soon", None])
    found = []
    for number in range(1, draw(st.integers(1, 4)) + 1):
        bugs = [
            raw_bug(
                id=number * 100 + place,
                status=draw(ODD),
                severity=draw(ODD),
                auto_accepted=draw(st.sampled_from([True, False, None, "maybe"])),
            )
            for place in range(draw(st.integers(0, 5)))
        ]
        raw = raw_test(
            id=number, status=draw(ODD), testing_type=draw(ODD), end_at=draw(ends), analytics=draw(ODD)
        )
        found.append((raw, bugs))
    return found
