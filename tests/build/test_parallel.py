"""Work in several processes has the same results as in one, whatever becomes of a process."""

import multiprocessing
import os
import signal
import threading
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from build import parallel
from build.everything import build_everything
from build.site.kept import SEEN
from snapshot.reader import open_snapshot
from tests.snapshot.documents import a_test, features, product, publish_version, raw_bug

pytestmark = pytest.mark.slow

TESTS = [product(), features(598, "Cart"), *(a_test(n, bugs=[raw_bug(1000 + n)]) for n in range(1, 11))]


@pytest.fixture
def forking(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fork although the test runner has threads: what is forked here does not meet them."""
    monkeypatch.setattr(parallel, "_can_fork", lambda: True)


def here(value: int, parent: int) -> tuple[int, bool]:
    return value, os.getpid() == parent


def failing_in_a_worker(parent: int) -> bool:
    if os.getpid() != parent:
        raise OSError("the disk is full")
    return True


def killed_in_a_worker(parent: int) -> bool:
    if os.getpid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)
    return True


def done_late(path: Path) -> None:
    """End when whoever waits for it would be thought to hang."""
    threading.Event().wait(30)
    path.touch()


def impossible() -> None:
    raise LookupError("nowhere")


def files(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and path.name != SEEN
    }


@pytest.mark.usefixtures("forking")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
class TestWorkers:
    def test_without_a_place_for_locks_the_work_is_done_in_this_process(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A box without /dev/shm was told that the site's folder could not be written."""

        def no_place(*_: object) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(parallel, "ProcessPoolExecutor", no_place)
        tasks = [partial(here, number, os.getpid()) for number in range(3)]
        assert parallel.run_all(tasks, 2) == [(0, True), (1, True), (2, True)]

    def test_results_come_in_the_order_of_the_tasks(self) -> None:
        tasks = [partial(here, number, os.getpid()) for number in range(9)]
        assert parallel.run_all(tasks, 2) == [(number, False) for number in range(9)]
        assert parallel.run_all(tasks, 1) == [(number, True) for number in range(9)]

    def test_a_task_that_fails_in_a_worker_is_run_again_here(self) -> None:
        tasks: list[parallel.Task] = [
            partial(failing_in_a_worker, os.getpid()),
            partial(here, 1, os.getpid()),
        ]
        assert parallel.run_all(tasks, 2) == [True, (1, False)]

    def test_a_killed_worker_costs_nothing(self) -> None:
        tasks: list[parallel.Task] = [
            partial(killed_in_a_worker, os.getpid()),
            *(partial(here, n, os.getpid()) for n in range(5)),
        ]
        done = parallel.run_all(tasks, 2)
        assert [value if value is True else value[0] for value in done] == [True, 0, 1, 2, 3, 4]

    def test_a_task_that_fails_here_too_tells_why(self) -> None:
        with pytest.raises(LookupError, match="nowhere"):
            parallel.run_all([impossible, impossible], 2)

    def test_who_is_stopped_while_work_is_handed_out_waits_for_none_of_it(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
    ) -> None:
        """A signal that came before the last task was handed out waited until all of them were done."""
        real = ProcessPoolExecutor.submit

        def submit(pool: Any, *rest: Any) -> Any:
            future = real(pool, *rest)
            signal.raise_signal(signal.SIGINT)
            return future

        monkeypatch.setattr(ProcessPoolExecutor, "submit", submit)
        threads = set(threading.enumerate())
        with pytest.raises(KeyboardInterrupt):
            parallel.run_all([partial(done_late, tmp_path / str(number)) for number in range(3)], 2)
        assert not multiprocessing.active_children()
        assert set(threading.enumerate()) <= threads, "a thread of the pool that ends late tells of an error"
        assert not list(tmp_path.iterdir())
        assert capfd.readouterr().err == ""

    def test_a_worker_leaves_it_to_its_owner_to_be_stopped(self) -> None:
        """A terminal sends ^C to every process of a build, and each worker told of it as of an error."""
        tasks = [partial(signal.raise_signal, signal.SIGINT)] * 2
        assert parallel.run_all(tasks, 2) == [None, None]

    def test_sites_and_indexes_are_the_same_from_one_process_and_from_two_a_cold_and_a_warm_cache(
        self, tmp_path: Path
    ) -> None:
        root = tmp_path / "snapshots"
        publish_version(root, TESTS)
        sites: list[dict[str, bytes]] = []
        for workers in (1, 2, 2):
            site = tmp_path / f"site {len(sites)}"
            built = build_everything(root, site, workers=workers)
            assert built.pages.written == len(files(site)) - 2, "beside the list of pages and the lock"
            sites.append({path: raw for path, raw in files(site).items() if path != ".pages.json"})
        assert sites[0] == sites[1] == sites[2]
        assert open_snapshot(root).id

    def test_a_build_whose_workers_are_all_killed_ends_with_a_whole_site(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        root, parent = tmp_path / "snapshots", os.getpid()
        publish_version(root, TESTS)
        real = parallel._begin

        def begin(_: object, results: Path) -> None:
            real([partial(killed_in_a_worker, parent)] * 99, results)

        build_everything(root, tmp_path / "one")
        monkeypatch.setattr(parallel, "_begin", begin)
        build_everything(root, tmp_path / "two", workers=2)
        one, two = files(tmp_path / "one"), files(tmp_path / "two")
        assert {**one, ".pages.json": b""} == {**two, ".pages.json": b""}
        assert not [path for path in (tmp_path / "two").iterdir() if "staging" in path.name]


@pytest.mark.parametrize(
    ("written", "limits"),
    [
        ({"cpu.max": "max 100000"}, []),
        ({"cpu.max": "50000 100000"}, [0]),
        ({"cpu.max": "150000 100000"}, [1]),
        ({"cpu.max": "400000 100000"}, [4]),
        ({"cpu.max": "nonsense"}, []),
        ({"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, []),
        ({"cpu/cpu.cfs_quota_us": "200000", "cpu/cpu.cfs_period_us": "100000"}, [2]),
        ({}, []),
    ],
)
def test_the_limit_of_a_container_is_read(written: dict[str, str], limits: list[int], tmp_path: Path) -> None:
    for name, text in written.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"{text}\n")
    assert parallel._limits(tmp_path) == limits


def test_with_a_limit_below_one_core_one_process_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "_limits", lambda _: [0])
    assert parallel.cores() == 1


def test_with_other_threads_everything_runs_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "active_count", lambda: 2)
    tasks = [partial(here, number, os.getpid()) for number in range(3)]
    assert parallel.run_all(tasks, 2) == [(0, True), (1, True), (2, True)]
