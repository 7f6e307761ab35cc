"""What is known before a refresh: the published version, and what an interrupted refresh stored since."""

import logging
from collections.abc import Container, Iterable
from datetime import datetime, timedelta
from pathlib import Path

from base.bounds import CLOCK_SLACK
from base.errors import InvalidInput
from fetch.api.options import loopback
from fetch.refresh.known import Key, Known
from fetch.refresh.request import RefreshRequest
from snapshot import damage
from snapshot.errors import DamagedManifest, NoSnapshot
from snapshot.format.kinds import KINDS
from snapshot.format.manifest import Entry, Manifest
from snapshot.journal import details, journal_host
from snapshot.reader import open_snapshot
from snapshot.storage.layout import created
from snapshot.store import altered, present, readable

log = logging.getLogger(__name__)


def load_known(
    root: Path, manifest: Manifest | None, request: RefreshRequest, stored: Iterable[Entry], now: datetime
) -> Known:
    """Read what need not be fetched again.

    Args:
        root: The snapshot folder.
        manifest: The published version.
        request: Which products are kept at all, and how long what is stored counts as fresh.
        stored: What an interrupted refresh stored.
        now: The refresh's time.
    """
    done: dict[Key, Entry] = {
        (entry.kind, entry.id): entry
        for entry in stored
        if KINDS[entry.kind].of_product
        and timedelta(0) <= now - entry.fetched_at < request.ttl
        and request.keeps(entry.product_id)
    }
    if manifest is None:
        return Known(done=done)
    checked = altered(root, manifest.entries, manifest.statistics.checked_to)
    noted = damage.noted(root)
    damaged = checked.hashes | {
        entry.sha256 for entry in manifest.entries if entry.sha256 in noted and not readable(root, entry)
    }
    if damaged:
        log.warning("stored documents are damaged; they are fetched again", extra={"documents": len(damaged)})
    entries = (
        _checked(root, entry, now, damaged) for entry in manifest.entries if request.keeps(entry.product_id)
    )
    problems, cleared = (
        tuple(problem for problem in recorded if request.keeps(problem.product_id))
        for recorded in (manifest.problems, manifest.cleared)
    )
    products = {entry.id for entry in manifest.entries if entry.kind == "product"}
    refreshed = dict.fromkeys(products, manifest.created_at) | manifest.refreshed
    by_key = {(entry.kind, entry.id): entry for entry in entries}
    return Known(by_key, done, problems, refreshed, manifest.since, cleared, checked.checked_to)


def kept_details(root: Path, known: Known, request: RefreshRequest, now: datetime) -> dict[int, bytes]:
    """Read the tests, as JSON, that an interrupted refresh fetched a short while ago without their bugs."""
    stored = {number for kind, number in known.done if kind == "test"}
    return details(root, now - request.ttl, stored, until=now)


def published(root: Path, host: str, now: datetime) -> Manifest | None:
    """Return the version that a refresh of this API goes on from; None without one that can be read.

    Raises:
        InvalidInput: When the folder holds data of another API that is not on this machine.
        NewerFormat: When a later release wrote them.
    """
    begun = journal_host(root)
    if begun is not None and begun != host and not loopback(begun):
        raise InvalidInput(
            f"The snapshot folder holds what an interrupted refresh of {begun} fetched, not of {host}.",
            "Two accounts are never mixed.",
            "Name another folder in TESTIO_SNAPSHOT_DIR.",
        )
    try:
        manifest = open_snapshot(root).manifest
    except NoSnapshot:
        return None
    except DamagedManifest as error:
        log.warning(
            "the published version cannot be read; everything is fetched again", extra={"reason": error.what}
        )
        return None
    if max(manifest.created_at, created(manifest.id)) > now + CLOCK_SLACK:
        log.warning(
            "the published version is from the future: a clock was wrong",
            extra={"version": manifest.id, "created_at": f"{manifest.created_at:%Y-%m-%d %H:%M}"},
        )
    if manifest.api_host != host:
        if loopback(manifest.api_host):
            log.warning(
                "the snapshot of a server on this machine is left behind", extra={"host": manifest.api_host}
            )
            return None
        raise InvalidInput(
            f"The snapshot folder holds data of {manifest.api_host}, not of {host}.",
            "Two accounts are never mixed.",
            "Name another folder in TESTIO_SNAPSHOT_DIR.",
        )
    return manifest


def _checked(root: Path, entry: Entry, now: datetime, damaged: Container[str]) -> Entry:
    """Mark a document whose file is lost or damaged as stale, so that it is fetched again."""
    if entry.state != "fresh" or (entry.sha256 not in damaged and present(root, entry)):
        return entry
    return entry.model_copy(update={"state": "stale", "since": now})
