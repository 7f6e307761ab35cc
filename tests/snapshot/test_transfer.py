"""A version travels in one file, and nothing is taken in on trust."""

import json
import stat
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from pydantic import ValidationError

from snapshot.errors import DamagedDocument, DamagedManifest, Locked, NewerFormat, Refused, SnapshotError
from snapshot.format.documents import encode, fingerprint
from snapshot.format.manifest import Manifest, encode_manifest
from snapshot.reader import current_id, open_snapshot
from snapshot.storage.layout import document_path
from snapshot.storage.lock import writing
from snapshot.transfer import Imported, export_version, import_version
from snapshot.verify import verify
from snapshot.versions import list_versions
from tests.snapshot.documents import (
    NOW,
    a_test,
    all_files,
    features,
    file_of,
    product,
    publish_days,
    publish_version,
    raw_bug,
    reject_reasons,
)

Members = dict[str, bytes]


def published(root: Path) -> Manifest:
    bugs = [raw_bug(4001, note="ünïcode \u2028", score=0.1, price=1e22), raw_bug(4002, "accepted")]
    return publish_version(
        root, [product(), features(598, "Cart"), a_test(1, bugs=bugs), reject_reasons()], counts={"tests": 1}
    )


def members(path: Path) -> Members:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def pack(path: Path, content: Members) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, raw in content.items():
            archive.writestr(name, raw)
    return path


@pytest.mark.parametrize("name", ["version.zip", "version.json"])
def test_a_version_arrives_as_it_left(tmp_path: Path, name: str) -> None:
    manifest = published(tmp_path / "a")
    export_version(tmp_path / "a", tmp_path / name)
    assert import_version(tmp_path / "b", tmp_path / name) == Imported(manifest.id, False, True, 4)
    there, here = open_snapshot(tmp_path / "a"), open_snapshot(tmp_path / "b")
    assert here.manifest == there.manifest
    for entry in manifest.entries:
        assert file_of(tmp_path / "b", entry).read_bytes() == file_of(tmp_path / "a", entry).read_bytes()
    assert verify(tmp_path / "b") == []


@pytest.mark.parametrize("name", ["version.zip", "version.json"])
def test_equal_versions_give_equal_files(tmp_path: Path, name: str) -> None:
    published(tmp_path / "a")
    export_version(tmp_path / "a", tmp_path / f"1{name}")
    import_version(tmp_path / "b", tmp_path / f"1{name}")
    export_version(tmp_path / "b", tmp_path / f"2{name}")
    assert (tmp_path / f"1{name}").read_bytes() == (tmp_path / f"2{name}").read_bytes()


def test_an_exported_json_file_can_be_read_by_anyone(tmp_path: Path) -> None:
    manifest = published(tmp_path / "a")
    export_version(tmp_path / "a", tmp_path / "version.json")
    raw = json.loads((tmp_path / "version.json").read_text(encoding="utf-8"))
    assert raw["format"] == 1
    assert raw["manifest"]["id"] == manifest.id
    assert raw["documents"][manifest.entries[0].sha256]["data"]["name"] == "Halo Shop"


def test_an_older_version_is_added_without_becoming_the_published_one(tmp_path: Path) -> None:
    days = publish_days(tmp_path / "a", 2)
    export_version(tmp_path / "a", tmp_path / "old.zip", days[0].id)
    later = publish_version(tmp_path / "b", [product()], NOW + timedelta(days=9))
    assert not import_version(tmp_path / "b", tmp_path / "old.zip").published
    assert current_id(tmp_path / "b") == later.id
    assert [version.id for version in list_versions(tmp_path / "b")] == [later.id, days[0].id]
    assert verify(tmp_path / "b", days[0].id) == []


def test_importing_again_changes_nothing_but_heals_damage(tmp_path: Path) -> None:
    manifest = published(tmp_path)
    export_version(tmp_path, tmp_path / "version.zip")
    assert import_version(tmp_path, tmp_path / "version.zip") == Imported(manifest.id, True, True, 0)
    file_of(tmp_path, manifest.entries[2]).write_bytes(b"{")
    assert import_version(tmp_path, tmp_path / "version.zip") == Imported(manifest.id, True, True, 1)
    assert verify(tmp_path) == []


