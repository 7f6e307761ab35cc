"""Writing the search index: only what changed since the last time.

A commit of Whoosh is one renaming of its table of contents, so a kill at any instant leaves the
index as it was before or as it is after, and with it the row `state`, which names the snapshot.
The index can be thrown away at any time: what is missing, damaged or foreign is rebuilt.
"""

# Whoosh's writer is typed in part:
# mypy: disable-error-code="no-untyped-call"

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from filelock import FileLock, Timeout
from whoosh.index import Index, LockError, create_in
from whoosh.reading import SegmentReader

from base.errors import Unavailable
from build.search.documents import rows
from build.search.index_files import clear, clear_leftovers, note_sums, noted, open_files
from build.search.rows_writer import RowsWriter
from build.search.schema import INDEX_NAME, search_schema
from quality.model.facts import Facts

log = logging.getLogger(__name__)

STATE = "state"
"""The uid of the row that names the snapshot, and what the rows of each test were made of."""
HIDDEN = "hidden"
"""What that row says of people who stand in the index under pseudonyms; else nothing."""

_WAIT_SECONDS = 600
_MOST_SEGMENTS = 8
_SMALL = 0.1


class _Held(NamedTuple):
    """A row that the index has: its number, its test and its hash, of the row `state` the snapshot's id."""

    number: int
    test: str
    hash: str
    made: str
    people: str


@dataclass(frozen=True, slots=True)
class IndexReport:
    """The work of one update, in rows.

    Attributes:
        added: Rows written, new or changed.
        deleted: Rows taken out, vanished or changed.
        unchanged: Rows left as they were.
        rebuilt: There was no usable index before.
    """

    added: int
    deleted: int
    unchanged: int
    rebuilt: bool = False


def update_index(facts: Facts, index_dir: Path, made_of: Mapping[int, str] | None = None) -> IndexReport:
    """Bring the index to the state of the facts in one commit; write nothing when it has it already.

    A second process waits for the first, and the later one's facts are what stays. Searches go on
    meanwhile, on what was there before.

    Args:
        facts: What is to be found.
        index_dir: A folder for the index alone; made when it is missing.
        made_of: The hash of all that the rows of a test are made of, by its id: tests whose hash the index
            has are not looked at. Without it all are.

    Raises:
        Unavailable: When the folder cannot be written, or another process does not finish with it.
    """
    try:
        with _writing(index_dir):
            clear_leftovers(index_dir)
            report, rebuilt = _brought(index_dir, facts, made_of or {})
            if report.committed or noted(index_dir) is None:
                note_sums(index_dir)
    except OSError as error:
        raise Unavailable(
            f"The search index in {index_dir} cannot be written.",
            error.strerror or type(error).__name__,
            "Free space or fix the folder's permissions, then build again.",
        ) from None
    return IndexReport(report.added, report.deleted, report.unchanged, rebuilt=rebuilt)


def rows_of(index_dir: Path) -> int:
    """Return how many rows an index has; 0 when it cannot be read."""
    index = open_files(index_dir, readonly=True)
    return 0 if index is None else max(int(index.doc_count()) - 1, 0)


def _brought(index_dir: Path, facts: Facts, made_of: Mapping[int, str]) -> tuple["_Update", bool]:
    """Update the index that is there, or make it anew, and say which."""
    opened = _usable(index_dir)
    if opened is not None:
        try:
            return _updated(index_dir, *opened, facts, made_of), False
        except (OSError, MemoryError):
            raise
        except Exception as error:  # noqa: BLE001 - whatever a tampered index makes of the writing
            log.warning("the search index is made anew", extra={"reason": type(error).__name__})
    return _updated(index_dir, _new(index_dir), {}, facts, made_of), True


@dataclass(slots=True)
class _Update:
    """The work of an update so far."""

    added: int = 0
    deleted: int = 0
    unchanged: int = 0
    committed: bool = False


