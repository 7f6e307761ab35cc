import asyncio
import gc
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from hypothesis import HealthCheck, settings

from build.facts.load import load_facts
from build.search.index import update_index
from demo.account.account import DEMO_NOW, demo_account
from demo.server.server import serve
from fetch.api.options import ClientOptions
from fetch.refresh.refresh import refresh
from snapshot.reader import open_snapshot

UNTIMED: dict[str, Any] = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
"""No property depends on how fast the machine is."""
settings.register_profile("quick", max_examples=10, **UNTIMED)
settings.register_profile("thorough", max_examples=40, **UNTIMED)
settings.load_profile("quick")
gc.disable()  # until all tests are collected: what is loaded stays
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"  # never the machine's own tokens


def pytest_configure() -> None:
    """Let processes that are started here be interrupted, also when the suite runs in the background."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the tests of whole runs, so that no process waits at the end for another's long one."""
    items.sort(key=lambda item: len(item.path.parts))


def pytest_collection_finish() -> None:
    """Let the garbage collector leave alone what stays until the end: a twentieth of the CPU."""
    gc.freeze()
    gc.set_threshold(100_000, 20, 10)
    gc.enable()


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Async tests run on asyncio, as the client and the server do."""
    return "asyncio"


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """The path of a folder that one worker makes for all of them; never write into it."""
    shared = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    folder = shared / name
    with FileLock(shared / f"{name}.lock"):
        if not folder.exists():
            making = shared / f"{name}.making"
            make(making)
            making.rename(folder)
    return folder


@pytest.fixture(scope="session")
def demo_snapshot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A snapshot folder with the published demo account; shared, so never write into it."""

    def take(root: Path) -> None:
        with serve(demo_account()) as api:
            client = ClientOptions(base_url=api.base_url, token=api.token)
            assert asyncio.run(refresh(root, client, now=DEMO_NOW)).complete

    return made_once(tmp_path_factory, "demo-snapshots", take)


@pytest.fixture(scope="session")
def indexed_snapshot(demo_snapshot: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo snapshot with its search index; shared, so never write into it."""

    def index(root: Path) -> None:
        shutil.copytree(demo_snapshot, root)
        update_index(load_facts(open_snapshot(root)), root / "index")

    return made_once(tmp_path_factory, "indexed-snapshots", index)
