"""Writers that work at once on one folder, without anybody who reads, leave only whole versions."""

import multiprocessing
import random
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from snapshot.errors import DamagedDocument, Locked, NoSnapshot, Refused
from snapshot.prune import prune
from snapshot.reader import current_id, next_id, open_snapshot
from snapshot.remote import pull, push
from snapshot.storage.lock import writing
from snapshot.store import publish
from snapshot.transfer import export_version, import_version
from snapshot.verify import verify
from snapshot.versions import list_versions, version_ids
from tests.snapshot.documents import NOW, a_test, manifest_of, product, publish_version, store

ROUNDS = 12
WRITERS = 4


def published(root: Path, seed: int) -> None:
    """Publish a version as a refresh does, of which some tests are new."""
    with writing(root, "refresh"):
        documents = [product(), *(a_test(number, goal=f"{seed} {number % 3}") for number in range(1, 7))]
        entries = store(root, documents)
        publish(root, manifest_of(entries, NOW, id=next_id(root, NOW)))


def written(folder: Path, seed: int) -> None:
    """Do some of the things that write, one after another; a folder in use is no failure."""
    chance = random.Random(seed)  # noqa: S311 - chooses what a test does
    root, there = folder / "snapshots", (folder / "there").as_uri()
    options: dict[str, Any] = {"accept_loss": True, "now": NOW + timedelta(days=1)}
    things: list[Callable[[], object]] = [
        lambda: published(root, seed),
        lambda: import_version(root, folder / "other.zip", **options),
        lambda: prune(root, keep_last=2, grace=timedelta(0)),
        lambda: push(root, there, **options),
        lambda: pull(root, there, **options),
        lambda: export_version(root, folder / f"out{seed}.zip"),
    ]
    for _ in range(ROUNDS):
        try:
            chance.choice(things)()
        except (Locked, NoSnapshot, DamagedDocument):  # the last: pruned while it was read
            continue
        except Refused as error:  # what is published has moved on meanwhile
            if "another version" not in str(error):
                raise


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_versions_are_whole_whatever_writers_do_at_once(seed: int, tmp_path: Path) -> None:
    """Two jobs of one night, an import beside a pull, a tidying up: no one looks until the morning."""
    publish_version(tmp_path / "snapshots", [product(), *(a_test(number) for number in range(1, 5))])
    publish_version(tmp_path / "other", [product(), *(a_test(number, goal="x") for number in range(1, 6))])
    export_version(tmp_path / "other", tmp_path / "other.zip")
    fork = multiprocessing.get_context("fork")
    writers = [fork.Process(target=written, args=(tmp_path, 100 * seed + one)) for one in range(WRITERS)]
    for one in writers:
        one.start()
    for one in writers:
        one.join()
    assert [one.exitcode for one in writers] == [0] * WRITERS
    for root in (tmp_path / "snapshots", tmp_path / "there"):
        known = version_ids(root)
        assert current_id(root) == max(known)
        assert all(one.fault is None for one in list_versions(root))
        for version in known:
            assert verify(root, version) == []
    with writing(tmp_path / "snapshots", "test"):
        assert open_snapshot(tmp_path / "snapshots").manifest.entries
    assert not list(tmp_path.rglob("*.tmp"))
