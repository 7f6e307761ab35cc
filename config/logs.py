"""The one logging path: text on a terminal, JSON elsewhere, always to stderr and without secrets."""

import logging
import re
import sys
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

_QUERY = re.compile(r"(https?://[^\s\"'<>?#]+)\?[^\s\"'<>#]*")
_USERINFO = re.compile(r"(https?://)[^\s/@\"'<>]+@")
_AUTHORIZATION = re.compile(r"\b(Token|Bearer)\s+(token=)?[\w.~+/=-]{6,}", re.IGNORECASE)
HIDDEN = "[hidden]"
_secrets: set[str] = set()


def hide(secret: str) -> None:
    """Keep a secret out of every later log line of this process, whoever logs it."""
    if secret:
        _secrets.add(secret)


def scrub(value: Any) -> Any:
    """Hide known secrets, query strings, user names in URLs and authorization headers in any value."""
    if isinstance(value, str):
        for secret in _secrets:
            value = value.replace(secret, HIDDEN)
        value = _QUERY.sub(rf"\1?{HIDDEN}", value)
        value = _USERINFO.sub(rf"\1{HIDDEN}@", value)
        return _AUTHORIZATION.sub(rf"\1 {HIDDEN}", value)
    if isinstance(value, dict):
        return {scrub(key): scrub(part) for key, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [scrub(part) for part in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return scrub(str(value))


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
