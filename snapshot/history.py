"""The history document: what became of each test's bugs, kept when the versions that said so are pruned.

A line for each test, with its own check sum: what was seen of its bugs in which version, where that changed.
What was seen is only ever added. A line that is torn or altered counts as missing and is left out when the
document is written next; what listed versions say is read from these again.
"""

import hashlib
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import attrgetter
from pathlib import Path
from typing import Annotated, Any

import orjson
from pydantic import BaseModel, Field

from base.bounds import HISTORY_BYTES, LAST_YEAR
from snapshot.errors import Refused, SnapshotError
from snapshot.format.manifest import Entry, Manifest
from snapshot.format.parsing import parsed
from snapshot.format.upgrade import FORMAT, upgraded
from snapshot.reader import read_document
from snapshot.storage import files
from snapshot.storage.layout import history_path

_NAME = 16
_LONGEST_ID = 19
_WORD = re.compile(r"[a-z0-9_]{1,24}")
_at = attrgetter("at")

Histories = Mapping[tuple[str, int], bytes]
"""The line of each test, by the upstream's host and the test's id; `seen_in` reads it."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The state of a test's bugs in a version.

    Attributes:
        at: When the version was taken.
        document: How the hash of the test's document begins.
        bugs: The upstream's status of each bug, by its id; after a blank what it says in `auto_accepted`.
    """

    at: datetime
    document: str
    bugs: Mapping[int, str]


_Seconds = Annotated[int, Field(ge=0, le=int(datetime(LAST_YEAR, 1, 1, tzinfo=UTC).timestamp()))]


class _Line(BaseModel):
    host: str
    test: int
    seen: Annotated[list[tuple[_Seconds, str, dict[int, str | None]]], Field(min_length=1)]


def read_history(root: Path) -> Histories:
    """Return what the history document of a folder says; nothing where there is none that can be read.

    Raises:
        NewerFormat: when a later release wrote it.
    """
    return decode(history_bytes(root))[0]


def history_bytes(root: Path) -> bytes:
    """Return the history document as it is stored; empty where there is none that can be read."""
    try:
        return files.read(history_path(root), root, limit=HISTORY_BYTES)
    except (OSError, Refused):
        return b""


def damaged_lines(root: Path) -> int:
    """Return how many lines of the history document are not as they were written.

    Raises:
        NewerFormat: when a later release wrote it.
    """
    return decode(history_bytes(root))[1]


def seen_in(line: bytes) -> Iterator[Seen]:
    """Yield what a line says that was read before, oldest first."""
    bugs: dict[int, str] = {}
    for seconds, document, changes in orjson.loads(line)["seen"]:
        if changes:
            after = bugs | {int(bug): state for bug, state in changes.items()}
            bugs = {bug: state for bug, state in after.items() if state is not None}
        yield Seen(datetime.fromtimestamp(seconds, UTC), document, bugs)


def continued(root: Path, manifests: Iterable[Manifest], others: Histories | None = None) -> bytes | None:
    """Return the history document with what versions say added; None where nothing is new.

    Args:
        root: The snapshot folder.
        manifests: Of the versions, whose documents are still there.
        others: What the history of another folder says beside them.

    Raises:
        NewerFormat: when a later release wrote the document.
    """
    raw = history_bytes(root)
    content = encode(extended(merged(decode(raw)[0], others or {}), root, manifests))
    return None if content == raw else content


def extended(known: Histories, root: Path, manifests: Iterable[Manifest]) -> Histories:
    """Return what is known and what versions of a folder say beside it.

    Only documents of tests that changed since they were seen are read.
    """
    found: dict[tuple[str, int], list[Seen]] = {}
    grown: set[tuple[str, int]] = set()
    for manifest in sorted(manifests, key=attrgetter("created_at")):
        for entry in manifest.entries:
            key = manifest.api_host, entry.id
            if entry.kind == "test":
                if key not in found:
                    found[key] = list(seen_in(known[key])) if key in known else []
                if _see(root, entry, manifest.created_at, found[key]):
                    grown.add(key)
    return {**known, **{key: _line(*key, found[key]) for key in grown}}


