"""An import passes what a refresh passes, and an export replaces nothing of others."""

import os
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from fetch.redaction.fields import redact_stored
from snapshot import archive
from snapshot.errors import DamagedManifest, Refused, SnapshotError
from snapshot.format.documents import Document
from snapshot.format.manifest import Manifest, Problem, encode_manifest
from snapshot.reader import current_id, next_id, open_snapshot
from snapshot.storage.layout import current_path, new_id
from snapshot.store import publish
from snapshot.transfer import Imported, export_version, import_version
from snapshot.verify import verify
from snapshot.versions import list_versions
from tests.snapshot.documents import (
    NOW,
    a_test,
    manifest_of,
    product,
    publish_version,
    raw_bug,
    reject_reasons,
    store,
)

Members = dict[str, bytes]


def members(path: Path) -> Members:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def pack(path: Path, content: Members) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, raw in content.items():
            archive.writestr(name, raw)
    return path


def exported(root: Path, target: Path, documents: list[Document], at: datetime = NOW, **fields: Any) -> Path:
    publish_version(root, documents, at, **fields)
    export_version(root, target)
    return target


def taken_nothing(root: Path, source: Path, words: str, **options: Any) -> None:
    """An import is refused, and the folder is as it was."""
    before = [one.id for one in list_versions(root)], current_id(root)
    with pytest.raises(Refused, match=words):
        import_version(root, source, **options)
    assert ([one.id for one in list_versions(root)], current_id(root)) == before
    assert verify(root) == []


TESTS = [product(), *(a_test(number) for number in range(1, 11))]
DAY = timedelta(days=1)


@pytest.mark.parametrize("documents", [[], [reject_reasons()]], ids=len)
def test_a_version_of_nothing_is_refused(tmp_path: Path, documents: list[Document]) -> None:
    """An import without a single document emptied the site."""
    publish_version(tmp_path / "b", TESTS)
    source = exported(tmp_path / "a", tmp_path / "a.zip", documents, NOW + DAY)
    taken_nothing(tmp_path / "b", source, "holds no product and no test", accept_loss=True)


def test_what_would_lose_more_than_a_fifth_of_the_tests_is_taken_in_only_when_asked(tmp_path: Path) -> None:
    """An import of a part of the account took the pages of all the other tests away."""
    publish_version(tmp_path / "b", TESTS)
    source = exported(tmp_path / "a", tmp_path / "a.zip", TESTS[:8], NOW + DAY)
    taken_nothing(tmp_path / "b", source, "3 of the 10 known tests would be lost")
    assert import_version(tmp_path / "b", source, accept_loss=True).published


@pytest.mark.parametrize("lost", [0, 1, 2])
def test_what_loses_no_more_than_a_refresh_may_is_published(tmp_path: Path, lost: int) -> None:
    """The rule of a refresh: a fifth may go."""
    publish_version(tmp_path / "b", TESTS)
    source = exported(tmp_path / "a", tmp_path / "a.json", TESTS[: len(TESTS) - lost], NOW + DAY)
    assert import_version(tmp_path / "b", source).published


def test_an_older_version_of_few_tests_only_joins_the_list(tmp_path: Path) -> None:
    """History from before most tests existed is no loss."""
    publish_version(tmp_path / "b", TESTS)
    source = exported(tmp_path / "a", tmp_path / "a.zip", TESTS[:2], NOW - 90 * DAY)
    assert not import_version(tmp_path / "b", source).published


FUTURE: dict[str, Callable[[Manifest, datetime], dict[str, Any]]] = {
    "id": lambda _, late: {"id": new_id(late)},
    "created": lambda _, late: {"created_at": late},
    "fetched": lambda it, late: {
        "entries": (*it.entries[:-1], it.entries[-1].model_copy(update={"fetched_at": late}))
    },
    "stale since": lambda it, late: {
        "entries": (*it.entries[:-1], it.entries[-1].model_copy(update={"state": "stale", "since": late}))
    },
    "refreshed": lambda _, late: {"refreshed": {598: late}},
    "problem": lambda _, late: {"problems": (Problem(kind="test", id=9, reason="500", since=late),)},
}


