"""Every bug of a product as a list, with the filters that the counts of all pages lead to."""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from itertools import product as combinations

from quality.context.release_periods import MOST_PAGES, release_periods
from quality.deadlines import waiting
from quality.metrics.columns import BY_BUGS, LISTED
from quality.model.entities import SEVERITIES, Bug, ReviewState, Severity, Test
from quality.model.facts import Facts
from quality.periods.periods import REPORT_PERIODS, Period, contains, period
from quality.views.breakdowns import reason_names
from quality.views.lists.bug_parts import (
    MOST_SHOWN,
    Spanned,
    Value,
    filters_of,
    part_word,
    shown_values,
    value_name,
    values_of,
)
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
    "by-time": "Auto-accepted",
    "rejected": "Rejected",
    "open": "Open",
    "overdue": "Overdue",
    "asked": "Waiting for the tester",
}
_LINKED = frozenset(
    {
        *LISTED.values(),
        (SEVERE, ""),
        ("critical", "open"),
        ("high", "open"),
        *((severity, LISTED[key][1]) for severity in SEVERITIES for key in BY_BUGS),
    }
)
"""The filters of severity and review that a report leads to."""
_NUMBERS = re.compile(r"[0-9]+(\.[0-9]+)*")
_SEVERITIES: Mapping[str, str] = {
    SEVERE: "Critical and high",
    **{severity: capital(severity) for severity in SEVERITIES},
}
FILTERS: Mapping[str, str] = {**_SEVERITIES, **_REVIEWS}
"""The filters of severity and review, as a reader sees them."""


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

    @property
    def spans(self) -> tuple[str, ...]:
        """Return the reports whose numbers count them, of periods and of releases."""
        return (*self.periods, *self.releases)


@dataclass(frozen=True, slots=True)
class BugList:
    """The bugs of a product by test, newest first, and what the filters that links carry show of them.

    Attributes:
        places: Filters as `fragment` joins them → the pages that hold their bugs → how many; only those
            that a page leads to and that show any.
        uncounted: Bugs that no report counts: of demo tests and of tests that have not run.
        parts: The values by which they can be filtered, too, by their dimension.
    """

    groups: tuple[TestBugs, ...]
    places: Mapping[str, Mapping[int, int]]
    total: int
    uncounted: int
    severities: tuple[Choice, ...]
    reviews: tuple[Choice, ...]
    periods: tuple[Choice, ...]
    releases: tuple[Choice, ...] = ()
    parts: Mapping[str, tuple[Choice, ...]] = field(default_factory=dict)

    @property
    def counts(self) -> dict[str, int]:
        """Return how many bugs the filters of each link show, on all pages."""
        return {words: sum(pages.values()) for words, pages in self.places.items()}

    def titles(self) -> dict[str, str]:
        """Return the filters of each link as a reader sees them: `Last 90 days, Critical, Rejected`."""
        choices = (self.periods, self.releases, self.severities, self.reviews, *self.parts.values())
        known = {one.word: one.title for some in choices for one in some}
        return {
            words: ", ".join(known[one] for one in words.split(".") if one != EVERY) or "Every bug"
            for words in self.places
        }


def fragment(period: str = EVERY, severity: str = "", review: str = "", part: str = "") -> str:
    """Return a combination of filters as addresses have it: `last-90-days.critical.rejected.f-12`."""
    return ".".join(word for word in (period, severity, review, part) if word)


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


def bugs_by_test(facts: Facts, product_id: int) -> tuple[TestBugs, ...]:
    """Return every bug of a product in the order of its list; a product without tests has none."""
    tests = tests_with_bugs(facts, product_id)
    due = {one.test.id: one.ends_at for one in waiting([test for test, *_ in tests], facts.as_of)}
    return tuple(
        TestBugs(test, tuple(sorted(test.bugs, key=newest_first)), periods, due.get(test.id), releases)
        for test, periods, releases in tests
    )


def bug_list(facts: Facts, product_id: int, a_page: int) -> BugList:
    """List every bug of a product.

    Args:
        facts: The snapshot.
        product_id: Of the product; one without tests has no bugs.
        a_page: How many bugs a page of the list holds.
    """
    groups = bugs_by_test(facts, product_id)
    shown = shown_values(Spanned(group.bugs, group.spans) for group in groups)
    places = _places(groups, a_page)
    places |= _places_of_parts(groups, shown, a_page)
    words = {word for filters in places for word in filters.split(".")}
    words |= {word for group in groups for bug in group.bugs for word in words_of(bug)}
    return BugList(
        groups=groups,
        places=places,
        total=sum(len(group.bugs) for group in groups),
        uncounted=sum(len(group.bugs) for group in groups if not group.periods),
        severities=_choices(_SEVERITIES, words),
        reviews=_choices(_REVIEWS, words),
        periods=_choices({span.key: span.title for span in periods_of_reports(facts)}, words),
        releases=_choices({span_word(one.key): one.title for one in _releases(facts, product_id)}, words),
        parts=_parts(groups, shown, reason_names(facts)),
    )


