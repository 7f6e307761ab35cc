"""When a request is tried again, how often, and after which pause."""

import logging
import random
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from stamina.instrumentation import RetryDetails

from fetch.api.errors import (
    RateLimited,
    UpstreamError,
)

log = logging.getLogger(__name__)

ATTEMPTS = 5
"""Tries of one request, the first included, unless a client's options name another number."""
ATTEMPTS_WHILE_WAITED_FOR = 2
"""Likewise, while a model or a person waits for the answer."""
PAUSES = {"wait_initial": 0.5, "wait_max": 15.0, "wait_jitter": 1.0}
"""Seconds between tries: the first pause, which doubles each time, the longest, and what chance adds."""
LONGEST_WAIT = 60.0
"""Seconds that a `Retry-After` is honoured at most."""


@dataclass(frozen=True)
class RetryPolicy:
    """The tries of a request that fails so that asking for less may help.

    After a failure of another kind it is tried as often as the client's options say, and never more often.

    Attributes:
        tries: The first included; None for as many as the options say.
        counted: Whether a failure says something about the API as a whole, and not only about this request.
    """

    tries: int | None = None
    counted: bool = True

    def at_most(self, other: "RetryPolicy") -> "RetryPolicy":
        """Return this policy with no more tries than another one has."""
        numbers = [policy.tries for policy in (self, other) if policy.tries is not None]
        return replace(self, tries=min(numbers, default=None))


PATIENT = RetryPolicy()
"""Everything that no other policy is named for."""
NARROWING = RetryPolicy(1, counted=False)
"""A part of what failed as a whole: its own parts are tried in turn."""
SMALLEST_PART = RetryPolicy(counted=False)
"""A single row or test of what failed as a whole, which counts as broken afterwards."""
SECOND_LOOK = RetryPolicy(3, counted=False)
"""What was read already and may have moved since."""
OPTIONAL = RetryPolicy(1, counted=False)
"""What helps and is not needed."""
BROKEN_BEFORE = RetryPolicy(2)
"""A single row or test that the refresh before could not fetch."""


def retry_after(value: str | None, now: datetime) -> float | None:
    """Read a `Retry-After` header (seconds or an HTTP date) as seconds, from 0 to `LONGEST_WAIT`."""
    if not value:
        return None
    if re.fullmatch(r"\s*\d+(\.\d+)?\s*", value, re.ASCII):
        seconds = float(value)
    else:
        try:
            until = parsedate_to_datetime(value)
            until = until if until.tzinfo else until.replace(tzinfo=UTC)
            seconds = (until - now).total_seconds()
        except (ValueError, OverflowError, TypeError, IndexError):  # of the year 10^20
            return None
    return min(max(seconds, 0.0), LONGEST_WAIT)


def retry_pause(error: Exception) -> bool | float:
    """Return whether to try again, or the seconds to wait when the API named them."""
    if isinstance(error, RateLimited) and error.retry_after is not None:
        return error.retry_after + random.uniform(0, 0.5)  # noqa: S311 - jitter
    return isinstance(error, UpstreamError) and error.retryable


def log_retry(details: RetryDetails) -> None:
    """Log that a request is sent again."""
    log.warning("asked again in %.1f s: %s", details.wait_for, details.caused_by)
