"""Pruning removes what no kept version needs, and nothing that anybody may still read."""

import errno
import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapshot.errors import DamagedManifest, Locked, NewerFormat, NoSnapshot, NotWritten, Refused
from snapshot.history import read_history, seen_in
from snapshot.journal import Journal
from snapshot.prune import GRACE, Pruned, choose, prune
from snapshot.reader import current_id, next_id, open_snapshot
from snapshot.storage import files
from snapshot.storage.layout import manifest_path
from snapshot.storage.lock import writing
from snapshot.store import publish, put
from snapshot.verify import verify
from snapshot.versions import list_versions, version_ids
from tests.snapshot.documents import (
    NOW,
    a_test,
    all_files,
    file_of,
    manifest_of,
    product,
    publish_days,
    publish_version,
    store,
)

AT_ONCE = timedelta(0)


def ids(*days: str) -> list[str]:
    return [f"{day}-{place:06x}" for place, day in enumerate(days)]


def age(root: Path, by: timedelta = 2 * GRACE) -> None:
    """Let everything in the folder be older than it is."""
    for path in (*root.rglob("*"),):
        then = path.stat().st_mtime - by.total_seconds()
        os.utime(path, (then, then))


def readable_versions(root: Path) -> list[str]:
    listed = [version.id for version in list_versions(root)]
    for version in listed:
        assert verify(root, version) == []
    return listed


def test_rules_keep_the_newest_of_each_day_and_month() -> None:
    versions = ids(
        "20261120T180000Z", "20261120T060000Z", "20261119T060000Z", "20261031T060000Z", "20261030T060000Z"
    )
    assert choose(versions, versions[0], 2, 0, 0) == {versions[0], versions[1]}
    assert choose(versions, versions[0], 0, 3, 0) == {versions[0], versions[2], versions[3]}
    assert choose(versions, versions[0], 0, 0, 2) == {versions[0], versions[3]}
    assert choose(versions, versions[0], 1, 2, 2) == {versions[0], versions[2], versions[3]}
    assert choose(versions, versions[4], 1, 0, 0) == {versions[0], versions[4]}
    assert choose(versions, versions[0], 9, 9, 9) == set(versions)
    with pytest.raises(ValueError, match="negative"):
        choose(versions, versions[0], -1, 0, 0)


moments = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)).map(  # noqa: DTZ001
    lambda moment: f"{moment:%Y%m%dT%H%M%SZ}-3f9c2a"
)


@given(st.sets(moments, min_size=1, max_size=30), st.integers(0, 9), st.integers(0, 9), st.integers(0, 9))
def test_pruning_twice_by_the_same_rules_keeps_the_same(
    made: set[str], last: int, daily: int, monthly: int
) -> None:
    versions: Sequence[str] = sorted(made, reverse=True)
    kept = choose(versions, versions[0], last, daily, monthly)
    again = choose(sorted(kept, reverse=True), versions[0], last, daily, monthly)
    assert again == kept
    assert versions[0] in kept
    assert len(kept) <= max(1, last + daily + monthly)


def test_only_documents_that_no_kept_version_needs_are_removed(tmp_path: Path) -> None:
    days = publish_days(tmp_path, 5)
    done = prune(tmp_path, keep_last=2, grace=AT_ONCE)
    assert done.versions == tuple(manifest.id for manifest in reversed(days[:3]))
    assert done.kept == (days[4].id, days[3].id)
    assert (done.files, done.bytes, done.waiting) == (3, sum(day.entries[2].size for day in days[:3]), 0)
    assert readable_versions(tmp_path) == [days[4].id, days[3].id]
    assert current_id(tmp_path) == days[4].id
    assert len(list(tmp_path.glob("documents/*/*.json"))) == 4
    assert prune(tmp_path, keep_last=2, grace=AT_ONCE) == Pruned((), done.kept, 0, 0, 0)
    assert not list(tmp_path.glob("pruned/*"))


def test_the_published_version_stays_whatever_the_rules_say(tmp_path: Path) -> None:
    days = publish_days(tmp_path, 3)
    prune(tmp_path, grace=AT_ONCE)
    assert readable_versions(tmp_path) == [days[2].id]


