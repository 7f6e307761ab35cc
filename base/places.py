"""Folders that must lie apart."""

from pathlib import Path

from base.errors import InvalidInput


def _is(one: Path, other: Path) -> bool:
    """Return whether two names lead to one folder, as where capitals do not count."""
    try:
        return one.samefile(other)
    except OSError:
        return False


def keep_apart(snapshots: Path, site: Path) -> None:
    """Check that the snapshot folder is not a part of the site.

    Raises:
        InvalidInput: When it is, by its name or by what a link leads to.
    """
    places = {
        folder for inner in (snapshots.absolute(), snapshots.resolve()) for folder in (inner, *inner.parents)
    }
    if not places.isdisjoint({site.absolute(), site.resolve()}) or any(_is(place, site) for place in places):
        raise InvalidInput(
            f"The snapshot folder {snapshots} lies inside the site {site}.",
            "Its documents would be published with the pages.",
            "Choose another folder: set TESTIO_SNAPSHOT_DIR or TESTIO_SITE_DIR.",
        )
