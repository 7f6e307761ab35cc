"""`build --watch` builds when a version, a context file or a template changes, and at no other time."""

import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from build.site import jinja
from build.site.site import forget_templates
from console.building import keep_building
from tests.console.conftest import Run
from tests.snapshot.documents import NOW, a_test, product, publish_version, raw_bug

ROOT = Path(__file__).parents[2]


def built_after(folder: Path, *changes: Callable[[], object]) -> int:
    """Count the builds when each one makes the next change, and the last one is ended by ^C."""
    waiting = list(changes)
    builds = 0

    def build() -> None:
        nonlocal builds
        builds += 1
        if not waiting:
            raise KeyboardInterrupt
        waiting.pop(0)()

    keep_building(folder / "snapshots", (folder / "context", folder / "missing"), build)
    return builds


def replace(path: Path, text: str) -> None:
    """Change a file at once, so that no build sees half of it, from a place that is not watched."""
    with tempfile.TemporaryDirectory() as aside:
        beside = Path(aside) / path.name
        beside.write_text(text)
        beside.replace(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "snapshots" / "facts").mkdir(parents=True)
    (tmp_path / "context" / "notes").mkdir(parents=True)
    (tmp_path / "snapshots" / "CURRENT").write_text("old")
    return tmp_path


def test_each_published_version_and_each_changed_file_is_built_once_until_it_is_ended(folder: Path) -> None:
    note = folder / "context" / "notes" / "new.md"
    changes: list[Callable[[], object]] = [
        partial(replace, folder / "snapshots" / "CURRENT", "newer"),
        lambda: note.write_text("What people know"),
        note.unlink,
    ]
    assert built_after(folder, *changes) == len(changes) + 1


def test_what_a_build_writes_into_the_snapshot_folder_starts_no_other(folder: Path) -> None:
    def cached() -> None:
        (folder / "snapshots" / "facts" / "598.lean").write_bytes(b"facts")
        (folder / "snapshots" / "journal.jsonl").write_bytes(b"{}")
        replace(folder / "snapshots" / "CURRENT", "newer")

    assert built_after(folder, cached) == 2


def test_a_changed_template_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jinja, "TEMPLATES", tmp_path)
    forget_templates()
    try:
        (tmp_path / "one.j2").write_text("before")
        assert jinja.render("one.j2", {}) == b"before"
        (tmp_path / "one.j2").write_text("after")
        assert jinja.render("one.j2", {}) == b"before"
        forget_templates()
        assert jinja.render("one.j2", {}) == b"after"
    finally:
        monkeypatch.undo()
        forget_templates()


def test_there_must_be_a_snapshot_and_one_kind_of_output(run: Run) -> None:
    code, _, err = run("build", "--watch")
    assert code == 1
    assert "There is no snapshot" in err
    assert "exclude each other" in run("build", "--watch", "--single-file", "598")[2]


@pytest.mark.slow
def test_a_user_sees_a_line_for_each_build_and_a_mistake_and_ends_it_quietly(tmp_path: Path) -> None:
    publish_version(tmp_path / "snapshots", [product(), a_test(11, bugs=[raw_bug(1)])])
    goals = tmp_path / "context" / "goals" / "598.yaml"
    goals.parent.mkdir(parents=True)
    program = "from tasks import program; program.run(['testio-reports', 'build', '--watch'])"
    environment = {"PYTHONPATH": str(ROOT), "TESTIO_CONTEXT_DIR": "context"}
    with subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            _watched(process, tmp_path, goals)
        finally:
            process.kill()


def _watched(process: subprocess.Popen[str], folder: Path, goals: Path) -> None:
    assert process.stdout is not None
    assert process.stderr is not None
    page = folder / "site" / "products" / "598-halo-shop" / "index.html"
    assert process.stdout.readline().startswith("Watching ")
    assert " pages written, 0 removed." in process.stdout.readline()
    assert "Zelda Quill" not in page.read_text()
    replace(goals, "review_owner: Zelda Quill\n")
    assert " pages written, 0 removed." in process.stdout.readline()
    assert "Zelda Quill" in page.read_text()
    publish_version(folder / "snapshots", [product(), a_test(12)], NOW + timedelta(days=1))
    assert " removed." in process.stdout.readline()
    assert (folder / "site" / "tests" / "12.html").is_file()
    replace(folder / "snapshots" / "CURRENT", "no version\n")
    assert "CURRENT cannot be used." in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate()
    assert (process.returncode, out, err) == (0, "", "")