@pytest.mark.parametrize("case", FUTURE)
@pytest.mark.parametrize(
    "late", [NOW + 3 * DAY, datetime(2099, 1, 1, tzinfo=UTC), datetime(8999, 12, 31, tzinfo=UTC)]
)
def test_a_version_from_the_future_is_refused(tmp_path: Path, case: str, late: datetime) -> None:
    """A version dated 2099 was published, and every later refresh of the true time came after it."""
    publish_version(tmp_path / "b", TESTS)
    manifest = publish_version(tmp_path / "a", TESTS, NOW + DAY)
    export_version(tmp_path / "a", tmp_path / "good.zip")
    content = members(tmp_path / "good.zip")
    altered_manifest = manifest.model_copy(update=FUTURE[case](manifest, late))
    content["manifest.json"] = encode_manifest(altered_manifest)
    source = pack(tmp_path / "late.zip", content)
    taken_nothing(tmp_path / "b", source, "in the future", now=NOW + DAY)


@pytest.mark.parametrize("year", ["9999", "9000", "0001", "1969"])
def test_an_id_of_a_year_that_cannot_be_counted_is_refused_where_it_enters(tmp_path: Path, year: str) -> None:
    """One version of the year 9999 ended every later refresh in an OverflowError."""
    publish_version(tmp_path / "a", TESTS)
    export_version(tmp_path / "a", tmp_path / "good.zip")
    content = members(tmp_path / "good.zip")
    raw = orjson.loads(content["manifest.json"])
    raw["id"] = year + raw["id"][4:]
    source = pack(tmp_path / "odd.zip", {**content, "manifest.json": orjson.dumps(raw)})
    with pytest.raises(SnapshotError):
        import_version(tmp_path / "b", source)
    assert not (tmp_path / "b" / "CURRENT").exists()


def test_a_folder_that_has_an_id_of_a_year_that_cannot_be_counted_heals(tmp_path: Path) -> None:
    """Nothing but removing the folder by hand helped."""
    for stuck in ("99991231T235959Z-ffffff", "89991231T235959Z-ffffff", "00010101T000000Z-000000"):
        root = tmp_path / stuck
        manifest = publish_version(root, TESTS)
        (root / "versions" / manifest.id).rename(root / "versions" / stuck)
        current_path(root).write_text(f"{stuck}\n")
        made = next_id(root, NOW + DAY)
        assert made.startswith("20261121T060000Z")
        publish(root, manifest_of(store(root, TESTS), NOW + DAY, id=made))
        assert open_snapshot(root).id == made
        assert next_id(root, NOW + 2 * DAY).startswith("20261122")


STRANGERS = {
    "one product of three": (
        [product(598), product(700), product(701), *(a_test(n) for n in range(1, 4))],
        3,
    ),
    "the product, other tests": ([product(598), *(a_test(n) for n in range(100, 110))], 1),
    "the product, one test of ten": ([product(598), a_test(1), *(a_test(n) for n in range(100, 109))], 1),
}


@pytest.mark.parametrize("case", STRANGERS)
@pytest.mark.parametrize("at", [NOW + DAY, NOW - DAY])
def test_a_version_that_shares_little_is_another_customers(tmp_path: Path, case: str, at: datetime) -> None:
    """One product id in common let another customer's bugs onto the pages, also by --accept-loss."""
    documents, shared = STRANGERS[case]
    own = [product(598), *(product(number) for number in range(801, 800 + shared)), *TESTS[1:]]
    publish_version(tmp_path / "b", own)
    source = exported(tmp_path / "a", tmp_path / "a.zip", documents, at)
    taken_nothing(tmp_path / "b", source, "another customer", accept_loss=True)


def test_a_damaged_published_version_does_not_open_the_folder_to_others(tmp_path: Path) -> None:
    """A folder whose CURRENT was damaged took in anybody's version."""
    publish_version(tmp_path / "b", TESTS)
    current_path(tmp_path / "b").write_bytes(b"\0")
    source = exported(tmp_path / "a", tmp_path / "a.zip", [product(), a_test(77)], NOW + DAY)
    with pytest.raises(Refused, match="another customer"):
        import_version(tmp_path / "b", source)


def test_a_version_that_is_not_whole_in_itself_is_refused(tmp_path: Path) -> None:
    """Tests without their product were published, and verify named them from then on."""
    source = exported(tmp_path / "a", tmp_path / "a.zip", [a_test(1)])
    with pytest.raises(Refused, match="is incomplete"):
        import_version(tmp_path / "b", source)


