"""The way to the API that the environment asks for: a proxy, and the certificates that are trusted."""

import os
import re
import ssl
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from base.errors import InvalidInput

CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
"""The variables that say which authorities are trusted; the first that is set counts."""
KEY_LOG = "SSLKEYLOGFILE"
SCHEMES = ("http", "https", "socks5", "socks5h")
"""What a proxy can speak."""
_STORES = ("http", "https")
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
_FOUND_BY_OPENSSL = re.compile(r"[0-9a-f]{8}\.[0-9]+")
_UNKNOWN_AUTHORITY = {2, 18, 19, 20, 21}
"""OpenSSL's numbers for a certificate that no trusted authority signed."""
_AUTHORITY = (
    "A private authority (CA), such as that of a company's proxy, seems to sign it: name a PEM file with the"
    " authority's certificate in SSL_CERT_FILE."
)
_CERTIFICATE = "Check the address, this machine's clock, and what SSL_CERT_FILE and the proxy variables name."


def variable(name: str) -> str | None:
    """Return what a variable of the environment is set to; None for a blank, as CI writes unset ones."""
    return os.environ.get(name, "").strip() or None


def see_way(url: str) -> None:
    """Check that the environment can lead to an object store, whose library reads the variables by itself.

    Blank ones, which it would take at their word, are taken out of the environment. It knows no SOCKS.

    Args:
        url: Of any scheme; nothing leads to a file, or in the clear to this machine.

    Raises:
        InvalidInput: Naming the variable that cannot be used.
    """
    for name in (*CERTIFICATES, *_PROXIES, *(name.lower() for name in _PROXIES)):
        if name in os.environ and not variable(name):
            del os.environ[name]
    parts = urlsplit(url)
    if parts.scheme not in {"file", "http"}:
        certificates(trust_env=True)
        proxy_for(f"https://{parts.hostname or ''}", _STORES)


def proxy_for(url: str, schemes: Sequence[str] = SCHEMES) -> httpx.Proxy | None:
    """Return the proxy that HTTPS_PROXY or ALL_PROXY names for a URL, unless NO_PROXY names its host.

    As other programs do, a proxy without a scheme is taken for one that speaks http, and an entry of NO_PROXY
    that cannot be read matches nothing.

    Raises:
        InvalidInput: For a proxy that cannot be used, naming the variable and never its credentials.
    """
    found = proxy_variable(url)
    if found is None:
        return None
    address = variable(found) or ""
    with suppress(ValueError, httpx.InvalidURL):
        proxy = httpx.Proxy(address if "://" in address else f"http://{address}")
        if proxy.url.host.encode("idna") and proxy.url.scheme in schemes:  # as the lookup will encode it
            return proxy
    begins = ", ".join(f"{one}://" for one in schemes)
    raise InvalidInput(
        f"{found} does not name a proxy that can be used.",
        f"It must be an address with a host, which begins with {begins}.",
        f"Correct or unset {found}, or name the API's host in NO_PROXY.",
    )


def proxy_variable(url: str) -> str | None:
    """Return the name of the variable that sets the proxy for a URL, if one is set and NO_PROXY lets it."""
    parts = urlsplit(url)
    names = (f"{parts.scheme}_proxy", f"{parts.scheme.upper()}_PROXY", "all_proxy", "ALL_PROXY")
    found = next((name for name in names if variable(name)), None)
    if found is None:
        return None
    host, port = (parts.hostname or "").lower(), parts.port or {"https": 443}.get(parts.scheme, 80)
    entries = variable("no_proxy") or variable("NO_PROXY") or ""
    return None if any(_names(entry, host, port) for entry in re.split(r"[\s,]+", entries.lower())) else found


def _names(entry: str, host: str, port: int) -> bool:
    """Return whether an entry of NO_PROXY names a host: itself, a domain, an address, a network or all."""
    if entry == "*":
        return True
    try:
        return ip_address(host) in ip_network(entry.removesuffix(f":{port}").strip("[]"), strict=False)
    except ValueError:
        domain = entry.removesuffix(f":{port}").lstrip("*").lstrip(".")
        return bool(domain) and (host == domain or host.endswith(f".{domain}"))


def certificates(trust_env: bool) -> ssl.SSLContext:
    """Return what servers are checked against.

    Raises:
        InvalidInput: When SSL_CERT_FILE or SSL_CERT_DIR names what holds no certificate.
    """
    if KEY_LOG in os.environ and not variable(KEY_LOG):
        del os.environ[KEY_LOG]  # the standard library would write a file whose name is a blank
    name = next((one for one in CERTIFICATES if variable(one)), None) if trust_env else None
    return _certificates(name, variable(name) if name else None, variable(KEY_LOG))


@cache
def _certificates(name: str | None, place: str | None, key_log: str | None) -> ssl.SSLContext:
    """Return the certificates of a place; reading them takes longer than a request on this machine."""
    try:
        if name is None or place is None:
            return httpx.create_ssl_context(trust_env=False)
        if name == "SSL_CERT_DIR":
            _check_folders(place)
            return ssl.create_default_context(capath=place)
        if not Path(place).is_file():
            raise _no_certificates(name, "There is no such file.")
        context = ssl.create_default_context(cafile=place)
    except ssl.SSLError:
        raise _no_certificates(
            name or "The list of authorities", "It holds no readable certificate."
        ) from None
    except (OSError, ValueError) as error:
        wrong = KEY_LOG if name is None or (key_log and getattr(error, "filename", None) == key_log) else name
        raise _no_certificates(wrong, f"{getattr(error, 'strerror', None) or 'It cannot be read'}.") from None
    if not context.cert_store_stats()["x509"]:
        raise _no_certificates(name, "It holds no certificate.")
    return context


def _check_folders(place: str) -> None:
    """See that one of the folders of SSL_CERT_DIR holds a certificate where OpenSSL looks for it.

    Raises:
        InvalidInput: When none does.
        OSError: When one cannot be listed.
    """
    folders = [Path(one) for one in place.split(os.pathsep) if Path(one).is_dir()]
    if not folders:
        raise _no_certificates("SSL_CERT_DIR", "There is no such folder.")
    if not any(_FOUND_BY_OPENSSL.fullmatch(file.name) for folder in folders for file in folder.iterdir()):
        raise _no_certificates(
            "SSL_CERT_DIR",
            "It holds no certificate under a name that OpenSSL looks for; `openssl rehash` does.",
        )


def _no_certificates(name: str, why: str) -> InvalidInput:
    return InvalidInput(
        f"{name} cannot be used.",
        why,
        "Unset it."
        if name == KEY_LOG
        else f"Name a file with certificates in PEM form in SSL_CERT_FILE, or unset {name}.",
    )


def distrust(error: BaseException) -> tuple[str, str] | None:
    """Return why a server's certificate is not trusted, and what to do; None of any other failure."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLCertVerificationError):
            why = str(seen.verify_message or seen.reason or "").rstrip(".")
            return why, _AUTHORITY if seen.verify_code in _UNKNOWN_AUTHORITY else _CERTIFICATE
        seen = seen.__cause__ or seen.__context__
    return None
