"""What can go wrong between this project and the Customer API: branches of the tree in base.errors."""

import logging
import traceback
from http import HTTPStatus
from pathlib import Path

from base.errors import UserError

log = logging.getLogger(__name__)

TOKEN_VARIABLE = "TESTIO_CUSTOMER_API_TOKEN"  # noqa: S105 - the variable's name, not a token
BASE_URL_VARIABLE = "TESTIO_CUSTOMER_API_BASE_URL"


class NotPublished(UserError):
    """A refresh that ended without a new version; what it fetched is kept for the next one."""

    code = "NOT_PUBLISHED"


class UpstreamError(UserError):
    """A request to the Customer API that gave no usable answer.

    Attributes:
        method: Always GET.
        path: Below the base URL, without query string.
        status: The HTTP status, or None when there was none.
        retryable: Whether the same request may be answered a moment later.
        narrowable: Whether asking for less at once may help.
        fatal: Whether it makes no sense to ask for anything else.
    """

    code = "UPSTREAM_UNAVAILABLE"
    retryable = False
    narrowable = False
    fatal = False

    def __init__(
        self, path: str, problem: str, *, status: int | None = None, why: str = "", hint: str = ""
    ) -> None:
        super().__init__(f"GET {path} {problem}.", why, hint)
        self.method = "GET"
        self.path = path
        self.status = status


class Unauthorized(UpstreamError):
    """The token is not accepted, or (403) not for this."""

    code = "UPSTREAM_UNAUTHORIZED"

    def __init__(self, path: str, status: int) -> None:
        super().__init__(
            path,
            f"was refused with status {status}",
            status=status,
            why="The Customer API does not accept the token.",
            hint=f"Check {TOKEN_VARIABLE}.",
        )
        self.fatal = status == HTTPStatus.UNAUTHORIZED


class Missing(UpstreamError):
    """The thing asked for does not exist (any more)."""

    code = "NOT_FOUND"


class Declined(UpstreamError):
    """The API will not answer this request, however often it is asked."""


class RateLimited(UpstreamError):
    """Too many requests.

    Attributes:
        retry_after: Seconds that the API asks to wait, already bounded; None when it did not say.
    """

    code = "UPSTREAM_RATE_LIMITED"
    retryable = True

    def __init__(self, path: str, retry_after: float | None) -> None:
        super().__init__(path, "was rate limited", status=429, hint="Lower MAX_CONCURRENT_API_REQUESTS.")
        self.retry_after = retry_after


class Unreachable(UpstreamError):
    """No connection, or one that broke before the answer was complete."""

    retryable = True


class Distrusted(Unreachable):
    """A server whose certificate is not trusted, however often it is asked."""

    retryable = False


class TimedOut(Unreachable):
    """No complete answer in time."""

    narrowable = True


class BadAnswer(UpstreamError):
    """An answer that is not the JSON it should be."""

    retryable = True
    narrowable = True


class TooLarge(BadAnswer):
    """A body larger than any answer; asking for less at once may help, asking again does not."""

    retryable = False


class ServerError(UpstreamError):
    """The API failed.

    Attributes:
        retryable: False for 501, 505 and 511, which say that it will never be otherwise.
    """

    narrowable = True

    def __init__(self, path: str, status: int) -> None:
        super().__init__(path, f"failed with status {status}", status=status)
        self.retryable = status not in {501, 505, 511}


class CircuitOpen(UpstreamError):
    """The API fails wholesale, so nothing more is asked of it."""

    fatal = True


def unforeseen(path: str, error: Exception) -> BadAnswer:
    """Return the failure of what stumbled over an answer in a way that nobody foresaw, and log where.

    The error's own words are not logged: they may hold what the upstream sent.
    """
    frames = traceback.extract_tb(error.__traceback__)
    where = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "unknown"
    kind = type(error).__name__
    log.error("an answer could not be used", extra={"path": path, "error": kind, "where": where})
    return BadAnswer(path, f"was answered with what could not be used ({kind})")
