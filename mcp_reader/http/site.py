"""The built pages, served as they lie in the site's folder; of chosen products, to who may see no others."""

import re
from html import escape
from pathlib import Path, PurePosixPath
from typing import Any

from fastmcp import FastMCP
from fastmcp.server.context import Context
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from mcp_reader.context import current_reader
from mcp_reader.grants import current_grant
from quality.model.facts import Facts

PAGES = Route("/", lambda _: Response(), name="pages")
_OF_NOBODY = re.compile(r"assets/[\w.-]+|favicon\.svg")
_OF_A_PRODUCT = re.compile(r"products/(\d+)(?:-[^/]*)?(?:/.*)?")
_OF_A_TEST = re.compile(r"tests/(\d+)(?:-\d+)?\.html")


class SiteFiles(StaticFiles):
    """Files of the site; hidden ones, such as the list of pages, are not served, and links not followed.

    Args:
        folder: The site.
        server: Says which product a test is of.
    """

    def __init__(self, folder: Path, server: FastMCP[Any]) -> None:
        super().__init__(directory=folder, html=True, check_dir=False, follow_symlink=False)
        self.config_checked = True  # a site that is not built yet is no error of the server
        self._server = server

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with a file; in figures and logs all pages are one."""
        scope["route"] = PAGES
        await super().__call__(scope, receive, send)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return a file, or the index of a folder.

        Raises:
            HTTPException: 404 also for a page that the caller may not see.
        """
        parts = PurePosixPath(path).parts
        if any(part.startswith(".") and part != "." for part in parts):
            raise HTTPException(404)
        grant = current_grant()
        if grant is not None and grant.products is not None:
            async with Context(fastmcp=self._server):
                facts = (await current_reader().library.edition()).facts
            if path in {".", "index.html"}:
                return HTMLResponse(_contents(facts))
            if not _may_see("/".join(parts), facts):
                raise HTTPException(404)
        return await super().get_response(path, scope)


def _may_see(path: str, facts: Facts) -> bool:
    """Return whether a page speaks of the facts' products alone; any that is not known does not."""
    if _OF_NOBODY.fullmatch(path):
        return True
    if match := _OF_A_PRODUCT.fullmatch(path):
        return int(match[1]) in facts.products
    return bool((match := _OF_A_TEST.fullmatch(path)) and int(match[1]) in facts.tests)


def _contents(facts: Facts) -> str:
    """Return a page that leads to the products, in place of the portfolio, which names all."""
    rows = "".join(
        f'<li><a href="products/{one.id}/index.html">{escape(one.name)}</a></li>'
        for one in facts.products.values()
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Products</title></head>'
        f"<body><main><h1>Products</h1><ul>{rows}</ul></main></body></html>"
    )
