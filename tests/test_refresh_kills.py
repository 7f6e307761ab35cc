"""Whatever ends a refresh: readers see a whole version, what was fetched is kept, the next one succeeds."""

import errno
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from config.settings import Settings
from demo.account.account import Account, advance, demo_account
from demo.server.exchange import Answer, Asked, Fault, GoOn, Hits
from demo.server.faults import Delay
from demo.server.server import DemoServer, serve
from fetch.api.options import ClientOptions
from fetch.refresh.refresh import RefreshRequest
from snapshot.errors import NotWritten
from snapshot.journal import details, journalled
from snapshot.reader import open_snapshot
from snapshot.storage import files
from snapshot.store import whole
from snapshot.verify import verify
from snapshot.versions import list_versions
from tests.effort import GUARD
from tests.forked_refreshes import take, under_way

SEED = int(os.environ.get("TESTIO_TEST_SEED", "20261121"))
LATENCY = 0.01
FULL = RefreshRequest(full=True)
HOUR = timedelta(hours=1)
CHECKOUT = Path(__file__).parents[1]

Documents = frozenset[tuple[str, int, str]]


@dataclass(frozen=True)
class Gate(Fault):
    """Answers so many requests, and keeps the others waiting; answers all while there is no number."""

    most: list[int] = field(default_factory=list)

    def answer(self, asked: Asked, go_on: GoOn) -> Answer:
        answer = go_on(asked)
        return replace(answer, delay=10.0**6) if any(asked.number >= most for most in self.most) else answer


@dataclass(frozen=True)
class Scene:
    """A folder with the version of one day, and the API of the next day, on which every test has changed.

    Attributes:
        gate: Holds back the answers of the API.
        requests: How many a whole refresh makes.
        seconds: What it takes in a process of its own.
        before: The documents of the published version.
        after: Those of an undisturbed refresh of the next day.
    """

    folder: Path
    api: DemoServer
    gate: Gate
    account: Account
    requests: int
    seconds: float
    before: Documents
    after: Documents

    @property
    def now(self) -> datetime:
        return self.account.now

    @property
    def tests(self) -> frozenset[int]:
        return frozenset(self.account.plans)

    @property
    def options(self) -> ClientOptions:
        return options_for(self.api)

    def copy(self, root: Path) -> Path:
        shutil.copytree(self.folder, root)
        return root


def options_for(api: DemoServer) -> ClientOptions:
    """A client with so few requests at once that the tests come in several batches."""
    return ClientOptions(api.base_url, api.token, concurrency=5)


def documents(root: Path) -> Documents:
    snapshot = open_snapshot(root)
    return frozenset((entry.kind, entry.id, entry.sha256) for entry in snapshot.manifest.entries)


def tomorrow(account: Account) -> Account:
    """The next day, on which every test's goal is another one."""

    def other_goal(kind: str, value: dict[str, Any]) -> dict[str, Any]:
        return {**value, "goal": f"{value['goal']} And more."} if kind == "test" else value

    return replace(advance(account, 1), change=other_goal)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """A version of yesterday and today's API."""
    folder = tmp_path_factory.mktemp("scene")
    yesterday = demo_account(40, bugs=40)
    today = tomorrow(yesterday)
    with serve(yesterday) as api:
        take(folder / "before", options_for(api), FULL, yesterday.now)
    gate = Gate()
    with serve(today, latency=LATENCY, faults=[gate]) as api:
        options = options_for(api)
        shutil.copytree(folder / "before", folder / "after")
        begin = time.perf_counter()
        with under_way(folder / "after", options, FULL, today.now) as process:
            process.join(GUARD)
            assert process.exitcode == 0
        yield Scene(
            folder / "before",
            api,
            gate,
            today,
            len(api.requests),
            time.perf_counter() - begin,
            documents(folder / "before"),
            documents(folder / "after"),
        )


@dataclass
class Reader:
    """Reads the published version of a folder all the time."""

    root: Path
    allowed: tuple[Documents, ...]
    seen: set[str] = field(default_factory=set)
    faults: list[BaseException] = field(default_factory=list)

    def look_on(self, stop: threading.Event) -> None:
        while not stop.wait(0.01):
            try:
                self.read()
            except BaseException as error:  # noqa: BLE001 - the test must hear of it
                self.faults.append(error)
                return

    def read(self) -> None:
        snapshot = open_snapshot(self.root)
        found = frozenset((entry.kind, entry.id, entry.sha256) for entry in snapshot.manifest.entries)
        assert found in self.allowed, f"{snapshot.id} is neither yesterday's nor today's version"
        for entry in snapshot.manifest.entries:
            snapshot.read(entry)
        self.seen.add(snapshot.id)


@contextmanager
def reading(root: Path, *allowed: Documents) -> Iterator[Reader]:
    """A thread that opens the published version again and again, and reads all of it."""
    reader, stop = Reader(root, allowed), threading.Event()
    thread = threading.Thread(target=reader.look_on, args=(stop,))
    thread.start()
    try:
        yield reader
    finally:
        stop.set()
        thread.join()
    reader.read()
    assert reader.faults == []


