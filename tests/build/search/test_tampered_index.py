"""Whatever is wrong with an index, it is bounded, thrown away and built anew."""

import codecs
import json
import os
import pickle
import resource
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from whoosh.filedb.filestore import FileStorage
from whoosh.index import TOC

from base.errors import Unavailable
from build.everything import build_everything
from build.search.index import update_index
from build.search.place import readable_index, writable_index
from build.search.query import open_index, search
from build.search.schema import INDEX_NAME, search_schema
from build.search.unpickling import decompress, load, loads
from quality.model.facts import Facts
from tests.factories import make_bug, make_facts, make_test
from tests.snapshot.documents import a_test, product, publish_version, raw_bug

ROOT = Path(__file__).parents[3]


def facts() -> Facts:
    return make_facts([make_test([make_bug(id=1, title="Broken basket error")], id=9, title="Basket")])


def finds(index_dir: Path) -> bool:
    index = open_index(index_dir)
    return index is not None and search(index, "basket").total > 0


def resummed(index_dir: Path) -> None:
    """Write the check sums of the files as they are, as whoever tampers with them does."""
    sums = {
        path.name: (path.stat().st_size, zlib.crc32(path.read_bytes()))
        for path in index_dir.iterdir()
        if path.suffix in {".toc", ".seg"}
    }
    (index_dir / "sums.json").write_text(json.dumps(sums))


FAR: dict[str, bytes] = {
    "LONG_BINPUT": b"\x80\x02X\x01\x00\x00\x00ar\x00\x00\x00\x10.",
    "LONG_BINPUT, largest": b"\x80\x02]r\xff\xff\xff\x7f.",
    "PUT": b"(lp268435456\n.",
    "in a dictionary": b"\x80\x02}X\x03\x00\x00\x00uidX\x01\x00\x00\x00ar\x00\x00\x00\x08s.",
}


@pytest.mark.parametrize("case", FAR)
def test_a_pickle_that_numbers_its_values_up_to_the_sky_takes_no_memory(tmp_path: Path, case: str) -> None:
    """A row of twenty bytes took three gigabytes and killed the reader."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises((pickle.UnpicklingError, ValueError)):
        loads(FAR[case])
    (tmp_path / "pickle").write_bytes(FAR[case])
    with (tmp_path / "pickle").open("rb") as file, pytest.raises((pickle.UnpicklingError, ValueError)):
        load(file)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000


@pytest.mark.slow
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_honest_values_come_back_and_a_file_is_left_behind_them(tmp_path: Path, protocol: int) -> None:
    """A larger honest row must not be taken for an attack."""
    value = {"title": "r broken p123456 pressure\nr\x00\x00", "many": [f"word {n}" for n in range(70_000)]}
    raw = pickle.dumps(value, protocol)
    assert loads(raw) == value
    (tmp_path / "pickle").write_bytes(raw + b"more")
    with (tmp_path / "pickle").open("rb") as file:
        assert load(file) == value
        assert file.read() == b"more"


@pytest.mark.parametrize("size", [2**27, pytest.param(2**30, marks=pytest.mark.slow)])
def test_a_block_that_unpacks_to_gigabytes_is_refused(size: int) -> None:
    """A block of a megabyte took a gigabyte."""
    stream = zlib.compressobj(1)
    zeros = bytes(2**20)
    raw = b"".join(stream.compress(zeros) for _ in range(size // len(zeros))) + stream.flush()
    with pytest.raises(pickle.UnpicklingError):
        decompress(raw)
    assert decompress(zlib.compress(b"honest")) == b"honest"


def odd_segments(contents: TOC) -> None:
    contents.segments = [{"no": "segment"}]


def odd_count(contents: TOC) -> None:
    contents.segments[0]._doccount = "many"


def odd_deleted(contents: TOC) -> None:
    contents.segments[0]._deleted = [None, {}]


def many(contents: TOC) -> None:
    contents.segments[0]._doccount = 2**40


TAMPERED: dict[str, Callable[[TOC], object]] = {
    "segments": odd_segments,
    "count": odd_count,
    "deleted": odd_deleted,
    "size": many,
}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # Whoosh leaves the file open
@pytest.mark.parametrize("case", TAMPERED)
def test_a_tampered_table_of_contents_is_thrown_away(tmp_path: Path, case: str) -> None:
    """A build ended in a TypeError, each time again."""
    update_index(facts(), tmp_path)
    storage: Any = FileStorage(str(tmp_path))
    contents = TOC.read(storage, INDEX_NAME, schema=search_schema())
    TAMPERED[case](contents)
    contents.generation += 1
    contents.write(storage, INDEX_NAME)
    resummed(tmp_path)
    update_index(facts(), tmp_path)
    assert finds(tmp_path)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("seed", range(12))
def test_an_index_with_altered_bytes_and_sums_to_match_heals(tmp_path: Path, seed: int) -> None:
    """Check sums do not help against whoever can write them as well."""
    update_index(facts(), tmp_path)
    (segment,) = tmp_path.glob("*.seg")
    raw = bytearray(segment.read_bytes())
    for place in range(seed, len(raw), 12):
        raw[place] ^= 0xFF
    segment.write_bytes(raw)
    resummed(tmp_path)
    index = open_index(tmp_path)
    if index is not None:
        for words in ("basket", "broken", "error basket"):
            try:
                search(index, words)
            except Unavailable:
                break
    update_index(facts(), tmp_path)
    assert finds(tmp_path)


def test_a_query_that_fails_for_itself_costs_the_index_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One odd search would have taken the index from everybody."""
    update_index(facts(), tmp_path)
    index = open_index(tmp_path)
    assert index is not None
    with monkeypatch.context() as patched:
        patched.setattr("build.search.query.parsed", lambda _: 1 / 0)
        with pytest.raises(Unavailable):
            search(index, "basket")
    assert finds(tmp_path)
    assert update_index(facts(), tmp_path).rebuilt is False


