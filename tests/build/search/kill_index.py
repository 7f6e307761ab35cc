"""A program that kills writers of a search index and checks what is left; it prints one line of JSON.

`python tests/build/search/kill_index.py steps FOLDER` kills an update before each step that touches the disk,
`… instants FOLDER SEED COUNT` at random instants, and `… together FOLDER COUNT` lets updates run at once. It
runs on its own because a test process has threads, which must not be forked.
"""

import json
import os
import random
import shutil
import signal
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[3]))

from whoosh.filedb.filestore import FileStorage

from build.search.index import update_index
from build.search.query import open_index, search
from quality.model.facts import Facts
from tests.factories import make_bug, make_facts, make_test

MOST_STEPS = 60
TESTS = 12
BUGS = 20
OLD, NEW = "20261120T060000Z-aaaaaa", "20261121T060000Z-bbbbbb"
STEPS = ("create_file", "rename_file", "delete_file")
WORDS = {OLD: "basket", NEW: "voucher"}


def facts(snapshot_id: str) -> Facts:
    """Every bug changes from one to the other, and one test is only in the new one."""
    tests = TESTS + (snapshot_id == NEW)
    return make_facts(
        [
            make_test(
                [
                    make_bug(id=100 * test + bug, title=f"The {WORDS[snapshot_id]} is broken")
                    for bug in range(BUGS)
                ],
                id=test,
            )
            for test in range(1, tests + 1)
        ],
        snapshot_id=snapshot_id,
    )


def fault(index_dir: Path) -> tuple[str, str | None]:
    """Which state is found, and what is wrong with it."""
    index = open_index(index_dir)
    if index is None:
        return "none", "no index can be opened"
    snapshot_id = str(index.snapshot_id)
    state = "new" if snapshot_id == NEW else "old"
    for word, owner in (("basket", OLD), ("voucher", NEW)):
        expected = BUGS * (TESTS + (owner == NEW)) if owner == snapshot_id else 0
        total = search(index, word).total
        if total != expected:
            return state, f"{snapshot_id} finds {total} of {expected} for {word}"
    return state, None


def mended(index_dir: Path) -> str | None:
    """What is wrong after the next update."""
    update_index(facts(NEW), index_dir)
    _, wrong = fault(index_dir)
    left = sorted(
        path.name for path in index_dir.iterdir() if path.name.endswith(".tmp") or ".toc." in path.name
    )
    return wrong or (f"left over: {left}" if left else None)


def forked(work: Callable[[], object]) -> int:
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - the child must not return into the parent's code
            sys.stderr.write(f"{error!r}\n")
            os._exit(1)
        os._exit(0)
    return child


def killed_after(steps: int, work: Callable[[], object]) -> int:
    """The id of a process that was killed while it went on after so many steps: counted, not timed."""
    told, tell = os.pipe()

    def telling() -> None:
        for name in STEPS:
            original = getattr(FileStorage, name)

            def step(*arguments: Any, original: Callable[..., Any] = original, **named: Any) -> Any:
                os.write(tell, b".")
                return original(*arguments, **named)

            setattr(FileStorage, name, step)
        work()

    child = forked(telling)
    os.close(tell)
    while steps > 0 and (read := os.read(told, steps)):
        steps -= len(read)
    os.kill(child, signal.SIGKILL)
    os.close(told)
    return child


def dying_at(step: int, index_dir: Path) -> None:
    left = count(step, -1)
    for name in STEPS:
        original = getattr(FileStorage, name)

        def counted(*arguments: Any, original: Callable[..., Any] = original, **named: Any) -> Any:
            if next(left) == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return original(*arguments, **named)

        setattr(FileStorage, name, counted)
    update_index(facts(NEW), index_dir)


def steps(folder: Path) -> dict[str, object]:
    pristine = folder / "pristine"
    update_index(facts(OLD), pristine)
    faults, states = [], set()
    for step in count():
        index_dir = folder / f"step-{step}"
        shutil.copytree(pristine, index_dir)
        _, status = os.waitpid(forked(lambda step=step, at=index_dir: dying_at(step, at)), 0)  # type: ignore[misc]
        state, wrong = fault(index_dir)
        states.add(state)
        faults += [f"step {step}: {one}" for one in (wrong, mended(index_dir)) if one]
        shutil.rmtree(index_dir)
        if os.WIFEXITED(status):
            return {"faults": faults, "states": sorted(states), "steps": step}
    raise AssertionError


def instants(folder: Path, seed: int, times: int) -> dict[str, object]:
    chance = random.Random(seed)  # noqa: S311 - instants, not secrets
    update_index(facts(OLD), folder)
    faults, states = [], []

    def writing() -> None:
        for snapshot_id in (NEW, OLD) * 100:
            update_index(facts(snapshot_id), folder)

    for _ in range(times):
        child = killed_after(chance.randrange(MOST_STEPS), writing)
        os.waitpid(child, 0)
        state, wrong = fault(folder)
        states.append(state)
        if wrong:
            faults.append(wrong)
    wrong = mended(folder)
    return {"faults": [*faults, *([wrong] if wrong else [])], "states": states}


def together(folder: Path, writers: int) -> dict[str, object]:
    children = [
        forked(lambda which=which: update_index(facts((OLD, NEW)[which % 2]), folder))  # type: ignore[misc]
        for which in range(writers)
    ]
    failed = sum(os.waitpid(child, 0)[1] != 0 for child in children)
    _, wrong = fault(folder)
    return {"faults": ([f"{failed} writers failed"] if failed else []) + ([wrong] if wrong else [])}


if __name__ == "__main__":
    mode, where, *numbers = sys.argv[1:]
    modes: dict[str, Callable[..., dict[str, object]]] = {
        "steps": steps,
        "instants": instants,
        "together": together,
    }
    sys.stdout.write(json.dumps(modes[mode](Path(where), *map(int, numbers))))
