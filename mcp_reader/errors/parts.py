"""An error's three parts, worded for whoever called the tool."""

import logging

from fastmcp.exceptions import ToolError

from base.errors import UserError
from base.text import shorten
from config.scrubbing import scrub
from snapshot.errors import (
    DamagedDocument,
    LinkInside,
    Locked,
    NewerFormat,
    NoSnapshot,
    NotWritten,
    SnapshotError,
    StoreFailed,
)

log = logging.getLogger(__name__)

Parts = tuple[str, str, str]

ASK = "Ask whoever runs this server:"
"""What to do about what no tool here can do."""
_TAKE_ONE = (
    "sync_data takes one; or ask whoever runs this server for `invoke refresh build`, without an account "
    "`invoke demo`. The next call here picks it up."
)


class Told(ToolError):
    """An error of a tool as a caller is told it: three parts as text, and its code.

    Attributes:
        code: The code of the error's kind, such as NOT_FOUND.
        parts: What, why and hint.
    """

    def __init__(self, code: str, *parts: str) -> None:
        super().__init__(three_parts(*parts))
        self.code = code
        self.parts = tuple(map(scrub, parts))


def three_parts(what: str, why: str, hint: str) -> str:
    """Write what went wrong, why, and what to call next, each on a line of its own, without secrets.

    A client may send one as the name of a tool or an argument, and what it sends is told back to it.
    """
    parts = (("❌", what), ("\N{INFORMATION SOURCE}\N{VARIATION SELECTOR-16}", why), ("💡", hint))
    return "\n".join(f"{mark} {shorten(scrub(text), 600)}" for mark, text in parts if text)


def parts_of(error: BaseException) -> Parts | None:  # noqa: PLR0911 - a table of errors
    """Return what, why and hint of an error that was foreseen; None of any other.

    The snapshot's own errors name files, which are nobody's business at the other end.
    """
    match error:
        case NoSnapshot():
            folder = shorten(error.folder, 120) or "that is set"
            why = (
                f"The folder {folder} holds no published version. TESTIO_SNAPSHOT_DIR names it,"
                " a relative one from where the server was started."
            )
            return "There is no snapshot yet.", why, _TAKE_ONE
        case DamagedDocument(kind=str(kind), id=int(id_)):
            return (
                f"The stored document of {kind.replace('_', ' ')} {id_} is damaged.",
                "Its content does not match the snapshot's manifest.",
                "sync_data fetches it again; `invoke verify`, where the server runs, names all damage.",
            )
        case LinkInside():
            return error.what, error.why, error.hint
        case Locked():
            hint = "Wait until it has finished, and call again; every other tool answers meanwhile."
            return error.what, error.why, hint
        case NotWritten():
            log.warning("%s: %s", type(error).__name__, error)
            return (
                "The snapshot could not be written.",
                "The server's snapshot folder does not take it; the log has the details.",
                f"{ASK} `invoke doctor` says what is wrong with the folder.",
            )
        case SnapshotError() if not isinstance(error, NewerFormat | StoreFailed):
            log.warning("%s: %s", type(error).__name__, error)
            return (
                "The published snapshot cannot be read.",
                "Its list of documents is damaged or out of reach.",
                f"{ASK} `invoke verify` says what is wrong, `invoke refresh build` takes a new one.",
            )
        case UserError():
            return error.what, error.why, error.hint
        case _:
            return None
