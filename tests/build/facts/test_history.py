"""How long reviews took is known from the kept versions; only what changed between them is read."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from build.facts.history import facts_before, past
from build.facts.load import load_facts
from quality.model.facts import Facts
from quality.model.history import History
from snapshot.format.documents import Document
from snapshot.format.manifest import Entry, Manifest
from snapshot.reader import Snapshot, open_snapshot
from snapshot.storage.layout import manifest_path
from tests.factories import known_review_days as of_bugs
from tests.snapshot.documents import NOW, a_test, file_of, product, publish_version, raw_bug

OPEN = raw_bug(1)
ACCEPTED = raw_bug(1, "accepted")


def a_day(root: Path, day: float, *bugs: dict[str, Any], number: int = 11) -> Manifest:
    at = NOW + timedelta(days=day)
    return publish_version(root, [product(at=at), a_test(number, bugs=bugs, at=at)], at)


def days_of(root: Path, version: str | None = None) -> dict[int, float]:
    return of_bugs(load_facts(open_snapshot(root, version)))


def test_one_version_says_nothing(tmp_path: Path) -> None:
    a_day(tmp_path, 0, OPEN)
    assert days_of(tmp_path) == {}


def test_a_review_took_from_the_first_version_with_the_bug_open_to_the_first_with_it_decided(
    tmp_path: Path,
) -> None:
    for day, bug in enumerate([OPEN, OPEN, raw_bug(1, "rejected"), raw_bug(1, "rejected")]):
        a_day(tmp_path, day, bug, raw_bug(2))
    assert days_of(tmp_path) == {1: 2.0}


def test_auto_acceptance_is_no_review(tmp_path: Path) -> None:
    a_day(tmp_path, 0, OPEN)
    a_day(tmp_path, 1, raw_bug(1, "accepted", auto_accepted=True))
    assert days_of(tmp_path) == {}


def test_an_older_version_knows_nothing_of_later_ones(tmp_path: Path) -> None:
    first = a_day(tmp_path, 0, OPEN)
    second = a_day(tmp_path, 1, ACCEPTED)
    a_day(tmp_path, 2, raw_bug(1))
    assert days_of(tmp_path, first.id) == {}
    assert days_of(tmp_path, second.id) == {1: 1.0}


def test_a_test_that_is_no_longer_counted_has_no_reviews(tmp_path: Path) -> None:
    a_day(tmp_path, 0, OPEN)
    a_day(tmp_path, 1, ACCEPTED)
    a_day(tmp_path, 2, number=12)
    assert days_of(tmp_path) == {}


def test_a_version_whose_manifest_is_broken_is_passed_over(tmp_path: Path) -> None:
    a_day(tmp_path, 0, OPEN)
    broken = a_day(tmp_path, 1, OPEN, raw_bug(2))
    a_day(tmp_path, 3, ACCEPTED)
    manifest_path(tmp_path, broken.id).write_bytes(b"{")
    assert days_of(tmp_path) == {1: 3.0}


def test_an_old_document_that_is_damaged_says_nothing_and_is_no_gap(tmp_path: Path) -> None:
    old = a_day(tmp_path, 0, OPEN)
    a_day(tmp_path, 1, ACCEPTED)
    entry = next(entry for entry in old.entries if entry.kind == "test")
    file_of(tmp_path, entry).unlink()
    facts = load_facts(open_snapshot(tmp_path))
    assert of_bugs(facts) == {}
    assert facts.gaps == ()


def test_only_documents_of_tests_that_changed_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for day in range(5):
        at = NOW + timedelta(days=day)
        bug = OPEN if day < 3 else ACCEPTED
        publish_version(tmp_path, [product(), a_test(11, bugs=[bug]), a_test(12, bugs=[raw_bug(2)])], at)
    snapshot = open_snapshot(tmp_path)
    facts = load_facts(snapshot)
    read: list[int] = []
    reading = Snapshot.read

    def counted(self: Snapshot, entry: Entry) -> Document:
        read.append(entry.id)
        return reading(self, entry)

    monkeypatch.setattr(Snapshot, "read", counted)
    assert past(snapshot, facts.tests).days == {1: 3.0}
    assert read == [11]


def history_of(root: Path) -> History:
    (found,) = load_facts(open_snapshot(root)).history.values()
    return found


def test_open_bugs_are_followed_from_version_to_version_where_their_number_changed(tmp_path: Path) -> None:
    days = [[OPEN], [OPEN], [OPEN, raw_bug(2)], [ACCEPTED, raw_bug(2)], [ACCEPTED, raw_bug(2, "rejected")]]
    for day, bugs in enumerate(days):
        a_day(tmp_path, day, *bugs)
    found = history_of(tmp_path)
    assert found.begins == NOW
    steps = [((at - NOW).days, number) for at, number in found.open_bugs]
    assert steps == [(0, 1), (2, 2), (3, 1), (4, 0)]
    assert found.reopened == ()


def test_a_bug_that_was_decided_and_is_open_again_was_reopened_even_as_the_same_document(
    tmp_path: Path,
) -> None:
    for day, bug in enumerate([OPEN, ACCEPTED, OPEN]):
        a_day(tmp_path, day, bug)
    found = history_of(tmp_path)
    assert found.reopened == (1,)
    assert [number for _, number in found.open_bugs] == [1, 0, 1]


def test_with_one_version_there_is_no_history_yet(tmp_path: Path) -> None:
    a_day(tmp_path, 0, OPEN)
    assert load_facts(open_snapshot(tmp_path)).history == {}


def before(root: Path) -> Facts | None:
    snapshot = open_snapshot(root)
    return facts_before(snapshot, load_facts(snapshot))


def test_the_first_version_has_none_before(tmp_path: Path) -> None:
    a_day(tmp_path, 0, OPEN)
    assert before(tmp_path) is None


def test_the_facts_before_are_those_of_the_version_before(tmp_path: Path) -> None:
    a_day(tmp_path, 0, OPEN)
    second = a_day(tmp_path, 1, OPEN, raw_bug(2))
    a_day(tmp_path, 2, ACCEPTED, raw_bug(2), raw_bug(3))
    found = before(tmp_path)
    assert found is not None
    assert found.snapshot_id == second.id
    assert {bug.id: bug.review for bug in found.bugs.values()} == {1: "open", 2: "open"}


def test_a_document_before_that_is_damaged_counts_as_unchanged(tmp_path: Path) -> None:
    old = a_day(tmp_path, 0, OPEN)
    a_day(tmp_path, 1, ACCEPTED)
    entry = next(entry for entry in old.entries if entry.kind == "test")
    file_of(tmp_path, entry).write_bytes(b"{")
    found = before(tmp_path)
    assert found is not None
    assert {bug.id: bug.review for bug in found.bugs.values()} == {1: "active_accepted"}


def test_versions_of_another_upstream_are_never_compared(tmp_path: Path) -> None:
    at = NOW
    publish_version(tmp_path, [product(at=at), a_test(11, bugs=[OPEN], at=at)], at, api_host="elsewhere.test")
    a_day(tmp_path, 1, ACCEPTED)
    assert before(tmp_path) is None
    assert days_of(tmp_path) == {}
