"""The index follows the facts: only what changed is written, and what is broken is made anew."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from random import Random
from types import SimpleNamespace

import pytest
from filelock import FileLock
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs
from whoosh.index import create_in

import build.search.index
from base.errors import Unavailable
from build.search.documents import Row, rows
from build.search.index import IndexReport, update_index
from build.search.index_files import altered, stamp
from build.search.query import open_index, search
from build.search.schema import INDEX_NAME, search_schema
from quality.model.entities import Bug, Test
from tests.build.search.indexes import found, killing, opened, segments, some_facts
from tests.factories import make_bug, make_facts, make_test


def files(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}


def test_products_features_tests_and_bugs_are_found(tmp_path: Path) -> None:
    facts = some_facts()
    assert update_index(facts, tmp_path) == IndexReport(added=7, deleted=0, unchanged=0, rebuilt=True)
    assert opened(tmp_path).snapshot_id == facts.snapshot_id
    assert found(tmp_path, "halo") == {("product", 598)}
    assert found(tmp_path, "checkout") == {("test", 11)}
    assert found(tmp_path, "basket") == {("bug", 1), ("bug", 2), ("bug", 3)}
    assert ("feature", 2001) in found(tmp_path, "shopping cart")


def test_the_same_facts_write_nothing_at_all(tmp_path: Path) -> None:
    update_index(some_facts(), tmp_path)
    before = files(tmp_path)
    assert update_index(some_facts(), tmp_path) == IndexReport(added=0, deleted=0, unchanged=7)
    assert files(tmp_path) == before


def test_another_snapshot_with_the_same_content_changes_only_the_name(tmp_path: Path) -> None:
    update_index(some_facts(), tmp_path)
    report = update_index(some_facts("20261121T060000Z-bbbbbb"), tmp_path)
    assert report == IndexReport(added=0, deleted=0, unchanged=7)
    assert opened(tmp_path).snapshot_id == "20261121T060000Z-bbbbbb"
    assert len(found(tmp_path, "basket")) == 3


def test_a_changed_bug_is_replaced_and_nothing_else_is_touched(tmp_path: Path) -> None:
    update_index(some_facts(), tmp_path)
    report = update_index(some_facts(bug2="Voucher refused"), tmp_path)
    assert report == IndexReport(added=1, deleted=1, unchanged=6)
    assert found(tmp_path, "voucher") == {("bug", 2)}
    assert found(tmp_path, "basket") == {("bug", 1), ("bug", 3)}


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Other"},
        {"status": "rejected"},
        {"review": "rejected"},
        {"severity": "low"},
        {"steps": ("Other",)},
        {"actual_result": "Other"},
        {"tester": "bob"},
    ],
    ids=str,
)
def test_whatever_can_be_searched_or_filtered_by_is_part_of_the_hash(change: dict[str, object]) -> None:
    def row(bug: Bug) -> Row:
        return next(one for one in rows(make_facts([make_test([bug], id=11)])) if one.uid == "bug:1")

    bug = make_bug(id=1)
    assert row(bug).hash == row(make_bug(id=1)).hash
    assert row(structs.replace(bug, **change)).hash != row(bug).hash


def test_a_test_that_ends_later_takes_its_bugs_to_the_new_date(tmp_path: Path) -> None:
    facts = some_facts()
    update_index(facts, tmp_path)
    later = replace(facts.tests[11], end_at=facts.as_of)
    report = update_index(replace(facts, tests={**facts.tests, 11: later}), tmp_path)
    assert report == IndexReport(added=3, deleted=3, unchanged=4)
    hits = search(opened(tmp_path), "basket", start=facts.as_of).hits
    assert {hit.id for hit in hits} == {1, 2}


def test_what_vanished_is_deleted_in_the_same_commit(tmp_path: Path) -> None:
    facts = some_facts()
    update_index(facts, tmp_path)
    report = update_index(replace(facts, tests={12: facts.tests[12]}), tmp_path)
    assert report == IndexReport(added=0, deleted=3, unchanged=4)
    assert found(tmp_path, "basket") == {("bug", 3)}
    assert found(tmp_path, "checkout") == set()


def test_an_account_without_anything_has_an_empty_index(tmp_path: Path) -> None:
    update_index(make_facts(products=[]), tmp_path)
    result = search(opened(tmp_path), "anything")
    assert (result.hits, result.total, result.did_you_mean) == ((), 0, None)


def test_many_small_updates_do_not_pile_up(tmp_path: Path) -> None:
    facts = some_facts()
    for number in range(30):
        facts = some_facts(f"20261120T0600{number:02}Z-aaaaaa", bug1=f"Voucher {number}")
        update_index(facts, tmp_path)
    assert segments(tmp_path) <= 10
    assert found(tmp_path, "voucher 29") == {("bug", 1)}
    assert found(tmp_path, "voucher 28") == set()


@given(st.randoms(use_true_random=False))
@pytest.mark.slow
def test_an_index_that_was_updated_often_finds_what_a_new_one_finds(
    tmp_path_factory: pytest.TempPathFactory, chance: Random
) -> None:
    words = ["basket", "voucher", "login", "menu"]
    updated, new = tmp_path_factory.mktemp("updated"), tmp_path_factory.mktemp("new")
    tests: dict[int, Test] = {}
    for step in range(12):
        number = chance.randrange(1, 6)
        if chance.random() < 0.3:
            tests.pop(number, None)
        else:
            bugs = [
                make_bug(id=10 * number + place, title=" ".join(chance.choices(words, k=3)))
                for place in range(chance.randrange(4))
            ]
            tests[number] = make_test(bugs, id=number, title=chance.choice(words))
        facts = make_facts(tests.values(), snapshot_id=f"20261120T0600{step:02}Z-aaaaaa")
        update_index(facts, updated)
    update_index(facts, new)
    assert not altered(updated)
    for word in words:
        assert found(updated, word) == found(new, word)


def test_there_is_no_index_in_a_missing_an_empty_or_a_half_made_folder(tmp_path: Path) -> None:
    assert open_index(tmp_path / "missing") is None
    assert open_index(tmp_path) is None
    create_in(str(tmp_path), search_schema(), INDEX_NAME)
    assert open_index(tmp_path) is None


def test_a_reader_keeps_what_it_opened_until_it_asks_for_the_latest(tmp_path: Path) -> None:
    update_index(some_facts(), tmp_path)
    before = opened(tmp_path)
    assert before.latest() is before
    update_index(some_facts("20261121T060000Z-bbbbbb", bug1="Voucher refused"), tmp_path)
    assert len(found(before, "basket")) == 3
    after = before.latest()
    assert after is not None
    assert after.snapshot_id == "20261121T060000Z-bbbbbb"
    assert len(found(after, "basket")) == 2
    before.close()
    assert len(found(after, "basket")) == 2


def test_a_rebuilt_index_is_noticed_even_when_its_generation_is_the_same(tmp_path: Path) -> None:
    update_index(some_facts(), tmp_path)
    before = opened(tmp_path)
    generation = stamp(tmp_path)
    for path in tmp_path.glob("*.toc"):
        path.unlink()
    assert before.latest() is None
    update_index(some_facts("20261121T060000Z-bbbbbb"), tmp_path)
    after = before.latest()
    assert after is not None
    assert after.snapshot_id == "20261121T060000Z-bbbbbb"
    assert generation is not None
    assert generation[0] == (stamp(tmp_path) or generation)[0]


def test_a_folder_that_cannot_be_written_is_one_clear_error(tmp_path: Path) -> None:
    blocked = tmp_path / "index"
    blocked.write_text("a file where the folder should be")
    with pytest.raises(Unavailable, match="cannot be written") as caught:
        update_index(some_facts(), blocked)
    assert caught.value.hint


def test_a_build_that_waits_too_long_for_another_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build.search.index, "_WAIT_SECONDS", 0.05)
    with FileLock(tmp_path / "write.lock"), pytest.raises(Unavailable, match="Another process"):
        update_index(some_facts(), tmp_path)


@pytest.mark.slow
def test_builds_at_once_take_turns_and_the_last_one_stays(tmp_path: Path) -> None:
    result = killing("together", tmp_path, 4)
    assert result["faults"] == []


def test_an_update_that_runs_out_of_memory_leaves_the_index_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was taken for a damaged index, which was thrown away."""
    update_index(some_facts(), tmp_path)

    def limited(*_: object) -> Iterator[Row]:
        raise MemoryError

    monkeypatch.setattr(build.search.index, "rows", limited)
    with pytest.raises(MemoryError):
        update_index(some_facts("20261121T060000Z-bbbbbb", bug1="Voucher refused"), tmp_path)
    assert found(tmp_path, "basket") == {("bug", 1), ("bug", 2), ("bug", 3)}


