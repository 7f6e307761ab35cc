"""The server on the network: MCP, REST, pages and health in one application."""

import asyncio
import logging
from ipaddress import ip_address
from urllib.parse import urlsplit

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from base.errors import InvalidInput
from config.logs import configure
from config.settings import Settings
from mcp_reader.http.access import provider_of
from mcp_reader.http.calls import Calls
from mcp_reader.http.door import Door
from mcp_reader.http.gate import Gate
from mcp_reader.http.health import Figures, health_routes
from mcp_reader.http.pages import docs_routes
from mcp_reader.http.problems import of_anything, of_http
from mcp_reader.http.rest import rest_routes
from mcp_reader.http.site import SiteFiles
from mcp_reader.server import create_server

log = logging.getLogger(__name__)
MCP = "/mcp"
KEPT_ALIVE, GRACE = 15, 20
"""Seconds: how long an idle connection is kept, and how long calls in progress may take at the end."""


async def create_app(settings: Settings, *, hosts: tuple[str, ...] = ()) -> Door:
    """Create the application.

    Args:
        settings: As of the server on stdio, and where the pages are.
        hosts: Names by which the server may be called, beside its own and that of TESTIO_PUBLIC_URL.

    Raises:
        InvalidInput: When a setting cannot be used.
    """
    server = create_server(settings, guards=[Calls()])
    server.auth = provider_of(settings)
    public = urlsplit(settings.testio_public_url or "")
    names = [*hosts, *([public.netloc, public.hostname] if public.hostname else [])]
    app: Starlette = server.http_app(
        path=MCP,
        json_response=True,
        stateless_http=True,
        middleware=[
            Middleware(
                Gate,
                settings.testio_account,
                secured=server.auth is not None,
                per_minute=settings.testio_rate_per_minute,
            )
        ],
        host_origin_protection=True,
        allowed_hosts=[name for name in names if name] or None,
        allowed_origins=[f"{public.scheme}://{public.netloc}"] if public.hostname else None,
    )
    figures = Figures()
    tools = list(await server.list_tools(run_middleware=False))
    app.router.routes += [
        *rest_routes(server, tools),
        *docs_routes(tools, secured=server.auth is not None),
        *health_routes(server, figures, settings.testio_ready_hours),
    ]
    app.router.default = SiteFiles(settings.testio_site_dir, server)
    app.add_exception_handler(HTTPException, of_http)
    app.add_exception_handler(Exception, of_anything)
    return Door(app, figures.count, https=public.scheme == "https")


def run_http(settings: Settings, host: str, port: int, *, insecure: bool = False) -> None:
    """Serve until the process is told to end; calls in progress are finished first.

    Raises:
        InvalidInput: When another address than loopback would be served without authentication.
    """
    see_guarded(host, guarded=provider_of(settings) is not None, insecure=insecure)
    configure(settings.log_level, settings.log_format)  # once more: FastMCP brings a handler of its own
    asyncio.run(_serve(settings, host, port))


async def _serve(settings: Settings, host: str, port: int) -> None:
    config = uvicorn.Config(
        await create_app(settings, hosts=() if _is_any(host) else (host,)),
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEPT_ALIVE,
        timeout_graceful_shutdown=GRACE,
    )
    await uvicorn.Server(config).serve()


def see_guarded(host: str, *, guarded: bool, insecure: bool) -> None:
    """Check that an address that others reach is not served to everybody.

    Raises:
        InvalidInput: When it would be.
    """
    if is_loopback(host) or guarded:
        return
    if insecure:
        log.warning("%s is served without authentication: everybody who reaches it reads bugs", host)
        return
    raise InvalidInput(
        f"{host} can be reached by other machines, and no authentication is set up.",
        "Everybody there could read bugs.",
        "Add a key: invoke keys add --name NAME; or serve all the same: --insecure",
    )


def is_loopback(host: str) -> bool:
    """Return whether only this machine reaches an address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_any(host: str) -> bool:
    try:
        return ip_address(host).is_unspecified
    except ValueError:
        return False
