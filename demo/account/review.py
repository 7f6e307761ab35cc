"""What becomes of the demo's bugs: who reviews them, when, and why some are rejected."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from demo.account.catalogue import REQUEST_TIMEOUT, SERVED_REASONS
from demo.account.schedule import REVIEW_WINDOW, Plan

_KEYS = (
    "intended_behavior", "ignored_instructions", "irrelevant", "known_bug", "not_reproducible",
    "device_not_relevant", "request_timeout", "fixed_meanwhile", "unspecified",
)  # fmt: skip
_COMMENTS = {reason["key"]: str(reason["default_comment"]) for reason in SERVED_REASONS}

_NOISE = (42, 29, 6, 7, 6, 3, 3, 2, 2)
_USUAL = (15, 10, 12, 19, 16, 8, 8, 6, 6)
_UNSTABLE = (9, 11, 9, 14, 36, 6, 8, 4, 3)

_FREE_TEXT = ("We will not change this.", "Closing, see the mail thread.", "Not a bug for us, sorry.")
_PREFACES = ("Hi, thank you for the report. ", "Thanks! ", "Discussed with the team: ")
_FOLLOW_UPS = (
    " Please see the second section of the instructions.",
    " It is described in the feature's text.",
    " We will add it to the list of known bugs.",
    " Please keep reporting, though.",
)
_QUESTIONS = (
    "Could you add a recording, please?",
    "Which build was it, please? The number is in the settings.",
    "Does it happen on a second device, too?",
    "Can you still see it today? We deployed this morning.",
)
_ANSWERS = (
    "Added. It happens every time here.",
    "Build of this morning, and the one before.",
    "Yes, on the second one as well, but less often.",
    "Yes, still the same.",
)
_OBJECTIONS = (
    "I think this is a bug all the same, but ok.",
    "Understood, thank you.",
    "Could not know that, fine.",
)
_SECOND_THOUGHT = "First I thought: this bug is not relevant and will not be fixed. I was wrong."
_THANKS = (
    "Good catch, we could reproduce it.",
    "Thank you, a ticket is open.",
    "Confirmed, planned for the next release.",
    "Accepted. The recording helped a lot.",
)

_CONFIRMATION = (
    "Bug Fix Confirmation: #{id} https://halo.test-io.example/bug_fix_confirmations/{id}?tab=failed\n"
)
_CONFIRMED = {
    2: (f"{_CONFIRMATION}Result: passed",),
    5: (f"{_CONFIRMATION}Result: failed",),
    7: (f"{_CONFIRMATION}Result: failed", f"{_CONFIRMATION}Result: passed"),
    8: (f"{_CONFIRMATION}Result: expired",),
    11: ("This bug is fixed.",),
}
"""By the remainder of the bug's id."""


_FIRST = -3
"""Tests of the young product that end until this many days after day 0 (as an age) are its first ones."""


@dataclass(frozen=True, slots=True)
class Fate:
    """The end of a bug: accepted or rejected by a person at `at`, or left alone (`at` is None)."""

    decision: str
    at: datetime | None
    reason: str | None


def _odds(plan: Plan) -> tuple[float, float, tuple[int, ...]]:
    """Return the shares of rejected and of unreviewed bugs, and the weights of reasons: the account's story.

    Halo Shop turned noisy 90 days ago; Canvas improved at that time; Kestrel Bank reviews well;
    Northlight TV is young, and nobody has looked at the bugs of its first tests yet.
    """
    recent = plan.age_days <= 90
    if plan.product.key == 0:
        rejected, left, reasons = (0.46, 0.15, _NOISE) if recent else (0.15, 0.13, _USUAL)
    elif plan.product.key == 1:
        rejected, left, reasons = (0.1, 0.07, _USUAL) if recent else (0.34, 0.3, _UNSTABLE)
    elif plan.product.key == 2:
        rejected, left, reasons = 0.055, 0.05, _USUAL
    else:
        rejected, left, reasons = (0.0, 1.0, _USUAL) if plan.age_days > _FIRST else (0.14, 0.25, _USUAL)
    if plan.careless is not None:
        left = plan.careless
    return rejected, 0.0 if plan.prompt and left < 1 else left, reasons


def sittings(rng: Random, plan: Plan) -> tuple[datetime, ...]:
    """Draw the times at which the customer reviews a test: while it runs, soon after it, days later."""
    last = min(plan.settled_at, plan.end_at + REVIEW_WINDOW)
    after = (last - plan.end_at) / timedelta(days=1)
    days = [plan.end_at + timedelta(days=after * rng.uniform(*share)) for share in ((0.05, 0.15), (0.4, 0.6))]
    if plan.testing_type == "coverage":
        days.insert(0, plan.start_at + (plan.end_at - plan.start_at) * 0.6)
    found = [day.replace(hour=8, minute=0) + timedelta(hours=rng.uniform(0, 6)) for day in days]
    return tuple(min(max(moment, day), last) for moment, day in zip(found, days, strict=True))


