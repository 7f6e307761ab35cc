"""A release has tests, what was found before and after its day, and critical bugs that weigh on it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from quality.context.releases import release_counts
from quality.model.context import Release
from quality.options import QualityOptions
from quality.periods.periods import period
from quality.selection import Selection
from quality.views.report import report_view
from tests.factories import NOW, make_bug, make_facts, make_test
from tests.quality.context.contexts import make_context, make_release

SHIP = datetime(2026, 11, 1, tzinfo=UTC)
BUGS = [
    make_bug(id=1, severity="critical", reported_at=SHIP - timedelta(seconds=1)),
    make_bug(id=2, severity="critical", reported_at=SHIP),
    make_bug(id=3, reported_at=None),
]
FACTS = make_facts(
    [make_test(BUGS, id=11, title="Release 4.3 regression"), make_test([make_bug(id=4)], id=12)]
)


def counts(release: Release) -> tuple[int, int, int, list[int]]:
    found = release_counts(FACTS, release, QualityOptions(), NOW)
    return found.tests, found.before, found.after, [bug.id for bug in found.critical]


def test_bugs_are_found_before_or_after_the_day_in_utc() -> None:
    assert counts(make_release(date=SHIP.date(), test_ids=(11,))) == (1, 2, 1, [1, 2])
    assert counts(make_release(date=SHIP.date(), test_ids=(11,), bug_ids=(4, 99))) == (1, 3, 1, [1, 2])


def test_a_release_without_tests_has_those_that_name_it() -> None:
    assert counts(make_release(date=SHIP.date()))[0] == 1
    assert counts(make_release("4.4", date=SHIP.date(), feature_ids=(7,)))[:3] == (0, 0, 0)


def test_of_a_shipped_release_only_critical_bugs_reported_before_count() -> None:
    assert counts(make_release(date=SHIP.date(), status="shipped", test_ids=(11,)))[3] == [1]


def test_a_shipped_release_marks_the_month_of_its_day_and_a_planned_one_does_not() -> None:
    """What a title names is overruled: the test of 4.3 ended in October."""
    selection = Selection(product_ids=(598,), period=period("last-90-days", NOW))

    def marks(*releases: Release) -> dict[str, tuple[str, ...]]:
        facts = replace(FACTS, context=make_context(releases=releases))
        points = report_view(facts, selection, QualityOptions()).trend
        return {point.month: point.releases for point in points if point.releases}

    assert marks() == {"2026-10": ("4.3",)}
    assert marks(make_release(status="shipped", date=date(2026, 11, 2))) == {"2026-11": ("4.3",)}
    assert marks(make_release("5.0")) == {"2026-10": ("4.3",)}
