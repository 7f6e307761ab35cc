"""Variables of the environment that other programs are meant by, understood or ignored with a warning."""

import os
from collections.abc import Iterator
from typing import Literal

from config.shown import quoted_value

_LEVELS = {
    "TRACE": "DEBUG",
    "VERBOSE": "DEBUG",
    "DEBUG": "DEBUG",
    "INFO": "INFO",
    "NOTICE": "INFO",
    "WARN": "WARNING",
    "WARNING": "WARNING",
    "ERR": "ERROR",
    "ERROR": "ERROR",
    "FATAL": "CRITICAL",
    "CRITICAL": "CRITICAL",
    "10": "DEBUG",
    "20": "INFO",
    "30": "WARNING",
    "40": "ERROR",
    "50": "CRITICAL",
}
_FORMS: dict[str, Literal["json", "text"]] = {
    "json": "json",
    "jsonl": "json",
    "structured": "json",
    "text": "text",
    "plain": "text",
    "console": "text",
    "pretty": "text",
    "human": "text",
}
_FASTMCP = "FASTMCP_"
_LEFT = "FASTMCP_ENV_FILE"


def level_of(text: str) -> str | None:
    """Return the logging level that LOG_LEVEL means, also as other programs write it; None for no level."""
    return _LEVELS.get(text.strip().upper())


def form_of(text: str | None) -> Literal["json", "text"] | None:
    """Return the form that LOG_FORMAT means; None when it is unset or not understood."""
    return _FORMS.get((text or "").strip().lower())


def ignored(log_level: str, log_format: str | None) -> Iterator[str]:
    """Say which variables are ignored, a sentence each."""
    if level_of(log_level) is None:
        yield f"LOG_LEVEL is {quoted_value(log_level)}, which is not a level: INFO is used."
    if log_format is not None and form_of(log_format) is None:
        yield f"LOG_FORMAT is {quoted_value(log_format)}, neither json nor text: it is ignored."


def without_fastmcp_settings() -> list[str]:
    """Take FastMCP's own variables out of this process, and return their names.

    FastMCP reads them, and the `.env` of the folder, when it is loaded, and stops at a value that it does
    not know. Nothing of the reader depends on them.
    """
    names = sorted(name for name in os.environ if name.upper().startswith(_FASTMCP))
    for name in names:
        del os.environ[name]
    os.environ[_LEFT] = os.devnull
    os.environ["FASTMCP_CHECK_FOR_UPDATES"] = "off"
    return [name for name in names if name.upper() not in {_LEFT, "FASTMCP_CHECK_FOR_UPDATES"}]
