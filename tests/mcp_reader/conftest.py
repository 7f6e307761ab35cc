from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from build.facts.load import load_facts
from build.search.index import update_index
from demo.account.account import DEMO_NOW, Account, advance, demo_account
from snapshot.reader import open_snapshot
from tests.conftest import made_once
from tests.mcp_reader.calls import Asking, asking
from tests.mcp_reader.published_account import publish_account


@pytest.fixture(scope="session")
def account() -> Account:
    """What the demo snapshot was taken from."""
    return demo_account()


@pytest.fixture(scope="session")
def medium_snapshot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """700 tests and about 6,000 bugs with their index, and the day before; never write into it."""

    def take(root: Path) -> None:
        account = demo_account(tests=700)
        publish_account(root, account)
        publish_account(root, advance(account, 1), at=DEMO_NOW + timedelta(days=1))
        update_index(load_facts(open_snapshot(root)), root / "index")

    return made_once(tmp_path_factory, "medium-snapshots", take)


@pytest.fixture(params=["auto", pytest.param("legacy", marks=pytest.mark.slow)])
def mode(request: pytest.FixtureRequest) -> str:
    """Both protocol eras; `ask` speaks the one of a test that uses this."""
    return str(request.param)


@pytest.fixture(scope="session")
async def ask_auto(demo_snapshot: Path) -> AsyncIterator[Asking]:
    """A client of one server over the demo snapshot, for all tests that only read."""
    async with asking(demo_snapshot) as client:
        yield client


@pytest.fixture(scope="session")
async def ask_legacy(demo_snapshot: Path) -> AsyncIterator[Asking]:
    """The same in the older protocol era."""
    async with asking(demo_snapshot, "legacy") as client:
        yield client


@pytest.fixture
def ask(request: pytest.FixtureRequest) -> Asking:
    """The shared client: a test that changes the server or its folder opens one of its own with `asking`."""
    mode = request.getfixturevalue("mode") if "mode" in request.fixturenames else "auto"
    client: Asking = request.getfixturevalue(f"ask_{mode}")
    return client


@pytest.fixture(scope="session")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Snapshots of two customers of different seeds; shared, so never write into them."""

    def publish(root: Path) -> None:
        publish_account(root / "acme", demo_account(10, bugs=30))
        publish_account(root / "globex", demo_account(24, bugs=60, seed=11))

    return made_once(tmp_path_factory, "two-customers", publish)
