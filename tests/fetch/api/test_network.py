"""The way to the API is the one that the environment asks for, or the variable that is wrong is named."""

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from base.errors import InvalidInput
from fetch.api import network
from fetch.api.client import ApiClient
from fetch.api.endpoints import products
from fetch.api.errors import Unreachable
from fetch.api.network import certificates, distrusted, proxy_for
from fetch.api.options import ClientOptions

API = "https://api.test.io/customer/v2"
OPTIONS = ClientOptions(base_url=API, token="token-of-a-test")


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in (
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "NO_PROXY",
        *network.CERTIFICATES,
        "SSLKEYLOGFILE",
    ):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    certificates.cache_clear()
    yield
    certificates.cache_clear()


def test_without_a_variable_the_way_is_straight() -> None:
    assert proxy_for(API) is None


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
@pytest.mark.parametrize("scheme", ["http", "https", "socks5", "socks5h"])
def test_the_proxy_of_the_environment_is_taken(
    name: str, scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Offices reach the API through a proxy only; a SOCKS one in ALL_PROXY used to end in a traceback."""
    monkeypatch.setenv(name, f"{scheme}://user:s3cr3t@127.0.0.1:3128")
    found = proxy_for(API)
    assert found is not None
    assert str(found.url) == f"{scheme}://127.0.0.1:3128"
    assert ApiClient(OPTIONS).statistics.requests == 0


@pytest.mark.parametrize("value", ["foo://x", "127.0.0.1:3128", "http://[::1", "//x"])
@pytest.mark.parametrize("name", ["HTTPS_PROXY", "ALL_PROXY"])
def test_a_proxy_that_cannot_be_used_is_named_by_its_variable(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`doctor`, `refresh` and the reader used to end in a traceback that names no variable."""
    monkeypatch.setenv(name, value)
    with pytest.raises(InvalidInput, match=name) as caught:
        ApiClient(OPTIONS)
    assert value not in str(caught.value)


@pytest.mark.parametrize(
    ("entries", "host", "straight"),
    [
        ("[::1],10.0.0.0/8", "api.test.io", False),
        ("[::1]", "[::1]", True),
        ("10.0.0.0/8", "10.1.2.3", True),
        ("10.0.0.0/8", "11.1.2.3", False),
        ("fd00::/8", "[fd00::1]", True),
        ("nonsense/99,, ,[", "api.test.io", False),
        (".test.io", "api.test.io", True),
        ("test.io", "api.test.io", True),
        ("*", "api.test.io", True),
    ],
)
def test_no_proxy_is_read_as_people_write_it(
    entries: str, host: str, straight: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Addresses in brackets and networks with a slash used to end in a traceback."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:3128")
    monkeypatch.setenv("NO_PROXY", entries)
    assert (proxy_for(f"https://{host}/customer/v2") is None) is straight


@pytest.mark.parametrize("content", [None, "no certificate"])
@pytest.mark.parametrize("name", network.CERTIFICATES)
def test_certificates_that_cannot_be_read_are_named_by_their_variable(
    name: str, content: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "certificates"
    if content is not None:
        place.write_text(content)
    monkeypatch.setenv(name, str(place))
    with pytest.raises(InvalidInput, match=name) as caught:
        ApiClient(OPTIONS)
    assert "SSL_CERT_FILE" in str(caught.value)


def test_a_key_log_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "no" / "such" / "folder"))
    with pytest.raises(InvalidInput, match="SSLKEYLOGFILE"):
        ApiClient(OPTIONS)


def test_a_certificate_of_a_private_authority_is_recognised_behind_other_errors() -> None:
    behind = OSError("connection failed")
    behind.__cause__ = ssl.SSLCertVerificationError(1, "self-signed certificate in certificate chain")
    assert distrusted(behind)
    assert not distrusted(OSError("connection refused"))


async def test_a_proxy_that_does_not_answer_is_blamed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "socks5://127.0.0.1:9")
    async with ApiClient(OPTIONS) as client:
        with pytest.raises(Unreachable) as caught:
            await products(client)
    assert "api.test.io" in str(caught.value)