def test_a_reader_that_is_open_goes_on_for_the_grace(tmp_path: Path) -> None:
    publish_days(tmp_path, 1)
    reader = open_snapshot(tmp_path)
    newer = publish_days(tmp_path, 3, NOW + timedelta(days=1))
    age(tmp_path)
    done = prune(tmp_path, keep_last=1)
    assert reader.id in done.versions
    assert done.waiting > 0
    assert readable_versions(tmp_path) == [newer[-1].id]
    assert [reader.read(entry).id for entry in reader.manifest.entries] == [598, 1, 2]
    assert prune(tmp_path, keep_last=1).waiting == done.waiting


def test_after_the_grace_its_documents_go_and_the_reader_is_told_why(tmp_path: Path) -> None:
    publish_days(tmp_path, 1)
    reader = open_snapshot(tmp_path)
    publish_days(tmp_path, 3, NOW + timedelta(days=1))
    waiting = prune(tmp_path, keep_last=1).waiting
    age(tmp_path)
    assert prune(tmp_path, keep_last=1).bytes == waiting
    assert not list(tmp_path.glob("pruned/*"))
    entry = reader.entry("test", 2)
    assert entry is not None
    with pytest.raises(NoSnapshot, match=r"was pruned while it was being read\. Open"):
        reader.read(entry)
    assert len(readable_versions(tmp_path)) == 1


def test_documents_of_an_unfinished_refresh_are_kept_for_the_next_one(tmp_path: Path) -> None:
    publish_days(tmp_path, 1)
    journal = Journal.open(tmp_path, NOW)
    noted = put(tmp_path, a_test(7), product_id=598)
    journal.record(noted)
    put(tmp_path, a_test(8), product_id=598)
    assert prune(tmp_path, grace=AT_ONCE).files == 1
    assert journal.entries() == (noted,)


def test_documents_that_were_just_stored_are_left_alone(tmp_path: Path) -> None:
    publish_days(tmp_path, 1)
    young = put(tmp_path, a_test(8), product_id=598)
    done = prune(tmp_path)
    assert (done.files, done.waiting) == (0, young.size)
    assert file_of(tmp_path, young).exists()


def test_nothing_is_pruned_while_a_refresh_runs(tmp_path: Path) -> None:
    publish_days(tmp_path, 3)
    with writing(tmp_path, "refresh"):
        before = all_files(tmp_path)
        with pytest.raises(Locked, match="refresh"):
            prune(tmp_path, grace=AT_ONCE)
        assert all_files(tmp_path) == before


def test_leftovers_of_killed_writers_are_collected_and_nothing_that_is_not_ours(tmp_path: Path) -> None:
    manifest = publish_version(tmp_path, [product()])
    shelf = file_of(tmp_path, manifest.entries[0]).parent
    unfinished = tmp_path / "versions" / "20271120T060000Z-3f9c2a"
    unfinished.mkdir()
    ours = [
        shelf / ".x.json.0123abcd.tmp",
        tmp_path / ".CURRENT.0123abcd.tmp",
        unfinished / ".manifest.json.0123abcd.tmp",
    ]
    foreign = [
        tmp_path / "notes.txt",
        shelf / "notes.json",
        shelf / "mine.tmp",
        tmp_path / "versions" / ".gitkeep",
        tmp_path / ".gitignore",
    ]
    for path in (*ours, *foreign):
        path.write_text("x", encoding="utf-8")
    prune(tmp_path, grace=AT_ONCE)
    prune(tmp_path, grace=AT_ONCE)
    assert [path for path in ours if path.exists()] == []
    assert [path for path in foreign if not path.exists()] == []
    assert not unfinished.exists()
    assert verify(tmp_path) == []


def test_pruning_never_leaves_the_folder_through_a_link(tmp_path: Path) -> None:
    root, outside = tmp_path / "snapshots", tmp_path / "outside"
    publish_version(root, [product()])
    stranger = publish_version(outside, [product(7)])
    (root / "documents" / "zz").symlink_to(file_of(outside, stranger.entries[0]).parent)
    (root / "versions" / stranger.id).symlink_to(outside / "versions" / stranger.id)
    (root / "pruned").symlink_to(outside / "versions")
    for name in ("versions/" + stranger.id, "pruned"):
        with pytest.raises(Refused, match="symbolic link"):
            prune(root, keep_last=9, grace=AT_ONCE)
        (root / name).unlink()
    prune(root, grace=AT_ONCE)
    assert readable_versions(outside) == [stranger.id]