def kept(root: Path) -> set[tuple[str, int]]:
    """The tests and features that an interrupted refresh has stored for the next one."""
    return {
        (entry.kind, entry.id)
        for entry in journalled(root)
        if entry.kind in {"test", "features"} and whole(root, entry)
    }


def details_kept(scene: Scene, root: Path) -> set[str]:
    """The paths of tests that an interrupted refresh has fetched, with or without their bugs."""
    numbers = {number for kind, number in kept(root) if kind == "test"}
    return {f"/exploratory_tests/{number}" for number in numbers | details(root, scene.now - HOUR).keys()}


def asked(api: DemoServer) -> set[tuple[str, int]]:
    """The tests and features that the API was asked for since its list of requests was cleared."""
    found = set()
    for path, query in tuple(api.requests):
        parts = path.strip("/").split("/")
        if parts[0] == "exploratory_tests":
            found.add(("test", int(parts[1])))
        elif parts[-1] == "features":
            found.add(("features", int(parts[1])))
        elif path == "/bugs":
            ids = parse_qs(query)["filter_test_cycle_ids"][0].split(",")
            found |= {("test", int(test_id)) for test_id in ids}
    return found


def check_folder(root: Path) -> None:
    assert all(version.fault is None for version in list_versions(root))
    assert verify(root) == []


FETCHING = 0.9
"""The part of the kills that come while requests are made; the others come while it publishes."""


def killed(scene: Scene, root: Path, instant: float) -> bool:
    """Kill a refresh at an instant between 0 and 1; whether it was still at work.

    The instants are counted in requests, as far as there are any, and no later one is answered, so that a
    busy machine changes nothing.
    """
    before, fetched = kept(root), details_kept(scene, root)
    scene.api.requests.clear()
    number = int(scene.requests * min(instant / FETCHING, 1))
    scene.gate.most[:] = [number] if instant < FETCHING else []
    with under_way(root, scene.options, FULL, scene.now) as process:
        while process.is_alive() and len(scene.api.requests) < number + (instant < FETCHING):
            process.join(0.001)
        process.join(max(instant - FETCHING, 0) * scene.seconds)
        process.kill()
        process.join()
        interrupted = process.exitcode == -signal.SIGKILL
        assert interrupted or process.exitcode == 0
    scene.gate.most.clear()
    assert not asked(scene.api) & before
    assert fetched.isdisjoint(path for path, _ in scene.api.requests)
    check_folder(root)
    return interrupted


def resumed(scene: Scene, root: Path, now: datetime | None = None) -> None:
    """The next refresh succeeds, asks only for what is not kept, and gives what an undisturbed one does."""
    there, fetched = kept(root), details_kept(scene, root)
    scene.api.requests.clear()
    result = take(root, scene.options, FULL, now or scene.now)
    assert result.complete
    assert asked(scene.api).isdisjoint(there)
    assert fetched.isdisjoint(path for path, _ in scene.api.requests)
    assert {("test", test_id) for test_id in scene.tests} <= there | asked(scene.api)
    assert documents(root) == scene.after
    assert not kept(root)
    check_folder(root)


def kill_again_and_again(scene: Scene, folder: Path, kills: int) -> dict[str, int]:
    """Kill refreshes at instants spread over all of their time, one to three before each that may end."""
    chance = random.Random(SEED)  # noqa: S311 - instants, not secrets
    instants = [(place + chance.random()) / kills for place in range(kills)]
    chance.shuffle(instants)
    told = {"interrupted": 0, "kept": 0, "versions": 0}
    while instants:
        root = scene.copy(folder / str(len(instants)))
        with reading(root, scene.before, scene.after) as reader:
            for _ in range(min(chance.randint(1, 3), len(instants))):
                told["interrupted"] += killed(scene, root, instants.pop())
                told["kept"] += len(kept(root))
            resumed(scene, root)
        told["versions"] += len(reader.seen)
        shutil.rmtree(root)
    return told


@pytest.mark.slow
def test_a_refresh_killed_at_any_instant_harms_no_one_and_loses_nothing(scene: Scene, tmp_path: Path) -> None:
    told = kill_again_and_again(scene, tmp_path, 3)
    assert told["interrupted"] >= 1
    assert told["kept"] > 0


@pytest.mark.slow
def test_a_refresh_killed_at_a_hundred_instants_harms_no_one_and_loses_nothing(
    scene: Scene, tmp_path: Path
) -> None:
    told = kill_again_and_again(scene, tmp_path, 100)
    assert told["interrupted"] >= 40, "too few kills came in time to prove anything"
    assert told["kept"] > 400
    assert told["versions"] > 20


_HEARD = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
_DEAF = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN);"
"""Below a background shell ^C is ignored unless somebody asks for it."""
COMMANDS = {
    "invoke": f"from invoke.main import program; program.run(['invoke', '--search-root', {str(CHECKOUT)!r},",
    "script": "from tasks import program; program.run(['testio-reports',",
}
"""The two ways to the tasks, up to their names."""


