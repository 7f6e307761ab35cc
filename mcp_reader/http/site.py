"""The built pages, served as they lie in the site's folder."""

from pathlib import Path, PurePosixPath

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

PAGES = Route("/", lambda _: Response(), name="pages")


class SiteFiles(StaticFiles):
    """Files of the site; hidden ones, such as the list of pages, are not served, and links not followed."""

    def __init__(self, folder: Path) -> None:
        super().__init__(directory=folder, html=True, check_dir=False, follow_symlink=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with a file; in figures and logs all pages are one."""
        scope["route"] = PAGES
        await super().__call__(scope, receive, send)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return a file, or the index of a folder."""
        if any(part.startswith(".") and part != "." for part in PurePosixPath(path).parts):
            raise HTTPException(404)
        return await super().get_response(path, scope)
