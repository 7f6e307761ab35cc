"""A version travels to a shared place and back: what is missing of it, and nothing is taken on trust."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from snapshot.errors import (
    DamagedDocument,
    DamagedManifest,
    Locked,
    NoSnapshot,
    Refused,
    SnapshotError,
    StoreFailed,
)
from snapshot.format.manifest import Manifest, encode_manifest
from snapshot.reader import current_id, open_snapshot, read_manifest
from snapshot.remote import Pushed, pull, push
from snapshot.storage.layout import current_path, document_path, manifest_path
from snapshot.storage.lock import writing
from snapshot.transfer import Imported
from snapshot.verify import verify
from snapshot.versions import version_ids
from tests.snapshot.documents import NOW, a_test, file_of, product, publish_days, publish_version
from tests.snapshot.web_folder import WebFolder, body, cut, status, web_folder

LATER = NOW + timedelta(days=30)


def a_day(root: Path, number: int = 0, tests: int = 3) -> Manifest:
    """A version of one product whose last test changes every day."""
    at = NOW + timedelta(days=number)
    same = [a_test(one) for one in range(1, tests)]
    return publish_version(root, [product(), *same, a_test(tests, goal=f"day {number}")], at)


def shared(tmp_path: Path) -> str:
    return (tmp_path / "shared").as_uri()


def test_a_version_arrives_as_it_left_and_only_what_is_new_travels(tmp_path: Path) -> None:
    url, sent = shared(tmp_path), a_day(tmp_path / "a")
    assert push(tmp_path / "a", url, now=LATER) == Pushed(sent.id, True, 4)
    assert pull(tmp_path / "b", url, now=LATER) == Imported(sent.id, False, True, 4)
    assert open_snapshot(tmp_path / "b").manifest == sent
    assert verify(tmp_path / "b") == []
    newer = a_day(tmp_path / "a", 1)
    assert push(tmp_path / "a", url, now=LATER) == Pushed(newer.id, True, 1)
    assert pull(tmp_path / "b", url, now=LATER) == Imported(newer.id, False, True, 1)
    assert version_ids(tmp_path / "b") == [newer.id, sent.id]
    assert verify(tmp_path / "b") == []


def test_pushing_and_pulling_again_moves_nothing_but_heals_what_is_gone(tmp_path: Path) -> None:
    url, sent = shared(tmp_path), a_day(tmp_path / "a")
    push(tmp_path / "a", url, now=LATER)
    assert push(tmp_path / "a", url, now=LATER) == Pushed(sent.id, True, 0)
    file_of(tmp_path / "shared", sent.entries[1]).unlink()
    assert push(tmp_path / "a", url, now=LATER) == Pushed(sent.id, True, 1)
    pull(tmp_path / "b", url, now=LATER)
    assert pull(tmp_path / "b", url, now=LATER) == Imported(sent.id, True, True, 0)
    file_of(tmp_path / "b", sent.entries[1]).unlink()
    assert pull(tmp_path / "b", url, now=LATER) == Imported(sent.id, True, True, 1)
    assert verify(tmp_path / "b") == []


def test_an_older_version_is_listed_and_the_newer_one_stays_published(tmp_path: Path) -> None:
    url = shared(tmp_path)
    older, newer = a_day(tmp_path / "a"), a_day(tmp_path / "b", 1)
    push(tmp_path / "b", url, now=LATER)
    assert push(tmp_path / "a", url, now=LATER).published is False
    assert current_id(tmp_path / "shared") == newer.id
    assert read_manifest(tmp_path / "shared", older.id) == older
    push(tmp_path / "a", (tmp_path / "old").as_uri(), now=LATER)
    assert pull(tmp_path / "b", (tmp_path / "old").as_uri(), now=LATER).published is False
    assert current_id(tmp_path / "b") == newer.id


def test_a_pull_that_was_killed_before_the_pointer_is_finished_by_the_next(tmp_path: Path) -> None:
    url = shared(tmp_path)
    first, second = publish_days(tmp_path / "a", 2)
    push(tmp_path / "a", url, now=LATER)
    pull(tmp_path / "b", url, now=LATER)
    current_path(tmp_path / "b").write_text(f"{first.id}\n")
    assert pull(tmp_path / "b", url, now=LATER).published
    assert current_id(tmp_path / "b") == second.id


def test_another_customers_version_is_refused_on_both_ways(tmp_path: Path) -> None:
    url = shared(tmp_path)
    a_day(tmp_path / "a")
    push(tmp_path / "a", url, now=LATER)
    publish_version(tmp_path / "b", [product(77), a_test(900)], product_id=77)
    for move in (push, pull):
        with pytest.raises(Refused, match="seems to belong to another customer") as raised:
            move(tmp_path / "b", url, now=LATER)
        assert "folder of its own" in str(raised.value) or "URL of its own" in str(raised.value)


def test_a_version_that_would_lose_much_is_refused_unless_it_is_accepted(tmp_path: Path) -> None:
    url = shared(tmp_path)
    a_day(tmp_path / "a", tests=9)
    push(tmp_path / "a", url, now=LATER)
    pull(tmp_path / "b", url, now=LATER)
    fewer = a_day(tmp_path / "a", 1, tests=2)
    with pytest.raises(Refused, match="would be lost") as raised:
        push(tmp_path / "a", url, now=LATER)
    assert "push with --accept-loss" in str(raised.value)
    push(tmp_path / "a", url, accept_loss=True, now=LATER)
    with pytest.raises(Refused, match="would be lost"):
        pull(tmp_path / "b", url, now=LATER)
    pull(tmp_path / "b", url, accept_loss=True, now=LATER)
    assert current_id(tmp_path / "b") == fewer.id


def test_a_manifest_of_the_same_id_is_never_replaced(tmp_path: Path) -> None:
    sent = a_day(tmp_path / "a")
    other = sent.model_copy(update={"counts": {"tests": 7}})
    path = manifest_path(tmp_path / "shared", sent.id)
    path.parent.mkdir(parents=True)
    path.write_bytes(encode_manifest(other))
    with pytest.raises(Refused, match="Versions are never changed"):
        push(tmp_path / "a", shared(tmp_path), now=LATER)
    assert path.read_bytes() == encode_manifest(other)


def test_what_is_pulled_is_cleaned_like_a_refresh(tmp_path: Path) -> None:
    a_day(tmp_path / "a")
    push(tmp_path / "a", shared(tmp_path), now=LATER)

    def clean(data: Any) -> Any:
        return {**data, "test": {**data["test"], "goal": "–"}} if data.get("test", {}).get("goal") else data

    for _ in range(2):
        pull(tmp_path / "b", shared(tmp_path), clean=clean, now=LATER)
    assert b"day 0" not in b"".join(path.read_bytes() for path in (tmp_path / "b").rglob("*.json"))
    assert verify(tmp_path / "b") == []


def test_a_pull_over_http_asks_only_for_what_is_missing(tmp_path: Path) -> None:
    sent = a_day(tmp_path / "a")
    with web_folder(tmp_path / "a") as web:
        pull(tmp_path / "b", web.url, now=LATER)
        assert len(web.asked) == 3 + len(sent.entries)
        web.asked.clear()
        pull(tmp_path / "b", web.url, now=LATER)
        assert web.asked == ["/CURRENT"]
        a_day(tmp_path / "a", 1)
        web.asked.clear()
        assert pull(tmp_path / "b", web.url, now=LATER).written == 1
        assert len(web.asked) == 4
    assert verify(tmp_path / "b") == []


def deep(manifest: Manifest) -> str:
    return document_path(Path(), manifest.entries[3].sha256).as_posix()


@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        (lambda web, _: web.faults.update(CURRENT=status(404)), NoSnapshot, "There is no snapshot"),
        (lambda web, _: web.faults.update(CURRENT=status(403)), StoreFailed, "403 Forbidden"),
        (lambda web, _: web.faults.update(CURRENT=body(b"<html>")), DamagedManifest, "version's id"),
        (lambda web, _: web.faults.update(CURRENT=body(b"x" * 2000)), Refused, "more than 1,024 bytes"),
        (lambda web, _: web.faults.update(manifest=body(b"{}")), DamagedManifest, "damaged"),
        (lambda web, _: web.faults.update(manifest=status(404)), DamagedManifest, "lacks versions/"),
        (lambda web, one: web.faults.update({deep(one): status(404)}), DamagedDocument, "does not hold it"),
        (
            lambda web, one: web.faults.update({deep(one): body(b"{" + b" " * (one.entries[3].size - 1))}),
            DamagedDocument,
            "does not match",
        ),
        (
            lambda web, one: web.faults.update({deep(one): body(b" " * (one.entries[3].size + 1))}),
            Refused,
            "more than",
        ),
        (lambda web, one: web.faults.update({deep(one): status(403)}), StoreFailed, "403 Forbidden"),
    ],
    ids=[
        "nothing",
        "forbidden",
        "page",
        "long",
        "manifest",
        "unlisted",
        "gone",
        "altered",
        "larger",
        "denied",
    ],
)
def test_a_broken_place_changes_nothing_that_readers_see(
    tmp_path: Path,
    fault: Callable[[WebFolder, Manifest], None],
    error: type[SnapshotError],
    words: str,
) -> None:
    before = a_day(tmp_path / "b")
    newer = a_day(tmp_path / "a", 1)
    with web_folder(tmp_path / "a") as web:
        fault(web, newer)
        with pytest.raises(error, match=words) as raised:
            pull(tmp_path / "b", web.url, now=LATER)
        assert "Debug source" not in str(raised.value)
        assert "\n" not in str(raised.value)
    assert current_id(tmp_path / "b") == before.id
    assert version_ids(tmp_path / "b") == [before.id]


def test_a_version_from_the_future_is_refused(tmp_path: Path) -> None:
    a_day(tmp_path / "a")
    with web_folder(tmp_path / "a") as web, pytest.raises(Refused, match="in the future"):
        pull(tmp_path / "b", web.url, now=NOW - timedelta(days=9))
    assert not (tmp_path / "b").exists()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://reports.example.com/x", "can only be pulled from"),
        ("ftp://example.com/x", "is not a place to push to"),
        ("s3:///prefix", "is not a place to push to"),
        ("s3://key:secret@bucket/x", "credentials"),
        ("s3://bucket/x?X-Amz-Signature=abc", "credentials"),
        ("", "is not a place to push to"),
    ],
)
def test_a_url_that_cannot_be_used_is_one_clear_line_without_its_secrets(
    tmp_path: Path, url: str, words: str
) -> None:
    a_day(tmp_path / "a")
    with pytest.raises(Refused, match=words) as raised:
        push(tmp_path / "a", url, now=LATER)
    assert "secret" not in str(raised.value)
    assert "abc" not in str(raised.value)


def test_nobody_pulls_in_the_clear_from_another_machine(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="is not a place to pull from"):
        pull(tmp_path, "http://reports.example.com/snapshots", now=LATER)


def test_a_shared_folder_in_use_says_who_uses_it(tmp_path: Path) -> None:
    a_day(tmp_path / "a")
    with writing(tmp_path / "shared", "refresh"), pytest.raises(Locked, match="in use by refresh"):
        push(tmp_path / "a", shared(tmp_path), now=LATER)


def test_a_damaged_document_here_is_not_pushed(tmp_path: Path) -> None:
    sent = a_day(tmp_path / "a")
    file_of(tmp_path / "a", sent.entries[0]).write_bytes(b"{}")
    with pytest.raises(DamagedDocument):
        push(tmp_path / "a", shared(tmp_path), now=LATER)
    assert current_id(tmp_path / "shared") is None


def test_a_connection_that_breaks_is_told(tmp_path: Path) -> None:
    a_day(tmp_path / "a")
    with web_folder(tmp_path / "a") as web:
        web.faults["manifest"] = cut
        with pytest.raises(StoreFailed, match="could not be read"):
            pull(tmp_path / "b", web.url, now=LATER)


def test_a_link_in_a_shared_folder_is_not_followed(tmp_path: Path) -> None:
    sent = a_day(tmp_path / "a")
    file = file_of(tmp_path / "a", sent.entries[1])
    file.rename(tmp_path / "elsewhere.json")
    file.symlink_to(tmp_path / "elsewhere.json")
    with pytest.raises(Refused, match="symbolic link"):
        pull(tmp_path / "b", (tmp_path / "a").as_uri(), now=LATER)