def test_what_a_refresh_cuts_out_an_import_cuts_out(tmp_path: Path) -> None:
    """Credentials in an imported version reached the pages."""
    access = {
        "title": "Staging",
        "url": "https://s.example.com",
        "username": "shop-login",
        "password": "Sommer26!",
    }
    secret = a_test(
        1,
        bugs=[raw_bug(4001, note="log in as shop-login / Sommer26! please"), raw_bug(4002)],
        test_environment=access,
    )
    problem = Problem(
        kind="test", id=9, product_id=598, reason="Authorization: Bearer abcdef123456 fails", since=NOW
    )
    publish_version(tmp_path / "a", [product(), secret, a_test(2)], problems=(problem,))
    for name in ("a.zip", "a.json"):
        export_version(tmp_path / "a", tmp_path / name)
        done = import_version(tmp_path / name[-3:], tmp_path / name, clean=redact_stored)
        root = tmp_path / name[-3:]
        everything = b"".join(path.read_bytes() for path in root.rglob("*") if path.is_file())
        assert not [word for word in (b"Sommer26", b"abcdef123456", b"shop-login") if word in everything]
        assert verify(root) == []
        assert import_version(root, tmp_path / name, clean=redact_stored) == Imported(done.id, True, True, 0)


@pytest.mark.slow
def test_an_honest_version_passes_the_redaction_unchanged(demo_snapshot: Path, tmp_path: Path) -> None:
    """What was exported here must arrive to the last byte."""
    export_version(demo_snapshot, tmp_path / "demo.zip")
    import_version(tmp_path / "b", tmp_path / "demo.zip", clean=redact_stored)
    assert open_snapshot(tmp_path / "b").manifest == open_snapshot(demo_snapshot).manifest
    assert verify(tmp_path / "b") == []


def test_a_device_a_pipe_and_links_to_them_are_not_read(tmp_path: Path) -> None:
    """An import of a device never ended, one of a pipe waited for ever."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link.zip").symlink_to("/dev/zero")
    (tmp_path / "linked-pipe.json").symlink_to(tmp_path / "pipe")
    for name in ("/dev/zero", "/dev/null", "pipe", "link.zip", "linked-pipe.json", "."):
        with pytest.raises(Refused):
            import_version(tmp_path / "b", tmp_path / name)
    assert not (tmp_path / "b").exists()


def test_a_link_to_an_export_is_read(tmp_path: Path) -> None:
    """A downloaded file behind a link is as good as any."""
    source = exported(tmp_path / "a", tmp_path / "a.zip", TESTS)
    (tmp_path / "latest").symlink_to(source)
    assert import_version(tmp_path / "b", tmp_path / "latest").published


BOMBS: dict[str, bytes] = {
    "lists": b'{"format":1,"manifest":{},"documents":[' + b"[]," * 5_000_000 + b"0]}",
    "objects": b'{"format":1,"manifest":{},"documents":[' + b"{}," * 4_000_000 + b"0]}",
    "numbers": b'{"format":1,"manifest":{},"documents":[' + b"1," * 17_000_000 + b"0]}",
}


@pytest.mark.slow
@pytest.mark.parametrize("case", BOMBS)
def test_json_that_would_take_gigabytes_is_refused_unparsed(tmp_path: Path, case: str) -> None:
    """40 MB of empty lists took four gigabytes, and the machine with it."""
    (tmp_path / "bomb.json").write_bytes(
        BOMBS[case] if case != "lists" else BOMBS[case].replace(b"[],", b"[],[],[],")
    )
    with pytest.raises(Refused, match="bytes of memory"):
        import_version(tmp_path / "b", tmp_path / "bomb.json")
    pack(tmp_path / "bomb.zip", {"manifest.json": BOMBS[case]})
    with pytest.raises(DamagedManifest, match="bytes of memory"):
        import_version(tmp_path / "b", tmp_path / "bomb.zip")


def test_a_zip_whose_list_of_files_is_too_long_is_refused_unread(tmp_path: Path) -> None:
    """A list of millions of files took gigabytes before anything of it was checked."""
    names = pack(tmp_path / "many.zip", {f"{number:05}": b"" for number in range(100)})
    raw = bytearray(names.read_bytes())
    end = raw.rindex(b"PK\x05\x06")
    raw[end + 12 : end + 16] = (40 * 2**20).to_bytes(4, "little")
    names.write_bytes(raw)
    with pytest.raises(Refused, match="lists its files in"):
        import_version(tmp_path / "b", names)


@pytest.mark.slow
def test_a_test_with_a_hundred_thousand_bugs_arrives(tmp_path: Path) -> None:
    """The export of the largest test was over the limit of the import."""
    bug = raw_bug(4001, note="x" * 600, steps=["Open the shop", "Go on"], author={"id": 1, "name": "alice"})
    source = exported(
        tmp_path / "a",
        tmp_path / "a.zip",
        [product(), a_test(1, bugs=[{**bug, "id": n} for n in range(100_000)])],
    )
    assert import_version(tmp_path / "b", source).published


def test_what_is_too_large_to_be_imported_as_json_is_not_exported_as_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same limits on both sides: the user learns it while the data are still at hand."""
    publish_version(tmp_path / "a", TESTS)
    monkeypatch.setattr(archive, "JSON_EXPORT_BYTES", 1000)
    with pytest.raises(Refused, match=r"ends in \.zip"):
        export_version(tmp_path / "a", tmp_path / "a.json")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    monkeypatch.setattr(archive, "DOCUMENT_BYTES", 100)
    with pytest.raises(Refused, match="holds a document of"):
        export_version(tmp_path / "a", tmp_path / "a.zip")


