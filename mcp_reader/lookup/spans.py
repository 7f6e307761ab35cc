"""The period that a start and an end name: dates, a report period, or a release of the context files."""

from collections.abc import Iterable

from base.errors import InvalidInput, NotFound
from base.text import shorten
from quality.context.release_periods import ReleasePeriod, release_asked, release_named
from quality.model.facts import Facts
from quality.periods.dates import parse_range
from quality.periods.periods import Period


def span_of(facts: Facts, product_ids: Iterable[int] | None, start: str | None, end: str | None) -> Period:
    """Return the period from a start to an end; `release 4.16` as a start is that release.

    Raises:
        NotFound: For a release that nothing knows.
        InvalidInput: For a text that is no date, and for a release with an end.
    """
    found = release_of(facts, product_ids, start, end)
    return parse_range(start, end, facts.as_of) if found is None else found.period


def release_of(
    facts: Facts, product_ids: Iterable[int] | None, start: str | None, end: str | None
) -> ReleasePeriod | None:
    """Return the release that a start names; None when it names none."""
    version = release_asked(start)
    if version is None:
        return None
    if end is not None:
        raise InvalidInput(
            f"start_date={shorten(start, 60)!r} has its own end.",
            "A release is its tests, whatever their dates.",
            "Leave end_date out.",
        )
    try:
        return release_named(facts, version, product_ids)
    except NotFound as error:
        hint = "Name one of these, or give the dates as start_date and end_date."
        raise NotFound(error.what, error.why, hint) from None