def environment(api: DemoServer, root: Path) -> dict[str, str]:
    """The environment of a user whose only settings are these."""
    others = {name.upper() for name in Settings.model_fields}
    return {
        **{name: value for name, value in os.environ.items() if name not in others},
        "PYTHONPATH": str(CHECKOUT),
        "TESTIO_CUSTOMER_API_BASE_URL": api.base_url,
        "TESTIO_CUSTOMER_API_TOKEN": api.token,
        "TESTIO_SNAPSHOT_DIR": str(root),
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    ("way", "begin", "sent"),
    [("invoke", _HEARD, "SIGINT"), ("script", _HEARD, "SIGTERM"), ("invoke", _DEAF, "SIGTERM")],
)
def test_who_is_stopped_says_what_is_kept_and_the_next_refresh_goes_on_from_there(
    way: str, begin: str, sent: str, scene: Scene, tmp_path: Path
) -> None:
    """A container that was told to end said nothing, and its exit code was that of a crash."""
    command = [sys.executable, "-c", f"{begin} {COMMANDS[way]} 'refresh', '--full', 'build'])"]
    root = scene.copy(tmp_path / "snapshots")
    never = Delay(600, Hits(rf"^/exploratory_tests/{min(scene.tests)}\b"))
    with (
        serve(scene.account, faults=[never]) as api,
        subprocess.Popen(
            command, cwd=tmp_path, env=environment(api, root), stderr=subprocess.PIPE, text=True
        ) as process,
    ):
        assert process.stderr is not None
        said = [next(line for line in process.stderr if re.search(r'"tests", "done": [123]\d', line))]
        process.send_signal(signal.Signals[sent])
        said += process.stderr
        assert process.wait(GUARD) == 128 + signal.Signals[sent]
    told = "".join(said)
    (number,) = re.findall(r"Stopped\. (\d+) documents are kept; the next refresh continues", told)
    assert 0 <= len(journalled(root)) - int(number) <= 10  # those were being stored at that moment
    assert len(kept(root)) > 10
    assert "Traceback" not in told
    assert documents(root) == scene.before
    check_folder(root)
    resumed(scene, root, datetime.now(UTC))  # as the stopped process knew it


def failing_disk(monkeypatch: pytest.MonkeyPatch, first: int, code: int) -> list[int]:
    """Let every step that touches the disk fail from one of them on; the steps that were tried."""
    steps, tried = count(), list[int]()

    def failing(real: Callable[..., Any]) -> Callable[..., Any]:
        def step(*arguments: Any) -> Any:
            tried.append(next(steps))
            if tried[-1] >= first:
                raise OSError(code, os.strerror(code))
            return real(*arguments)

        return step

    for name in ("write", "rename", "flush_file", "flush_descriptor", "flush_folder"):
        monkeypatch.setattr(files, name, failing(getattr(files, name)))
    return tried


def all_steps(scene: Scene, root: Path) -> int:
    """How often an undisturbed refresh touches the disk."""
    with pytest.MonkeyPatch.context() as patch:
        tried = failing_disk(patch, sys.maxsize, 0)
        take(scene.copy(root), scene.options, FULL, scene.now)
    return len(tried)


def error_of_disk(scene: Scene, root: Path, first: int, code: int) -> NotWritten:
    """What a refresh says whose disk fails from one of its steps on."""
    with pytest.MonkeyPatch.context() as patch:
        failing_disk(patch, first, code)
        with pytest.raises(NotWritten) as failed:
            take(root, scene.options, FULL, scene.now)
    return failed.value


def fail_at_steps(scene: Scene, folder: Path, code: int, amount: int) -> None:
    """Let the disk fail at the very first step, the last one, and so many between."""
    steps = all_steps(scene, folder / "all")
    between = random.Random(SEED).sample(range(1, steps - 1), amount - 2)  # noqa: S311 - no secrets either
    for first in (0, *sorted(between), steps - 1):
        root = scene.copy(folder / f"{code}-{first}")
        with reading(root, scene.before, scene.after):
            error = error_of_disk(scene, root, first, code)
            assert "could not be written" in error.what
            assert os.strerror(code) in error.why
            assert error.hint
            if first < steps - 1:
                assert documents(root) == scene.before
            check_folder(root)
            resumed(scene, root)


@pytest.mark.slow
def test_a_disk_that_is_full_in_a_refresh_leaves_the_version_before(scene: Scene, tmp_path: Path) -> None:
    fail_at_steps(scene, tmp_path, errno.ENOSPC, 2)


@pytest.mark.slow
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO], ids=["full", "io"])
def test_a_disk_that_fails_at_any_step_of_a_refresh_leaves_the_version_before(
    scene: Scene, tmp_path: Path, code: int
) -> None:
    fail_at_steps(scene, tmp_path, code, 25)
