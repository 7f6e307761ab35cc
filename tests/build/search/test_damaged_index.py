import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from whoosh.fields import TEXT, Schema
from whoosh.filedb.filestore import FileStorage
from whoosh.index import TOC, create_in

from base.errors import Unavailable
from build.search.index import IndexReport, update_index
from build.search.query import open_index, search
from build.search.schema import INDEX_NAME, search_schema
from build.search.unpickling import loads
from tests.build.search.indexes import found, killing, some_facts


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


@pytest.mark.slow
def test_killed_before_any_step_on_the_disk_the_old_or_the_new_index_is_whole(tmp_path: Path) -> None:
    result = killing("steps", tmp_path)
    assert result["faults"] == []
    assert result["states"] == ["new", "old"]


@pytest.mark.slow
def test_killed_at_any_instant_the_old_or_the_new_index_is_whole(tmp_path: Path) -> None:
    assert killing("instants", tmp_path, 7, 12)["faults"] == []
