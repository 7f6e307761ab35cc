"""The way to the API is the one that the environment asks for, or the variable that is wrong is named."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from base.errors import InvalidInput
from fetch.api import network
from fetch.api.client import ApiClient
from fetch.api.endpoints import products
from fetch.api.errors import Unreachable
from fetch.api.network import proxy_for
from fetch.api.options import ClientOptions
from tests.ways import bare_way

API = "https://api.test.io/customer/v2"
OPTIONS = ClientOptions(base_url=API, token="token-of-a-test")


@pytest.fixture(autouse=True)
def _bare_environment() -> Iterator[None]:
    with bare_way():
        yield


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


@pytest.mark.parametrize(
    "value", ["foo://x", "http://:3128", "http://[::1", "//x", "socks5://", "http://a..b"]
)
@pytest.mark.parametrize("name", ["HTTPS_PROXY", "ALL_PROXY"])
def test_a_proxy_that_cannot_be_used_is_named_by_its_variable(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`doctor`, `refresh` and the reader used to end in a traceback that names no variable."""
    monkeypatch.setenv(name, value)
    with pytest.raises(InvalidInput, match=name) as caught:
        ApiClient(OPTIONS)
    assert value not in caught.value.what


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
        ("*.test.io", "api.test.io", True),
        ("intranet.example test.io:443", "api.test.io", True),
        ("test.io:8443,est.io,*.", "api.test.io", False),
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


@pytest.mark.parametrize("address", ["127.0.0.1:3128", "user:s3cr3t@127.0.0.1:3128"])
def test_a_proxy_without_a_scheme_is_one_that_speaks_http(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other programs take `HTTPS_PROXY=proxy:3128`: a machine that is set up so needs nothing more here."""
    monkeypatch.setenv("HTTPS_PROXY", address)
    found = proxy_for(API)
    assert found is not None
    assert str(found.url) == "http://127.0.0.1:3128"


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40))
def test_whatever_a_proxy_variable_holds_is_used_or_named(value: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HTTPS_PROXY", value)
        try:
            found = proxy_for(API)
        except InvalidInput as error:
            said = error.what
        else:
            said = "" if found is None or value.strip() else "a blank was used"
    assert said in {"", "HTTPS_PROXY does not name a proxy that can be used."}


async def test_a_proxy_that_does_not_answer_is_blamed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "socks5://127.0.0.1:9")
    async with ApiClient(OPTIONS) as client:
        with pytest.raises(Unreachable) as caught:
            await products(client)
    assert "api.test.io" in str(caught.value)
    assert "HTTPS_PROXY" in str(caught.value)