def test_another_version_of_the_same_id_is_refused(tmp_path: Path) -> None:
    manifest = published(tmp_path)
    export_version(tmp_path, tmp_path / "version.zip")
    content = members(tmp_path / "version.zip")
    content["manifest.json"] = encode_manifest(manifest.model_copy(update={"api_host": "elsewhere"}))
    with pytest.raises(Refused, match="another version"):
        import_version(tmp_path, pack(tmp_path / "other.zip", content))


@pytest.mark.parametrize(
    ("number", "host", "words"),
    [(599, "api.test.io", "none of the products"), (598, "api.stage-a.space", "comes from 'api.test.io'")],
)
def test_another_customers_version_is_refused_and_changes_nothing(
    tmp_path: Path, number: int, host: str, words: str
) -> None:
    publish_version(tmp_path / "a", [product(), a_test(1)], NOW + timedelta(days=1))
    export_version(tmp_path / "a", tmp_path / "a.zip")
    own = publish_version(tmp_path / "b", [product(number), reject_reasons()], api_host=host)
    before = all_files(tmp_path / "b")
    with pytest.raises(Refused, match=words):
        import_version(tmp_path / "b", tmp_path / "a.zip")
    left = all_files(tmp_path / "b")
    assert {name: left[name] for name in before} == before
    assert not [name for name in left.keys() - before.keys() if name.startswith(("documents", "versions"))]
    assert [version.id for version in list_versions(tmp_path / "b")] == [own.id]


