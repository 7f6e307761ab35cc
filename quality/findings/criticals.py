"""Findings on critical bugs: those that weigh on the product, and those that were rejected."""

from collections.abc import Iterable, Sequence

from quality.deadlines import waiting
from quality.findings.finding import Case, Finding, finding, named, of_products, of_several, until
from quality.model.entities import Bug
from quality.product_verdict import older_word, standing
from quality.wording import capital, counted, near_moment

CRITICALS = "criticals"
"""The key of the finding that critical bugs are accepted or open."""
_NAMED = 2
"""So many bugs are named in an action."""


def accepted_or_open(case: Case) -> Iterable[Finding]:
    """Yield the critical bugs of the period that are accepted or open; older ones alone are to be watched."""
    bugs = standing(case.found, case.options.settled)
    if bugs:
        older = [bug for bug in bugs if bug.id in case.judged.older.bugs]
        word = older_word(case.judged, older)
        opened = sum(bug.review == "open" for bug in bugs)
        said = ((len(bugs) - opened, "accepted"), (opened, "open"))
        states = " or ".join(one for count, one in said if count)
        alone = len(older) == len(bugs)
        last = until(case, of_products(bugs))
        do = f"Fix or confirm {_which(case, bugs)}"
        yield finding(
            CRITICALS,
            "watch" if alone else "act_now",
            title=f"{_standing(len(bugs), word if alone else '')} {states}"
            f"{f', some of them {word}' if older and not alone else ''}",
            text=f"{named([bug.title for bug in bugs])}.",
            do=do,
            until=last,
            whose=of_several(case, of_products(bugs)),
            action=f"{do} before the next release, at the latest {last.text}{_review(case, bugs)}.",
            bugs=bugs,
        )


def _review(case: Case, bugs: Sequence[Bug]) -> str:
    """Return until when the open ones can be reviewed, the first of them; empty when none can."""
    wanted = {bug.id for bug in bugs}
    due = [
        (one.ends_at, sum(bug.id in wanted for bug in one.bugs))
        for one in waiting(case.every, case.now)
        if not one.overdue and any(bug.id in wanted for bug in one.bugs)
    ]
    if not due:
        return ""
    count = sum(number for _, number in due)
    first = "the open one" if count == 1 else f"the first of {count:,} open ones"
    return f"; review {first} by {near_moment(due[0][0], case.now)}"


def rejected(case: Case) -> Iterable[Finding]:
    """Yield the critical bugs of the period that were rejected."""
    bugs = [bug for bug in case.rejected if bug.severity == "critical"]
    if bugs:
        every, were = case.found.severities["critical"], "was" if len(bugs) == 1 else "were"
        yield finding(
            "rejected_criticals",
            "watch",
            title=f"{len(bugs):,} of {counted(every, 'critical bug')} {were} rejected",
            text=f"{named([bug.title for bug in bugs])}.",
            do=f"Look again at {_which(case, bugs, 'rejected critical')}",
            until=until(case, of_products(bugs)),
            bugs=bugs,
        )


def _which(case: Case, bugs: Sequence[Bug], kind: str = "critical") -> str:
    """Return `the critical bugs “a” and “b”`, with their number where some are not named, and whose."""
    titles = named([bug.title for bug in bugs], _NAMED)
    many = f"{len(bugs):,} {kind} bugs" if len(bugs) > _NAMED else f"the {kind} bugs"
    return f"{f'the {kind} bug' if len(bugs) == 1 else many}{of_several(case, of_products(bugs))} {titles}"


def _standing(count: int, word: str) -> str:
    """`Critical bugs are`, without their number, which the headline has; `word` says that all are older."""
    named = f"{word} critical" if word else "critical"
    return f"A{'n' if word else ''} {named} bug is" if count == 1 else f"{capital(named)} bugs are"
