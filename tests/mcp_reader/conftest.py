from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from demo.account.account import Account, demo_account
from tests.mcp_reader.calls import Asking, asking


@pytest.fixture(scope="session")
def account() -> Account:
    """What the demo snapshot was taken from."""
    return demo_account()


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