def test_a_damaged_version_is_not_exported(tmp_path: Path) -> None:
    manifest = published(tmp_path / "a")
    file_of(tmp_path / "a", manifest.entries[2]).write_bytes(b"{")
    for name in ("version.zip", "version.json"):
        with pytest.raises(DamagedDocument, match="test 1"):
            export_version(tmp_path / "a", tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_an_import_waits_for_no_one_and_says_who_is_at_work(tmp_path: Path) -> None:
    published(tmp_path / "a")
    export_version(tmp_path / "a", tmp_path / "version.zip")
    with writing(tmp_path / "b", "refresh"), pytest.raises(Locked, match="refresh"):
        import_version(tmp_path / "b", tmp_path / "version.zip")


def altered(content: Members, name: str, old: bytes, new: bytes) -> Members:
    assert old in content[name]
    return {**content, name: content[name].replace(old, new)}


def an_entry(content: Members) -> bytes:
    return orjson.dumps(orjson.loads(content["manifest.json"])["entries"][0])


def a_hash(content: Members) -> bytes:
    return Path(a_document(content)).stem.encode()


def with_a_long_row(content: Members) -> bytes:
    manifest = orjson.loads(content["manifest.json"])
    manifest["entries"][0] += [None] * len(manifest["columns"])
    return orjson.dumps(manifest)


def a_document(content: Members) -> str:
    return next(name for name in content if name != "manifest.json")


HOSTILE: dict[str, tuple[Callable[[Members], Members], type[SnapshotError], str]] = {
    "a path out of the folder": (lambda c: {**c, "../../evil.json": b"{}"}, Refused, "evil.json"),
    "an absolute path": (lambda c: {**c, "/tmp/evil.json": b"{}"}, Refused, "evil.json"),  # noqa: S108
    "a file more": (lambda c: {**c, "documents/aa/readme.txt": b""}, Refused, "does not name"),
    "no manifest": (
        lambda c: {n: r for n, r in c.items() if n != "manifest.json"},
        Refused,
        "holds no manifest",
    ),
    "a document less": (
        lambda c: {n: r for n, r in c.items() if n != a_document(c)},
        DamagedDocument,
        "does not hold it",
    ),
    "an altered document": (
        lambda c: {**c, a_document(c): c[a_document(c)].replace(b"Halo Shop", b"Hola Shop")},
        DamagedDocument,
        "size and hash",
    ),
    "a document of another size": (
        lambda c: {**c, a_document(c): c[a_document(c)] + b"\n"},
        Refused,
        "bytes",
    ),
    "a manifest that names a path": (
        lambda c: altered(c, "manifest.json", a_hash(c), b"../../" + a_hash(c)),
        DamagedManifest,
        "sha256",
    ),
    "columns without names": (
        lambda c: altered(c, "manifest.json", b'"columns": ["kind",', b'"columns": [[],'),
        DamagedManifest,
        "columns",
    ),
    "two columns of one name": (
        lambda c: altered(c, "manifest.json", b'"settled","state"', b'"state","state"'),
        DamagedManifest,
        "columns",
    ),
    "a row of more values than there are columns": (
        lambda c: {**c, "manifest.json": with_a_long_row(c)},
        DamagedManifest,
        "more values",
    ),
    "a row without what it must have": (
        lambda c: altered(c, "manifest.json", b'"columns": ["kind",', b'"columns": ["mind",'),
        DamagedManifest,
        "entries.0.kind",
    ),
    "a manifest whose id is a path": (
        lambda c: altered(c, "manifest.json", b'"id": "2', b'"id": "../2'),
        DamagedManifest,
        "id",
    ),
    "a cut manifest": (
        lambda c: {**c, "manifest.json": c["manifest.json"][:100]},
        DamagedManifest,
        "damaged",
    ),
    "a document named twice": (
        lambda c: altered(c, "manifest.json", b'"entries": [', b'"entries": [' + an_entry(c) + b","),
        Refused,
        "twice",
    ),
    "a newer format": (
        lambda c: altered(c, "manifest.json", b'"format": 1', b'"format": 7'),
        NewerFormat,
        "format 7",
    ),
    "a size that is a bomb": (
        lambda c: altered(c, "manifest.json", a_hash(c) + b'",', a_hash(c) + b'",99999999999'),
        Refused,
        "bytes",
    ),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_zip_is_refused_before_anything_is_written(tmp_path: Path, case: str) -> None:
    published(tmp_path / "a")
    export_version(tmp_path / "a", tmp_path / "good.zip")
    change, error, words = HOSTILE[case]
    source = pack(tmp_path / "bad.zip", change(members(tmp_path / "good.zip")))
    with pytest.raises(error, match=words):
        import_version(tmp_path / "b", source)
    assert not (tmp_path / "b").exists()


@pytest.mark.slow
def test_a_manifest_of_nothing_but_damage_is_refused_at_its_first_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults: set[tuple[int | str, ...]] = set()
    real = Manifest.model_validate

    def counted(fields: Any) -> Manifest:
        try:
            return real(fields)
        except ValidationError as error:
            faults.update(one["loc"][:2] for one in error.errors())
            raise

    monkeypatch.setattr(Manifest, "model_validate", counted)
    published(tmp_path / "a")
    export_version(tmp_path / "a", tmp_path / "good.zip")
    content = members(tmp_path / "good.zip")
    manifest = orjson.loads(content["manifest.json"])
    hollow = {**manifest, "entries": [[]] * 200_000, "problems": [{}] * 200_000}
    source = pack(tmp_path / "bad.zip", {"manifest.json": orjson.dumps(hollow)})
    with pytest.raises(DamagedManifest, match="entries"):
        import_version(tmp_path / "b", source)
    assert faults == {("entries", 0), ("problems", 0)}


@pytest.mark.slow
def test_a_zip_that_unpacks_to_far_more_than_it_is_is_refused(tmp_path: Path) -> None:
    publish_version(tmp_path / "a", [product(name="x" * 10_000_000)])
    export_version(tmp_path / "a", tmp_path / "honest.zip")
    bomb = pack(tmp_path / "bomb.zip", members(tmp_path / "honest.zip"))
    with pytest.raises(Refused, match="would unpack to 10,000,"):
        import_version(tmp_path / "b", bomb)
    assert import_version(tmp_path / "b", tmp_path / "honest.zip").published


def test_a_member_that_lies_about_its_size_is_noticed(tmp_path: Path) -> None:
    manifest = published(tmp_path / "a")
    export_version(tmp_path / "a", tmp_path / "good.zip")
    content = members(tmp_path / "good.zip")
    with zipfile.ZipFile(tmp_path / "liar.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, raw in content.items():
            archive.writestr(name, raw if name == "manifest.json" else raw + b" " * 5_000_000)
        for member in archive.infolist():
            if member.filename != "manifest.json":
                member.file_size = next(e.size for e in manifest.entries if e.sha256 in member.filename)
    with pytest.raises(SnapshotError):
        import_version(tmp_path / "b", tmp_path / "liar.zip")
    assert not (tmp_path / "b").exists()


def test_links_and_doubled_names_in_a_zip_lead_nowhere(tmp_path: Path) -> None:
    published(tmp_path / "a")
    export_version(tmp_path / "a", tmp_path / "good.zip")
    content = members(tmp_path / "good.zip")
    linked = a_document(content)
    with zipfile.ZipFile(tmp_path / "link.zip", "w") as archive:
        for name, raw in content.items():
            member = zipfile.ZipInfo(name)
            if name == linked:
                member.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(member, b"/etc/passwd" if name == linked else raw)
    with pytest.raises(SnapshotError):
        import_version(tmp_path / "b", tmp_path / "link.zip")
    with zipfile.ZipFile(tmp_path / "good.zip", "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("manifest.json", b"{}")
    with pytest.raises(Refused, match="two files of one name"):
        import_version(tmp_path / "b", tmp_path / "good.zip")


@pytest.mark.parametrize("keep", [0.1, 0.5, 0.9, 0.999])
def test_a_cut_file_is_refused(tmp_path: Path, keep: float) -> None:
    published(tmp_path / "a")
    for name in ("version.zip", "version.json"):
        export_version(tmp_path / "a", tmp_path / name)
        raw = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(raw[: int(len(raw) * keep)])
        with pytest.raises(Refused):
            import_version(tmp_path / "b", tmp_path / name)
    assert not (tmp_path / "b").exists()


def test_bytes_changed_anywhere_in_a_zip_never_get_in(tmp_path: Path) -> None:
    manifest = published(tmp_path / "a")
    export_version(tmp_path / "a", tmp_path / "good.zip")
    good = (tmp_path / "good.zip").read_bytes()
    for place in range(0, len(good), 41):
        bad = bytearray(good)
        bad[place] ^= 0x55
        (tmp_path / "bad.zip").write_bytes(bad)
        try:
            import_version(tmp_path / "b", tmp_path / "bad.zip")
        except SnapshotError:
            continue
        assert open_snapshot(tmp_path / "b").manifest == manifest
        assert verify(tmp_path / "b") == []


@pytest.mark.parametrize(
    "change",
    [
        {"format": 0},
        {"format": None},
        {"documents": []},
        {"documents": {}},
        {"documents": {"../x": {}}},
        {"manifest": None},
        {"manifest": []},
    ],
    ids=str,
)
def test_a_json_file_of_the_wrong_shape_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    published(tmp_path / "a")
    export_version(tmp_path / "a", tmp_path / "version.json")
    raw = {**orjson.loads((tmp_path / "version.json").read_bytes()), **change}
    (tmp_path / "bad.json").write_bytes(orjson.dumps(raw))
    with pytest.raises(SnapshotError):
        import_version(tmp_path / "b", tmp_path / "bad.json")
    assert not (tmp_path / "b").exists()


@pytest.mark.parametrize("raw", [b"", b"[]", b"null", b"\xff", b"[" * 100_000, b'{"format":1,"manifest":{}}'])
def test_a_file_that_is_no_export_is_refused(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "x.json").write_bytes(raw)
    with pytest.raises(Refused, match="not an exported version"):
        import_version(tmp_path / "b", tmp_path / "x.json")
    for odd in (tmp_path, tmp_path / "missing.zip"):
        with pytest.raises(Refused):
            import_version(tmp_path / "b", odd)


def test_a_document_with_a_right_hash_but_another_identity_is_refused(tmp_path: Path) -> None:
    manifest = published(tmp_path / "a")
    raw = encode(a_test(9))
    entry = manifest.entries[2].model_copy(update={"sha256": fingerprint(raw), "size": len(raw)})
    lying = manifest.model_copy(update={"entries": (manifest.entries[0], entry)})
    content = {
        "manifest.json": encode_manifest(lying),
        document_path(Path(), entry.sha256).as_posix(): raw,
        document_path(Path(), lying.entries[0].sha256).as_posix(): encode(product()),
    }
    with pytest.raises(DamagedDocument, match="It calls itself test 9"):
        import_version(tmp_path / "b", pack(tmp_path / "bad.zip", content))
