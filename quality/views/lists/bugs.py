"""Every bug of a product as a list, with the filters that the counts of all pages lead to."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from itertools import product as combinations

from quality.context.release_periods import MOST_PAGES, release_periods
from quality.deadlines import waiting, waits_for_customer
from quality.metrics.columns import BY_BUGS, LISTED
from quality.model.entities import SEVERITIES, WAITING_FOR_TESTER, Bug, ReviewState, Severity, Test
from quality.model.facts import Facts
from quality.periods.periods import REPORT_PERIODS, Period, contains, period
from quality.views.table import Amount, Column, Day, Reference, Row, Table, Term, Text
from quality.wording import capital

EVERY = "every"
"""The word in place of a period for every bug, also those that no report counts."""
SEVERE = "severe"
"""The filter of critical and high bugs together."""
REVIEWS: Mapping[str, tuple[ReviewState, ...]] = {
    "closed": ("active_accepted", "auto_accepted", "rejected"),
    "looked-at": ("active_accepted", "rejected"),
    "accepted": ("active_accepted", "auto_accepted"),
    "by-person": ("active_accepted",),
    "by-time": ("auto_accepted",),
    "rejected": ("rejected",),
    "open": ("open",),
    "overdue": (),
    "asked": (),
}
"""Filter → the states of review that it shows; `overdue` shows open bugs whose review days are over, `asked`
those that wait for the tester."""
_REVIEWS: Mapping[str, str] = {
    "closed": "Decided",
    "looked-at": "Reviewed by a person",
    "accepted": "Accepted",
    "by-person": "Accepted by a person",
    "by-time": "Accepted by time",
    "rejected": "Rejected",
    "open": "Open",
    "overdue": "Overdue",
    "asked": "Waiting for the tester",
}
_OF_RELEASES = frozenset(
    {
        *LISTED.values(),
        (SEVERE, ""),
        ("critical", "open"),
        *((severity, LISTED[key][1]) for severity in SEVERITIES for key in BY_BUGS),
    }
)
"""The filters that the report of a release leads to."""
_NUMBERS = re.compile(r"[0-9]+(\.[0-9]+)*")
_SEVERITIES: Mapping[str, str] = {
    SEVERE: "Critical and high",
    **{severity: capital(severity) for severity in SEVERITIES},
}


@dataclass(frozen=True, slots=True)
class Choice:
    """A value of a filter: its word in addresses and what a reader sees."""

    word: str
    title: str


@dataclass(frozen=True, slots=True)
class TestBugs:
    """The bugs of one test, newest first.

    Attributes:
        periods: The report periods whose numbers count them; empty for a demo test or one that has not run.
        due: Until when its open bugs can be reviewed; None when none waits.
        releases: Likewise the releases with reports of their own, as the words of their filters.
    """

    __test__ = False

    test: Test
    bugs: tuple[Bug, ...]
    periods: tuple[str, ...]
    due: datetime | None = None
    releases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BugList:
    """The bugs of a product by test, newest first, and how many each combination of filters shows.

    Attributes:
        counts: Filters as `fragment` joins them → bugs; only those that show any.
        uncounted: Bugs that no report counts: of demo tests and of tests that have not run.
    """

    groups: tuple[TestBugs, ...]
    counts: Mapping[str, int]
    total: int
    uncounted: int
    severities: tuple[Choice, ...]
    reviews: tuple[Choice, ...]
    periods: tuple[Choice, ...]
    releases: tuple[Choice, ...] = ()


def fragment(period: str = EVERY, severity: str = "", review: str = "") -> str:
    """Return a combination of filters as addresses have it: `last-90-days.critical.rejected`."""
    return ".".join(word for word in (period, severity, review) if word)


def counted_bugs(key: str, period_key: str) -> str | None:
    """Return the filters that show the bugs which a metric counts in a report; None for other metrics.

    Of a rate they are those of its numerator.
    """
    words = LISTED.get(key)
    return None if words is None else fragment(span_word(period_key), *words)


def span_word(period_key: str) -> str:
    """Return a report's period as filters have it: `last-90-days`; of release 4.16 `release-4-16`.

    A version of other signs is named by digits of its hash: it could hold a dot or the word of a filter.
    """
    kind, _, folder = period_key.partition("/")
    if not folder:
        return kind
    plain = folder.replace(".", "-") if _NUMBERS.fullmatch(folder) else ""
    return f"release-{plain or 'x' + blake2b(folder.encode(), digest_size=6).hexdigest()}"


def bug_list(facts: Facts, product_id: int) -> BugList:
    """List every bug of a product.

    Args:
        facts: The snapshot.
        product_id: Of the product; one without tests has no bugs.
    """
    tests = tests_with_bugs(facts, product_id)
    due = {one.test.id: one.ends_at for one in waiting([test for test, *_ in tests], facts.as_of)}
    groups = tuple(
        TestBugs(test, tuple(sorted(test.bugs, key=newest_first)), periods, due.get(test.id), releases)
        for test, periods, releases in tests
    )
    counts = _counts(groups)
    return BugList(
        groups=groups,
        counts=counts,
        total=sum(len(group.bugs) for group in groups),
        uncounted=sum(len(group.bugs) for group in groups if not group.periods),
        severities=_choices(_SEVERITIES, _words(counts)),
        reviews=_choices(_REVIEWS, _words(counts)),
        periods=_choices({span.key: span.title for span in _periods(facts)}, _words(counts)),
        releases=_choices(
            {span_word(one.key): one.title for one in _releases(facts, product_id)}, _words(counts)
        ),
    )


def tests_with_bugs(facts: Facts, product_id: int) -> list[tuple[Test, tuple[str, ...], tuple[str, ...]]]:
    """Return the tests of a list of bugs in its order, with the periods and releases of `TestBugs`."""
    periods, releases = _periods(facts), _releases(facts, product_id)
    return [
        (
            test,
            tuple(span.key for span in periods if contains(span, test)) if _counted(test) else (),
            tuple(span_word(one.key) for one in releases if contains(one, test)) if _counted(test) else (),
        )
        for test in facts.tests_by_product.get(product_id, ())
        if test.bugs
    ]


def _periods(facts: Facts) -> list[Period]:
    return [period(key, facts.as_of) for key in REPORT_PERIODS]


def _releases(facts: Facts, product_id: int) -> list[Period]:
    """Return the releases that have reports of their own."""
    return [one.period for one in release_periods(facts, product_id)[:MOST_PAGES]]


def newest_first(bug: Bug) -> tuple[float, int]:
    """Return the key by which bugs are listed: reported last first, those of an unknown time at the end."""
    return (-bug.reported_at.timestamp() if bug.reported_at else float("inf"), -bug.id)


def severity_words(severity: Severity) -> tuple[str, ...]:
    """Return the filters of severity that show a bug."""
    return (SEVERE, severity) if severity in {"critical", "high"} else (severity,)


def review_words(review: ReviewState, *, overdue: bool, asked: bool) -> tuple[str, ...]:
    """Return the filters of review that show a bug."""
    return (
        *(word for word, states in REVIEWS.items() if review in states),
        *(("overdue",) if overdue else ()),
        *(("asked",) if asked else ()),
    )


def _counted(test: Test) -> bool:
    return test.executed and not test.demo


def _choices(titles: Mapping[str, str], found: Collection[str]) -> tuple[Choice, ...]:
    """Return the filters that show at least one bug."""
    return tuple(Choice(word, title) for word, title in titles.items() if word in found)


def _words(counts: Mapping[str, int]) -> set[str]:
    return {word for words in counts for word in words.split(".")}


def _counts(groups: Iterable[TestBugs]) -> dict[str, int]:
    alike = Counter(
        (group.periods, group.releases, bug.severity, bug.review, bug.overdue, bug.waits_for_tester)
        for group in groups
        for bug in group.bugs
    )
    counts: Counter[str] = Counter()
    for (periods, releases, severity, review, overdue, asked), bugs in alike.items():
        own = (
            ("", *severity_words(severity)),
            ("", *review_words(review, overdue=overdue, asked=asked)),
        )
        for combination in combinations((EVERY, *periods), *own):
            counts[fragment(*combination)] += bugs
        for release, words in combinations(releases, _OF_RELEASES.intersection(combinations(*own))):
            counts[fragment(release, *words)] += bugs
    return dict(counts)


def table_of_bugs(groups: Iterable[TestBugs]) -> Table:
    """Return bugs as a table for files, in the order given."""
    return Table(
        key="bugs",
        title="Bugs",
        columns=(
            Column("id", "Id", "count"),
            Column("title", "Bug"),
            Column("severity", "Severity"),
            Column("review", "Review"),
            Column("rejection_reason", "Rejection reason"),
            Column(WAITING_FOR_TESTER, "Waiting for the tester"),
            Column("fix_confirmation", "Fix confirmation"),
            Column("exported_at", "Exported (UTC)", "day"),
            Column("known", "Known"),
            Column("feature", "Feature"),
            Column("tester", "Tester"),
            Column("platforms", "Platforms"),
            Column("reported_at", "Reported (UTC)", "day"),
            Column("due_at", "Review until (UTC)", "day"),
            Column("test_id", "Test id", "count"),
            Column("test", "Test"),
            Column("test_end_at", "Test ended (UTC)", "day"),
            Column("periods", "Counted in"),
        ),
        rows=tuple(
            Row(
                (
                    Amount(bug.id),
                    Text(bug.title, Reference("bug", bug.id, bug.test_id)),
                    Term("severity", bug.severity),
                    Term("review", bug.review),
                    Term("word", bug.rejection_reason),
                    Text("yes" if bug.waits_for_tester else "no"),
                    Term("word", bug.confirmation),
                    Day(bug.exported_at),
                    Text("yes" if bug.known else "no"),
                    Text(bug.feature) if bug.feature else None,
                    Text(bug.tester) if bug.tester else None,
                    Text(", ".join(bug.platforms)),
                    Day(bug.reported_at),
                    Day(group.due if waits_for_customer(bug) else None),
                    Amount(group.test.id),
                    Text(group.test.title, Reference("test", group.test.id)),
                    Day(group.test.end_at),
                    Text(" ".join(group.periods)),
                )
            )
            for group in groups
            for bug in group.bugs
        ),
    )
