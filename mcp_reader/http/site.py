"""The built pages, served as they lie in the site's folder; of chosen products, to who may see no others."""

import re
from collections.abc import Iterable, Mapping
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

from mcp_reader.context import all_readers, chosen_reader, current_reader
from mcp_reader.grants import current_grant
from mcp_reader.http.door import called
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
        account: Whose site it is, where the server has several.
    """

    def __init__(self, folder: Path, server: FastMCP[Any], account: str | None = None) -> None:
        super().__init__(directory=folder, html=True, check_dir=False, follow_symlink=False)
        self.config_checked = True  # a site that is not built yet is no error of the server
        self._server = server
        self._account = account

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
            facts = await self._facts()
            if path in {".", "index.html"}:
                return HTMLResponse(_contents(facts))
            if not _may_see("/".join(parts), facts):
                raise HTTPException(404)
        return await super().get_response(path, scope)

    async def _facts(self) -> Facts:
        async with Context(fastmcp=self._server):
            readers = all_readers()
            with chosen_reader(readers[self._account or next(iter(readers))]):
                return (await current_reader().library.edition()).facts


class Sites(StaticFiles):
    """The sites of several accounts, each below its name; another account's is not there for a caller.

    Args:
        folder: What all have in common: the page over all of them, if it was made.
        sites: By account.
    """

    def __init__(self, folder: Path, sites: Mapping[str, SiteFiles]) -> None:
        super().__init__(directory=folder, html=True, check_dir=False, follow_symlink=False)
        self.config_checked = True
        self._sites = sites

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with a file of an account, or of all of them."""
        scope["route"] = PAGES
        await super().__call__(scope, receive, send)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return a file, the index of a folder, or a list of the sites that the caller may see.

        Raises:
            HTTPException: 404 also for the site of an account that the caller may not see.
        """
        first, *rest = PurePosixPath(path).parts or (".",)
        grant = current_grant()
        allowed = list(self._sites) if grant is None else grant.among(list(self._sites))
        if first in self._sites:
            if first not in allowed:
                raise HTTPException(404)
            called(scope, account=first)
            return await self._sites[first].get_response("/".join(rest) or ".", scope)
        if _OF_NOBODY.fullmatch(path):
            return await super().get_response(path, scope)
        if path not in {".", "index.html"}:
            raise HTTPException(404)
        if (grant is None or (grant.accounts, grant.products) == (None, None)) and self._made():
            return await super().get_response(path, scope)
        return HTMLResponse(_list("Accounts", ((f"{name}/index.html", name) for name in allowed if name)))

    def _made(self) -> bool:
        return (Path(str(self.directory)) / "index.html").is_file()


def _may_see(path: str, facts: Facts) -> bool:
    """Return whether a page speaks of the facts' products alone; any that is not known does not."""
    if _OF_NOBODY.fullmatch(path):
        return True
    if match := _OF_A_PRODUCT.fullmatch(path):
        return int(match[1]) in facts.products
    return bool((match := _OF_A_TEST.fullmatch(path)) and int(match[1]) in facts.tests)


def _contents(facts: Facts) -> str:
    """Return a page that leads to the products, in place of the portfolio, which names all."""
    return _list("Products", ((f"products/{one.id}/index.html", one.name) for one in facts.products.values()))


def _list(title: str, links: Iterable[tuple[str, str]]) -> str:
    rows = "".join(f'<li><a href="{to}">{escape(name)}</a></li>' for to, name in links)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>'
        f"<body><main><h1>{title}</h1><ul>{rows}</ul></main></body></html>"
    )
