"""An S3 server with conditional writes: two pushers lose nothing, and a kill at any request harms nobody."""

import random
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from snapshot.errors import StoreFailed
from snapshot.reader import open_snapshot, read_document
from snapshot.remote import Pushed, pull, push
from snapshot.verify import verify
from tests.snapshot.documents import NOW, a_test, product, publish_version
from tests.snapshot.forked_moves import moving
from tests.snapshot.s3_server import S3, URL, s3_server

pytestmark = pytest.mark.slow
LATER = NOW + timedelta(days=400)
CHANGING = 3
KILLS, IN_A_ROW = 100, 3
PUSH_REQUESTS, PULL_REQUESTS, PULL_FILES = 10, 5, 18


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3]:
    with s3_server() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        yield server


def publish_day(root: Path, day: int) -> str:
    """A version all of whose changing tests name its day."""
    at = NOW + timedelta(days=day)
    changing = [a_test(number, goal=f"day {day}") for number in range(2, 2 + CHANGING)]
    return publish_version(root, [product(), a_test(1), *changing], at).id


def day_of(root: Path) -> int:
    """The day of the version that a reader sees; all of it is whole and of that day."""
    snapshot = open_snapshot(root)
    assert verify(root) == []
    goals = {
        read_document(root, entry).data["test"]["goal"] for entry in snapshot.entries("test") if entry.id != 1
    }
    (goal,) = goals
    return int(goal.split()[1])


def seen(folder: Path) -> int:
    """What somebody sees who has never pulled before."""
    pull(folder, URL, now=LATER)
    return day_of(folder)


def test_a_version_travels_over_s3_and_only_what_is_missing(tmp_path: Path, s3: S3) -> None:
    first = publish_day(tmp_path / "a", 0)
    assert push(tmp_path / "a", URL, now=LATER) == Pushed(first, True, 2 + CHANGING)
    assert seen(tmp_path / "b") == 0
    second = publish_day(tmp_path / "a", 1)
    s3.asked.clear()
    assert push(tmp_path / "a", URL, now=LATER) == Pushed(second, True, CHANGING)
    puts = [name for name in s3.asked if name.startswith("PUT")]
    manifest = f"PUT acme/versions/{second}/manifest.json"
    assert len(puts) == CHANGING + 3
    assert puts[-3:] == [manifest, "PUT acme/history.jsonl", "PUT acme/CURRENT"]
    s3.asked.clear()
    assert pull(tmp_path / "b", URL, now=LATER).written == CHANGING
    assert len(s3.asked) == CHANGING + 3
    assert day_of(tmp_path / "b") == 1


@pytest.mark.parametrize(("mine", "other"), [(1, 2), (2, 1)])
def test_of_two_that_push_at_once_neither_loses_a_version(
    tmp_path: Path, s3: S3, mine: int, other: int
) -> None:
    """The other one writes the pointer between our reading and our writing of it."""
    publish_day(tmp_path / "a", 0)
    push(tmp_path / "a", URL, now=LATER)
    ids = {day: publish_day(tmp_path / str(day), day) for day in (mine, other)}
    others: list[Pushed] = []

    def interfere(name: str) -> None:
        if name == "PUT acme/CURRENT" and not others:
            s3.before = None
            others.append(push(tmp_path / str(other), URL, now=LATER))

    s3.before = interfere
    done = push(tmp_path / str(mine), URL, now=LATER)
    assert others[0].published
    assert done == Pushed(ids[mine], mine > other, CHANGING)
    assert seen(tmp_path / "reader") == 2
    for version in ids.values():
        assert f"PUT acme/versions/{version}/manifest.json" in s3.asked


def test_two_first_pushes_at_once_leave_the_newer_one(tmp_path: Path, s3: S3) -> None:
    publish_day(tmp_path / "1", 1)
    publish_day(tmp_path / "2", 2)

    def interfere(name: str) -> None:
        if name == "PUT acme/CURRENT":
            s3.before = None
            push(tmp_path / "2", URL, now=LATER)

    s3.before = interfere
    assert not push(tmp_path / "1", URL, now=LATER).published
    assert seen(tmp_path / "reader") == 2


def test_a_bucket_that_refuses_is_told_in_a_line(tmp_path: Path, s3: S3) -> None:
    publish_day(tmp_path / "a", 0)
    s3.refusing = True
    with pytest.raises(StoreFailed, match="403 Forbidden") as raised:
        push(tmp_path / "a", URL, now=LATER)
    assert "\n" not in str(raised.value)


def test_a_bucket_that_is_not_there_is_told(tmp_path: Path, s3: S3) -> None:
    publish_day(tmp_path / "a", 0)
    with pytest.raises(StoreFailed, match="There is no such bucket"):
        push(tmp_path / "a", "s3://nowhere/acme", now=LATER)
    assert s3.asked


def test_a_store_that_does_not_answer_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, s3: S3
) -> None:
    publish_day(tmp_path / "a", 0)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    with pytest.raises(StoreFailed, match="could not be reached"):
        push(tmp_path / "a", URL, now=LATER)
    assert s3.asked == []


def killed(
    s3: S3,
    work: Callable[[], object],
    *,
    request: int | None = None,
    after: bool = False,
    file: int | None = None,
) -> bool:
    """Do it in a process that is killed at a request or a file, and return whether it got so far."""
    numbers = count()
    begun, dead = threading.Event(), threading.Event()

    def kill(_: str) -> None:
        if next(numbers) == request:
            begun.wait()
            child.kill()
            dead.wait()

    s3.before, s3.after = (None, kill) if after else (kill, None)
    child = moving(work, s3.environment, file)
    begun.set()
    child.join()
    dead.set()
    s3.before = s3.after = None
    assert child.exitcode in (0, -signal.SIGKILL)
    return child.exitcode != 0


def test_a_hundred_kills_during_push_and_pull_harm_no_reader(tmp_path: Path, s3: S3) -> None:
    """Of the bucket, and of a folder that is pulled into: at requests, and at what is written to the disk."""
    chance = random.Random(15)  # noqa: S311 - instants, not secrets
    publish_day(tmp_path / "a", 0)
    push(tmp_path / "a", URL, now=LATER)
    assert seen(tmp_path / "b") == 0
    kills: Counter[str] = Counter()

    pushing = partial(push, tmp_path / "a", URL, now=LATER)
    pulling = partial(pull, tmp_path / "b", URL, now=LATER)

    def at_a_request(work: Callable[[], object], requests: int) -> bool:
        return killed(s3, work, request=chance.randrange(requests), after=chance.random() < 0.5)

    for day in count(1):
        publish_day(tmp_path / "a", day)
        for _ in range(IN_A_ROW):
            kills["push"] += at_a_request(pushing, PUSH_REQUESTS)
            assert seen(tmp_path / "looker") in (day - 1, day)
        pushing()
        assert seen(tmp_path / "looker") == day
        for _ in range(IN_A_ROW):
            kills["pull"] += at_a_request(pulling, PULL_REQUESTS)
            assert day_of(tmp_path / "b") in (day - 1, day)
            kills["file"] += killed(s3, pulling, file=chance.randrange(PULL_FILES))
            assert day_of(tmp_path / "b") in (day - 1, day)
        assert seen(tmp_path / "b") == day
        if kills.total() >= KILLS:
            break
    assert min(kills.values()) >= KILLS // 5
    assert seen(tmp_path / "never pulled before") == day
