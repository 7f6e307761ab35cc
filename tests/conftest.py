import asyncio
import gc
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from demo.account.account import DEMO_NOW, demo_account
from demo.server.server import DemoServer, serve
from fetch.api.options import ClientOptions
from fetch.refresh.refresh import refresh

UNTIMED: dict[str, Any] = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
"""No property depends on how fast the machine is."""
settings.register_profile("quick", max_examples=15, **UNTIMED)
settings.register_profile("thorough", max_examples=100, **UNTIMED)
settings.load_profile("quick")
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"  # never the machine's own tokens


def pytest_collection_finish() -> None:
    """Let the garbage collector leave alone what stays until the end: a twentieth of the CPU."""
    gc.freeze()


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Async tests run on asyncio, as the client and the server do."""
    return "asyncio"


@pytest.fixture(scope="session")
def demo_api() -> Iterator[DemoServer]:
    """The demo API with the default account, over real HTTP."""
    with serve(demo_account()) as server:
        yield server


@pytest.fixture(scope="session")
def demo_snapshot(demo_api: DemoServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A snapshot folder with the published demo account; shared, so never write into it."""
    root = tmp_path_factory.mktemp("demo") / "snapshots"
    client = ClientOptions(base_url=demo_api.base_url, token=demo_api.token)
    result = asyncio.run(refresh(root, client, now=DEMO_NOW))
    assert result.complete
    return root
