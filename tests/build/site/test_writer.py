import errno
import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from base import folders
from base.folders import Folder
from build.site.kept import LIST, SEEN, Earlier, earlier_build, is_whole
from build.site.marks import carries_mark, marked
from build.site.writer import LOCK, BuildReport, CannotWrite, write_site
from tests.effort import GUARD

PAGES = [("assets/a.css", b"a"), ("tests/1.html", b"one"), ("index.html", b"start")]


def files(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and path.name not in {LOCK, SEEN}
    }


def test_a_second_build_of_the_same_pages_writes_no_file(tmp_path: Path) -> None:
    first = write_site(tmp_path, PAGES)
    times = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    second = write_site(tmp_path, PAGES)
    assert (first.written, first.unchanged, first.removed) == (3, 0, 0)
    assert (second.written, second.unchanged, second.removed) == (0, 3, 0)
    assert times == {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}


def test_only_the_page_that_changed_is_written(tmp_path: Path) -> None:
    write_site(tmp_path, PAGES)
    report = write_site(tmp_path, [*PAGES[:2], ("index.html", b"other")])
    assert (report.written, report.unchanged) == (1, 2)
    assert (tmp_path / "index.html").read_bytes() == marked("index.html", b"other")


def test_a_page_that_somebody_changed_is_written_again(tmp_path: Path) -> None:
    write_site(tmp_path, PAGES)
    (tmp_path / "index.html").write_bytes(b"START")
    assert write_site(tmp_path, PAGES).written == 1
    assert (tmp_path / "index.html").read_bytes() == marked("index.html", b"start")


def test_vanished_pages_and_their_empty_folders_are_removed_and_foreign_files_stay(tmp_path: Path) -> None:
    (tmp_path / ".gitkeep").touch()
    write_site(tmp_path, [*PAGES, ("products/1-a/index.html", b"p"), ("products/2-b/index.html", b"q")])
    (tmp_path / "products/2-b/notes.txt").write_text("mine")
    report = write_site(tmp_path, PAGES)
    assert report.removed == 2
    assert not (tmp_path / "products/1-a").exists()
    assert (tmp_path / "products/2-b/notes.txt").read_text() == "mine"
    assert set(files(tmp_path)) == {".gitkeep", LIST, "products/2-b/notes.txt", *(path for path, _ in PAGES)}


def test_a_foreign_file_in_the_place_of_a_page_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("somebody's own")
    with pytest.raises(CannotWrite, match="is in the way"):
        write_site(tmp_path, PAGES)
    assert files(tmp_path) == {"index.html": b"somebody's own"}


def test_a_list_that_names_files_outside_the_site_removes_nothing_there(tmp_path: Path) -> None:
    outside = tmp_path / "precious.txt"
    outside.write_text("keep")
    site = tmp_path / "site"
    site.mkdir()
    names = ["../precious.txt", str(outside), "a/../../precious.txt", "C:\\precious.txt", ""]
    (site / LIST).write_text(json.dumps({"key": "", "files": dict.fromkeys(names, "")}))
    assert earlier_build(site) == Earlier("", {})
    write_site(site, PAGES)
    assert outside.read_text() == "keep"


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"key": "", "files": null}', b'{"files": {}}', b"\xff"]
)
def test_a_damaged_list_counts_as_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / LIST).write_bytes(content)
    assert earlier_build(tmp_path) == Earlier("", {})


def test_an_error_while_pages_are_made_leaves_the_pages_of_before(tmp_path: Path) -> None:
    write_site(tmp_path, PAGES)
    before = files(tmp_path)

    def failing() -> Iterator[tuple[str, bytes]]:
        yield "index.html", b"new"
        raise RuntimeError("a page that cannot be made")

    with pytest.raises(RuntimeError):
        write_site(tmp_path, failing())
    assert files(tmp_path) == before


def test_a_full_disk_is_told_and_leaves_the_pages_of_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_site(tmp_path, PAGES)
    before = files(tmp_path)
    written = 0

    real = folders.create

    def fill(folder: Folder, name: str) -> int:
        nonlocal written
        written += 1
        if written > 1:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), name)
        return real(folder, name)

    monkeypatch.setattr(folders, "create", fill)
    with pytest.raises(CannotWrite, match="No space left on device") as caught:
        write_site(tmp_path, [(path, content + b"!") for path, content in PAGES])
    assert caught.value.hint
    assert files(tmp_path) == before


def test_a_folder_that_may_not_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_site(tmp_path, PAGES)
    before = files(tmp_path)

    def refuse(*names: object) -> None:  # as root no folder refuses by itself
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(names[-1]))

    with monkeypatch.context() as patched:
        patched.setattr(folders, "rename", refuse)
        with pytest.raises(CannotWrite, match="Permission denied"):
            write_site(tmp_path, [(path, content + b"!") for path, content in PAGES])
    assert files(tmp_path) == before


