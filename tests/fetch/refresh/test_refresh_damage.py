"""A refresh mends what the disk did to stored documents, and leaves nothing in the way."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from demo.account.account import DEMO_NOW, demo_account
from demo.server.server import serve
from fetch.api.options import ClientOptions
from fetch.refresh.refresh import RefreshResult, refresh
from snapshot import store
from snapshot.damage import note, noted
from snapshot.errors import DamagedDocument
from snapshot.format.manifest import Entry, encode_manifest
from snapshot.prune import prune
from snapshot.reader import open_snapshot
from snapshot.storage.layout import document_path, manifest_path
from snapshot.verify import verify
from tests.snapshot.documents import a_test, product
from tests.snapshot.documents import store as stored

pytestmark = pytest.mark.slow

DAY = timedelta(days=1)


def flipped(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 3] ^= 4
    path.write_bytes(raw)


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def a_full_folder(path: Path) -> None:
    a_folder(path)
    (path / "notes.txt").write_text("mine")


def a_link(path: Path) -> None:
    aside = path.with_suffix(".aside")
    path.rename(aside)
    path.symlink_to(aside)


DAMAGE: dict[str, Callable[[Path], object]] = {
    "a flipped bit": flipped,
    "zeros": lambda path: path.write_bytes(bytes(path.stat().st_size)),
    "carriage returns": lambda path: path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n")),
    "a folder": a_folder,
    "a folder with something in it": a_full_folder,
    "a link": a_link,
    "gone": Path.unlink,
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_of_any_kind_is_mended_by_one_refresh(tmp_path: Path, damage: str) -> None:
    """Ninety documents with a flipped bit stayed so: each refresh said 0 gaps, each verify 60 faults."""
    with serve(demo_account(24, bugs=48)) as api:

        def take(day: int) -> RefreshResult:
            client = ClientOptions(base_url=api.base_url, token=api.token)
            return asyncio.run(refresh(tmp_path, client, now=DEMO_NOW + day * DAY))

        take(0)
        entries = open_snapshot(tmp_path).manifest.entries
        for entry in entries[::2]:
            DAMAGE[damage](document_path(tmp_path, entry.sha256))
        assert verify(tmp_path)
        assert take(1).complete
        assert verify(tmp_path) == []
        prune(tmp_path, keep_last=1, grace=timedelta(0))
        assert verify(tmp_path) == []


@pytest.mark.parametrize("wrong", ["another test", "another kind", "another test inside"])
def test_a_document_that_is_another_one_is_fetched_again(tmp_path: Path, wrong: str) -> None:
    """Its hash is right, so each refresh said 0 gaps, and the test it was named as stayed lost."""
    with serve(demo_account(8, bugs=16)) as api:

        def take(day: int) -> RefreshResult:
            client = ClientOptions(base_url=api.base_url, token=api.token)
            return asyncio.run(refresh(tmp_path, client, now=DEMO_NOW + day * DAY))

        take(0)
        manifest = open_snapshot(tmp_path).manifest
        lost, other = [entry for entry in manifest.entries if entry.kind == "test"][:2]
        if wrong == "another kind":
            other = next(entry for entry in manifest.entries if entry.kind == "features")
        elif wrong == "another test inside":
            inside = replace(open_snapshot(tmp_path).read(other), id=lost.id)
            other = store.put(tmp_path, inside, product_id=lost.product_id)
        lying = lost.model_copy(update={"sha256": other.sha256, "size": other.size})
        entries = tuple(lying if entry == lost else entry for entry in manifest.entries)
        manifest_path(tmp_path, manifest.id).write_bytes(
            encode_manifest(manifest.model_copy(update={"entries": entries}))
        )
        assert [fault.id for fault in verify(tmp_path)] == [lost.id]
        assert take(1).complete
        assert verify(tmp_path) == []
        found = open_snapshot(tmp_path).entry("test", lost.id)
        assert found is not None
        assert found.sha256 == lost.sha256


def test_each_refresh_checks_a_share_and_goes_on_where_the_last_one_stopped(tmp_path: Path) -> None:
    """Ten gigabytes are not read every night, and yet no damage stays for ever."""
    entries = stored(tmp_path, [product(), *(a_test(number) for number in range(1, 40))])
    after, seen = "", list[str]()
    size = max(entry.size for entry in entries)
    for _ in range(10):
        for entry in entries:
            flipped(document_path(tmp_path, entry.sha256))
        found = store.altered(tmp_path, entries, after, limit=7 * size)
        assert 7 <= len(found.hashes) <= 9 + len(entries) // 10
        for entry in entries:
            flipped(document_path(tmp_path, entry.sha256))
        seen += found.hashes
        after = found.checked_to
    assert set(seen) == {entry.sha256 for entry in entries}
    assert store.altered(tmp_path, entries, after) == (frozenset(), "")


def test_a_document_larger_than_the_share_does_not_stop_the_check(tmp_path: Path) -> None:
    """The check would have stood before it for ever."""
    entries: tuple[Entry, ...] = stored(tmp_path, [product(), a_test(1), a_test(2)])
    after = ""
    for _ in entries:
        after = store.altered(tmp_path, entries, after, limit=1).checked_to
    assert after == max(entry.sha256 for entry in entries)


@pytest.mark.parametrize("seen_by", ["verify", "reading"])
def test_what_a_reader_found_damaged_is_fetched_by_the_next_refresh(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seen_by: str
) -> None:
    """A page lacked a test for as many nights as the rolling check took to come round to its document."""
    monkeypatch.setattr("snapshot.store.altered.__defaults__", ("", 0))  # no night's check gets anywhere
    with serve(demo_account(24, bugs=48)) as api:
        client = ClientOptions(base_url=api.base_url, token=api.token)
        asyncio.run(refresh(tmp_path, client, now=DEMO_NOW))
        snapshot = open_snapshot(tmp_path)
        entry = next(one for one in snapshot.manifest.entries if one.kind == "test" and one.settled)
        flipped(document_path(tmp_path, entry.sha256))
        asyncio.run(refresh(tmp_path, client, now=DEMO_NOW + DAY))
        snapshot = open_snapshot(tmp_path)
        if seen_by == "verify":
            assert [one.id for one in verify(tmp_path)] == [entry.id]
        else:
            with pytest.raises(DamagedDocument):
                snapshot.read(entry)
        asyncio.run(refresh(tmp_path, client, now=DEMO_NOW + 2 * DAY))
    assert verify(tmp_path) == []
    assert not (tmp_path / "damaged.txt").exists()


def test_notes_of_damage_hold_hashes_alone_and_not_without_end(tmp_path: Path) -> None:
    for number in range(1100):
        note(tmp_path, f"{number:064x}")
    assert len(noted(tmp_path)) == 1000
    (tmp_path / "damaged.txt").write_text(f"../../etc/passwd\n{'a' * 64}\n\x00")
    assert noted(tmp_path) == {"a" * 64}
    (tmp_path / "damaged.txt").unlink()
    (tmp_path / "damaged.txt").symlink_to(tmp_path / "elsewhere")
    note(tmp_path, "b" * 64)
    assert not (tmp_path / "elsewhere").exists()
