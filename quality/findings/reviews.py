"""Findings on the review: too little time for it, deadlines, and bugs that were found before."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from quality.deadlines import Waiting, waiting
from quality.findings.finding import Case, Finding, finding, of_products, until
from quality.metrics.columns import BY_A_PERSON, LEFT_ALONE
from quality.metrics.measures import measure, sentence
from quality.verdicts import review_level
from quality.wording import capital, counted, listing, near, near_moment, quoted

DEADLINE = "review_deadline"
"""The key of the finding that bugs wait for their review."""


def bandwidth(case: Case) -> Iterable[Finding]:
    """Yield when so many bugs were left to auto-acceptance that the review needs fewer of them."""
    grave = [
        key
        for key in (LEFT_ALONE, BY_A_PERSON)
        if review_level(key, case.found, case.thresholds) == "act_now"
    ]
    bugs = [bug for bug in case.found.bugs.values() if bug.review == "auto_accepted"]
    if grave:
        said = listing(sentence(measure(key, case.found, case.options.weights)) for key in grave)
        yield finding(
            "bandwidth",
            "act_now",
            title="The review has too little time",
            text=f"{capital(said)}.",
            do="Plan narrower tests or more time between them",
            until=until(case, of_products(bugs)),
            bugs=bugs,
        )


def deadline(case: Case) -> Iterable[Finding]:
    """Yield the open bugs by due date: overdue ones in one clause, then every coming date."""
    found = waiting(case.every, case.now)
    over = [one for one in found if one.overdue]
    due = [one for one in found if not one.overdue]
    if not found:
        return
    soon = bool(over) or (due[0].day - case.now.date()).days <= 1
    clauses = [f"{_bugs(over)} {'is' if _count(over) == 1 else 'are'} overdue"] if over else []
    by_hour = _by_hour(due, case.now)
    clauses += [f"{_bugs(here)} due by {near_moment(here[0].ends_at, case.now)}" for here in by_hour]
    actions = [f"ask Test IO about the {counted(_count(over), 'overdue bug')} now"] if over else []
    if due:
        first = by_hour[0]
        rest = (
            f", {_count(due) - _count(first):,} more by {near(due[-1].day, case.now)}"
            if _count(due) > _count(first)
            else ""
        )
        actions.insert(0, f"review {_bugs(first)} by {near_moment(first[0].ends_at, case.now)}{rest}")
    yield finding(
        DEADLINE,
        "act_now" if soon else "watch",
        title=f"{counted(_count(found), 'open bug')} to review",
        text=f"{capital('; '.join(clauses))}.",
        do=capital(listing(actions)),
        bugs=[bug for one in (*due, *over) for bug in one.bugs],
        tests=[one.test for one in (*due, *over)],
    )


def found_again(case: Case) -> Iterable[Finding]:
    """Yield the bugs that are much like one that was accepted or rejected before."""
    pairs = case.found_again
    bugs = [bug for pair in pairs for bug in (pair.bug, pair.earlier)]
    if not pairs:
        return
    one = pairs[0]
    repeated = [pair for pair in pairs if "rejected" not in {pair.bug.review, pair.earlier.review}]
    opposed = [
        pair
        for pair in pairs
        if pair.bug.review != "open" and "rejected" in {pair.bug.review, pair.earlier.review}
    ]
    earlier = "rejected" if one.earlier.review == "rejected" else "accepted"
    here, there = quoted(one.bug.title), quoted(one.earlier.title)
    said = f"is much like {there}, which" if here != there else "has the name of an earlier one, which"
    more = f" {counted(len(pairs) - 1, 'more pair')}."
    if repeated:
        do = f"Verify the fix of {quoted(repeated[0].earlier.title)}"
    elif opposed:
        do = f"Settle the two decisions on {quoted(opposed[0].bug.title)}"
    else:
        do = f"Compare {quoted(one.bug.title)} with the rejected one, and decide both alike"
    yield finding(
        "found_again",
        "watch",
        title=f"{counted(len(pairs), 'bug')} found again",
        text=f"{here} {said} was {earlier}.{more if len(pairs) > 1 else ''}",
        do=do,
        aside=not (repeated or opposed),
        until=until(case, of_products(bugs)),
        bugs=bugs,
    )


def _count(found: Sequence[Waiting]) -> int:
    return sum(len(one.bugs) for one in found)


def _bugs(found: Sequence[Waiting]) -> str:
    return counted(_count(found), "open bug")


def _by_hour(due: Sequence[Waiting], now: datetime) -> list[list[Waiting]]:
    """Those that are due at the same moment together, the earliest first."""
    grouped: dict[str, list[Waiting]] = {}
    for one in due:
        grouped.setdefault(near_moment(one.ends_at, now), []).append(one)
    return list(grouped.values())