def test_when_a_kept_version_cannot_be_read_nothing_is_removed(tmp_path: Path) -> None:
    days = publish_days(tmp_path, 3)
    path = manifest_path(tmp_path, days[1].id)
    whole = path.read_bytes()
    path.write_bytes(whole[:100])
    before = all_files(tmp_path)
    with pytest.raises(DamagedManifest, match=f"Nothing was pruned: .* {days[1].id}"):
        prune(tmp_path, keep_last=2, grace=AT_ONCE)
    assert {name: file for name, file in all_files(tmp_path).items() if name in before} == {
        name: file for name, file in before.items() if name != "refresh.lock"
    }
    prune(tmp_path, keep_last=1, grace=AT_ONCE)
    assert readable_versions(tmp_path) == [days[2].id]


def test_a_folder_with_a_version_of_a_newer_format_is_left_alone(tmp_path: Path) -> None:
    days = publish_days(tmp_path, 2)
    path = manifest_path(tmp_path, days[0].id)
    path.write_bytes(path.read_bytes().replace(b'"format": 1', b'"format": 2'))
    with pytest.raises(NewerFormat):
        prune(tmp_path, grace=AT_ONCE)
    assert path.exists()


def test_a_full_disk_can_be_pruned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    days = publish_days(tmp_path, 3)

    write, remove = files.write, files.remove
    removed: list[Path] = []

    def full(file: BinaryIO, content: bytes) -> None:
        if not removed:
            raise OSError(errno.ENOSPC, "No space left on device")
        write(file, content)

    def noted(path: Path) -> None:
        remove(path)
        removed.append(path)

    monkeypatch.setattr(files, "write", full)
    monkeypatch.setattr(files, "remove", noted)
    assert prune(tmp_path, keep_last=1, grace=AT_ONCE).bytes > 0
    assert readable_versions(tmp_path) == [days[2].id]
    assert len(read_history(tmp_path)) == 2


def test_what_a_full_disk_kept_from_the_history_is_added_by_the_next_pruning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_days(tmp_path, 3)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(files, "write", full)
        with pytest.raises(NotWritten):
            prune(tmp_path, keep_last=1)
    prune(tmp_path, keep_last=1)
    seen = seen_in(read_history(tmp_path)["api.test.io", 2])
    assert [one.at.day for one in seen] == [20, 21, 22]


def test_an_empty_folder_is_pruned_without_fuss(tmp_path: Path) -> None:
    assert prune(tmp_path / "new", keep_last=1) == Pruned((), (), 0, 0, 0)


@pytest.mark.slow
def test_thirty_days_cost_little_more_than_one(tmp_path: Path) -> None:
    """A day's version adds its manifest and the documents that changed."""
    steady = [a_test(number, "archived", goal="x" * 20_000) for number in range(10, 130)]
    for day in range(30):
        at = datetime(2026, 10, 20, 6, tzinfo=UTC) + timedelta(days=day)
        publish_version(tmp_path, [product(), *steady, a_test(1, goal=f"day {day}")], at)
        if day == 0:
            one = sum(len(content) for content, _ in all_files(tmp_path).values())
    assert sum(len(content) for content, _ in all_files(tmp_path).values()) < 1.5 * one
    prune(tmp_path, keep_daily=7, grace=AT_ONCE)
    assert len(readable_versions(tmp_path)) == 7


@pytest.mark.parametrize("ahead", [timedelta(days=40), timedelta(days=400)])
def test_days_count_by_when_a_version_was_taken_not_by_its_id(tmp_path: Path, ahead: timedelta) -> None:
    """After one refresh with a clock in the future, `--keep-daily 14` removed eight of nine days."""
    made = []
    for at in (NOW + ahead, *(NOW + timedelta(days=day) for day in range(8))):
        documents = store(tmp_path, [product(), a_test(1, goal=f"{at}")])
        publish(tmp_path, manifest_of(documents, at, id=next_id(tmp_path, at)))
        made.append(current_id(tmp_path))
    assert len({version[:8] for version in version_ids(tmp_path)}) == 1
    prune(tmp_path, keep_daily=14, grace=AT_ONCE)
    assert sorted(version_ids(tmp_path)) == made
    prune(tmp_path, keep_daily=3, grace=AT_ONCE)
    assert sorted(version_ids(tmp_path)) == made[-3:]
    prune(tmp_path, keep_monthly=9, grace=AT_ONCE)
    assert version_ids(tmp_path)[0] == made[-1]
