"""What a version of another machine must pass: what a refresh here would have passed."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from base.bounds import CLOCK_SLACK, GREATEST_LOSS
from snapshot.errors import Refused, SnapshotError
from snapshot.format.manifest import Manifest
from snapshot.reader import open_snapshot, read_manifest
from snapshot.storage.layout import created
from snapshot.verify import unreferenced
from snapshot.versions import version_ids

_SHARED = 0.5
"""Of the tests, and of the products, of the smaller of two versions of one customer the other has so many."""


@dataclass(frozen=True)
class Way:
    """The way on which a version travels, for the words of an error.

    Attributes:
        done: What was not done to it.
        elsewhere: Where a person may take it instead.
        task: What takes it in all the same.
    """

    done: str
    elsewhere: str
    task: str


IMPORT = Way(
    "imported", "Import it into a folder of its own: set TESTIO_SNAPSHOT_DIR, or TESTIO_ACCOUNT.", "import"
)


def see_plausible(manifest: Manifest, name: str, now: datetime, way: Way = IMPORT) -> None:
    """Check that a version holds something, that it is complete in itself, and that its times have come.

    Raises:
        Refused: when one of these does not hold.
    """
    if not any(entry.kind in {"product", "test"} for entry in manifest.entries):
        raise Refused(f"{name} holds no product and no test.", f"Nothing was {way.done}.")
    latest = now + CLOCK_SLACK
    times = [created(manifest.id), manifest.created_at, *manifest.refreshed.values()]
    times += [entry.fetched_at for entry in manifest.entries]
    times += [entry.since for entry in manifest.entries if entry.since]
    times += [problem.since for problem in (*manifest.problems, *manifest.cleared)]
    if max(times) > latest:
        raise Refused(
            f"{name} is of {max(times):%Y-%m-%d %H:%M} UTC, which is in the future.",
            f"This machine's clock says {now:%Y-%m-%d %H:%M} UTC.",
            "Correct the clock that is wrong, and take the version again.",
        )
    for entry, what in unreferenced(manifest):
        raise Refused(f"{name} is incomplete: {entry.kind} {entry.id}.", what, "Take the version again.")


def see_same_customer(here: Manifest, manifest: Manifest, name: str, way: Way = IMPORT) -> None:
    """Check that a version belongs to the customer whose versions the folder holds.

    A product and a test belong to one customer, and their ids to no other. Two versions of one customer
    share most of what the smaller one holds: tests are added, hardly ever taken away.

    Raises:
        Refused: when it comes from another API, or shares too little.
    """
    if manifest.api_host != here.api_host:
        raise Refused(
            f"{name} comes from {manifest.api_host!r}, and what is in the folder from {here.api_host!r}.",
            f"Nothing was {way.done}.",
            way.elsewhere,
        )
    for kind in ("product", "test"):
        ours, theirs = _ids(here, kind), _ids(manifest, kind)
        shared, smaller = len(ours & theirs), min(len(ours), len(theirs))
        if shared < _SHARED * smaller:
            raise Refused(
                f"{name} holds {shared or 'none'} of the {kind}s of this snapshot folder.",
                f"It seems to belong to another customer; nothing was {way.done}.",
                way.elsewhere,
            )


def see_no_loss(here: Manifest, manifest: Manifest, name: str, way: Way = IMPORT) -> None:
    """Check that publishing a version loses no more tests than a refresh may lose.

    Raises:
        Refused: when it would.
    """
    before = {entry.id for entry in here.entries if entry.kind == "test" and entry.state != "gone"}
    after = {entry.id for entry in manifest.entries if entry.kind == "test" and entry.state != "gone"}
    lost = len(before - after)
    if lost > GREATEST_LOSS * len(before):
        raise Refused(
            f"{lost} of the {len(before)} known tests would be lost with {name}.",
            f"Nothing was {way.done}.",
            f"If this is correct, {way.task} with --accept-loss.",
        )


def newest_readable(root: Path) -> Manifest | None:
    """Read the published version, or else the newest one that can be read; None when there is none."""
    try:
        return open_snapshot(root).manifest
    except SnapshotError:
        pass
    for version in version_ids(root):
        try:
            return read_manifest(root, version)
        except SnapshotError:
            continue
    return None


def _ids(manifest: Manifest, kind: str) -> set[int]:
    return {entry.id for entry in manifest.entries if entry.kind == kind}