@pytest.mark.parametrize("dangling", [True, False])
def test_a_file_or_a_dangling_link_in_the_place_of_the_site_is_told(
    tmp_path: Path, *, dangling: bool
) -> None:
    """It said no more than that a file exists, of a link to a disk that was not there."""
    if dangling:
        (tmp_path / "site").symlink_to(tmp_path / "disk" / "site")
    else:
        (tmp_path / "site").touch()
    before = (tmp_path / "site").lstat()
    with pytest.raises(CannotWrite, match="A file, or a link that leads nowhere") as caught:
        write_site(tmp_path / "site", PAGES)
    assert "cannot be written" in str(caught.value)
    assert (tmp_path / "site").lstat() == before
    assert not (tmp_path / "disk").exists()


@pytest.mark.parametrize("name", [".staging-website", ".staging-0123abcd", ".testio-staging-mine", "staging"])
def test_folders_of_others_stay_and_what_a_killed_build_left_is_collected(tmp_path: Path, name: str) -> None:
    """A user's folder for the next website, old enough, was gone after a build."""
    theirs, ours = tmp_path / name, tmp_path / ".testio-staging-0123456789abcdef"
    for folder in (theirs, ours):
        folder.mkdir()
        (folder / "0").write_text("x")
        os.utime(folder, (0, 0))
    write_site(tmp_path, PAGES)
    assert (theirs / "0").read_text() == "x"
    assert not ours.exists()


def test_a_file_of_others_in_a_folder_that_a_killed_build_left_stays(tmp_path: Path) -> None:
    """Whoever kept notes in a folder that looks like ours would have lost them."""
    ours = tmp_path / ".testio-staging-0123456789abcdef"
    ours.mkdir()
    (ours / "notes.txt").write_text("mine")
    (ours / "0").write_text("page")
    write_site(tmp_path, PAGES)
    assert files(ours) == {"notes.txt": b"mine"}


def test_a_build_that_stops_between_two_pages_can_be_finished_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = folders.rename
    moved: list[str] = []

    def stop(source: Folder, name: str, target: Folder, new_name: str) -> None:
        if new_name == "index.html":
            raise KeyboardInterrupt
        moved.append(new_name)
        real(source, name, target, new_name)

    with monkeypatch.context() as patched:
        patched.setattr(folders, "rename", stop)
        with pytest.raises(KeyboardInterrupt):
            write_site(tmp_path, PAGES)
    assert moved == [LIST, "a.css", "1.html"]
    assert write_site(tmp_path, PAGES) == BuildReport(1, 2, 0)
    assert earlier_build(tmp_path).digests.keys() == {path for path, _ in PAGES}


def test_the_list_says_what_the_site_was_made_of_and_whether_it_is_whole(tmp_path: Path) -> None:
    write_site(tmp_path, PAGES, key="these facts")
    earlier = earlier_build(tmp_path)
    assert earlier.key == "these facts"
    assert is_whole(tmp_path, earlier)
    (tmp_path / "index.html").write_bytes(b"START")
    assert not is_whole(tmp_path, earlier)
    (tmp_path / "index.html").unlink()
    assert not is_whole(tmp_path, earlier)


def test_a_build_that_did_not_finish_leaves_no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = folders.rename

    def stop(source: Folder, name: str, target: Folder, new_name: str) -> None:
        if new_name == "index.html":
            raise KeyboardInterrupt
        real(source, name, target, new_name)

    write_site(tmp_path, PAGES, key="first")
    monkeypatch.setattr(folders, "rename", stop)
    with pytest.raises(KeyboardInterrupt):
        write_site(tmp_path, [(path, content + b"!") for path, content in PAGES], key="second")
    assert earlier_build(tmp_path).key == ""


MORE = [
    *PAGES,
    ("products/1-a/index.html", b"p"),
    ("products/1-a/report.md", b"# p"),
    ("tests/2.html", b"two"),
]


def test_a_site_whose_list_was_lost_is_rebuilt_and_vanished_pages_go(tmp_path: Path) -> None:
    """An artifact upload leaves hidden files out; each later build said that index.html is in the way."""
    write_site(tmp_path, MORE, key="k")
    (tmp_path / LIST).unlink()
    changed = [(path, content + b"!") for path, content in MORE if path != "tests/2.html"]
    report = write_site(tmp_path, changed)
    assert (report.written, report.removed) == (len(changed), 1)
    assert not (tmp_path / "tests/2.html").exists()
    assert write_site(tmp_path, changed).written == 0


@pytest.mark.parametrize("content", [b"", b"{", b"[" * 100_000, b'{"key": "", "files": {}}'], ids=repr)
def test_a_site_whose_list_was_damaged_is_rebuilt(tmp_path: Path, content: bytes) -> None:
    """A cut list made the site one that no build could ever write to again."""
    write_site(tmp_path, MORE)
    (tmp_path / LIST).write_bytes(content)
    assert write_site(tmp_path, [(path, raw + b"!") for path, raw in MORE]).written == len(MORE)


