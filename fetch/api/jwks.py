"""Fetching the public keys that sign tokens, by the way that the environment asks for."""

import logging
from typing import Any
from urllib.parse import urlsplit

import httpx2

from base.errors import Unavailable
from fetch.api.network import certificates, distrust, proxy_for, proxy_variable
from fetch.api.options import loopback

log = logging.getLogger(__name__)
_SECONDS = 10.0
_NAME = "TESTIO_JWT_KEYS"


class JwksClient(httpx2.AsyncClient):
    """Fetches keys for who verifies tokens, and logs why they could not be had: callers learn 401 alone.

    Args:
        url: Of the keys.

    Raises:
        InvalidInput: When a variable of the environment bars the way, by its name.
    """

    def __init__(self, url: str) -> None:
        super().__init__(**_options(url))

    async def send(self, request: httpx2.Request, **more: Any) -> httpx2.Response:
        """Send a request, and log its failure."""
        try:
            response = await super().send(request, **more)
            response.raise_for_status()
        except httpx2.HTTPError as error:
            log.warning("%s", _failure(str(request.url), error))
            raise
        return response


async def see_jwks(url: str) -> int:
    """Fetch the keys once, and return how many are listed.

    Raises:
        InvalidInput: When a variable of the environment bars the way, by its name.
        Unavailable: When they cannot be fetched, or are none.
    """
    async with httpx2.AsyncClient(**_options(url)) as client:
        try:
            answer = await client.get(url)
            answer.raise_for_status()
            return len(answer.json()["keys"])
        except httpx2.HTTPError as error:
            raise _failure(url, error) from None
        except (ValueError, KeyError, TypeError):
            raise Unavailable(
                f"{_NAME} leads to {urlsplit(url).hostname}, which lists no keys there.", "", "Correct it."
            ) from None


def _options(url: str) -> dict[str, Any]:
    proxy = None if loopback(urlsplit(url).hostname or "") else proxy_for(url)
    return {
        "verify": certificates(trust_env=True),
        "trust_env": False,
        "timeout": _SECONDS,
        "proxy": None if proxy is None else httpx2.Proxy(str(proxy.url), auth=proxy.auth),
    }


def _failure(url: str, error: httpx2.HTTPError) -> Unavailable:
    what = f"{_NAME} could not be fetched from {urlsplit(url).hostname}."
    if (distrusted := distrust(error)) is not None:
        why, hint = distrusted
        return Unavailable(what, f"Its certificate is not trusted: {why}.", hint)
    if isinstance(error, httpx2.HTTPStatusError):
        return Unavailable(what, f"It answered with status {error.response.status_code}.", "Correct it.")
    through = proxy_variable(url)
    if through and isinstance(error, httpx2.ProxyError | httpx2.ConnectError):
        return Unavailable(
            what, f"It was stopped at the proxy that {through} names.", f"Check {through}, or set NO_PROXY."
        )
    return Unavailable(what, "It does not answer.", "Check the address and the network.")