@contextmanager
def _writing(index_dir: Path) -> Iterator[None]:
    index_dir.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(index_dir / "write.lock", timeout=_WAIT_SECONDS):
            yield
    except (Timeout, LockError):
        raise Unavailable(
            f"Another process has been writing to {index_dir} for more than {_WAIT_SECONDS // 60} minutes.",
            "Two builds of one index take turns.",
            "Stop the other build, or wait for it.",
        ) from None


def _usable(index_dir: Path) -> tuple[Index, Mapping[str, _Held]] | None:
    """Open the index with everything that it holds; None when it is missing, foreign or damaged."""
    index = open_files(index_dir, readonly=False)
    if index is None:
        return None
    try:
        with index.reader() as reader:
            return index, {
                fields["uid"]: _Held(
                    number,
                    str(fields.get("test", "")),
                    str(fields.get("snapshot") or fields.get("hash")),
                    str(fields.get("made", "")),
                    str(fields.get("people", "")),
                )
                for number, fields in reader.iter_docs()
            }
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - whatever the damage makes of the reading
        return None


def _new(index_dir: Path) -> Index:
    clear(index_dir)
    return create_in(str(index_dir), search_schema(), INDEX_NAME)


def _made_of(held: Mapping[str, _Held]) -> Mapping[str, str]:
    """Return what the rows of each test that an index has were made of, by the test's id as a text."""
    try:
        made = json.loads(held[STATE].made)
    except (LookupError, ValueError, RecursionError):
        return {}
    return made if isinstance(made, dict) else {}


def _updated(
    index_dir: Path, index: Index, held: Mapping[str, _Held], facts: Facts, made_of: Mapping[int, str]
) -> _Update:
    """Write the rows that are new or changed as they come, then delete, then commit."""
    done = _Update()
    writer = None
    known, made = _made_of(held), json.dumps({str(number): one for number, one in made_of.items()})
    same = {one for one in facts.tests if one in made_of and known.get(str(one)) == made_of[one]}
    people = HIDDEN if facts.hide_names else ""
    kept, state = set(map(str, same)), (facts.snapshot_id, made, people)
    seen = {STATE, *(uid for uid, one in held.items() if one.test in kept)}
    done.unchanged = len(seen) - 1
    try:
        for row in rows(facts, same):
            if row.uid in seen:
                continue
            seen.add(row.uid)
            if row.uid in held and held[row.uid].hash == row.hash:
                done.unchanged += 1
                continue
            writer = writer or RowsWriter(index, index_dir)
            writer.add_document(uid=row.uid, **row.keys, title=row.title, text=row.text, hash=row.hash)
            done.added += 1
            if row.uid in held:
                writer.delete_document(held[row.uid].number)
                done.deleted += 1
        gone = [held[uid].number for uid in held.keys() - seen]
        done.deleted += len(gone)
        if writer or gone or STATE not in held or held[STATE][2:] != state:
            writer = writer or RowsWriter(index, index_dir)
            for number in (*gone, *([held[STATE].number] if STATE in held else [])):
                writer.delete_document(number)
            writer.add_document(uid=STATE, snapshot=facts.snapshot_id, made=made, people=people)
            done.committed = True
    except BaseException:
        if writer:
            writer.cancel()
        raise
    if writer:
        writer.commit(mergetype=_merged)
    return done


def _merged(writer: Any, segments: list[Any]) -> list[Any]:
    """Choose the segments to merge: drop the empty ones, and join many small or half-deleted ones."""
    live = [segment for segment in segments if segment.doc_count()]
    total = sum(segment.doc_count() for segment in live)
    small = (
        [segment for segment in live if segment.doc_count() < _SMALL * total]
        if len(live) > _MOST_SEGMENTS
        else []
    )
    worn = [segment for segment in live if segment.doc_count() * 2 < segment.doc_count_all()]
    joined = [segment for segment in live if segment in small or segment in worn]
    for segment in joined:
        reader = SegmentReader(writer.storage, writer.schema, segment)
        writer.add_reader(reader)
        reader.close()
    return [segment for segment in live if segment not in joined]