def _see(root: Path, entry: Entry, at: datetime, seen: list[Seen]) -> bool:
    """Add what a version says of a test unless it was seen just before, and return whether it was added."""
    place = bisect_right(seen, at, key=_at)
    document = entry.sha256[:_NAME]
    if place and (seen[place - 1].document == document or seen[place - 1].at == at):
        return False
    try:
        seen.insert(place, Seen(at, document, _states(read_document(root, entry).data)))
    except SnapshotError:
        return False
    return True


def _states(data: Any) -> dict[int, str]:
    """Return the status of each bug in a test's document, as a word: no other text is taken."""
    bugs = data.get("bugs") if isinstance(data, dict) else None
    found = {}
    for bug in bugs if isinstance(bugs, list) else ():
        number = bug.get("id") if isinstance(bug, dict) else None
        if (digits := str(number)).isdecimal() and len(digits) <= _LONGEST_ID and int(digits):
            auto = _word(bug.get("auto_accepted"))
            state = _word(bug.get("status"))
            found[int(digits)] = state if auto in {"none", "false"} else f"{state} {auto}"
    return found


def _word(value: Any) -> str:
    found = str(value).strip().lower()
    return found if _WORD.fullmatch(found) else "none"


def merged(one: Histories, other: Histories) -> Histories:
    """Return what either says; of one moment what the first one says."""
    found = {**other, **one}
    for key in one.keys() & other.keys():
        if one[key] != other[key]:
            by_moment = {seen.at: seen for line in (other[key], one[key]) for seen in seen_in(line)}
            found[key] = _line(*key, sorted(by_moment.values(), key=_at))
    return found


def encode(histories: Histories) -> bytes:
    """Write the document; of more than it may hold, the tests that changed longest ago are left out."""
    head = _summed(orjson.dumps({"format": FORMAT}))
    lines = {key: _summed(line) for key, line in histories.items()}
    room = HISTORY_BYTES - len(head) - sum(map(len, lines.values()))
    if room < 0:
        for key in sorted(lines, key=lambda key: max(one.at for one in seen_in(histories[key]))):
            room += len(lines.pop(key))
            if room >= 0:
                break
    return head + b"".join(line for _, line in sorted(lines.items()))


def decode(raw: bytes) -> tuple[Histories, int]:
    """Read a history document; return what it says, and how many of its lines cannot be read.

    Raises:
        NewerFormat: when a later release wrote it.
    """
    found: dict[tuple[str, int], bytes] = {}
    damaged = 0
    for place, written in enumerate(raw.splitlines()):
        line = written.partition(b" ")[2]
        if _summed(line) != written + b"\n":
            damaged += 1
            continue
        try:
            content = parsed(line)
            if place:
                one = _Line.model_validate(content)
                found[one.host, one.test] = line
            else:
                upgraded(content, "The history")
        except ValueError:
            damaged += 1
    return found, damaged


def _line(host: str, test: int, seen: Iterable[Seen]) -> bytes:
    """Write what was seen of a test: of each moment what differs from the one before."""
    before: Mapping[int, str] = {}
    rows = []
    for one in seen:
        changes: dict[str, str | None] = {
            str(bug): state for bug, state in sorted(one.bugs.items()) if before.get(bug) != state
        }
        changes |= {str(bug): None for bug in sorted(before.keys() - one.bugs.keys())}
        rows.append((int(one.at.timestamp()), one.document, changes))
        before = one.bugs
    return orjson.dumps({"host": host, "test": test, "seen": rows})


def _summed(line: bytes) -> bytes:
    return hashlib.blake2b(line, digest_size=8).hexdigest().encode() + b" " + line + b"\n"
