"""Storing, publishing and reading versions."""

import json
import os
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from snapshot.errors import (
    DamagedDocument,
    DamagedManifest,
    NewerFormat,
    NoSnapshot,
    Refused,
    SnapshotError,
)
from snapshot.format.manifest import (
    Manifest,
    Neighbour,
    Problem,
    Statistics,
    decode_manifest,
    encode_manifest,
)
from snapshot.reader import current_id, next_id, open_snapshot
from snapshot.storage import files
from snapshot.storage.layout import current_path, manifest_path
from snapshot.store import present, publish, put, whole
from snapshot.versions import list_versions
from tests.effort import calls
from tests.snapshot.documents import (
    NOW,
    a_test,
    all_files,
    features,
    file_of,
    manifest_of,
    product,
    publish_days,
    publish_version,
    reject_reasons,
    store,
)


def test_a_published_version_reads_back_as_it_was_stored(tmp_path: Path) -> None:
    documents = [product(), features(598, "Cart"), a_test(1), a_test(2), reject_reasons()]
    manifest = publish_version(tmp_path, documents, counts={"tests": 2})
    snapshot = open_snapshot(tmp_path)
    assert (snapshot.id, snapshot.manifest) == (manifest.id, manifest)
    assert [snapshot.read(entry) for entry in snapshot.manifest.entries] == documents
    assert [entry.id for entry in snapshot.entries("test")] == [1, 2]
    entry = snapshot.entry("reject_reasons", 0)
    assert entry is not None
    assert snapshot.read(entry) == reject_reasons()
    assert snapshot.entry("test", 3) is None


def test_a_manifest_survives_storing_with_all_its_fields() -> None:
    problem = Problem(
        kind="test",
        id=7,
        product_id=598,
        reason="answers 500",
        since=NOW,
        tries=3,
        status=500,
        stale=True,
        position=0,
        neighbours=(Neighbour(id=6, end_at=NOW), Neighbour(id=8)),
    )
    manifest = Manifest(
        id="20261120T060000Z-3f9c2a",
        created_at=NOW,
        api_host="api.test.io",
        counts={"bugs": 0, "tests": 1},
        statistics=Statistics(requests=4, seconds=1.5),
        problems=(problem, problem.model_copy(update={"status": None})),
    )
    assert decode_manifest(encode_manifest(manifest), "it") == manifest


@pytest.mark.parametrize("more", [{}, {"items": 3}, {"settled": True}, {"state": "gone", "since": NOW}])
def test_an_entry_survives_whatever_it_says_and_gives_no_room_to_what_it_does_not(
    tmp_path: Path, more: dict[str, Any]
) -> None:
    entry = store(tmp_path, [reject_reasons()])[0].model_copy(update=more)
    manifest = manifest_of([entry])
    raw = encode_manifest(manifest)
    assert decode_manifest(raw, "it") == manifest
    stored = json.loads(raw)
    (row,) = stored["entries"]
    last = max(("fetched_at", *more), key=stored["columns"].index)
    assert len(row) == 1 + stored["columns"].index(last)
    named = {**stored, "entries": [dict(zip(stored["columns"], row, strict=False))]}
    assert decode_manifest(json.dumps(named).encode(), "it") == manifest


def test_a_manifest_has_a_line_for_each_entry(tmp_path: Path) -> None:
    manifest = publish_version(tmp_path, [product(), a_test(1)])
    lines = manifest_path(tmp_path, manifest.id).read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line.strip(" ,")) for line in lines if line.startswith("    ")]
    assert [row[:4] for row in rows] == [
        ["product", 598, 598, manifest.entries[0].sha256],
        ["test", 1, 598, manifest.entries[1].sha256],
    ]
    assert lines[0] == "{"
    assert lines[-1] == "}"


def test_an_unchanged_document_is_not_written_again(tmp_path: Path) -> None:
    first = put(tmp_path, a_test(1), product_id=598)
    before = all_files(tmp_path)
    second = put(tmp_path, a_test(1, at=NOW + timedelta(days=1)), product_id=598)
    assert all_files(tmp_path) == before
    assert second.sha256 == first.sha256
    assert second.fetched_at == first.fetched_at + timedelta(days=1)


def test_a_document_tells_when_it_was_last_confirmed(tmp_path: Path) -> None:
    publish_version(tmp_path, [product()])
    publish_version(tmp_path, [product(at=NOW + timedelta(days=1))], NOW + timedelta(days=1))
    snapshot = open_snapshot(tmp_path)
    assert snapshot.read(snapshot.manifest.entries[0]).fetched_at == NOW + timedelta(days=1)


