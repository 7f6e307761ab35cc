"""A note is added to one file, as long as nobody has changed that, and nothing else is written."""

from datetime import date
from pathlib import Path

import pytest

from base import folders
from base.errors import InvalidInput, Unavailable
from context_files.add import Added, add_note
from context_files.load import load_context
from tests.context_files.folders import write_context
from tests.quality.context.contexts import make_note

TODAY = date(2026, 11, 20)
FILE = "notes/bug/4001.md"


def add(root: Path, text: str = "Look again", expected: str | None = None) -> Added:
    return add_note(root, make_note(text, kind="decision", date=TODAY), expected)


def test_a_new_note_is_a_file_of_its_own_and_internal(tmp_path: Path) -> None:
    added = add(tmp_path / "context")
    assert (added.file, added.new) == (FILE, True)
    context = load_context(tmp_path / "context")
    assert context.faults == ()
    (note,) = context.notes
    assert (note.text, note.kind, note.date, note.visibility) == ("Look again", "decision", TODAY, "internal")
    assert [path.name for path in (tmp_path / "context").rglob("*") if path.is_file()] == ["4001.md"]


def test_a_second_note_stands_below_the_first_when_its_hash_is_named(tmp_path: Path) -> None:
    first = add(tmp_path)
    second = add(tmp_path, "---\nvisibility: published\n---\nTwice", first.hash)
    assert not second.new
    (note,) = load_context(tmp_path).notes
    assert note.text.startswith("Look again\n\n**2026-11-20, decision**")
    assert note.visibility == "internal"
    assert add(tmp_path, "Thrice", second.hash).hash != second.hash


def test_a_file_that_changed_meanwhile_is_left_alone_and_shown(tmp_path: Path) -> None:
    first = add(tmp_path)
    (tmp_path / FILE).write_text("Mine", encoding="utf-8")
    for expected in (None, first.hash, "0" * 16):
        with pytest.raises(InvalidInput, match="It says: Mine") as refused:
            add(tmp_path, "Other", expected)
    assert (tmp_path / FILE).read_text(encoding="utf-8") == "Mine"
    named = refused.value.hint.split("'")[1]
    assert add(tmp_path, "Other", named).hash != named
    with pytest.raises(InvalidInput, match="is not there"):
        add_note(tmp_path, make_note("x", id=4002), "0" * 16)


@pytest.mark.parametrize(
    "content",
    [
        "---\nvisibility: published\n---\nSaid",
        "---\nauthor: Ann",
        "---\nx: 1\n---\nText",
        b"\xff\xfe",
        b"---\n- 1\n---\nA",
    ],
)
def test_a_published_note_and_what_is_no_note_are_left_to_people(
    tmp_path: Path, content: str | bytes
) -> None:
    path = write_context(tmp_path, {FILE: content}) / FILE
    with pytest.raises(InvalidInput) as refused:
        add(tmp_path)
    with pytest.raises(InvalidInput, match="Only internal notes"):
        add(tmp_path, "x", refused.value.hint.split("'")[1])
    assert path.read_bytes() == (content if isinstance(content, bytes) else content.encode())


@pytest.mark.parametrize("text", ["", "  \n", "x" * 4_001])
def test_an_empty_or_long_note_is_refused_before_anything_is_made(tmp_path: Path, text: str) -> None:
    with pytest.raises(InvalidInput, match="characters"):
        add(tmp_path / "context", text)
    assert not (tmp_path / "context").exists()


def test_no_link_is_written_through(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "4001.md").write_text("Theirs", encoding="utf-8")
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    (one / "notes").symlink_to(outside)
    (other / "notes" / "bug").mkdir(parents=True)
    (other / FILE).symlink_to(outside / "4001.md")
    for root in (one, other):
        with pytest.raises(InvalidInput, match="Links are not followed"):
            add(root)
    assert [path.name for path in outside.iterdir()] == ["4001.md"]
    assert (outside / "4001.md").read_text(encoding="utf-8") == "Theirs"


def test_two_notes_at_once_take_turns(tmp_path: Path) -> None:
    add(tmp_path)
    with folders.holding(tmp_path / "notes" / "bug") as held:
        assert held.descriptor is not None
        assert folders.lock(held.descriptor)
        with pytest.raises(Unavailable, match="take turns"):
            add(tmp_path)
