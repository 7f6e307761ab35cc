"""The first sentences of a page: the verdict, what changed, what is asked of the reader."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from base.text import shorten
from quality.deadlines import final, review_ends_at
from quality.findings.criticals import CRITICALS
from quality.findings.finding import Finding
from quality.findings.places import FAILED_FEATURES
from quality.metrics.columns import ACCEPTED_BY_A_PERSON
from quality.metrics.measures import Change, measure, share_sentence
from quality.metrics.tally import Tally
from quality.model.entities import Bug, Test
from quality.model.facts import Gap
from quality.verdicts import LEVEL_WORDS, Verdict
from quality.views.deadlines import DeadlineDay
from quality.wording import capital, counted, day_utc, grave, listing, near, near_moment, quoted

NOTHING_ASKED = "No action needed."
RATES_SO_FAR = "More than a fifth of the bugs is open: the rates of decided bugs are so far."
_Clause = tuple[datetime, str]
"""What to do, and the first moment until when."""
_LAST = datetime.max.replace(tzinfo=UTC)
_DAYS_NAMED = 2
_HOLDS_BUGS = frozenset({"product", "test", "tests", "bugs"})


def judged(verdict: Verdict, then: str = "") -> str:
    """Return a verdict and the first of its reasons: `Act now: 2 critical bugs are accepted.`.

    Of a product that cannot be judged, what is known all the same; empty when that is nothing.

    Args:
        verdict: The verdict.
        then: What the rate that is this reason was before; empty for none.
    """
    if verdict.level == "unknown":
        return verdict.headline if verdict.first else ""
    reason = f"{verdict.headline.removesuffix('.')}, before {then}." if then else verdict.headline
    return f"{capital(LEVEL_WORDS[verdict.level])}: {reason[:1].lower()}{reason[1:]}"


def judged_before(verdict: Verdict, changes: Mapping[str, Change]) -> str:
    """Return what the rate that a verdict gives as its first reason was in the period before; empty without.

    A reason that is not a rate, or that speaks of the last days of a longer period, has none.
    """
    shown = next((one.measure for one in verdict.signals if one.measure and one.brief == verdict.first), None)
    moved = changes.get(shown.key) if shown else None
    return moved.before if moved else ""


def outcome(
    review: Verdict,
    found: Tally,
    changes: Mapping[str, Change],
    before: Tally | None,
    *,
    running: bool = False,
) -> str:
    """Return the review's worst rate, else the acceptance by a person; empty without bugs.

    Args:
        review: The verdict on the review.
        found: What was counted.
        changes: Against the period before.
        before: What was counted in that; None without one.
        running: Whether the period has not ended.
    """
    if not found.bug_count:
        return ""
    first = before is not None and not before.test_count
    if not found.decided:
        return "No test ended before; no bug is decided yet." if first else "No bug is decided yet."
    bad = [one.measure for one in review.signals if one.measure and one.level == review.level != "fine"]
    shown = bad[0] if bad and review.level != "unknown" else measure(ACCEPTED_BY_A_PERSON, found)
    moved = changes.get(shown.key)
    then = f", before {moved.before}" if moved else "; no test ended before" if first else ""
    so_far = "So far " if running or found.so_far else ""
    return f"{so_far}{share_sentence(shown)}{then}."


def volume(found: Tally) -> str:
    """`12 tests found 96 bugs, 2 critical and 20 high.`: never bugs without their tests and severities."""
    tests = counted(found.test_count, "test")
    if not found.bug_count:
        return f"{tests} found no bugs."
    beside = grave(found.severities["critical"], found.severities["high"])
    return f"{tests} found {counted(found.bug_count, 'bug')}, {beside}."


def nothing_ended(last: Test | None, now: datetime) -> str:
    """Say that a period has no test, and when the last one ended."""
    if last is None:
        return "No test yet: no bugs, and nothing to compare."
    if last.end_at is None:
        return "No test has ended yet."
    verb = "ended" if last.end_at <= now else "ends"
    return f"No test ended. The latest test, {quoted(last.title)}, {verb} on {near(last.end_at, now)}."


def still_waiting(found: Tally, now: datetime) -> str:
    """Return the open bugs apart: overdue, due with the dates, waiting for the tester, of running tests."""
    if not found.open:
        return ""
    counts, due = _waiting(found, now)
    words = [word for word in _WORDS if counts[word]]
    numbers = [f"{counts[word]:,} " for word in words] if len(words) > 1 else [""]
    parts = [
        f"{number}{word}{_dates(due, now) if word == _DUE else ''}"
        for number, word in zip(numbers, words, strict=True)
    ]
    verb = "is" if found.open == 1 else "are"
    return f"{counted(found.open, 'bug')} {verb} open and in no judged rate: {listing(parts)}."


def waits(found: Tally, now: datetime) -> str:
    """Return what the open bugs wait for: `6 to review, 1 overdue`; empty where all are due."""
    counts, _ = _waiting(found, now)
    if counts.keys() <= {_DUE}:
        return ""
    return ", ".join(f"{counts[word]:,} {told}" for word, told in _OPENED.items() if counts[word])


def opened(whole: Tally, elsewhere: Tally, now: datetime) -> str:
    """Return how many bugs are open at all, and what those wait for that a page does not count.

    `10 open bugs with those of other tests: 3 still being tested`; empty when all of those are to review.
    Those that are overdue are counted by the headline.

    Args:
        whole: All tests with open bugs.
        elsewhere: Those that do not belong to the page's period.
        now: When bugs wait.
    """
    counts, _ = _waiting(elsewhere, now)
    if counts.keys() <= {_DUE}:
        return ""
    parts = [
        "the overdue ones" if word == _OVERDUE else f"{counts[word]:,} {told}"
        for word, told in _OPENED.items()
        if counts[word]
    ]
    others = " with those of other tests" if whole.open > elsewhere.open else ""
    return f"{counted(whole.open, 'open bug')}{others}: {listing(parts)}"


def _waiting(found: Tally, now: datetime) -> tuple[Counter[str], list[datetime]]:
    """Count the open bugs by what they wait for; and until when those can be reviewed that wait for that."""
    due: list[datetime] = []
    counts: Counter[str] = Counter()
    for bug in found.bugs.values():
        if bug.review == "open":
            word, until = _waits(bug, found.tests.get(bug.test_id), now)
            counts[word] += 1
            due += [until] if until else []
    return counts, due


_OVERDUE, _DUE, _ASKED, _RUNS = "overdue", "due", "waiting for the tester", "of running tests"
_LEFT, _UNDATED = "left open in archived tests", "of tests without a known end"
_OPENED = {
    _DUE: "to review",
    _ASKED: _ASKED,
    _RUNS: "still being tested",
    _LEFT: "left open for good",
    _UNDATED: "without a known end",
    _OVERDUE: _OVERDUE,
}
_WORDS = (_OVERDUE, _DUE, _ASKED, _RUNS, _LEFT, _UNDATED)


def _waits(bug: Bug, test: Test | None, now: datetime) -> tuple[str, datetime | None]:
    """Return what an open bug waits for, and until when it can be reviewed if that is what it waits for."""
    if bug.overdue:
        return _OVERDUE, None
    if test is not None and final(test):
        return _LEFT, None
    if test is None or test.end_at is None:
        return _ASKED if bug.waits_for_tester else _UNDATED, None
    if test.end_at > now:
        return _RUNS, None
    return (_ASKED, None) if bug.waits_for_tester else (_DUE, review_ends_at(test.end_at))


def _dates(due: Sequence[datetime], now: datetime) -> str:
    """` by 21 Nov`; of several days ` 21 Nov to 28 Nov`."""
    first, last = (near(end, now) for end in (min(due), max(due)))
    return f" by {last}" if first == last else f" {first} to {last}"


def ask(
    deadlines: Sequence[DeadlineDay],
    findings: Iterable[Finding],
    gaps: Sequence[Gap],
    now: datetime,
    *,
    apart: str = "",
    several: bool = False,
) -> str:
    """Return what is asked of the reader, and what gaps in the data make unsure about it.

    Args:
        deadlines: The days on which open bugs will be auto-accepted.
        findings: What stands out.
        gaps: Of the data that both come from.
        now: Its year need not be named.
        apart: What the page is of, a period or a release, when none of these bugs belongs to it.
        several: Whether it is about several products, of which only the gravest bugs are told.
    """
    copies = {gap.test_id: gap.copied_at for gap in gaps if gap.test_id is not None and gap.copied_at}
    old = [at for day in deadlines for bug in day.bugs if (at := copies.get(bug.test_id))]
    lost = sum(gap.state in {"missing", "damaged"} and gap.kind in _HOLDS_BUGS for gap in gaps)
    asked = _asked(deadlines, findings, apart, now, several=several)
    if old:
        which = (
            "All of these are"
            if len(old) == sum(len(day.bugs) for day in deadlines)
            else f"{len(old)} of these are"
        )
        return (
            f"{asked} {which} known only from copies, the oldest of {day_utc(min(old))}: look at them first."
        )
    if lost and asked == NOTHING_ASKED:
        return f"No action needed as far as is known, but {counted(lost, 'gap')} may hide open bugs."
    return asked


def _asked(
    deadlines: Sequence[DeadlineDay],
    findings: Iterable[Finding],
    apart: str,
    now: datetime,
    *,
    several: bool,
) -> str:
    """Say what to do about critical bugs or failed features and until when to review, in order of time.

    Without these it is the gravest finding's action. Critical bugs that wait for their review are among
    those to review.
    """
    stated = [finding for finding in findings if finding.level != "fine"]
    review = _review(deadlines, apart, now, several=several)
    failed = _look(stated) if review and not (apart or several) else None
    clauses = [one for one in (_fix(stated, deadlines) or failed, review) if one]
    if not clauses:
        return stated[0].action if stated else NOTHING_ASKED
    return f"{capital('; '.join(text for _, text in sorted(clauses)))}."


def _fix(stated: Iterable[Finding], deadlines: Sequence[DeadlineDay]) -> _Clause | None:
    """Say until when to fix the critical bugs; None without any but those that wait for their review."""
    fix = next((one for one in stated if one.key == CRITICALS and one.level == "act_now"), None)
    waiting = {bug.id for day in deadlines for bug in day.bugs}
    left = len(set(fix.bug_ids) - waiting) if fix else 0
    if not fix or not left:
        return None
    which = "the critical bug" if left == 1 else f"{left:,} critical bugs"
    return fix.due_at or _LAST, f"fix {which}{fix.whose} {fix.due}"


def _look(stated: Iterable[Finding]) -> _Clause | None:
    """Say until when to look at failed features; None without any."""
    failed = next((one for one in stated if one.key == FAILED_FEATURES), None)
    if failed is None:
        return None
    which = "feature failures" if failed.title.startswith("Features") else "feature failure"
    return failed.due_at or _LAST, f"look into the {which} {failed.due}"


def _review(deadlines: Sequence[DeadlineDay], apart: str, now: datetime, *, several: bool) -> _Clause | None:
    """Say until when to review; None when nothing waits for it."""
    review = f"apart from this {apart}, review" if apart else "review"
    due = [one for one in deadlines if not one.overdue]
    over = sum(len(one.bugs) for one in deadlines if one.overdue)
    late = f"{over:,} more {'is' if over == 1 else 'are'} overdue" if over else ""
    if due:
        rest = f"; {late}" if late else ""
        return due[0].first_at or _LAST, f"{review} {_due(due, now, several=several)}{rest}"
    if over:
        late = counted(over, "overdue bug")
        return now, f"{review} {late} now, or ask Test IO about {'it' if over == 1 else 'them'}"
    return None


def _due(days: Sequence[DeadlineDay], now: datetime, *, several: bool) -> str:
    """`7 bugs by 21 Nov, 22:50 UTC, 2 later that day, 11 by 26 Nov, 01:10`: first those due at that hour.

    A day has the hour of its first bugs. Of more than two further days the last one speaks for all:
    `25 more by 29 Nov, 14:05`. Of several products the last one comes first, and the product of those that
    are due first is named if it is one: `33 bugs by 29 Nov, 14:05 UTC, the first 7 (Halo Shop) by 21 Nov,
    22:50`.
    """
    first, *others = days
    later, more = len(first.bugs) - first.first_count, sum(len(one.bugs) for one in others)
    if several and others:
        owners = {bug.product for bug in first.bugs if bug.due_at == first.first_at}
        of = f" ({shorten(min(owners), 24)})" if len(owners) == 1 else ""
        every = counted(len(first.bugs) + more, "bug")
        last = f"{every} by {_when(others[-1], now)} UTC"
        number = f" {first.first_count:,}" if first.first_count > 1 else ""
        return f"{last}, the first{number}{of} by {_when(first, now)}"
    parts = [f"{counted(first.first_count, 'bug')} by {_when(first, now)} UTC"]
    if later:
        parts.append(f"{later:,} later that day")
    if len(others) > _DAYS_NAMED:
        parts.append(f"{more:,} more by {_when(others[-1], now)}")
    else:
        parts += [f"{len(one.bugs):,} by {_when(one, now)}" for one in others]
    return ", ".join(parts)


def _when(one: DeadlineDay, now: datetime) -> str:
    """Return the day and the hour of its first bugs: `27 Nov, 01:10`."""
    return near_moment(one.first_at or one.bugs[0].due_at or now, now).removesuffix(" UTC")