def fate(
    rng: Random, plan: Plan, reported_at: datetime, drawn: float, reviewed_at: Sequence[datetime]
) -> Fate:
    """Decide what becomes of a bug, once and for all days.

    Args:
        rng: The chance.
        plan: The bug's test.
        reported_at: When it was reported.
        drawn: How lucky it is, 0–1; the unlucky ones are rejected.
        reviewed_at: The sittings in which the test is reviewed.
    """
    rejected, left, reasons = _odds(plan)
    later = [moment for moment in reviewed_at if moment > reported_at]
    at = later[0 if rng.random() < 0.7 else -1] + timedelta(minutes=rng.uniform(0, 50))
    reason = rng.choices(_KEYS, reasons)[0]
    if drawn < rejected:
        if reason == "request_timeout":
            at = reported_at + timedelta(hours=rng.uniform(25, 31))
        return Fate("rejected", at, reason)
    if drawn < rejected + left:
        return Fate("left", None, None)
    return Fate("accepted", at, None)


def comments(
    rng: Random, plan: Plan, tester: str | None, reported_at: datetime, fated: Fate
) -> list[tuple[datetime, str | None, str]]:
    """Write the discussion of a bug as (time, author, text), in order of time; most bugs have none."""
    customer = rng.choice(plan.product.customers)[1]
    said: list[tuple[datetime, str | None, str]] = []
    decided = fated.at or plan.end_at
    if rng.random() < 0.14:
        choice = rng.randrange(len(_QUESTIONS))
        soon = min(timedelta(hours=5), decided - reported_at)
        said.append((reported_at + soon * 0.4, customer, _QUESTIONS[choice]))
        said.append((reported_at + soon * 0.8, tester, _ANSWERS[choice]))
    if fated.decision == "rejected":
        said.extend(_rejection(rng, customer, decided, fated.reason or "unspecified"))
        if rng.random() < 0.1:
            said.append((decided + timedelta(hours=1), tester, rng.choice(_OBJECTIONS)))
    elif fated.decision == "accepted" and rng.random() < 0.2:
        said.append((decided, customer, rng.choice(_THANKS)))
        if rng.random() < 0.05:  # words of a reject reason in an accepted bug decide nothing
            said.append((decided, customer, _SECOND_THOUGHT))
    return said


def confirmations(bug_id: int, fated: Fate) -> list[tuple[datetime, str | None, str]]:
    """Return what testers found who looked at some accepted bugs again, as (time, author, text)."""
    at, kind = fated.at, bug_id % 13
    if fated.decision != "accepted" or at is None or kind not in _CONFIRMED:
        return []
    return [
        (at + timedelta(days=4 + nth), "Test IO", text.format(id=bug_id))
        for nth, text in enumerate(_CONFIRMED[kind])
    ]


def _rejection(
    rng: Random, customer: str, at: datetime, reason: str
) -> list[tuple[datetime, str | None, str]]:
    if reason == "unspecified":
        return [(at, customer, rng.choice(_FREE_TEXT))] if rng.random() < 0.7 else []
    if reason == "request_timeout":
        return [(at, "Test IO", REQUEST_TIMEOUT.replace("'", rng.choice("''’’‘ʼ´`")))]
    text = _variant(rng, _COMMENTS[reason])
    said: list[tuple[datetime, str | None, str]] = [(at, customer, text)]
    if rng.random() < 0.12:
        said.insert(0, (at - timedelta(minutes=4), customer, "Looked at it with the developers."))
    if rng.random() < 0.08:  # a second reason later: the first one decides
        other = rng.choice([key for key in _COMMENTS if key != reason])
        said.append((at + timedelta(minutes=9), customer, _COMMENTS[other]))
    return said


def _variant(rng: Random, served: str) -> str:
    """Write a default comment as people send it: as served, without prefix, edited, pasted from a mail."""
    bare = served.removeprefix("Rejected - ")
    bare = bare[0].upper() + bare[1:]
    drawn = rng.random()
    if drawn < 0.45:
        return served
    if drawn < 0.65:
        return bare
    if drawn < 0.75:
        return bare.replace(" ", "\n", 1).replace(" was ", "  was\t").replace(" not ", "\u00a0not ")
    if drawn < 0.8:
        return served.upper()
    if drawn < 0.9:
        return rng.choice(_PREFACES) + bare
    return served + rng.choice(_FOLLOW_UPS)
