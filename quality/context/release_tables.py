"""Releases as tables: all of a product, and one beside the one before it."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, time

from quality.context.releases import ReleaseCounts
from quality.views.table import Amount, Cell, Column, Day, Reference, Row, Table, Text

_SHIPPED = "Critical, not settled, reported before its day"
_PLANNED = "Critical, not settled"


def releases_table(every: Iterable[ReleaseCounts], pages: Mapping[str, Reference]) -> Table:
    """Return releases, the newest first, with what was found before and after each.

    Args:
        every: The releases.
        pages: The page of each that has one, by its version.
    """
    return Table(
        key="releases",
        title="Releases",
        columns=(
            Column("version", "Release"),
            Column("date", "Day", "day"),
            Column("before", "Bugs before", "count"),
            Column("after", "Bugs after", "count"),
            Column("critical", "Critical, not settled", "count"),
        ),
        rows=tuple(
            Row(
                (
                    Text(f"{one.release.version}, {_status(one)}", pages.get(one.release.version)),
                    _day(one),
                    Amount(one.before),
                    Amount(one.after),
                    Amount(len(one.critical)),
                )
            )
            for one in every
        ),
        note="Bugs of the release's tests, by the day of their report.",
    )


def release_table(one: ReleaseCounts, earlier: ReleaseCounts | None) -> Table:
    """Return a release beside the one before it; that column is empty for the first one."""
    counted: tuple[tuple[str, Callable[[ReleaseCounts], int]], ...] = (
        ("Bugs found before its day", lambda found: found.before),
        ("Bugs found on its day and after", lambda found: found.after),
        (
            _PLANNED if one.release.status == "planned" else _SHIPPED,
            lambda found: len(found.critical),
        ),
    )
    before = "Release before" if earlier is None else f"Before: {earlier.release.version}"
    return Table(
        key="release",
        title="At its day",
        columns=(
            Column("figure", "Figure"),
            Column("this", one.release.version, "count"),
            Column("before", before, "count"),
        ),
        rows=tuple(
            Row(
                (
                    Text(name),
                    Amount(count(one)),
                    None if earlier is None else Amount(count(earlier)),
                )
            )
            for name, count in counted
        ),
        note="Bugs of the tests of each release, by the day of their report; critical ones also of other"
        " tests of what it changes.",
    )


def _status(one: ReleaseCounts) -> str:
    return one.release.status.replace("_", " ")


def _day(one: ReleaseCounts) -> Cell:
    return Day(datetime.combine(one.release.date, time(), UTC))
