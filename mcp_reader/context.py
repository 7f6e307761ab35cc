"""What the tools of one server share."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import NoReturn

from fastmcp.server.dependencies import get_context

from base.errors import InvalidInput, Unavailable
from base.text import listed
from config.settings import Settings
from mcp_reader.grants import current_grant
from mcp_reader.output_files import REPORTS
from mcp_reader.sources.snapshot import Library
from mcp_reader.sources.upstream import Upstream
from quality.context.effect import judged_by
from quality.model.facts import Facts
from quality.options import QualityOptions
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

    def quality(self, facts: Facts) -> QualityOptions:
        """Return what verdicts are judged by: the settings, and what the context folder says."""
        return judged_by(self.settings.quality, facts.context)

    def default_period(self, facts: Facts) -> Period:
        """Return the period of reports that name none, seen from the snapshot's own time."""
        return period(self.settings.testio_report_period, facts.as_of)

    def page_size(self, asked: int | None) -> int:
        """Rows a page: as asked for, else as configured."""
        return asked if asked is not None else self.settings.testio_default_page_size


def name_of(settings: Settings) -> str | None:
    """Return what the customer of some settings is called; None when nothing says so."""
    return settings.testio_account or settings.testio_customer_name


def all_readers() -> Mapping[str, Reader]:
    """Return the readers of this server that the caller may read from, by the names of their customers."""
    readers: Mapping[str, Reader] = get_context().lifespan_context["readers"]
    grant = current_grant()
    if grant is None:
        return readers
    allowed = grant.among([one.settings.testio_account for one in readers.values()])
    return {name: one for name, one in readers.items() if one.settings.testio_account in allowed}


def current_reader() -> Reader:
    """Return the reader of the customer that this call is about, as far as its caller may read.

    Raises:
        InvalidInput: When nothing says which of several it is about.
    """
    reader = _CHOSEN.get() or _only_reader()
    grant = current_grant()
    if grant is None or grant.products is None:
        return reader
    # of other products such a caller learns nothing, so the upstream is not asked on its behalf
    return replace(
        reader, library=reader.library.limited(grant.products), upstream=Upstream(_only_these, ttl=0)
    )


def _only_reader() -> Reader:
    readers = all_readers()
    if len(readers) != 1:
        raise InvalidInput(
            "customer is missing.", f"This reader serves {listed(readers)}.", "Name one of them."
        )
    return next(iter(readers.values()))


def _only_these() -> NoReturn:
    raise Unavailable("These credentials read chosen products only.")


@contextmanager
def chosen_reader(reader: Reader) -> Iterator[None]:
    """Let the calls inside be about one customer."""
    token = _CHOSEN.set(reader)
    try:
        yield
    finally:
        _CHOSEN.reset(token)


_CHOSEN: ContextVar[Reader | None] = ContextVar("chosen", default=None)
