"""Whatever happens to a writer, readers see a whole version and the next writer succeeds."""

import errno
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from snapshot.errors import DamagedManifest, NotWritten
from snapshot.reader import current_id, open_snapshot
from snapshot.storage import files
from snapshot.storage.layout import current_path, document_path, manifest_path
from snapshot.store import publish
from snapshot.verify import verify
from tests.snapshot.documents import NOW, a_test, all_files, manifest_of, product, publish_version, store

STEPS = ("write", "rename", "flush_file", "flush_descriptor", "flush_folder")
DAY = timedelta(days=1)


def kill(*arguments: str | Path) -> dict[str, int]:
    program = Path(__file__).with_name("kill_writer.py")
    done = subprocess.run([sys.executable, program, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told: dict[str, int] = json.loads(done.stdout)
    return told


@pytest.mark.slow
def test_a_writer_killed_at_random_instants_harms_no_one(tmp_path: Path) -> None:
    assert kill("instants", tmp_path, "20261121", "10")["kills"] == 10


@pytest.mark.slow
@pytest.mark.parametrize("seed", ["1", "2", "3"])
def test_a_writer_killed_at_a_hundred_random_instants_harms_no_one(tmp_path: Path, seed: str) -> None:
    told = kill("instants", tmp_path, seed, "100")
    assert told["published"] > 0
    assert told["interrupted"] > 10


@pytest.mark.slow
def test_a_writer_killed_at_each_step_of_publishing_harms_no_one(tmp_path: Path) -> None:
    assert kill("steps", tmp_path)["kills"] > 30


class Faulty:
    """A file layer whose step of a certain number fails; counts the steps until then."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, at_step: int, code: int, *, torn: bool = False
    ) -> None:
        self.steps = count()
        self.failed = False
        self.at_step, self.code, self.torn = at_step, code, torn
        for name in STEPS:
            monkeypatch.setattr(files, name, self.faulty(name, getattr(files, name)))

    def faulty(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def step(*arguments: Any) -> Any:
            if next(self.steps) != self.at_step:
                return real(*arguments)
            self.failed = True
            if name == "write" and self.torn:
                file, content = arguments
                real(file, content[: len(content) // 2])
            raise OSError(self.code, "the disk said no")

        return step


def spied(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Path]]:
    """The steps from now on, each with the last path that it was given."""
    done: list[tuple[str, Path]] = []

    def spy(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def step(*paths: Path) -> Any:
            done.append((name, paths[-1]))
            return real(*paths)

        return step

    for name in ("rename", "flush_file", "flush_folder"):
        monkeypatch.setattr(files, name, spy(name, getattr(files, name)))
    return done


def publish_day(root: Path, day: int) -> None:
    documents = [product(), a_test(1), a_test(2, goal=f"day {day}"), a_test(3, goal=f"day {day}")]
    publish(root, manifest_of(store(root, documents), NOW + day * DAY))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "torn"),
    [(errno.ENOSPC, True), (errno.EACCES, False), (errno.EIO, False)],
    ids=["full", "denied", "io"],
)
def test_a_disk_that_fails_at_any_step_leaves_the_last_version_readable(
    tmp_path: Path, code: int, *, torn: bool
) -> None:
    """The version before, or at the very last step the new one, is whole; the next publishing succeeds."""
    publish_day(tmp_path, 0)
    for step in count():
        before = current_id(tmp_path)
        with pytest.MonkeyPatch.context() as monkeypatch:
            layer = Faulty(monkeypatch, step, code, torn=torn)
            if next_day_fails(tmp_path, 2 * step + 1):
                assert layer.failed
        if not layer.failed:
            break
        assert verify(tmp_path) == []
        if current_id(tmp_path) != before:
            newest = open_snapshot(tmp_path)
            assert newest.manifest.created_at == NOW + (2 * step + 1) * DAY
        assert not list(tmp_path.rglob("*.tmp"))
        publish_day(tmp_path, 2 * step + 2)
        assert open_snapshot(tmp_path).manifest.created_at == NOW + (2 * step + 2) * DAY
        assert verify(tmp_path) == []
    assert step > 15


def next_day_fails(root: Path, day: int) -> bool:
    try:
        publish_day(root, day)
    except NotWritten as error:
        return "the disk said no" in error.why
    return False


def test_documents_are_on_the_disk_before_a_manifest_names_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A power cut may lose what was not flushed: documents, their folders, the manifest, then CURRENT."""
    done = spied(monkeypatch)
    manifest = publish_version(tmp_path, [product(), a_test(1)])
    manifest_step = done.index(("rename", manifest_path(tmp_path, manifest.id)))
    current_step = done.index(("rename", current_path(tmp_path)))
    for entry in manifest.entries:
        path = document_path(tmp_path, entry.sha256)
        flushed = done.index(("flush_file", path))
        assert done.index(("rename", path)) < flushed < manifest_step
        assert flushed < done.index(("flush_folder", path.parent), flushed) < manifest_step
    folder = manifest_path(tmp_path, manifest.id).parent
    assert manifest_step < done.index(("flush_folder", folder), manifest_step) < current_step
    assert done[current_step + 1 :][0] == ("flush_folder", tmp_path)


def test_only_new_documents_are_flushed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish_version(tmp_path, [product(), a_test(1)])
    done = spied(monkeypatch)
    later = publish_version(tmp_path, [product(), a_test(1), a_test(2)], NOW + DAY)
    flushed = [path for step, path in done if step == "flush_file" and path.suffix == ".json"]
    assert flushed == [document_path(tmp_path, later.entries[2].sha256)]


def test_a_lost_current_is_told_apart_from_an_empty_folder(tmp_path: Path) -> None:
    publish_version(tmp_path, [product()])
    current_path(tmp_path).write_bytes(bytes(24))
    with pytest.raises(DamagedManifest, match="take a new snapshot"):
        open_snapshot(tmp_path)
    publish_version(tmp_path, [product()], NOW + DAY)
    assert verify(tmp_path) == []


def test_a_failed_publishing_leaves_every_older_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_day(tmp_path, 0)
    before = all_files(tmp_path)
    Faulty(monkeypatch, 10, errno.ENOSPC)
    assert next_day_fails(tmp_path, 1)
    after = all_files(tmp_path)
    assert {name: after[name] for name in before} == before
