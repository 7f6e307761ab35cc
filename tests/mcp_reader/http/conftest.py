from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from mcp_reader.http.app import create_app
from tests.mcp_reader.calls import settings_of

BASE = "http://127.0.0.1:8000"


async def client_of(app: Any, **more: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE, **more)


@pytest.fixture(scope="session")
async def web(
    indexed_snapshot: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application over the demo snapshot, for tests that only read."""
    site = tmp_path_factory.mktemp("served") / "site"
    site.mkdir()
    (site / "index.html").write_text("<!doctype html><title>Portfolio</title>")
    (site / ".pages").write_text("hidden")
    (site.parent / "secret.txt").write_text("not served")
    app = await create_app(
        settings_of(
            indexed_snapshot,
            testio_site_dir=site,
            testio_keys_file=site.parent / "keys.json",
            testio_ready_hours=87600,
        )
    )
    async with app.lifespan(), await client_of(app) as client:
        yield client
