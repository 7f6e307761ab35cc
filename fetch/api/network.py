"""The way to the API that the environment asks for: a proxy, and the certificates that are trusted."""

import os
import ssl
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import proxy_bypass

import httpx

from base.errors import InvalidInput

CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
SCHEMES = ("http", "https", "socks5", "socks5h")
"""What a proxy can speak."""


def proxy_for(url: str) -> httpx.Proxy | None:
    """Return the proxy that HTTPS_PROXY or ALL_PROXY names for a URL, unless NO_PROXY names its host.

    An entry of NO_PROXY that cannot be read matches nothing.

    Raises:
        InvalidInput: For a proxy that cannot be used, naming the variable and never its credentials.
    """
    found = proxy_variable(urlsplit(url).scheme)
    if found is None or _bypassed(urlsplit(url).hostname or ""):
        return None
    try:
        return httpx.Proxy(os.environ[found].strip())
    except (ValueError, httpx.InvalidURL):
        raise InvalidInput(
            f"{found} does not name a proxy that can be used.",
            f"It must be an address that begins with {', '.join(f'{one}://' for one in SCHEMES)}.",
            f"Correct or unset {found}, or name the API's host in NO_PROXY.",
        ) from None


def proxy_variable(scheme: str) -> str | None:
    """Return the name of the variable that sets the proxy for a scheme, if one is set."""
    names = (f"{scheme}_proxy", f"{scheme.upper()}_PROXY", "all_proxy", "ALL_PROXY")
    return next((name for name in names if os.environ.get(name, "").strip()), None)


def _bypassed(host: str) -> bool:
    if proxy_bypass(host):
        return True
    entries = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return any(address in network for network in map(_network, entries.split(",")) if network is not None)


@cache
def _network(entry: str) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(entry.strip().strip("[]"), strict=False)
    except ValueError:
        return None


@cache
def certificates(trust_env: bool) -> ssl.SSLContext:
    """Return what servers are checked against; reading it takes longer than a request on this machine.

    Raises:
        InvalidInput: When SSL_CERT_FILE or SSL_CERT_DIR names what holds no certificate.
    """
    name = next((one for one in CERTIFICATES if os.environ.get(one)), None) if trust_env else None
    if name == "SSL_CERT_DIR" and not Path(os.environ[name]).is_dir():
        raise _no_certificates(name, "There is no such folder.")
    try:
        return httpx.create_ssl_context(trust_env=trust_env)
    except ssl.SSLError:
        if name is None:
            raise
        raise _no_certificates(name, "It holds no readable certificate.") from None
    except OSError as error:
        raise _no_certificates(name or "SSLKEYLOGFILE", f"{error.strerror or 'It cannot be read'}.") from None


def _no_certificates(name: str, why: str) -> InvalidInput:
    return InvalidInput(
        f"{name} cannot be used.",
        why,
        f"Name a file with certificates in PEM form in SSL_CERT_FILE, or unset {name}.",
    )


def distrusted(error: BaseException) -> bool:
    """Return whether a connection failed because the server's certificate is not trusted."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLCertVerificationError) or "CERTIFICATE_VERIFY_FAILED" in str(seen):
            return True
        seen = seen.__cause__ or seen.__context__
    return False
