"""What a refresh in progress has fetched so far, so that the next one need not fetch it again.

An append-only file with a line for each stored document, and another one with a line for each test, which
becomes a document only with its bugs. A kill can tear a last line, and a power cut can lose documents that
were written but not flushed: both are noticed when they are read again.
"""

from collections.abc import Container, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from pydantic import ValidationError

from base.bounds import WAITING_BYTES
from snapshot.errors import Refused
from snapshot.format.kinds import Kind
from snapshot.format.manifest import Entry, encode_row
from snapshot.format.upgrade import FORMAT
from snapshot.storage import files
from snapshot.storage.layout import created, details_path, journal_path, new_id
from snapshot.store import whole

_LIMIT = 256 * 2**20


@dataclass(frozen=True)
class Journal:
    """The record of one refresh attempt, and of those before it that published nothing.

    Attributes:
        root: The snapshot folder.
    """

    root: Path

    @classmethod
    def open(
        cls, root: Path, now: datetime | None = None, host: str = "", fresh_since: datetime | None = None
    ) -> "Journal":
        """Continue the journal that an interrupted refresh of the same upstream left, or begin one.

        Call it within `lock.writing`.

        Args:
            root: The snapshot folder.
            now: When this attempt began; the present time unless told.
            host: The upstream's host; what another one gave is forgotten.
            fresh_since: Tests without their bugs that were fetched before are forgotten.

        Raises:
            NotWritten: when it cannot be written.
        """
        raw = _raw(root, journal_path(root))
        refresh_id, entries = _parsed(raw, host)
        if refresh_id is None:
            files.remove(details_path(root))
            begun = new_id(now or datetime.now(UTC))
            files.write_atomically(journal_path(root), _head(begun, host))
            return cls(root)
        mended = _head(refresh_id, host) + b"".join(encode_row(entry) + b"\n" for entry in _latest(entries))
        if mended != raw:
            files.write_atomically(journal_path(root), mended)
        if fresh_since is not None and not any(_details(root, fresh_since)):
            files.remove(details_path(root))
        return cls(root)

    def record(self, entry: Entry) -> None:
        """Note that a document was fetched and stored. Survives a kill at once.

        Raises:
            NotWritten: when the disk is full, …
        """
        files.append(journal_path(self.root), encode_row(entry) + b"\n")

    def record_detail(self, test_id: int, fetched_at: datetime, detail: Any) -> None:
        """Keep a test, redacted, until its bugs are there and it can be stored with them.

        Raises:
            NotWritten: when the disk is full, …
        """
        line = {"id": test_id, "fetched_at": fetched_at, "test": detail}
        files.append(details_path(self.root), orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))

    def forget_details(self) -> None:
        """Remove the tests that were kept without their bugs.

        Raises:
            NotWritten: when the file cannot be removed.
        """
        files.remove(details_path(self.root))

    def entries(self) -> tuple[Entry, ...]:
        """Return the last entry of each document, in order of recording, if its file is there and whole."""
        return tuple(entry for entry in journalled(self.root) if whole(self.root, entry))

    def clear(self) -> None:
        """Forget everything, once a version was published.

        Raises:
            NotWritten: when the file cannot be removed.
        """
        files.remove(details_path(self.root))
        files.remove(journal_path(self.root))


def details(
    root: Path, since: datetime, stored: Container[int] = (), *, until: datetime | None = None
) -> dict[int, bytes]:
    """Read the tests that a refresh kept before it was stopped, by id: the JSON of each.

    Of more than wait in memory at once the first ones are read; the others are fetched again.

    Args:
        root: The snapshot folder.
        since: Only what was fetched after this moment.
        stored: The tests that are documents by now; they are left out.
        until: Nothing that was fetched later, by a clock that was wrong.
    """
    found: dict[int, bytes] = {}
    room = WAITING_BYTES
    for number, at, detail in _details(root, since):
        if number in stored or (until is not None and at > until):
            continue
        raw = orjson.dumps(detail)
        room -= len(raw) - len(found.get(number, b""))
        if room < 0:
            break
        found[number] = raw
    return found


def _details(root: Path, since: datetime) -> Iterator[tuple[int, datetime, dict[str, Any]]]:
    """Read the tests that were kept after a moment; a line that cannot be read is passed over."""
    with suppress(OSError, Refused):
        for raw in files.lines(details_path(root), root, limit=_LIMIT):
            with suppress(ValueError, TypeError, KeyError):
                line: Any = orjson.loads(raw)
                number, at, detail = line["id"], datetime.fromisoformat(line["fetched_at"]), line["test"]
                if at > since and isinstance(number, int) and isinstance(detail, dict):
                    yield number, at, detail


def journalled(root: Path, host: str | None = None) -> tuple[Entry, ...]:
    """Read what the journal of a folder names, whether or not the documents are whole.

    Args:
        root: The snapshot folder.
        host: Only what this upstream gave.
    """
    return _latest(_parsed(_raw(root, journal_path(root)), host)[1])


def journal_host(root: Path) -> str | None:
    """Return the upstream whose refresh was interrupted, or None when none was."""
    try:
        return str(orjson.loads(_raw(root, journal_path(root)).split(b"\n", 1)[0])["host"])
    except (ValueError, TypeError, KeyError):
        return None


def _latest(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Return the last entry of each document, in the order of recording."""
    latest: dict[tuple[Kind, int], Entry] = {}
    for entry in entries:
        latest.pop((entry.kind, entry.id), None)
        latest[entry.kind, entry.id] = entry
    return tuple(latest.values())


def _head(refresh_id: str, host: str) -> bytes:
    return orjson.dumps({"format": FORMAT, "refresh": refresh_id, "host": host}) + b"\n"


def _raw(root: Path, path: Path) -> bytes:
    try:
        return files.read(path, root, limit=_LIMIT)
    except (OSError, Refused):
        return b""


def _parsed(raw: bytes, host: str | None) -> tuple[str | None, list[Entry]]:
    head, *lines = raw.split(b"\n")
    try:
        noted: Any = orjson.loads(head)
        if noted["format"] != FORMAT or host not in {None, noted["host"]}:
            return None, []
        created(refresh_id := str(noted["refresh"]))
    except (ValueError, TypeError, KeyError, Refused):
        return None, []
    entries = []
    for line in lines:
        try:
            entries.append(Entry.model_validate_json(line))
        except ValidationError:
            continue
    return refresh_id, entries
