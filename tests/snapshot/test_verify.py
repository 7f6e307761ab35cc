"""Verify names everything that is wrong, and nothing else."""

from pathlib import Path

import pytest

from snapshot.errors import NoSnapshot
from snapshot.format.manifest import Problem
from snapshot.store import publish
from snapshot.verify import verify
from tests.snapshot.documents import (
    NOW,
    a_test,
    features,
    file_of,
    manifest_of,
    product,
    publish_version,
    reject_reasons,
    store,
)


def test_a_whole_version_has_no_fault(tmp_path: Path) -> None:
    publish_version(tmp_path, [product(), features(), a_test(1), reject_reasons()])
    assert verify(tmp_path) == []


@pytest.mark.parametrize("damage", ["cut", "altered", "grown", "missing"])
def test_each_kind_of_damage_is_named(tmp_path: Path, damage: str) -> None:
    manifest = publish_version(tmp_path, [product(), a_test(1), a_test(2)])
    path = file_of(tmp_path, manifest.entries[1])
    raw = path.read_bytes()
    match damage:
        case "cut":
            path.write_bytes(raw[: len(raw) // 2])
        case "altered":
            path.write_bytes(raw.replace(b"Test 1", b"Test 9"))
        case "grown":
            path.write_bytes(raw + b"\n")
        case _:
            path.unlink()
    [fault] = verify(tmp_path, manifest.id)
    assert (fault.kind, fault.id, fault.product_id, fault.path) == ("test", 1, 598, path)
    assert "test 1 is damaged" in fault.what


def test_damage_of_a_test_that_the_api_no_longer_has_is_named_as_beyond_repair(tmp_path: Path) -> None:
    """Each refresh left it, each verify named it, and nobody said that no refresh can help."""
    entries = store(tmp_path, [product(), a_test(1), a_test(2)])
    gone = entries[1].model_copy(update={"state": "gone", "since": NOW})
    publish(tmp_path, manifest_of((entries[0], gone, entries[2])))
    file_of(tmp_path, gone).write_bytes(b"{}")
    [fault] = verify(tmp_path)
    assert (fault.kind, fault.id) == ("test", 1)
    assert "no longer has it" in fault.what


def test_a_test_without_its_product_is_a_fault_unless_the_gap_is_known(tmp_path: Path) -> None:
    publish_version(tmp_path, [a_test(1)])
    assert [fault.what for fault in verify(tmp_path)] == [
        "It belongs to product 598, which the version does not hold."
    ]
    gap = Problem(kind="product", id=598, reason="answers 500", since=NOW)
    publish_version(tmp_path, [a_test(1)], problems=(gap,))
    assert verify(tmp_path) == []


def test_there_is_nothing_to_verify_in_an_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(NoSnapshot):
        verify(tmp_path)