@pytest.mark.parametrize("name", ["/dev/null", "pipe", "folder", "link-to-pipe", "link-to-itself"])
def test_an_export_replaces_no_device_pipe_or_folder(tmp_path: Path, name: str) -> None:
    """An export onto a device replaced the device, for every program of the machine."""
    publish_version(tmp_path / "a", TESTS)
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link-to-pipe").symlink_to("pipe")
    (tmp_path / "link-to-itself").symlink_to("link-to-itself")
    before = (tmp_path / name).lstat()
    with pytest.raises(Refused, match="not a plain file"):
        export_version(tmp_path / "a", tmp_path / name, replace=True)
    after = (tmp_path / name).lstat()
    assert (after.st_mode, after.st_ino) == (before.st_mode, before.st_ino)


@pytest.mark.parametrize(
    "content", [b"my thesis", b"{}", b"PK\x03\x04 broken", b'{"documents": {}}'], ids=repr
)
def test_an_export_replaces_a_file_of_others_only_when_asked(tmp_path: Path, content: bytes) -> None:
    """A slip in the file's name cost the file."""
    publish_version(tmp_path / "a", TESTS)
    target = tmp_path / "thesis.zip"
    target.write_bytes(content)
    with pytest.raises(Refused, match="another file"):
        export_version(tmp_path / "a", target)
    assert target.read_bytes() == content
    export_version(tmp_path / "a", target, replace=True)
    export_version(tmp_path / "a", target)
    assert import_version(tmp_path / "b", target).published


@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize("name", ["a.zip", "a.json"])
def test_an_export_goes_through_a_link_and_leaves_the_link(tmp_path: Path, name: str, *, there: bool) -> None:
    """The link to a shared drive became a file on this one."""
    publish_version(tmp_path / "a", TESTS)
    (tmp_path / "drive").mkdir()
    if there:
        export_version(tmp_path / "a", tmp_path / "drive" / name)
    (tmp_path / name).symlink_to(tmp_path / "drive" / name)
    export_version(tmp_path / "a", tmp_path / name)
    assert (tmp_path / name).is_symlink()
    assert import_version(tmp_path / "b", tmp_path / "drive" / name).published
    assert [path.name for path in (tmp_path / "drive").iterdir()] == [name]


def test_what_a_killed_export_left_goes_with_the_next_one(tmp_path: Path) -> None:
    """Each killed export left a hidden file of its size behind."""
    publish_version(tmp_path / "a", TESTS)
    left = tmp_path / ".a.zip.0123456789abcdef.tmp"
    others = [tmp_path / ".b.zip.0123456789abcdef.tmp", tmp_path / ".a.zip.tmp", tmp_path / ".a.zip.mine.tmp"]
    for path in (left, *others):
        path.write_bytes(b"half")
    export_version(tmp_path / "a", tmp_path / "a.zip")
    assert not left.exists()
    assert all(path.exists() for path in others)
