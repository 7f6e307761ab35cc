"""What the tools of one server share."""

from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import NoReturn

from fastmcp.server.dependencies import get_context

from base.errors import Unavailable
from config.settings import Settings
from mcp_reader.grants import current_grant
from mcp_reader.output_files import REPORTS
from mcp_reader.sources.snapshot import Library
from mcp_reader.sources.upstream import Upstream
from quality.model.facts import Facts
from quality.periods.periods import Period, period


@dataclass(frozen=True)
class Reader:
    """One server's snapshot, upstream and settings.

    Attributes:
        reports: Where reports are written; an account of several has its own folder in it.
    """

    settings: Settings
    library: Library
    upstream: Upstream
    reports: Path

    @property
    def shelf(self) -> PurePosixPath:
        """Return the one folder that this server writes into, as a caller names it."""
        return REPORTS / (self.settings.testio_account or "")

    @property
    def folder(self) -> Path:
        """Return the same folder on this machine."""
        return self.reports / self.shelf.relative_to(REPORTS)

    def default_period(self, facts: Facts) -> Period:
        """Return the period of reports that name none, seen from the snapshot's own time."""
        return period(self.settings.testio_report_period, facts.as_of)

    def page_size(self, asked: int | None) -> int:
        """Rows a page: as asked for, else as configured."""
        return asked if asked is not None else self.settings.testio_default_page_size


def current_reader() -> Reader:
    """Return the reader of the server that runs this call."""
    reader = get_context().lifespan_context["reader"]
    if not isinstance(reader, Reader):
        raise TypeError("the server runs without its lifespan")
    grant = current_grant()
    if grant is None or grant.products is None:
        return reader
    # of other products such a caller learns nothing, so the upstream is not asked on its behalf
    return replace(
        reader, library=reader.library.limited(grant.products), upstream=Upstream(_only_these, ttl=0)
    )


def _only_these() -> NoReturn:
    raise Unavailable("These credentials read chosen products only.")
