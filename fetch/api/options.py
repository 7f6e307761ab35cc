"""What a client needs to know: base URL, token, timeouts and limits."""

import re
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

import httpx

from base.errors import InvalidInput
from fetch.api.errors import (
    BASE_URL_VARIABLE,
    TOKEN_VARIABLE,
)
from fetch.api.retries import ATTEMPTS


@dataclass(frozen=True)
class ClientOptions:
    """Everything that a client needs to reach the API.

    Attributes:
        base_url: Such as `https://api.test.io/customer/v2`.
        token: The customer's token; never printed.
        concurrency: Requests in flight at once.
        timeout: Seconds for one complete answer.
        attempts: Tries of one request, the first included.

    Raises:
        InvalidInput: For a base URL or a token that cannot be used.
    """

    base_url: str
    token: str = field(repr=False)
    concurrency: int = 10
    timeout: float = 90.0
    attempts: int = ATTEMPTS

    def __post_init__(self) -> None:
        check_base_url(self.base_url)
        if not re.fullmatch(r"[\x21-\x7e]+", self.token):
            raise InvalidInput(
                f"{TOKEN_VARIABLE} cannot be used as a token.",
                "It is empty or holds blanks or characters that a header cannot carry.",
                "Copy it again.",
            )

    @property
    def host(self) -> str:
        """Return the host of the base URL, without port."""
        return urlsplit(self.base_url).hostname or ""


def check_base_url(url: str) -> str:
    """Return the base URL without a trailing slash.

    Raises:
        InvalidInput: Unless it is https, or http to this machine, and holds no credentials or query.
    """
    parts = _split(url) if re.fullmatch(r"[\x21-\x7e]+", url) else None
    if parts is None or not parts.hostname or parts.scheme not in {"http", "https"}:
        raise InvalidInput(
            f"{BASE_URL_VARIABLE} is not a URL.", "", "Write it like https://api.test.io/customer/v2"
        )
    if parts.username is not None or parts.query or parts.fragment:
        raise InvalidInput(
            f"{BASE_URL_VARIABLE} holds more than scheme, host and path.",
            "Credentials and query strings do not belong there.",
            f"The token goes into {TOKEN_VARIABLE}.",
        )
    if parts.scheme == "http" and not loopback(parts.hostname):
        raise InvalidInput(
            f"{BASE_URL_VARIABLE} is http://{parts.hostname}, which is not encrypted.",
            "The token would travel in clear.",
            "Use https; http is for this machine only.",
        )
    return url.rstrip("/")


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port, httpx.URL(url).host.encode("idna")
    except (ValueError, httpx.InvalidURL):
        return None
    return parts


def loopback(host: str) -> bool:
    """Return whether a host is this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