def test_storing_again_heals_a_damaged_document(tmp_path: Path) -> None:
    entry = put(tmp_path, a_test(1), product_id=598)
    good = file_of(tmp_path, entry).read_bytes()
    for bad in (b"", good[:-1], bytes(len(good)), good.replace(b"locked", b"lacked")):
        file_of(tmp_path, entry).write_bytes(bad)
        assert not whole(tmp_path, entry)
        put(tmp_path, a_test(1), product_id=598)
        assert file_of(tmp_path, entry).read_bytes() == good
    assert whole(tmp_path, entry)
    assert present(tmp_path, entry)


def test_publishing_refuses_to_name_a_damaged_document(tmp_path: Path) -> None:
    published = publish_version(tmp_path, [product()])
    entries = store(tmp_path, [product(), a_test(1)])
    file_of(tmp_path, entries[1]).write_bytes(b"{")
    with pytest.raises(DamagedDocument, match="test 1"):
        publish(tmp_path, manifest_of(entries))
    assert current_id(tmp_path) == published.id
    assert [version.id for version in list_versions(tmp_path)] == [published.id]


def test_a_version_is_never_changed(tmp_path: Path) -> None:
    manifest = publish_version(tmp_path, [product()])
    with pytest.raises(Refused, match="already exists"):
        publish(tmp_path, manifest)


def test_a_version_names_each_document_once(tmp_path: Path) -> None:
    [entry] = store(tmp_path, [product()])
    with pytest.raises(Refused, match="twice"):
        publish(tmp_path, manifest_of([entry, entry]))


def test_an_empty_folder_has_no_snapshot(tmp_path: Path) -> None:
    for root in (tmp_path, tmp_path / "missing"):
        assert current_id(root) is None
        assert list_versions(root) == []
        with pytest.raises(NoSnapshot, match="task `refresh`"):
            open_snapshot(root)


def test_versions_are_listed_newest_first_and_older_ones_can_be_opened(tmp_path: Path) -> None:
    days = publish_days(tmp_path, 3)
    summaries = list_versions(tmp_path)
    assert [version.id for version in summaries] == [manifest.id for manifest in reversed(days)]
    assert [version.published for version in summaries] == [True, False, False]
    assert {version.documents for version in summaries} == {3}
    oldest = open_snapshot(tmp_path, days[0].id)
    entry = oldest.entry("test", 2)
    assert entry is not None
    assert oldest.read(entry).data["test"]["goal"] == "day 0"


def test_an_unreadable_version_is_listed_with_its_fault(tmp_path: Path) -> None:
    first, second = publish_days(tmp_path, 2)
    manifest_path(tmp_path, first.id).write_bytes(b'{"format": 1')
    faults = {version.id: version.fault for version in list_versions(tmp_path)}
    assert faults[second.id] is None
    assert "It is damaged" in (faults[first.id] or "")
    with pytest.raises(DamagedManifest, match=first.id):
        open_snapshot(tmp_path, first.id)


def test_what_a_killed_writer_left_is_no_version(tmp_path: Path) -> None:
    manifest = publish_version(tmp_path, [product()])
    (tmp_path / "versions" / "20271120T060000Z-3f9c2a").mkdir()
    (tmp_path / "versions" / "notes.txt").write_text("mine", encoding="utf-8")
    assert [version.id for version in list_versions(tmp_path)] == [manifest.id]


def test_a_newer_manifest_is_refused_by_its_number(tmp_path: Path) -> None:
    manifest = publish_version(tmp_path, [product()])
    path = manifest_path(tmp_path, manifest.id)
    path.write_bytes(path.read_bytes().replace(b'"format": 1', b'"format": 9'))
    with pytest.raises(NewerFormat, match=f"version {manifest.id} has snapshot format 9"):
        open_snapshot(tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "../../etc/passwd",
        "..",
        "/etc/passwd",
        "20261120T060000Z-3F9C2A",
        "20261120T060000Z-3f9c2a/../x",
        "20261120T060000Z-3f9c2a\n20261120T060000Z-3f9c2a",
        "20269999T060000Z-3f9c2a",
        "\u0660" * 8 + "T060000Z-3f9c2a",
        "\x00",
    ],
)
def test_a_name_that_is_no_version_never_becomes_a_path(tmp_path: Path, text: str) -> None:
    publish_version(tmp_path, [product()])
    if text:
        with pytest.raises(Refused):
            open_snapshot(tmp_path, text)
    current_path(tmp_path).write_text(text, encoding="utf-8")
    with pytest.raises(DamagedManifest, match="CURRENT cannot be used"):
        open_snapshot(tmp_path)


@pytest.mark.parametrize("name", ["../../../etc/passwd", "A" * 64, "a" * 63, "a" * 64 + "\n"])
def test_a_manifest_cannot_name_a_document_outside_the_folder(tmp_path: Path, name: str) -> None:
    manifest = publish_version(tmp_path, [product()])
    path = manifest_path(tmp_path, manifest.id)
    text = path.read_text(encoding="utf-8").replace(manifest.entries[0].sha256, name.replace("\n", "\\n"))
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DamagedManifest, match="sha256"):
        open_snapshot(tmp_path)


