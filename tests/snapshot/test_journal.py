"""The journal of a refresh in progress survives what refreshes die of."""

from datetime import timedelta
from pathlib import Path

import pytest

from snapshot.journal import Journal, details, journalled
from snapshot.storage.layout import details_path, journal_path
from snapshot.store import put
from tests.snapshot.documents import NOW, a_test, file_of, product, store

LATER = NOW + timedelta(hours=2)


def head(root: Path) -> bytes:
    """The journal's first line: which attempt began it, of which upstream."""
    return journal_path(root).read_bytes().split(b"\n")[0]


def test_the_next_refresh_continues_where_the_last_one_stopped(tmp_path: Path) -> None:
    first = Journal.open(tmp_path, NOW)
    entries = store(tmp_path, [product(), a_test(1)])
    for entry in entries:
        first.record(entry)
    begun = head(tmp_path)
    assert Journal.open(tmp_path, LATER).entries() == entries
    assert head(tmp_path) == begun


def test_a_cleared_journal_is_begun_anew(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path, NOW)
    journal.record(put(tmp_path, product(), product_id=598))
    journal.clear()
    journal.clear()
    assert Journal.open(tmp_path, LATER).entries() == ()
    assert b"20261120T080000Z" in head(tmp_path)


def test_a_test_waits_for_its_bugs_until_it_is_stored_or_too_old(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path, NOW)
    for number, hours in ((1, 0), (2, 1), (3, 2)):
        journal.record_detail(number, NOW + timedelta(hours=hours), {"id": number})
    with details_path(tmp_path).open("ab") as file:
        file.write(b'{"id":4}\n[]\n{"id":5,"fetched_at":"2026-11-20T09:00:00","test":{}}\n{"id":6,"fetch')
    assert details(tmp_path, NOW, stored={3}) == {2: b'{"id":2}'}
    Journal.open(tmp_path, LATER)
    assert details(tmp_path, NOW) == {2: b'{"id":2}', 3: b'{"id":3}'}
    journal.clear()
    assert details(tmp_path, NOW) == {}


def test_a_test_of_another_upstream_is_forgotten(tmp_path: Path) -> None:
    Journal.open(tmp_path, NOW, "127.0.0.1").record_detail(1, LATER, {"id": 1})
    Journal.open(tmp_path, NOW, "api.test.io")
    assert details(tmp_path, NOW) == {}


@pytest.mark.parametrize("length", range(1, 60, 7))
def test_a_torn_last_line_loses_only_itself(tmp_path: Path, length: int) -> None:
    journal = Journal.open(tmp_path, NOW)
    kept, torn = store(tmp_path, [product(), a_test(1)])
    journal.record(kept)
    whole = journal_path(tmp_path).read_bytes()
    journal.record(torn)
    journal_path(tmp_path).write_bytes(journal_path(tmp_path).read_bytes()[: len(whole) + length])
    again = Journal.open(tmp_path, LATER)
    assert again.entries() == (kept,)
    again.record(torn)
    assert Journal.open(tmp_path, LATER).entries() == (kept, torn)


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b"[1]\n", b"null\n", b'{"format": 2}\n', b'{"format":1,"refresh":"../x"}\n', b"\xff\xfe\n"],
)
def test_a_journal_whose_head_is_damaged_is_begun_anew(tmp_path: Path, raw: bytes) -> None:
    journal_path(tmp_path).write_bytes(raw)
    assert Journal.open(tmp_path, NOW).entries() == ()
    begun = head(tmp_path)
    Journal.open(tmp_path, LATER)
    assert head(tmp_path) == begun != raw.split(b"\n")[0]


def test_documents_that_a_power_cut_took_are_not_counted_on(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path, NOW)
    lost, emptied, kept = store(tmp_path, [product(), a_test(1), a_test(2)])
    for entry in (lost, emptied, kept):
        journal.record(entry)
    file_of(tmp_path, lost).unlink()
    file_of(tmp_path, emptied).write_bytes(bytes(emptied.size))
    assert Journal.open(tmp_path, LATER).entries() == (kept,)
    assert journalled(tmp_path) == (lost, emptied, kept)


def test_a_document_fetched_twice_counts_as_it_was_fetched_last(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path, NOW)
    old, other, new = store(tmp_path, [a_test(1, "running"), product(), a_test(1, "locked")])
    for entry in (old, other, new):
        journal.record(entry)
    assert journal.entries() == (other, new)


def test_a_line_that_names_a_file_outside_the_folder_is_ignored(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path, NOW)
    entry = put(tmp_path, product(), product_id=598)
    journal.record(entry.model_copy(update={"sha256": "../../etc/passwd"}))
    assert journal.entries() == journalled(tmp_path) == ()


def test_what_another_upstream_gave_is_forgotten(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path, NOW, "127.0.0.1")
    journal.record(put(tmp_path, a_test(1), product_id=598))
    assert len(journalled(tmp_path, "127.0.0.1")) == 1
    assert journalled(tmp_path, "api.test.io") == ()
    again = Journal.open(tmp_path, LATER, "api.test.io")
    assert b"api.test.io" in head(tmp_path)
    assert again.entries() == ()
