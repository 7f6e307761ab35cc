"""The one logging path: text on a terminal, JSON elsewhere, always to stderr and without secrets."""

import logging
import sys

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from config.scrubbing import scrub


def configure(level: str, form: str | None) -> None:
    """Send every log line of this process, libraries' included, through one scrubbing path.

    Args:
        level: DEBUG, INFO, WARNING, ERROR or CRITICAL.
        form: `text`, `json`, or None: text when stderr is a terminal.
    """

    def scrubbed(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        return {key: scrub(value) for key, value in event.items()}

    text = form == "text" or (form is None and sys.stderr.isatty())
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
    ]
    renderer: Processor = (
        structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
        if text
        else structlog.processors.JSONRenderer()
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, scrubbed, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for chatty in ("httpx", "httpcore", "stamina", "asyncio", "uvicorn", "mcp", "docket"):
        logging.getLogger(chatty).setLevel(level if level == "DEBUG" else "WARNING")
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
