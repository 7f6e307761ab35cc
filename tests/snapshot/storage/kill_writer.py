"""A program that kills writers of a snapshot folder, while a reader looks on, and checks what is left.

`kill_writer.py instants FOLDER SEED COUNT` kills a publishing process at random instants;
`… steps FOLDER` kills it before each step that touches the disk. Prints one line of JSON. It runs on its own
because a test process has threads, which must not be forked.
"""

import json
import os
import random
import signal
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, NoReturn

sys.path.insert(0, str(Path(__file__).parents[3]))

from snapshot.errors import NoSnapshot
from snapshot.journal import Journal
from snapshot.prune import prune
from snapshot.reader import current_id, open_snapshot
from snapshot.storage import files
from snapshot.storage.lock import writing
from snapshot.store import publish, put
from snapshot.verify import verify
from snapshot.versions import list_versions
from tests.snapshot.documents import NOW, a_test, manifest_of, product

CHANGING = 3
MOST_STEPS = 150
"""A process is killed after fewer steps on the disk: in one of its first few versions."""
PAUSE = threading.Event()
STEPS = ("write", "rename", "flush_file", "flush_descriptor", "flush_folder")


def publish_generation(root: Path, generation: int) -> None:
    """One version, all of whose changing documents say the same generation; some documents never change."""
    at = NOW + timedelta(seconds=generation)
    with writing(root, "refresh"):
        journal = Journal.open(root, at)
        entries = []
        for document in (
            product(at=at),
            a_test(1, at=at),
            *(a_test(number, goal=f"generation {generation}", at=at) for number in range(2, 2 + CHANGING)),
        ):
            entry = put(root, document, product_id=598)
            journal.record(entry)
            entries.append(entry)
        publish(root, manifest_of(entries, at))
        journal.clear()


def check_version(root: Path) -> int:
    """The generation that a reader sees; every document must be there and of it."""
    snapshot = open_snapshot(root)
    found = [snapshot.read(entry) for entry in snapshot.manifest.entries]
    goals = {document.data["test"]["goal"] for document in found[2:]}
    assert len(found) == 2 + CHANGING, f"{len(found)} documents in {snapshot.id}"
    assert len(goals) == 1, f"a mixture in {snapshot.id}: {goals}"
    return int(goals.pop().split()[1])


def check_folder(root: Path) -> None:
    """Nothing is damaged, and the next writer succeeds."""
    if current_id(root) is not None:
        check_version(root)
    for version in list_versions(root):
        assert version.fault is None, version.fault
        assert verify(root, version.id) == [], verify(root, version.id)


def forked(body: Callable[[], Any]) -> int:
    """The id of a new process that does one thing and exits with 0 if that went well."""
    child = os.fork()
    if child == 0:
        try:
            body()
        except BaseException as error:  # noqa: BLE001 - the exit code must say it
            sys.stderr.write(f"{error!r}\n")
            sys.stderr.flush()
            os._exit(1)
        os._exit(0)
    return child


def look_on(root: Path) -> NoReturn:
    """Read the published version again and again; generations never go backwards."""
    last = -1
    while True:
        try:
            generation = check_version(root)
        except NoSnapshot:
            assert last < 0 or current_id(root) is not None
            continue
        assert generation >= last, f"generation {generation} after {last}"
        last = generation
        PAUSE.wait(0.001)


def stop(child: int) -> None:
    """End the reader, which must have found no fault so far."""
    assert os.waitpid(child, os.WNOHANG) == (0, 0), "the reader found a fault"
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def killed_after(steps: int, body: Callable[[], Any]) -> int:
    """The id of a process that was killed while it went on after so many steps: counted, not timed."""
    told, tell = os.pipe()

    def telling(real: Callable[..., Any]) -> Callable[..., Any]:
        def step(*arguments: Any) -> Any:
            os.write(tell, b".")
            return real(*arguments)

        return step

    def work() -> None:
        for name in STEPS:
            setattr(files, name, telling(getattr(files, name)))
        body()

    child = forked(work)
    os.close(tell)
    while steps > 0 and (read := os.read(told, steps)):
        steps -= len(read)
    os.kill(child, signal.SIGKILL)
    os.close(told)
    return child


def at_instants(root: Path, seed: int, amount: int) -> dict[str, int]:
    """Kill a process that publishes and prunes in a loop."""
    chance = random.Random(seed)  # noqa: S311 - instants, not secrets
    generations = count()
    versions = interrupted = 0
    publish_generation(root, next(generations))
    reader = forked(lambda: look_on(root))
    for _ in range(amount):
        first = next(generations)

        def work(first: int = first) -> None:
            for generation in count(first):
                publish_generation(root, generation)
                if generation % 3 == 0:
                    prune(root, keep_last=3)

        writer = killed_after(chance.randrange(MOST_STEPS), work)
        _, status = os.waitpid(writer, 0)
        assert os.WIFSIGNALED(status), "the writer ended by itself"
        check_folder(root)
        interrupted += (root / "journal.jsonl").exists()
        reached = max(check_version(root) + 1, first)
        versions += reached - first
        generations = count(reached)
        publish_generation(root, next(generations))
    stop(reader)
    prune(root, grace=timedelta(0))
    check_folder(root)
    assert not list(root.rglob("*.tmp")), "leftovers after pruning"
    return {"kills": amount, "published": versions, "interrupted": interrupted}


def at_steps(root: Path) -> dict[str, int]:
    """Kill a process before each step of publishing one version."""
    publish_generation(root, 0)
    reader = forked(lambda: look_on(root))
    for step in count():
        writer = forked(partial(dying, root, 2 * step + 1, step))
        _, status = os.waitpid(writer, 0)
        check_folder(root)
        publish_generation(root, 2 * step + 2)
        assert check_version(root) == 2 * step + 2
        prune(root, keep_last=2)
        if os.WIFEXITED(status):
            assert status == 0, "the writer failed"
            break
    stop(reader)
    return {"kills": step}


def dying(root: Path, generation: int, at_step: int) -> None:
    """Publish, and be killed before one step of it, if there are so many."""
    steps = count()

    def deadly(real: Callable[..., Any]) -> Callable[..., Any]:
        def step(*arguments: Any) -> Any:
            if next(steps) == at_step:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*arguments)

        return step

    for name in STEPS:
        setattr(files, name, deadly(getattr(files, name)))
    publish_generation(root, generation)


if __name__ == "__main__":
    mode, folder, *numbers = sys.argv[1:]
    told = at_steps(Path(folder)) if mode == "steps" else at_instants(Path(folder), *map(int, numbers))
    sys.stdout.write(f"{json.dumps(told)}\n")