@pytest.mark.parametrize("name", ["sums.json", "sums.json.new", "search1_WRITELOCK", "write.lock", "damaged"])
def test_nothing_is_written_through_a_link_in_the_index_folder(tmp_path: Path, name: str) -> None:
    """`index/sums.json.new` as a link let a build write over any of the user's files."""
    index_dir, own = tmp_path / "index", tmp_path / "own.txt"
    update_index(facts(), index_dir)
    own.write_text("mine")
    (index_dir / name).unlink(missing_ok=True)
    (index_dir / name).symlink_to(own)
    try:
        update_index(facts(), index_dir)
    except Unavailable:
        (index_dir / name).unlink()
        update_index(facts(), index_dir)
    assert own.read_text() == "mine"
    assert finds(index_dir)


def test_pipes_and_links_in_the_place_of_the_indexs_files_are_neither_waited_for_nor_followed(
    tmp_path: Path,
) -> None:
    """A pipe in the place of a file of the index held up build and reader for ever."""
    update_index(facts(), tmp_path)
    for pattern in ("sums.json", "*.seg", "*.toc"):
        path = next(tmp_path.glob(pattern))
        path.unlink()
        os.mkfifo(path)
        assert open_index(tmp_path) is None
        assert update_index(facts(), tmp_path).rebuilt
        assert finds(tmp_path)


@contextmanager
def nobody() -> Iterator[Path]:
    """A folder that everyone can read, and this process without the rights of root."""
    was = os.geteuid()
    codecs.lookup("utf-8-sig")  # while Python's own files can be read: that it cannot be had is remembered
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        try:
            yield Path(folder)
        finally:
            os.seteuid(was)
            for path in Path(folder).rglob("*"):
                path.chmod(0o755)


@pytest.mark.slow
def test_a_read_only_snapshot_is_built_and_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    """A snapshot on a share that may only be read had no pages and no search."""
    with nobody() as folder:
        root, mine = folder / "snapshots", folder / "mine"
        publish_version(root, [product(), a_test(1, bugs=[raw_bug(4001, title="Basket broken")])])
        mine.mkdir()
        mine.chmod(0o777)
        monkeypatch.setenv("XDG_CACHE_HOME", str(mine / "cache"))
        for path in (root, *root.rglob("*")):
            path.chmod(0o555 if path.is_dir() else 0o444)
        before = {path.relative_to(root) for path in root.rglob("*")}
        if os.geteuid() == 0:
            os.seteuid(65534)
        build_everything(root, mine / "site")
        assert {path.relative_to(root) for path in root.rglob("*")} == before
        assert writable_index(root) == readable_index(root) != root / "index"
        index = open_index(readable_index(root))
        assert index is not None
        assert search(index, "basket").total == 1
        index.close()
        assert build_everything(root, mine / "site").index.added == 0


def test_where_no_index_can_be_written_at_all_one_line_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a traceback nor pages with a search that finds nothing."""
    with nobody() as folder:
        root = folder / "snapshots"
        publish_version(root, [product(), a_test(1)])
        for path in (root, *root.rglob("*")):
            path.chmod(0o555 if path.is_dir() else 0o444)
        (site := folder / "site").mkdir()
        site.chmod(0o777)
        monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        if os.geteuid() == 0:
            os.seteuid(65534)
        with pytest.raises(Unavailable, match="cannot be written"):
            build_everything(root, site)
        assert not list(site.rglob("*.html"))
