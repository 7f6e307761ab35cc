"""A report is written into a file of its own, and replaces nothing else."""

import os
from pathlib import Path

import pytest

from console.report_file import write_report
from snapshot.errors import NotWritten, Refused

MARKDOWN = b"# Halo Shop\n\nFine.\n"
PAGE = b'<!doctype html><meta name="description" content="a"><title dir="auto">Halo Shop</title>'


@pytest.mark.parametrize("content", [MARKDOWN, PAGE], ids=["markdown", "page"])
def test_an_older_report_of_the_same_title_is_replaced(tmp_path: Path, content: bytes) -> None:
    write_report(tmp_path / "report", content)
    write_report(tmp_path / "report", content + b" More.")
    assert (tmp_path / "report").read_bytes() == content + b" More."
    assert [path.name for path in tmp_path.iterdir()] == ["report"]


@pytest.mark.parametrize("content", [MARKDOWN, PAGE], ids=["markdown", "page"])
@pytest.mark.parametrize("old", [b"# My thesis\n", b"", b"<title>Mine</title>", b"\x00\xff"])
def test_a_file_that_is_no_report_stays(tmp_path: Path, content: bytes, old: bytes) -> None:
    """`--output thesis.md` silently replaced somebody's thesis."""
    place = tmp_path / "thesis.md"
    place.write_bytes(old)
    with pytest.raises(Refused, match="is another file"):
        write_report(place, content)
    (tmp_path / "link").symlink_to(place)
    with pytest.raises(Refused, match="is another file"):
        write_report(tmp_path / "link", content)
    assert place.read_bytes() == old


def test_pipes_and_folders_are_refused_and_what_is_no_folder_is_named(tmp_path: Path) -> None:
    """A pipe was waited for, for ever; a folder ended in a traceback."""
    os.mkfifo(tmp_path / "pipe")
    for place in (tmp_path / "pipe", tmp_path, Path("/dev/null")):
        with pytest.raises(Refused, match="not a plain file"):
            write_report(place, MARKDOWN)
    with pytest.raises(NotWritten, match="could not be written"):
        write_report(tmp_path / "pipe" / "report.md", MARKDOWN)
    assert [path.name for path in tmp_path.iterdir()] == ["pipe"]


@pytest.mark.parametrize("there", [True, False])
def test_a_link_is_written_through_and_stays(tmp_path: Path, *, there: bool) -> None:
    """The link to a shared folder became a file of this machine, which nobody else saw."""
    (tmp_path / "shared").mkdir()
    if there:
        write_report(tmp_path / "shared" / "report.md", MARKDOWN)
    (tmp_path / "middle").symlink_to("shared/report.md")
    (tmp_path / "report.md").symlink_to("middle")
    write_report(tmp_path / "report.md", MARKDOWN + b"More.")
    assert (tmp_path / "report.md").is_symlink()
    assert (tmp_path / "middle").is_symlink()
    assert (tmp_path / "shared" / "report.md").read_bytes() == MARKDOWN + b"More."
    assert [path.name for path in (tmp_path / "shared").iterdir()] == ["report.md"]


def test_links_that_lead_to_each_other_are_refused(tmp_path: Path) -> None:
    """It ended in a traceback."""
    (tmp_path / "one").symlink_to("other")
    (tmp_path / "other").symlink_to("one")
    for name in ("one", "other"):
        with pytest.raises(Refused, match="not a plain file"):
            write_report(tmp_path / name, MARKDOWN)
    assert all(path.is_symlink() for path in tmp_path.iterdir())


def test_folders_on_the_way_are_made(tmp_path: Path) -> None:
    write_report(tmp_path / "november" / "report.md", MARKDOWN)
    assert (tmp_path / "november" / "report.md").read_bytes() == MARKDOWN
