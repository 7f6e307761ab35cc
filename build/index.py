"""Writing the search index: only what changed since the last time.

A commit of Whoosh is one renaming of its table of contents, so a kill at any instant leaves the
index as it was before or as it is after, and with it the row `state`, which names the snapshot.
The index can be thrown away at any time: what is missing, damaged or foreign is built anew.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from whoosh.index import Index, LockError, create_in
from whoosh.reading import SegmentReader

from build.index_files import clear, clear_leftovers, note_sums, noted, open_files
from build.schema import INDEX_NAME, search_schema
from build.searchable import Row, rows
from quality.entities import Facts
from quality.errors import Unavailable

STATE = "state"
"""The uid of the row that names the snapshot."""

_MEMORY_MB = 128
_WAIT_SECONDS = 600
_MOST_SEGMENTS = 8
_SMALL = 0.1
_Held = Mapping[str, tuple[int, Mapping[str, Any]]]  # uid → number and stored fields


@dataclass(frozen=True, slots=True)
class IndexReport:
    """What one update did.

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


def update_index(facts: Facts, index_dir: Path) -> IndexReport:
    """Bring the index to the state of the facts in one commit; write nothing when it has it already.

    A second process waits for the first, and the later one's facts are what stays. Searches go on
    meanwhile, on what was there before.

    Args:
        facts: What is to be found.
        index_dir: A folder for the index alone; made when it is missing.

    Raises:
        Unavailable: When the folder cannot be written, or another process does not finish with it.
    """
    wanted = {row.uid: row for row in rows(facts)}
    try:
        with _writing(index_dir):
            clear_leftovers(index_dir)
            opened = _usable(index_dir)
            index, held = opened or (_new(index_dir), {})
            changed = {
                uid: row for uid, row in wanted.items() if uid not in held or _hash(held, uid) != row.hash
            }
            gone = [uid for uid in held if uid != STATE and (uid not in wanted or uid in changed)]
            if changed or gone or STATE not in held or held[STATE][1].get("snapshot") != facts.snapshot_id:
                _commit(
                    index, facts.snapshot_id, changed, [held[uid][0] for uid in (*gone, STATE) if uid in held]
                )
                note_sums(index_dir)
            elif noted(index_dir) is None:
                note_sums(index_dir)
    except OSError as error:
        raise Unavailable(
            f"The search index in {index_dir} cannot be written.",
            error.strerror or type(error).__name__,
            "Make the folder writable and the disk roomy, then build again.",
        ) from None
    return IndexReport(len(changed), len(gone), len(wanted) - len(changed), rebuilt=opened is None)


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


def _usable(index_dir: Path) -> tuple[Index, _Held] | None:
    """The index with everything that it holds; None when it is missing, foreign or damaged."""
    index = open_files(index_dir, readonly=False)
    if index is None:
        return None
    try:
        with index.reader() as reader:
            return index, {fields["uid"]: (number, fields) for number, fields in reader.iter_docs()}
    except Exception:  # noqa: BLE001 - whatever the damage makes of the reading
        return None


def _new(index_dir: Path) -> Index:
    clear(index_dir)
    return create_in(str(index_dir), search_schema(), INDEX_NAME)


def _hash(held: _Held, uid: str) -> object:
    return held[uid][1].get("hash")


def _commit(index: Index, snapshot_id: str, changed: Mapping[str, Row], gone: list[int]) -> None:
    writer = index.writer(limitmb=_MEMORY_MB)
    try:
        for number in gone:
            writer.delete_document(number)
        for row in changed.values():
            writer.add_document(uid=row.uid, **row.keys, title=row.title, text=row.text, hash=row.hash)
        writer.add_document(uid=STATE, snapshot=snapshot_id)
    except BaseException:
        writer.cancel()
        raise
    writer.commit(mergetype=_merged)


def _merged(writer: Any, segments: list[Any]) -> list[Any]:
    """Whoosh's merge policy: drop the empty ones, and put many small or half-deleted ones together."""
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
