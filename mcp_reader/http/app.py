"""The server on the network: MCP, REST, pages and health in one application."""

import asyncio
import logging
from collections.abc import Sequence
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
from mcp_reader.http.patience import PatientProtocol
from mcp_reader.http.problems import of_anything, of_http
from mcp_reader.http.refreshing import Refreshing, refreshing_of
from mcp_reader.http.rest import rest_routes
from mcp_reader.http.site import SiteFiles, Sites
from mcp_reader.server import create_server

log = logging.getLogger(__name__)
MCP = "/mcp"
KEPT_ALIVE, GRACE = 15, 20
"""Seconds: how long an idle connection is kept, and how long calls in progress may take at the end."""


async def create_app(
    settings: Settings,
    *others: Settings,
    own: Settings | None = None,
    hosts: tuple[str, ...] = (),
    refreshing: Refreshing | None = None,
) -> Door:
    """Create the application.

    Args:
        settings: As of the server on stdio, and where the pages are.
        others: Those of further accounts, each with its pages below its name.
        own: What holds for the server whatever the account; those of the first account when left out.
        hosts: Names by which the server may be called, beside its own and that of TESTIO_PUBLIC_URL.
        refreshing: Takes new snapshots meanwhile; None leaves it to others.

    Raises:
        InvalidInput: When a setting cannot be used.
    """
    own = own or settings
    accounts = {one.testio_account: one for one in (settings, *others)}
    server = create_server(settings, *others, own=own, guards=[Calls()])
    server.auth = provider_of(own)
    public = urlsplit(own.testio_public_url or "")
    names = [*hosts, *([public.netloc, public.hostname] if public.hostname else [])]
    app: Starlette = server.http_app(
        path=MCP,
        json_response=True,
        stateless_http=True,
        middleware=[
            Middleware(
                Gate,
                tuple(accounts),
                secured=server.auth is not None,
                per_minute=own.testio_rate_per_minute,
            )
        ],
        host_origin_protection=True,
        allowed_hosts=[name for name in names if name] or None,
        allowed_origins=[f"{public.scheme}://{public.netloc}"] if public.hostname else None,
    )
    figures = Figures()
    if refreshing is not None:
        app.router.lifespan_context = refreshing.around(app.router.lifespan_context, figures.refreshed)
    tools = list(await server.list_tools(run_middleware=False))
    app.router.routes += [
        *rest_routes(server, tools),
        *docs_routes(tools, secured=server.auth is not None),
        *health_routes(server, figures, own.testio_ready_hours),
    ]
    sites = {
        account or "": SiteFiles(one.testio_site_dir, server, account) for account, one in accounts.items()
    }
    app.router.default = Sites(own.testio_site_dir, sites) if others else sites.popitem()[1]
    app.add_exception_handler(HTTPException, of_http)
    app.add_exception_handler(Exception, of_anything)
    return Door(app, figures.count, https=public.scheme == "https")


def run_http(
    accounts: Sequence[Settings],
    own: Settings,
    host: str,
    port: int,
    *,
    insecure: bool = False,
    refresh_every: float | None = None,
) -> None:
    """Serve until the process is told to end; calls in progress are finished first.

    Args:
        accounts: The settings of each account that is served.
        own: Those of the server itself.
        host: The address to listen at.
        port: The port to listen at.
        insecure: Serve an address that others reach without authentication.
        refresh_every: Seconds from one refresh of an account to the next; None for no refresh.

    Raises:
        InvalidInput: When another address than loopback would be served without authentication, or what is
            pulled would be refreshed.
        Unavailable: When a refresh would have no token.
    """
    see_guarded(host, guarded=provider_of(own) is not None, insecure=insecure)
    refreshing = (
        None if refresh_every is None else refreshing_of(accounts, own.testio_site_dir, refresh_every)
    )
    configure(own.log_level, own.log_format)  # once more: FastMCP brings a handler of its own
    asyncio.run(_serve(accounts, own, host, port, refreshing))


async def _serve(
    accounts: Sequence[Settings], own: Settings, host: str, port: int, refreshing: Refreshing | None
) -> None:
    hosts = () if _is_any(host) else (host,)
    config = uvicorn.Config(
        await create_app(*accounts, own=own, hosts=hosts, refreshing=refreshing),
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        http=PatientProtocol,
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
