"""The one way of a log line: by `logging`, scrubbed, to stderr; text on a terminal, JSON elsewhere.

Rooms log through `logging.getLogger(__name__)`, with a line's values in `extra`.
"""

import logging
import sys
from functools import cached_property
from typing import TYPE_CHECKING

from base.log_context import bound_values
from base.terminal import calm
from base.text import clean
from config.environment import form_of, level_of
from config.scrubbing import scrub

if TYPE_CHECKING:
    from structlog.typing import EventDict, Processor, WrappedLogger

CHATTY = ("httpx", "httpcore", "stamina", "asyncio", "uvicorn", "mcp", "docket", "fastmcp")
"""Libraries whose lines below WARNING are of use at level DEBUG only."""


def configure(level: str, form: str | None) -> None:
    """Send every log line and warning of this process, libraries' included, through one scrubbing path.

    Args:
        level: As LOG_LEVEL has it; INFO when it is no level.
        form: As LOG_FORMAT has it; text on a terminal and JSON elsewhere when it is no form.
    """
    level, form = level_of(level) or "INFO", form_of(form)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(ScrubbedLines(text=form == "text" or (form is None and sys.stderr.isatty())))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in CHATTY:
        library = logging.getLogger(name)
        library.handlers, library.propagate = [], True  # some bring a handler of their own
        library.setLevel(level if level == "DEBUG" else "WARNING")
    logging.captureWarnings(True)


class ScrubbedLines(logging.Formatter):
    """Formats records without their secrets.

    The library that does it is loaded by the first line: it takes a tenth of a second, and a server that
    has nothing to log starts without it.
    """

    def __init__(self, *, text: bool) -> None:
        super().__init__()
        self._text = text

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as a line, of text or of JSON."""
        try:
            return self._inner.format(record)
        except Exception:  # noqa: BLE001 - logging itself would print its message and arguments as they are
            place = f"{record.module}:{record.lineno}"
            values = {"name": record.name, "levelno": logging.ERROR, "levelname": "ERROR"}
            return self._inner.format(
                logging.makeLogRecord(values | {"msg": f"the line logged at {place} does not fit its values"})
            )

    @cached_property
    def _inner(self) -> logging.Formatter:
        import structlog  # noqa: PLC0415 - see above

        renderer: Processor = (
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
            )
            if self._text
            else structlog.processors.JSONRenderer()
        )
        return structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                _bound,
                structlog.stdlib.ExtraAdder(),
                structlog.stdlib.add_log_level,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                structlog.processors.StackInfoRenderer(),
                structlog.processors.format_exc_info,
            ],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _scrubbed,
                _calm,
                renderer,
            ],
        )


def _bound(_: "WrappedLogger", __: str, event: "EventDict") -> "EventDict":
    return {**bound_values(), **event}


def _scrubbed(_: "WrappedLogger", __: str, event: "EventDict") -> "EventDict":
    return {scrub(key): scrub(value) for key, value in event.items()}


def _calm(_: "WrappedLogger", __: str, event: "EventDict") -> "EventDict":
    """Clean every text of what could steer a terminal; only a traceback keeps its lines."""
    return {
        key: (clean(value) if key == "exception" else calm(value)) if isinstance(value, str) else value
        for key, value in event.items()
    }
