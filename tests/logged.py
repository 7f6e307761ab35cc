"""Log lines as a process writes them, and the logging of before put back afterwards."""

import json
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from config import scrubbing
from config.logs import CHATTY


@contextmanager
def logging_kept() -> Iterator[None]:
    """Whatever is configured inside, other tests keep their logging and hide nothing more."""
    names = ("", *CHATTY)
    before = [
        (logger, logger.handlers, logger.level, logger.propagate) for logger in map(logging.getLogger, names)
    ]
    hidden, shown = set(scrubbing._secrets), warnings.showwarning
    try:
        yield
    finally:
        for logger, handlers, level, propagate in before:
            logger.handlers, logger.propagate = handlers, propagate
            logger.setLevel(level)
        logging.captureWarnings(False)
        warnings.showwarning = shown
        scrubbing._secrets.intersection_update(hidden)


def lines_of(stderr: str) -> list[dict[str, Any]]:
    """The lines, each of which must be JSON with the fields that every line has."""
    lines = [json.loads(line) for line in stderr.splitlines()]
    assert all({"event", "level", "timestamp"} <= line.keys() for line in lines)
    return lines
