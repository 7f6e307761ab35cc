"""Findings on critical bugs: those that weigh on the product, and those that were rejected."""

from collections.abc import Iterable

from quality.findings.finding import Case, Finding, finding, named, of_products, when
from quality.product_verdict import stands
from quality.wording import counted, listing


def standing(case: Case) -> Iterable[Finding]:
    """Yield the critical bugs of the period that are accepted or open."""
    bugs = [
        bug
        for bug in case.found.bugs.values()
        if bug.severity == "critical" and stands(bug, case.options.settled)
    ]
    if bugs:
        waiting = sum(bug.review == "open" for bug in bugs)
        said = ((len(bugs) - waiting, "accepted"), (waiting, "open"))
        states = listing(f"{count:,} {word}" for count, word in said if count)
        yield finding(
            "criticals",
            "act_now",
            title=f"{counted(len(bugs), 'critical bug')}: {states}",
            text=f"{named([bug.title for bug in bugs])}.",
            action=f"Fix or confirm {_these(len(bugs))} before the next release, at the latest"
            f" {when(case, of_products(bugs))}.",
            bugs=bugs,
        )


def rejected(case: Case) -> Iterable[Finding]:
    """Yield the critical bugs of the period that were rejected."""
    bugs = [bug for bug in case.rejected if bug.severity == "critical"]
    if bugs:
        every = case.found.severities["critical"]
        verb = "was" if len(bugs) == 1 else "were"
        yield finding(
            "rejected_criticals",
            "watch",
            title=f"{len(bugs):,} of {counted(every, 'critical bug')} {verb} rejected",
            text=f"{named([bug.title for bug in bugs])}.",
            action=f"Look again at {_these(len(bugs))} {when(case, of_products(bugs))}.",
            bugs=bugs,
        )


def _these(count: int) -> str:
    return "this bug" if count == 1 else f"these {count:,} bugs"