@pytest.mark.parametrize("linked", ["CURRENT", "versions", "manifest.json", "documents", "document"])
def test_symbolic_links_inside_the_folder_are_not_followed(tmp_path: Path, linked: str) -> None:
    root = tmp_path / "snapshots"
    manifest = publish_version(root, [product()])
    path = {
        "CURRENT": current_path(root),
        "versions": root / "versions",
        "manifest.json": manifest_path(root, manifest.id),
        "documents": root / "documents",
        "document": file_of(root, manifest.entries[0]),
    }[linked]
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SnapshotError, match="symbolic link"):
        open_snapshot(root).read(manifest.entries[0])


def test_the_folder_itself_may_be_reached_through_a_link(tmp_path: Path) -> None:
    manifest = publish_version(tmp_path / "real", [product()])
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert open_snapshot(tmp_path / "link").read(manifest.entries[0]) == product()


def test_a_damaged_document_is_named_and_the_rest_stays_readable(tmp_path: Path) -> None:
    manifest = publish_version(tmp_path, [product(), a_test(1), a_test(2)])
    path = file_of(tmp_path, manifest.entries[1])
    path.write_bytes(path.read_bytes()[:-30])
    snapshot = open_snapshot(tmp_path)
    with pytest.raises(DamagedDocument, match="test 1 is damaged") as caught:
        snapshot.read(manifest.entries[1])
    assert (caught.value.kind, caught.value.id, caught.value.path) == ("test", 1, path)
    assert snapshot.read(manifest.entries[2]) == a_test(2)


def test_a_document_of_another_test_is_not_passed_off_as_this_one(tmp_path: Path) -> None:
    publish_version(tmp_path, [product(), a_test(1), a_test(2)])
    snapshot = open_snapshot(tmp_path)
    swapped = snapshot.entries("test")[0].model_copy(update={"id": 2})
    with pytest.raises(DamagedDocument, match="It calls itself test 1"):
        snapshot.read(swapped)


def test_a_manifest_that_was_moved_is_not_passed_off_as_another_version(tmp_path: Path) -> None:
    first, second = publish_days(tmp_path, 2)
    manifest_path(tmp_path, first.id).write_bytes(manifest_path(tmp_path, second.id).read_bytes())
    with pytest.raises(DamagedManifest, match=f"calls itself version {second.id}"):
        open_snapshot(tmp_path, first.id)


def test_a_pipe_in_place_of_a_file_does_not_hang_a_reader(tmp_path: Path) -> None:
    manifest = publish_version(tmp_path, [product()])
    path = file_of(tmp_path, manifest.entries[0])
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(DamagedDocument, match="is not a file"):
        open_snapshot(tmp_path).read(manifest.entries[0])


@pytest.mark.parametrize(
    "moment", ["9999-12-31T23:59:59-12:00", "9999-12-31T00:00:00Z", "0001-01-01T00:00:00Z"]
)
def test_a_manifest_with_a_time_that_nobody_can_count_from_is_damaged(tmp_path: Path, moment: str) -> None:
    manifest = publish_version(tmp_path, [product()])
    path = manifest_path(tmp_path, manifest.id)
    raw = {**json.loads(path.read_bytes()), "created_at": moment}
    path.write_text(json.dumps(raw), encoding="utf-8")
    with pytest.raises(DamagedManifest, match="created_at"):
        open_snapshot(tmp_path)


def test_opening_a_version_reads_its_manifest_alone_and_takes_a_few_calls_a_test(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [entry] = store(tmp_path, [a_test(1)])
    opened: list[Path] = []
    real = files.read

    def noted(path: Path, *arguments: Any, **more: Any) -> bytes:
        opened.append(path)
        return real(path, *arguments, **more)

    monkeypatch.setattr(files, "read", noted)
    cost, paths = {}, []
    for tests in (1000, 2000):
        manifest = manifest_of(entry.model_copy(update={"id": number}) for number in range(1, tests + 1))
        paths.append(path := manifest_path(tmp_path, manifest.id))
        path.parent.mkdir(parents=True)
        path.write_bytes(encode_manifest(manifest))
        cost[tests] = calls(partial(open_snapshot, tmp_path, manifest.id))
    assert opened == paths
    assert cost[2000] < 2 * cost[1000] < 8 * 2000


def test_a_later_version_sorts_after_the_published_one_whatever_the_clock_says(tmp_path: Path) -> None:
    for now in (NOW, NOW, NOW - timedelta(days=3), NOW + timedelta(days=1)):
        before = current_id(tmp_path)
        version = next_id(tmp_path, now)
        publish(tmp_path, Manifest(id=version, created_at=now, api_host="api.test.io"))
        assert before is None or version > before
    assert version.startswith(f"{NOW + timedelta(days=1):%Y%m%dT}")
