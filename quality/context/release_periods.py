"""Releases as periods of their own: their tests, beside those of the release before."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time

from base.errors import InvalidInput, NotFound
from base.text import closest, listed, shorten
from quality.context.folders import slugs
from quality.context.releases import release_before, tests_of
from quality.model.context import Release
from quality.model.facts import Facts
from quality.periods.periods import Period
from quality.views.table import Reference
from quality.wording import day

MOST_PAGES = 24
"""The newest releases of a product that have pages of their own."""
_LONGEST = 60


@dataclass(frozen=True, slots=True)
class ReleasePeriod:
    """A release and its tests as a period; its key is its folder among those of the product's reports."""

    release: Release
    period: Period


def release_periods(facts: Facts, product_id: int) -> tuple[ReleasePeriod, ...]:
    """Return the releases of a product as periods, the newest first; before each stands the one before it."""
    releases = facts.context.releases_of(product_id)
    folders = slugs(one.version for one in releases)
    found = {one.version: _period(facts, one, folders[one.version]) for one in releases}
    periods = []
    for one in releases:
        earlier = release_before(facts, one)
        before = None if earlier is None else found[earlier.version]
        periods.append(ReleasePeriod(one, replace(found[one.version], before=before)))
    return tuple(periods)


def release_pages(facts: Facts, product_ids: Iterable[int]) -> dict[str, Reference]:
    """Return the page of each release that has one, by its version; of one that several have the first."""
    found: dict[str, Reference] = {}
    for product_id in product_ids:
        versions = [one.version for one in facts.context.releases_of(product_id)]
        folders = slugs(versions)
        for version in versions[:MOST_PAGES]:
            found.setdefault(version, Reference("release", product_id, which=folders[version]))
    return found


def releases_named(
    facts: Facts, version: str, product_ids: Iterable[int] | None = None
) -> tuple[Release, ...]:
    """Return the releases that people call so, else in any case and with or without a v before it.

    Args:
        facts: The snapshot with its context.
        version: As people write it.
        product_ids: Only of these products; None for all.

    Raises:
        NotFound: When no release is called so, naming those that there are.
    """
    chosen = None if product_ids is None else set(product_ids)
    known = [one for one in facts.context.releases if chosen is None or one.product_id in chosen]
    found = [one for one in known if one.version == version] or [
        one for one in known if _called(one.version) == _called(version)
    ]
    if not found:
        versions = list(dict.fromkeys(shorten(one.version, 40) for one in known))
        near = closest(version, versions, 1)
        raise NotFound(
            f"Release {shorten(version, 60)!r} is not in the context folder.",
            f"It has {listed(versions, 10)}." if versions else "It has no release of these products.",
            f"Did you mean {near[0]}?" if near else "Add it: invoke context --new 'release PRODUCT VERSION'",
        )
    return tuple(found)


def release_named(facts: Facts, version: str, product_ids: Iterable[int] | None = None) -> ReleasePeriod:
    """Return the one release that people call so; see `releases_named`.

    Raises:
        NotFound: When no release is called so.
        InvalidInput: When several are.
    """
    found = releases_named(facts, version, product_ids)
    if len(found) > 1:
        ids = sorted({one.product_id for one in found})
        raise InvalidInput(
            f"Release {shorten(version, 60)!r} is one of {len(found)}.",
            f"Products {listed(ids, 10)} have one, or versions differ by case alone.",
            f"Name the product, such as {ids[0]}, and the version as it is written.",
        )
    every = release_periods(facts, found[0].product_id)
    return next(one for one in every if one.release == found[0])


def release_asked(text: str | None) -> str | None:
    """Return the version in `release 4.15`; None for a text that names no release."""
    asked = re.fullmatch(r"\s*release\b[\s:/]*(?P<version>\S.*?)\s*", text or "", re.IGNORECASE | re.DOTALL)
    return asked["version"] if asked else None


def _called(version: str) -> str:
    return re.sub(r"^v(?=\d)", "", version.strip().casefold())


def _period(facts: Facts, release: Release, folder: str) -> Period:
    """Return a release's period: from its first test's end to its day, or to its last test's end."""
    tests = tests_of(facts, release)
    ends = [test.end_at.astimezone(UTC).date() for test in tests if test.end_at is not None]
    status = release.status.replace("_", " ")
    return Period(
        key=f"releases/{folder}",
        title=f"Release {shorten(release.version, _LONGEST)}",
        start=_moment(min([*ends, release.date]), time.min),
        end=_moment(max([*ends, release.date]), time(23, 59, 59, 999000)),
        tests=frozenset(test.id for test in tests),
        said=f"{status}{' for' if release.status == 'planned' else ''} {day(release.date)} (UTC)",
    )


def _moment(at: date, clock: time) -> datetime:
    return datetime.combine(at, clock, UTC)
