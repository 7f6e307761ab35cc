"""When a request is tried again, and after which pause."""

import logging
import random
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from stamina.instrumentation import RetryDetails

from fetch.api.errors import (
    RateLimited,
    UpstreamError,
)

LONGEST_WAIT = 60.0
"""Seconds that a `Retry-After` is honoured at most."""


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds to wait by a `Retry-After` header (seconds or an HTTP date), between 0 and `LONGEST_WAIT`."""
    if not value:
        return None
    if re.fullmatch(r"\s*\d+(\.\d+)?\s*", value, re.ASCII):
        seconds = float(value)
    else:
        try:
            until = parsedate_to_datetime(value)
        except ValueError:
            return None
        seconds = (until if until.tzinfo else until.replace(tzinfo=UTC)).timestamp() - now.timestamp()
    return min(max(seconds, 0.0), LONGEST_WAIT)


def retry_pause(error: Exception) -> bool | float:
    """Return whether to try again, or the seconds to wait when the API named them."""
    if isinstance(error, RateLimited) and error.retry_after is not None:
        return error.retry_after + random.uniform(0, 0.5)  # noqa: S311 - jitter
    return isinstance(error, UpstreamError) and error.retryable


def log_retry(details: RetryDetails) -> None:
    """Log that a request is sent again."""
    # By the standard library's logging, which the MCP reader scrubs without having loaded structlog.
    logging.getLogger("fetch").warning("asked again in %.1f s: %s", details.wait_for, details.caused_by)
