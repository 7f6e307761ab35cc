"""Where things lie in a snapshot folder. A path is made only from a name that has been checked here."""

import re
import secrets
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from base.bounds import FIRST_YEAR, LAST_YEAR
from snapshot.errors import Refused

VERSION_ID = re.compile(r"^[0-9]{8}T[0-9]{6}Z-[0-9a-f]{6}$", re.ASCII)
SHA256 = re.compile(r"^[0-9a-f]{64}$", re.ASCII)

DOCUMENTS = "documents"
VERSIONS = "versions"
PRUNED = "pruned"
MANIFEST = "manifest.json"


def new_id(now: datetime) -> str:
    """Make a new version's id; ids sort by time: `20261121T060000Z-3f9c2a`.

    Raises:
        ValueError: for a naive `now`.
    """
    if now.tzinfo is None:
        raise ValueError("a version's time needs an offset")
    return f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"


def is_version_id(text: str) -> bool:
    """Return whether the text is the id of a version, and so may become a part of a path."""
    try:
        created(text)
    except Refused:
        return False
    return True


def created(version: str) -> datetime:
    """Return the time in a version's id, in UTC.

    Raises:
        Refused: when the text is not a version's id.
    """
    if VERSION_ID.fullmatch(version):
        with suppress(ValueError):
            moment = datetime.strptime(version[:16], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
            if FIRST_YEAR <= moment.year <= LAST_YEAR:
                return moment
    raise Refused(
        f"{version[:80]!r} is not a version's id.",
        "An id looks like 20261121T060000Z-3f9c2a.",
        "List the versions with the task `snapshots`.",
    )


def current_path(root: Path) -> Path:
    """Return the path of the file that names the published version."""
    return root / "CURRENT"


def journal_path(root: Path) -> Path:
    """Return the path of the file in which a refresh in progress notes what it has stored."""
    return root / "journal.jsonl"


def details_path(root: Path) -> Path:
    """Return the path of the file in which a refresh keeps tests whose bugs it has not fetched yet."""
    return root / "details.jsonl"


def damage_path(root: Path) -> Path:
    """Return the path of the file in which readers note the documents that they could not read."""
    return root / "damaged.txt"


def history_path(root: Path) -> Path:
    """Return the path of the file that keeps what pruned versions said of the reviews of bugs."""
    return root / "history.jsonl"


def manifest_path(root: Path, version: str) -> Path:
    """Return the path of a version's manifest.

    Raises:
        Refused: when the text is not a version's id.
    """
    return root / VERSIONS / _checked_version(version) / MANIFEST


def tombstone_path(root: Path, version: str) -> Path:
    """Return the path of the folder in which a pruned version waits until its readers have finished.

    Raises:
        Refused: when the text is not a version's id.
    """
    return root / PRUNED / _checked_version(version)


def document_path(root: Path, sha256: str) -> Path:
    """Return the path of a document's file.

    Raises:
        Refused: when the text is not a lower-case hexadecimal SHA-256.
    """
    if SHA256.fullmatch(sha256) is None:
        raise Refused(f"{sha256[:80]!r} is not a document's name.", "It must be a hexadecimal SHA-256.")
    return root / DOCUMENTS / sha256[:2] / f"{sha256}.json"


def _checked_version(version: str) -> str:
    created(version)
    return version
