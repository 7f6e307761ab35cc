"""The application over a snapshot, as a client in this process sees it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from mcp_reader.http.app import create_app
from tests.mcp_reader.calls import settings_of

BASE = "http://127.0.0.1:8000"
ACCEPT = {"Accept": "application/json, text/event-stream"}
MINE, CANARY = 598, 30417


async def client_of(app: Any, **more: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE, **more)


@dataclass(frozen=True)
class Planted:
    """A built account in which one product's every text and id can be told from the others'."""

    root: Path
    site: Path
    ids: frozenset[int]


@asynccontextmanager
async def serving(served: Planted, keys: Path, **changed: Any) -> AsyncIterator[httpx.AsyncClient]:
    settings = settings_of(served.root, testio_site_dir=served.site, testio_keys_file=keys, **changed)
    app = await create_app(settings)
    async with app.lifespan(), await client_of(app) as client:
        yield client
