"""The difference of two versions, by product."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from snapshot.diff import Change, Diff, ProductDiff, diff
from snapshot.format.documents import Document
from snapshot.format.manifest import Entry
from snapshot.reader import open_snapshot
from snapshot.store import publish
from tests.snapshot.documents import (
    NOW,
    a_test,
    features,
    file_of,
    manifest_of,
    product,
    publish_version,
    raw_bug,
    store,
)


def compare(root: Path, before: list[Document], after: list[Document]) -> Diff:
    ids = [
        publish_version(root, documents, NOW + timedelta(days=day)).id
        for day, documents in enumerate((before, after))
    ]
    return diff(open_snapshot(root, ids[0]), open_snapshot(root, ids[1]))


def only_product(found: Diff) -> ProductDiff:
    [one] = found.products
    return one


def test_equal_versions_do_not_differ(tmp_path: Path) -> None:
    documents = [product(), a_test(1, bugs=[raw_bug(4001)])]
    found = compare(tmp_path, documents, [product(at=NOW + timedelta(days=1)), documents[1]])
    assert (found.products, found.unreadable, found.counts()) == ((), (), {})


def test_each_test_is_listed_once_with_what_happened_to_it(tmp_path: Path) -> None:
    before = [
        product(),
        a_test(1, "running"),
        a_test(2, "locked", [raw_bug(20)]),
        a_test(3, "customer_finalized", [raw_bug(30)]),
        a_test(4, "archived"),
        a_test(5, "archived"),
    ]
    after = [
        product(),
        a_test(1, "locked", title="Renamed"),
        a_test(2, "locked", [raw_bug(20, "accepted")]),
        a_test(3, "archived", [raw_bug(30, "rejected")]),
        a_test(5, "archived"),
        a_test(6, "running", [raw_bug(60)]),
    ]
    found = compare(tmp_path, before, after)
    assert only_product(found).tests == (
        Change("changed", 1, "Renamed", "running", "locked"),
        Change("reviewed", 2, "Test 2", "locked", "locked"),
        Change("archived", 3, "Test 3", "customer_finalized", "archived"),
        Change("gone", 4, "Test 4", "archived", None),
        Change("new", 6, "Test 6", None, "running"),
    )
    assert found.counts() == {
        ("test", "changed"): 1,
        ("test", "reviewed"): 1,
        ("test", "archived"): 1,
        ("test", "gone"): 1,
        ("test", "new"): 1,
        ("bug", "reviewed"): 2,
        ("bug", "new"): 1,
    }


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        (raw_bug(7, "forwarded"), raw_bug(7, "accepted"), "reviewed"),
        (raw_bug(7, "new"), raw_bug(7, "rejected"), "reviewed"),
        (raw_bug(7, None), raw_bug(7, "rejected"), "reviewed"),  # type: ignore[arg-type]
        (raw_bug(7, "forwarded"), raw_bug(7, "accepted", auto_accepted=True), "auto_accepted"),
        (raw_bug(7, "accepted"), raw_bug(7, "rejected"), "changed"),
        (raw_bug(7, "accepted"), raw_bug(7, "forwarded"), "changed"),
        (raw_bug(7, "accepted"), raw_bug(7, "accepted", known=True), "changed"),
    ],
)
def test_a_bug_is_reviewed_when_a_person_decided_on_it(
    tmp_path: Path, before: dict[str, Any], after: dict[str, Any], what: str
) -> None:
    found = only_product(
        compare(tmp_path, [product(), a_test(1, bugs=[before])], [product(), a_test(1, bugs=[after])])
    )
    assert found.bugs == (Change(what, 7, "Bug 7", before["status"], after["status"], 1),)  # type: ignore[arg-type]


def test_bugs_come_and_go_with_and_without_their_tests(tmp_path: Path) -> None:
    before = [product(), a_test(1, bugs=[raw_bug(10), raw_bug(11)]), a_test(2, bugs=[raw_bug(20)])]
    after = [product(), a_test(1, bugs=[raw_bug(11), {"id": "12", "title": None}])]
    assert only_product(compare(tmp_path, before, after)).bugs == (
        Change("gone", 10, "Bug 10", "forwarded", None, 1),
        Change("new", 12, "", None, None, 1),
        Change("gone", 20, "Bug 20", "forwarded", None, 2),
    )


def test_a_test_that_the_upstream_lost_is_gone_though_its_copy_is_kept(tmp_path: Path) -> None:
    entries = store(tmp_path, [product(), a_test(1)])
    lost = entries[1].model_copy(update={"state": "gone", "since": NOW})
    versions: list[tuple[Entry, ...]] = [entries, (entries[0], lost), (entries[0], lost)]
    manifests = [manifest_of(kept, NOW + timedelta(days=day)) for day, kept in enumerate(versions)]
    for manifest in manifests:
        publish(tmp_path, manifest)
    first, second, third = (open_snapshot(tmp_path, manifest.id) for manifest in manifests)
    assert [change.what for change in only_product(diff(first, second)).tests] == ["gone"]
    assert diff(second, third).products == ()


def test_products_and_features_that_changed_are_said(tmp_path: Path) -> None:
    found = compare(
        tmp_path,
        [product(1), product(2, "Old name"), features(2, "Cart"), product(3)],
        [product(2, "New name"), features(2, "Cart", "Gifts"), product(3), product(4, "Fresh")],
    )
    assert found.products == (
        ProductDiff(1, "Halo Shop", "gone"),
        ProductDiff(2, "New name", "changed", "changed"),
        ProductDiff(4, "Fresh", "new"),
    )


def test_a_damaged_document_is_named_and_the_rest_is_compared(tmp_path: Path) -> None:
    manifest = publish_version(tmp_path, [product(), a_test(1, "running"), a_test(2, "running")])
    file_of(tmp_path, manifest.entries[1]).write_bytes(b"{")
    later = publish_version(tmp_path, [product(), a_test(1), a_test(2)], NOW + timedelta(days=1))
    found = diff(open_snapshot(tmp_path, manifest.id), open_snapshot(tmp_path, later.id))
    assert [change.id for change in only_product(found).tests] == [2]
    assert len(found.unreadable) == 1
    assert "test 1 is damaged" in found.unreadable[0]


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"test": [], "bugs": {}},
        {"test": None, "bugs": [None, [], {"id": None}, {"id": "x"}, {"id": "9" * 5000}, {"id": True}]},
        {"test": {"title": 5, "status": {}}, "bugs": "none"},
    ],
)
def test_odd_raw_data_is_compared_without_an_error(tmp_path: Path, data: dict[str, Any]) -> None:
    odd = Document("test", 1, NOW, data)
    for before, after in ((odd, a_test(1)), (a_test(1), odd)):
        found = compare(tmp_path, [product(), before], [product(), after])
        assert [change.what for change in only_product(found).tests] == ["changed"]


def test_a_difference_can_be_written_as_json(tmp_path: Path) -> None:
    found = compare(tmp_path, [product()], [product(), a_test(1, bugs=[raw_bug(7)])])
    raw = json.loads(json.dumps(found.as_dict()))
    assert raw["products"][0]["tests"][0] == {
        "what": "new",
        "id": 1,
        "title": "Test 1",
        "before": None,
        "after": "locked",
        "test_id": None,
    }