def test_without_the_list_pages_that_are_not_as_they_were_written_are_nobodys_to_remove(
    tmp_path: Path,
) -> None:
    """Somebody's copy of a page, or a page with their own notes in it, was never a build's to remove."""
    write_site(tmp_path, MORE)
    (tmp_path / LIST).unlink()
    two = tmp_path / "tests/2.html"
    (tmp_path / "copy.html").write_bytes(two.read_bytes())
    two.write_bytes(b"my notes" + two.read_bytes())
    (tmp_path / "own.html").write_bytes(b"<p>mine")
    assert write_site(tmp_path, PAGES).removed == 1
    assert carries_mark("tests/2.html", two.read_bytes())
    assert {"copy.html", "own.html", "tests/2.html"} <= files(tmp_path).keys()


def test_a_vanished_page_that_somebody_changed_stays(tmp_path: Path) -> None:
    """Only what is as a build wrote it is removed."""
    write_site(tmp_path, MORE)
    (tmp_path / "tests/2.html").write_bytes(b"my notes")
    write_site(tmp_path, PAGES)
    assert (tmp_path / "tests/2.html").read_bytes() == b"my notes"


@pytest.mark.parametrize("place", ["tests", "products", "products/1-a", "assets"])
def test_a_folder_that_is_a_link_is_neither_written_nor_removed_through(tmp_path: Path, place: str) -> None:
    """A list that names files in a linked folder let a build delete a user's files outside the site."""
    site, outside = tmp_path / "site", tmp_path / "outside"
    write_site(site, MORE)
    (site / place).rename(outside)
    before = files(outside)
    assert before
    (site / place).symlink_to(outside)
    with pytest.raises(CannotWrite, match="is a link"):
        write_site(site, [(path, content + b"!") for path, content in MORE])
    write_site(site, [page for page in PAGES if not page[0].startswith(place)])
    assert files(outside) == before


@pytest.mark.parametrize("name", ["index.html", "tests/1.html", "assets/a.css"])
@pytest.mark.parametrize("dangling", [True, False])
def test_a_link_in_the_place_of_a_page_is_not_replaced(tmp_path: Path, name: str, *, dangling: bool) -> None:
    """A link to a user's own start page was replaced, or written through."""
    site, own = tmp_path / "site", tmp_path / "own"
    (site / name).parent.mkdir(parents=True)
    if not dangling:
        own.write_text("mine")
    (site / name).symlink_to(own)
    with pytest.raises(CannotWrite, match="is in the way"):
        write_site(site, PAGES)
    assert (site / name).is_symlink()
    assert own.exists() is not dangling


def test_a_pipe_or_a_folder_in_the_place_of_a_page_or_the_list_holds_up_nothing(tmp_path: Path) -> None:
    """A build waited for ever for somebody to write into a pipe."""
    (tmp_path / "tests/1.html").mkdir(parents=True)
    os.mkfifo(tmp_path / LIST)
    with pytest.raises(CannotWrite, match=r"1\.html is in the way"):
        write_site(tmp_path, PAGES)


def test_a_folder_swapped_for_a_link_while_pages_are_written_leads_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever may write into the site's folder could have a build write anywhere."""
    site, outside = tmp_path / "site", tmp_path / "outside"
    write_site(site, PAGES)
    outside.mkdir()
    real = folders.rename

    def swapped(source: Folder, name: str, target: Folder, new_name: str) -> None:
        if new_name == "1.html":
            (site / "tests").rename(site / "aside")
            (site / "tests").symlink_to(outside)
        real(source, name, target, new_name)

    monkeypatch.setattr(folders, "rename", swapped)
    with pytest.raises(CannotWrite, match="is a link"):
        write_site(site, [(path, content + b"!") for path, content in [*PAGES[:2], ("tests/3.html", b"")]])
    assert files(outside) == {}


def test_two_builds_at_once_take_turns(tmp_path: Path) -> None:
    """Two builds at once removed each other's pages, or found their own in the way."""
    entered, others_turn = threading.Event(), threading.Event()
    reports: list[BuildReport] = []

    def slowly() -> Iterator[tuple[str, bytes]]:
        entered.set()
        assert others_turn.wait(GUARD)
        yield from PAGES

    def swiftly() -> Iterator[tuple[str, bytes]]:
        assert (tmp_path / "index.html").exists()
        yield from MORE

    first = threading.Thread(target=lambda: reports.append(write_site(tmp_path, slowly())))
    first.start()
    assert entered.wait(GUARD)
    second = threading.Thread(target=lambda: reports.append(write_site(tmp_path, swiftly())))
    second.start()
    others_turn.set()
    for one in (first, second):
        one.join()
    assert [(one.written, one.unchanged) for one in reports] == [(3, 0), (3, 3)]
    assert earlier_build(tmp_path).digests.keys() == {path for path, _ in MORE}
