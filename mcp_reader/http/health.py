"""Whether the server lives and can answer, and the figures that a monitor collects."""

from collections.abc import Mapping
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
            "testio_snapshot_age_seconds", "Age of the published snapshot", registry=self.registry
        )
        self.ready = Gauge("testio_ready", "1 when the server can answer", registry=self.registry)

    def count(self, route: str, status: int, seconds: float) -> None:
        """Count a request."""
        self.requests.labels(route, str(status)).inc()
        self.seconds.labels(route).observe(seconds)


def health_routes(server: FastMCP[Any], figures: Figures, most_hours: float) -> list[Route]:
    """Return `/healthz`, `/readyz` and `/metrics`.

    Args:
        server: Gives the snapshot.
        figures: What is collected.
        most_hours: So old the snapshot may be while the server counts as ready.
    """

    async def healthz(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def readyz(_: Request) -> Response:
        checks, _age = await _checks(server, timedelta(hours=most_hours))
        ready = all(checks.values())
        return JSONResponse({"ready": ready, "checks": dict(checks)}, 200 if ready else 503)

    async def metrics(_: Request) -> Response:
        checks, age = await _checks(server, timedelta(hours=most_hours))
        figures.ready.set(all(checks.values()))
        figures.age.set(age)
        return Response(
            generate_latest(figures.registry),  # type: ignore[no-untyped-call]
            media_type=CONTENT_TYPE_LATEST,
        )

    return [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]


async def _checks(server: FastMCP[Any], most: timedelta) -> tuple[Mapping[str, bool], float]:
    """Say whether the snapshot can be read, is young enough and has its index; and its age in seconds."""
    checks = {"snapshot": False, "age": False, "index": False}
    async with Context(fastmcp=server) as context:
        reader = next(iter(context.lifespan_context["readers"].values()))
    if not isinstance(reader, Reader):
        raise TypeError("the server runs without its lifespan")
    try:
        edition = await reader.library.edition()
        age = datetime.now(UTC) - edition.snapshot.manifest.created_at
        checks |= {"snapshot": True, "age": age <= most}
        index = await reader.library.search_index()
        checks["index"] = index is not None and index.snapshot_id == edition.snapshot.id
    except UserError:
        return checks, float("nan")
    return checks, age.total_seconds()
