"""A snapshot folder survives being kept in git."""

import subprocess
from pathlib import Path

import pytest

from snapshot.reader import open_snapshot
from snapshot.storage.lock import writing
from snapshot.verify import verify
from tests.snapshot.documents import a_test, product, publish_version


def git(folder: Path, *words: str) -> str:
    options = (
        "-c",
        "user.name=t",
        "-c",
        "user.email=t@example.com",
        "-c",
        "core.autocrlf=true",
        "-c",
        "core.safecrlf=false",
    )
    done = subprocess.run(["git", *options, *words], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout


@pytest.mark.parametrize("place", [".", "data/snapshots"])
def test_a_checkout_with_other_line_ends_leaves_every_document_as_it_was(tmp_path: Path, place: str) -> None:
    """Every document came out of a checkout with another size, and the next build removed all pages."""
    there = tmp_path / "there"
    root = there / place
    with writing(root, "test"):
        publish_version(root, [product(), a_test(1)])
        (root / "journal.jsonl").write_text("{}")
    (root / "index").mkdir()
    (root / "index" / "x").write_text("rebuilt")
    git(there, "init", "-q")
    git(there, "add", "-A")
    git(there, "commit", "-qm", "one")
    git(tmp_path, "clone", "-q", "there", "here")
    here = tmp_path / "here" / place
    assert verify(here) == []
    assert open_snapshot(here).manifest == open_snapshot(root).manifest
    kept = {
        Path(name).relative_to(place).parts[0] for name in git(tmp_path / "here", "ls-files").splitlines()
    }
    assert kept == {".gitattributes", ".gitignore", "CURRENT", "documents", "versions"}


def test_what_somebody_wrote_for_git_stays(tmp_path: Path) -> None:
    """Their own rules are theirs."""
    (tmp_path / ".gitattributes").write_text("* -text filter=lfs\n")
    (tmp_path / ".gitignore").symlink_to("nowhere")
    with writing(tmp_path, "test"):
        pass
    assert (tmp_path / ".gitattributes").read_text() == "* -text filter=lfs\n"
    assert (tmp_path / ".gitignore").is_symlink()
