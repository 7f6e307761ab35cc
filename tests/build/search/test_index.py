"""The index follows the facts: only what changed is written, and what is broken is made anew."""

import json
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
from filelock import FileLock
from hypothesis import given
from hypothesis import strategies as st
from whoosh.fields import TEXT, Schema
from whoosh.filedb.filestore import FileStorage
from whoosh.index import TOC, create_in

import build.search.index
from base.errors import Unavailable
from build.search.documents import Row, rows
from build.search.index import IndexReport, update_index
from build.search.index_files import altered, stamp
from build.search.query import SearchIndex, open_index, search
from build.search.schema import INDEX_NAME, search_schema
from build.search.unpickling import loads
from quality.model.entities import Bug, Test
from quality.model.facts import Facts
from tests.factories import make_bug, make_facts, make_feature, make_product, make_test

KILLING = Path(__file__).with_name("kill_index.py")


def some_facts(snapshot_id: str = "20261120T060000Z-aaaaaa", **titles: str) -> Facts:
    """Two tests with three bugs, a product and a feature; `bug1="…"` gives bug 1 another title."""
    bugs = [
        make_bug(id=number, title=titles.get(f"bug{number}", f"Basket broken {number}"))
        for number in (1, 2, 3)
    ]
    return make_facts(
        [make_test(bugs[:2], id=11, title="Checkout flow"), make_test(bugs[2:], id=12, title="Login flow")],
        products=[make_product()],
        features=[make_feature()],
        snapshot_id=snapshot_id,
    )


def opened(index_dir: Path) -> SearchIndex:
    index = open_index(index_dir)
    assert index is not None
    return index


def found(index: SearchIndex | Path, text: str) -> set[tuple[str, int]]:
    index = opened(index) if isinstance(index, Path) else index
    return {(hit.kind, hit.id) for hit in search(index, text, limit=1000).hits}


def files(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}


def segments(folder: Path) -> int:
    return len(list(folder.glob("*.seg")))


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
    assert row(replace(bug, **change)).hash != row(bug).hash  # type: ignore[arg-type]


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


def garbled(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 0x55
    path.write_bytes(raw)


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize("damage", [garbled, emptied, cut, Path.unlink], ids=lambda damage: damage.__name__)
@pytest.mark.parametrize("pattern", ["*.seg", "*.toc"])
def test_a_damaged_index_is_made_anew(tmp_path: Path, pattern: str, damage: Callable[[Path], None]) -> None:
    update_index(some_facts(), tmp_path)
    for path in tmp_path.glob(pattern):
        damage(path)
    assert update_index(some_facts(), tmp_path).rebuilt
    assert len(found(tmp_path, "basket")) == 3
    assert not update_index(some_facts(), tmp_path).rebuilt


@pytest.mark.parametrize("content", ["", "{", "[]", '{"a": 1}', "null"])
def test_without_usable_check_sums_the_index_is_kept_and_they_are_noted(tmp_path: Path, content: str) -> None:
    update_index(some_facts(), tmp_path)
    before = (tmp_path / "sums.json").read_text()
    (tmp_path / "sums.json").write_text(content)
    assert update_index(some_facts(), tmp_path) == IndexReport(added=0, deleted=0, unchanged=7)
    assert (tmp_path / "sums.json").read_text() == before


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # Whoosh leaves the file open
@pytest.mark.parametrize("content", [b"", b"not an index", bytes(1000)], ids=["empty", "text", "zeros"])
def test_a_table_of_contents_that_is_none_is_replaced_even_without_check_sums(
    tmp_path: Path, content: bytes
) -> None:
    (tmp_path / f"_{INDEX_NAME}_1.toc").write_bytes(content)
    assert open_index(tmp_path) is None
    assert update_index(some_facts(), tmp_path).rebuilt
    assert len(found(tmp_path, "basket")) == 3


def test_a_damaged_index_fails_a_search_with_a_clear_error_or_is_not_opened(tmp_path: Path) -> None:
    update_index(some_facts(), tmp_path)
    for path in tmp_path.glob("*.seg"):
        cut(path)
    index = open_index(tmp_path)
    if index is not None:
        with pytest.raises(Unavailable, match="cannot be read"):
            search(index, "basket")


@pytest.mark.parametrize("name", ["MAIN", INDEX_NAME, "search0"])
def test_a_foreign_index_is_replaced(tmp_path: Path, name: str) -> None:
    foreign = create_in(str(tmp_path), Schema(body=TEXT(stored=True)), name)
    writer = foreign.writer()
    writer.add_document(body="basket")
    writer.commit()
    assert open_index(tmp_path) is None
    assert update_index(some_facts(), tmp_path).rebuilt
    assert len(found(tmp_path, "basket")) == 3


class Calling:
    """Something that calls a function when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # Whoosh leaves the file open
@pytest.mark.parametrize("where", ["segments", "attribute"])
def test_nothing_in_an_index_is_called(tmp_path: Path, where: str) -> None:
    index_dir, mark = tmp_path / "index", tmp_path / "called"
    update_index(some_facts(), index_dir)
    storage = FileStorage(str(index_dir))
    contents = TOC.read(storage, INDEX_NAME, schema=search_schema())
    if where == "segments":
        contents.segments = [Calling(mark)]
    else:
        contents.segments[0].extra = Calling(mark)
    contents.generation += 1
    contents.write(storage, INDEX_NAME)
    assert open_index(index_dir) is None
    update_index(some_facts(), index_dir)
    assert not mark.exists()
    assert ("bug", 1) in found(index_dir, "basket")


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_that_calls_anything_is_refused_in_every_protocol(tmp_path: Path, protocol: int) -> None:
    raw = pickle.dumps([1, Calling(tmp_path / "called")], protocol)
    with pytest.raises(pickle.UnpicklingError):
        loads(raw)
    value = [(1, 99, "c\x93"), {"i": 2.5}, b"", b"\x00\x93\xff"]
    assert loads(pickle.dumps(value, protocol)) == value
    assert not (tmp_path / "called").exists()


def test_a_file_that_is_not_the_indexs_own_stays(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    update_index(some_facts(), tmp_path)
    next(tmp_path.glob("*.seg")).unlink()
    assert update_index(some_facts(), tmp_path).rebuilt
    assert (tmp_path / "notes.txt").read_text() == "mine"


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


def killing(*arguments: object) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, str(KILLING), *map(str, arguments)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    result: dict[str, object] = json.loads(done.stdout)
    return result


@pytest.mark.slow
def test_killed_before_any_step_on_the_disk_the_old_or_the_new_index_is_whole(tmp_path: Path) -> None:
    result = killing("steps", tmp_path)
    assert result["faults"] == []
    assert result["states"] == ["new", "old"]


@pytest.mark.slow
def test_killed_at_any_instant_the_old_or_the_new_index_is_whole(tmp_path: Path) -> None:
    assert killing("instants", tmp_path, 7, 12)["faults"] == []


@pytest.mark.slow
def test_builds_at_once_take_turns_and_the_last_one_stays(tmp_path: Path) -> None:
    result = killing("together", tmp_path, 4)
    assert result["faults"] == []


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
