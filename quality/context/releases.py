"""What belongs to a release, and what was found before and after it."""

from dataclasses import dataclass
from datetime import UTC, datetime, time

from quality.metrics.tally import tally
from quality.model.context import Release
from quality.model.entities import Bug, Test
from quality.model.facts import Facts
from quality.options import QualityOptions
from quality.periods.periods import period
from quality.product_verdict import LONGEST, stands
from quality.releases import releases as named_in
from quality.selection import Selection, features_of, select

_LONGEST = 90
"""Days before its day in which a test belongs to a release that names none and that no title names."""


@dataclass(frozen=True, slots=True)
class ReleaseCounts:
    """Count what is known of a release.

    Attributes:
        before: Bugs of its tests that were reported before its day.
        after: Those reported on that day or later.
        critical: Critical bugs that weigh on it: of a shipped one, those reported before its day.
    """

    release: Release
    tests: int
    before: int
    after: int
    critical: tuple[Bug, ...]


def release_counts(facts: Facts, release: Release, options: QualityOptions, now: datetime) -> ReleaseCounts:
    """Count what belongs to a release."""
    tests = tests_of(facts, release)
    bugs = {bug.id: bug for test in tests for bug in test.bugs}
    bugs |= {one: facts.bugs[one] for one in release.bug_ids if one in facts.bugs}
    ship = datetime.combine(release.date, time(), UTC)
    after = [bug for bug in bugs.values() if bug.reported_at is not None and bug.reported_at >= ship]
    critical = critical_at(facts, release, options, now)
    if release.status != "planned":
        critical = tuple(bug for bug in critical if bug.reported_at is None or bug.reported_at < ship)
    found = tally((), bugs.values()).bug_count
    return ReleaseCounts(release, len(tests), found - len(after), len(after), critical)


def tests_of(facts: Facts, release: Release) -> tuple[Test, ...]:
    """Return the tests of a release.

    Those that it names, else those that name it in their title, else those of no other release that ended
    from the day of the release before to its own day, within 90 days, and have one of its features if it
    names some.
    """
    if release.test_ids:
        return tuple(facts.tests[one] for one in release.test_ids if one in facts.tests)
    every = facts.tests_by_product.get(release.product_id, ())
    naming = tuple(test for test in every if release.version in named_in(test.title))
    if naming:
        return naming
    earlier = release_before(facts, release)
    taken = {one for other in facts.context.releases for one in other.test_ids}
    return tuple(
        test
        for test in every
        if test.id not in taken and not named_in(test.title) and _leads_to(release, earlier, test)
    )


def release_before(facts: Facts, release: Release) -> Release | None:
    """Return the product's release before one; None for the first that is known."""
    older = (
        one
        for one in facts.context.releases_of(release.product_id)
        if (one.date, one.version) < (release.date, release.version)
    )
    return next(older, None)


def _leads_to(release: Release, earlier: Release | None, test: Test) -> bool:
    """Tell whether a test ended between the release before and this one, and has one of its features."""
    if test.end_at is None or test.demo:
        return False
    ended = test.end_at.astimezone(UTC).date()
    if not 0 < (release.date - ended).days <= _LONGEST or (earlier is not None and ended < earlier.date):
        return False
    return not release.feature_ids or not features_of(test).isdisjoint(release.feature_ids)


def critical_at(facts: Facts, release: Release, options: QualityOptions, now: datetime) -> tuple[Bug, ...]:
    """Return the critical bugs that weigh on a release.

    Those of the tests and bugs that it names, and those of its features in tests of the last 90 days; of all
    such tests when it names nothing.
    """
    span = period(LONGEST, now)
    recent = select(facts, Selection(product_ids=(release.product_id,), period=span))
    found = {bug.id: bug for test in recent for bug in test.bugs}
    if release.test_ids or release.bug_ids or release.feature_ids:
        found = {bug.id: bug for bug in found.values() if bug.feature_id in release.feature_ids}
        named = (facts.bugs[one] for one in release.bug_ids if one in facts.bugs)
        tests = (facts.tests[one] for one in release.test_ids if one in facts.tests)
        found |= {bug.id: bug for bug in (*named, *(bug for test in tests for bug in test.bugs))}
    return tuple(
        bug
        for _, bug in sorted(found.items())
        if bug.severity == "critical"
        and bug.product_id == release.product_id
        and stands(bug, options.settled)
    )