def first_pages(facts: Facts, product_id: int, a_page: int) -> dict[str, int]:
    """Return the filters, without those of parts, whose first bug is not on the first page of the list."""
    found = _places(bugs_by_test(facts, product_id), a_page)
    return {words: first for words, pages in found.items() if (first := min(pages)) > 1}


def tests_with_bugs(facts: Facts, product_id: int) -> list[tuple[Test, tuple[str, ...], tuple[str, ...]]]:
    """Return the tests of a list of bugs in its order, with the periods and releases of `TestBugs`."""
    periods, releases = periods_of_reports(facts), _releases(facts, product_id)
    return [
        (
            test,
            words_of_spans(test, periods),
            words_of_spans(test, releases),
        )
        for test in facts.tests_by_product.get(product_id, ())
        if test.bugs
    ]


def words_of_spans(test: Test, spans: Iterable[Period]) -> tuple[str, ...]:
    """Return the words of those whose reports count a test; none count a demo test, or one not run."""
    counted = test.executed and not test.demo
    return tuple(span_word(one.key) for one in spans if contains(one, test)) if counted else ()


def periods_of_reports(facts: Facts) -> list[Period]:
    """Return the periods that every product has a report over."""
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


def _choices(titles: Mapping[str, str], found: Collection[str]) -> tuple[Choice, ...]:
    """Return the filters that show at least one bug."""
    return tuple(Choice(word, title) for word, title in titles.items() if word in found)


def words_of(bug: Bug) -> tuple[str, ...]:
    """Return the filters of severity and review that show a bug."""
    reviewed = review_words(bug.review, overdue=bug.overdue, asked=bug.waits_for_tester)
    return (*severity_words(bug.severity), *reviewed)


_Places = dict[str, Counter[int]]


def _places(groups: Iterable[TestBugs], a_page: int) -> _Places:
    """Count what each filter of severity and review shows on each page, of those that a report leads to."""
    alike: Counter[tuple[tuple[str, ...], int, ReviewState, bool, bool, Severity]] = Counter()
    for page, group, bug in _placed(groups, a_page):
        alike[group.spans, page, bug.review, bug.overdue, bug.waits_for_tester, bug.severity] += 1
    places: _Places = defaultdict(Counter)
    for (spans, page, review, overdue, asked, severity), bugs in alike.items():
        own = _pairs(severity_words(severity), review_words(review, overdue=overdue, asked=asked))
        for span, words in combinations((EVERY, *spans), sorted(own & _LINKED)):
            places[fragment(span, *words)][page] += bugs
    return dict(places)


def _places_of_parts(
    groups: Iterable[TestBugs], shown: Mapping[str, Collection[Value]], a_page: int
) -> _Places:
    """Likewise of the filters with a part, of those that have a count on a report."""
    alike: Counter[tuple[str, Value, Severity, ReviewState, int]] = Counter()
    for page, group, bug in _placed(groups, a_page):
        values = values_of(bug)
        for span in group.spans:
            of_span = shown[span]
            for value in values:
                if value in of_span:
                    alike[span, value, bug.severity, bug.review, page] += 1
    places: _Places = defaultdict(Counter)
    for (span, value, severity, review, page), bugs in alike.items():
        own = _pairs(severity_words(severity), review_words(review, overdue=False, asked=False))
        for words in sorted(own.intersection(filters_of(value))):
            places[fragment(span, *words, part_word(*value))][page] += bugs
    return dict(places)


def _placed(groups: Iterable[TestBugs], a_page: int) -> Iterator[tuple[int, TestBugs, Bug]]:
    """Yield every bug of the list with the page that it is on."""
    every = ((group, bug) for group in groups for bug in group.bugs)
    for at, (group, bug) in enumerate(every):
        yield at // a_page + 1, group, bug


def _pairs(severities: tuple[str, ...], reviews: tuple[str, ...]) -> set[tuple[str, str]]:
    return set(combinations(("", *severities), ("", *reviews)))


def _parts(
    groups: Iterable[TestBugs], shown: Mapping[str, Collection[Value]], reasons: Mapping[str, str]
) -> dict[str, tuple[Choice, ...]]:
    """Return the values that any report shows as choices, by dimension, in the order of their names."""
    every = {value for some in shown.values() for value in some}
    names: dict[Value, str] = {}
    for bug in (bug for group in groups for bug in group.bugs):
        for value in values_of(bug):
            if value in every and value not in names:
                names[value] = value_name(value, bug, reasons)
    found: dict[str, list[Choice]] = {key: [] for key in MOST_SHOWN}
    for value, name in sorted(names.items(), key=lambda one: (one[1].casefold(), str(one[0].id))):
        found[value.dimension].append(Choice(part_word(*value), name))
    return {key: tuple(choices) for key, choices in found.items() if choices}
