"""A document that is whole, but not what the manifest says it is, is seen by all that read it."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from build.facts.load import load_facts
from snapshot.archive import write_json
from snapshot.errors import DamagedDocument, SnapshotError
from snapshot.format.documents import Document, encode, fingerprint
from snapshot.format.manifest import Manifest, encode_manifest
from snapshot.reader import current_id, open_snapshot, read_bytes
from snapshot.remote import pull, push
from snapshot.storage.layout import document_path, manifest_path
from snapshot.store import altered, put, readable
from snapshot.transfer import export_version, import_version
from snapshot.verify import verify
from tests.snapshot.documents import NOW, a_test, features, product, publish_version

MISTAKEN: dict[str, Document] = {
    "another test": a_test(3),
    "another kind": product(1),
    "another kind of the same id": features(1, "Pay"),
    "another test inside": replace(a_test(3), id=1),
    "another test inside, as a text": Document("test", 1, NOW, {"test": {"id": "3"}, "bugs": []}),
}


def mistaken(root: Path, kind: str) -> Manifest:
    """Publish a version, and let its manifest name another document, by its right hash, as test 1."""
    manifest = publish_version(root, [product(), a_test(1), a_test(2), a_test(3)])
    other = put(root, MISTAKEN[kind], product_id=598)
    lied = {"sha256": other.sha256, "size": other.size}
    entries = tuple(
        one.model_copy(update=lied) if (one.kind, one.id) == ("test", 1) else one for one in manifest.entries
    )
    lying = manifest.model_copy(update={"entries": entries})
    manifest_path(root, manifest.id).write_bytes(encode_manifest(lying))
    return lying


@pytest.mark.parametrize("kind", MISTAKEN)
def test_it_is_refused_when_read_and_named_by_verify_and_pages(tmp_path: Path, kind: str) -> None:
    """Pages would show the bugs of another test, and lose those of this one, without a word."""
    mistaken(tmp_path, kind)
    snapshot = open_snapshot(tmp_path)
    with pytest.raises(DamagedDocument, match="test 1 is damaged"):
        snapshot.read(snapshot.entries("test")[0])
    [fault] = verify(tmp_path)
    assert (fault.kind, fault.id) == ("test", 1)
    facts = load_facts(snapshot)
    assert [gap.id for gap in facts.gaps] == [1]
    assert sorted(facts.tests) == [2, 3]


@pytest.mark.parametrize("kind", MISTAKEN)
def test_it_travels_nowhere(tmp_path: Path, kind: str) -> None:
    """The damage of one folder would become that of every team that takes its snapshots."""
    lying = mistaken(tmp_path / "a", kind)
    if "inside" not in kind:
        with pytest.raises(DamagedDocument, match="test 1 is damaged"):
            export_version(tmp_path / "a", tmp_path / "out.zip")
        with pytest.raises(DamagedDocument, match="test 1 is damaged"):
            push(tmp_path / "a", (tmp_path / "there").as_uri())
        assert current_id(tmp_path / "there") is None
    with (tmp_path / "bad.json").open("wb") as file:
        write_json(file, lying, lambda entry: document_path(tmp_path / "a", entry.sha256).read_bytes())
    with pytest.raises(SnapshotError, match=r"calls itself|it holds"):
        import_version(tmp_path / "b", tmp_path / "bad.json")
    with pytest.raises(SnapshotError, match=r"calls itself|it holds"):
        pull(tmp_path / "b", (tmp_path / "a").as_uri())
    assert current_id(tmp_path / "b") is None


@pytest.mark.parametrize("kind", MISTAKEN)
def test_the_check_of_a_refresh_finds_it(tmp_path: Path, kind: str) -> None:
    """Each refresh said 0 gaps and each verify a fault, as bytes alone were compared."""
    lying = mistaken(tmp_path, kind)
    [wrong] = [entry for entry in lying.entries if (entry.kind, entry.id) == ("test", 1)]
    assert not readable(tmp_path, wrong)
    if "inside" not in kind:
        assert altered(tmp_path, lying.entries).hashes == {wrong.sha256}


@pytest.mark.parametrize("number", [1, "1", " 1", None, True, 1.0, "x", "9" * 5000])
def test_an_id_that_says_nothing_else_is_no_damage(tmp_path: Path, number: object) -> None:
    """Upstreams write ids as texts, too, or leave them out."""
    document = Document("test", 1, NOW, {"test": {"id": number}, "bugs": []})
    entry = put(tmp_path, document, product_id=598)
    assert readable(tmp_path, entry)


def test_a_document_of_other_spelling_is_the_same_one(tmp_path: Path) -> None:
    """A later format may order its keys in another way: whose it is stands in it, not in its last line."""
    raw = encode(a_test(1)).replace(b'\n  "kind": "test"\n}', b'\n  "kind": "test"\n  }')
    entry = put(tmp_path, a_test(1), product_id=598).model_copy(
        update={"sha256": fingerprint(raw), "size": len(raw)}
    )
    place = document_path(tmp_path, entry.sha256)
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(raw)
    assert read_bytes(tmp_path, entry) == raw
    shutil.rmtree(place.parent)
    assert not readable(tmp_path, entry)
