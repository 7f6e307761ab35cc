import errno
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from build.site import writer
from build.site.writer import LIST, CannotWrite, Earlier, earlier_build, is_whole, write_site

PAGES = [("assets/a.css", b"a"), ("tests/1.html", b"one"), ("index.html", b"start")]


def files(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()
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
    assert (tmp_path / "index.html").read_bytes() == b"other"


def test_a_page_that_somebody_changed_is_written_again(tmp_path: Path) -> None:
    write_site(tmp_path, PAGES)
    (tmp_path / "index.html").write_bytes(b"START")
    assert write_site(tmp_path, PAGES).written == 1
    assert (tmp_path / "index.html").read_bytes() == b"start"


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

    def fill(path: Path, data: bytes) -> int:
        nonlocal written
        written += 1
        if written > 1:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        with path.open("wb") as file:
            return file.write(data)

    monkeypatch.setattr(Path, "write_bytes", fill)
    with pytest.raises(CannotWrite, match="No space left on device") as caught:
        write_site(tmp_path, [(path, content + b"!") for path, content in PAGES])
    assert caught.value.hint
    assert files(tmp_path) == before


def test_a_folder_that_may_not_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_site(tmp_path, PAGES)
    before = files(tmp_path)

    def refuse(self: Path, target: Path) -> Path:  # noqa: ARG001 - as root no folder refuses by itself
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(target))

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", refuse)
        with pytest.raises(CannotWrite, match="Permission denied"):
            write_site(tmp_path, [(path, content + b"!") for path, content in PAGES])
    assert files(tmp_path) == before


def test_a_file_in_the_place_of_the_site_is_told(tmp_path: Path) -> None:
    (tmp_path / "site").touch()
    with pytest.raises(CannotWrite, match="cannot be written"):
        write_site(tmp_path / "site", PAGES)


def test_what_a_killed_build_left_is_collected_after_a_while(tmp_path: Path) -> None:
    old, young = tmp_path / ".staging-old", tmp_path / ".staging-young"
    for folder in (old, young):
        folder.mkdir()
        (folder / "0").touch()
    os.utime(old, (0, 0))
    write_site(tmp_path, PAGES)
    assert not old.exists()
    assert young.exists()


def test_a_build_that_stops_between_two_pages_can_be_finished_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Path.replace
    moved: list[str] = []

    def stop(self: Path, target: Path) -> Path:
        if Path(target).name == "index.html":
            raise KeyboardInterrupt
        moved.append(Path(target).name)
        return real(self, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", stop)
        with pytest.raises(KeyboardInterrupt):
            write_site(tmp_path, PAGES)
    assert moved == [LIST, "a.css", "1.html"]
    assert write_site(tmp_path, PAGES) == writer.BuildReport(1, 2, 0)
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
    real = Path.replace

    def stop(self: Path, target: Path) -> Path:
        if Path(target).name == "index.html":
            raise KeyboardInterrupt
        return real(self, target)

    write_site(tmp_path, PAGES, key="first")
    monkeypatch.setattr(Path, "replace", stop)
    with pytest.raises(KeyboardInterrupt):
        write_site(tmp_path, [(path, content + b"!") for path, content in PAGES], key="second")
    assert earlier_build(tmp_path).key == ""
