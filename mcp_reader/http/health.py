"""Whether the server lives and can answer, and the figures that a monitor collects."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from fastmcp import FastMCP
from fastmcp.server.context import Context
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from base.errors import UserError
from mcp_reader.context import Reader
from mcp_reader.grants import current_grant
from mcp_reader.http.problems import told
from mcp_reader.telemetry import count_refresh

CHECKS = ("snapshot", "age", "index")


class Figures:
    """The figures of one server, for Prometheus."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "testio_requests", "Requests by route and status", ["route", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "testio_request_seconds", "Time that an answer took", ["route"], registry=self.registry
        )
        self.age = Gauge(
            "testio_snapshot_age_seconds",
            "Age of the published snapshot",
            ["account"],
            registry=self.registry,
        )
        self.ready = Gauge(
            "testio_ready", "1 when the server can answer", ["account"], registry=self.registry
        )
        self.refreshes = Counter(
            "testio_refreshes", "Refreshes by outcome", ["account", "outcome"], registry=self.registry
        )

    def count(self, route: str, status: int, seconds: float) -> None:
        """Count a request."""
        self.requests.labels(route, str(status)).inc()
        self.seconds.labels(route).observe(seconds)

    def refreshed(self, account: str, outcome: str) -> None:
        """Count a refresh."""
        self.refreshes.labels(account, outcome).inc()
        count_refresh(account, "schedule", outcome)


def health_routes(server: FastMCP[Any], figures: Figures, most_hours: float) -> list[Route]:
    """Return `/healthz`, `/readyz` and `/metrics`.

    Args:
        server: Gives the snapshots.
        figures: What is collected.
        most_hours: So old a snapshot may be while its account counts as ready.
    """
    most = timedelta(hours=most_hours)

    async def healthz(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def readyz(_: Request) -> Response:
        """Say whether an account can be answered for; names of accounts are nothing for a probe."""
        found = [await _checks(reader, most) for reader in (await _readers(server)).values()]
        several = {"accounts": len(found), "ready_accounts": sum(one.ready for one in found)}
        checks = {name: all(one.checks[name] for one in found) for name in CHECKS}
        ready = any(one.ready for one in found)
        answer = {"ready": ready, "checks": checks, **(several if len(found) > 1 else {})}
        return JSONResponse(answer, 200 if ready else 503)

    async def metrics(_: Request) -> Response:
        readers, grant = await _readers(server), current_grant()
        if len(readers) > 1 and grant is not None and grant.accounts is not None:
            return told("FORBIDDEN", "The figures speak of all accounts.", "These credentials name some.")
        for reader in readers.values():
            account, found = reader.settings.testio_account or "default", await _checks(reader, most)
            figures.ready.labels(account).set(found.ready)
            figures.age.labels(account).set(found.age)
        return Response(
            generate_latest(figures.registry),  # type: ignore[no-untyped-call]
            media_type=CONTENT_TYPE_LATEST,
        )

    return [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]


@dataclass(frozen=True)
class _Found:
    """The state of an account: each check, and the snapshot's age in seconds."""

    checks: Mapping[str, bool]
    age: float

    @property
    def ready(self) -> bool:
        return all(self.checks.values())


async def _readers(server: FastMCP[Any]) -> Mapping[str, Reader]:
    async with Context(fastmcp=server) as context:
        found: Mapping[str, Reader] = context.lifespan_context["readers"]
        return found


async def _checks(reader: Reader, most: timedelta) -> _Found:
    """Say whether a snapshot can be read, is young enough and has its index."""
    checks = dict.fromkeys(CHECKS, False)
    try:
        edition = await reader.library.edition()
        age = datetime.now(UTC) - edition.snapshot.manifest.created_at
        checks |= {"snapshot": True, "age": age <= most}
        index = await reader.library.search_index()
        checks["index"] = index is not None and index.snapshot_id == edition.snapshot.id
    except UserError:
        return _Found(checks, float("nan"))
    return _Found(checks, age.total_seconds())