def test_the_rows_of_equal_facts_are_equal() -> None:
    def hashes(made: Iterable[Row]) -> list[tuple[str, str]]:
        return [(row.uid, row.hash) for row in made]

    assert hashes(rows(some_facts())) == hashes(rows(some_facts()))


class Looked(dict[int, Test]):
    """Tests that note which of them were looked up."""

    def __init__(self, tests: Mapping[int, Test]) -> None:
        super().__init__(tests)
        self.ids: list[int] = []

    def __getitem__(self, test_id: int) -> Test:
        self.ids.append(test_id)
        return super().__getitem__(test_id)


def test_tests_that_are_made_of_the_same_as_before_are_not_looked_at(tmp_path: Path) -> None:
    facts = some_facts()
    update_index(facts, tmp_path, {11: "a", 12: "b"})
    changed = some_facts("20261121T060000Z-bbbbbb", bug1="Voucher refused")
    tests = Looked(changed.tests)
    report = update_index(replace(changed, tests=tests), tmp_path, {11: "c", 12: "b"})
    assert report == IndexReport(added=1, deleted=1, unchanged=6)
    assert tests.ids == [11]
    assert found(tmp_path, "voucher") == {("bug", 1)}
    assert found(tmp_path, "basket") == {("bug", 2), ("bug", 3)}
    left = replace(changed, tests={11: changed.tests[11]}, snapshot_id="20261122T060000Z-cccccc")
    assert update_index(left, tmp_path, {11: "c"}) == IndexReport(added=0, deleted=2, unchanged=5)
    again = replace(changed, snapshot_id="20261123T060000Z-dddddd")
    assert update_index(again, tmp_path, {11: "c", 12: "b"}) == IndexReport(added=2, deleted=0, unchanged=5)


@pytest.mark.parametrize("made", ["", "[]", "{", '{"11": 1, "12": null}'])
def test_an_index_that_does_not_say_what_it_was_made_of_has_its_rows_compared(
    made: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build.search.index, "json", SimpleNamespace(dumps=lambda _: made, loads=json.loads))
    update_index(some_facts(), tmp_path, {11: "a", 12: "b"})
    monkeypatch.undo()
    report = update_index(some_facts(bug1="Voucher refused"), tmp_path, {11: "a", 12: "b"})
    assert report == IndexReport(added=1, deleted=1, unchanged=6)
