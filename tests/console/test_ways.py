"""The way to the API as people have it: behind proxies, and behind authorities of their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.account.account import demo_account
from demo.server.server import DEMO_TOKEN, serve
from tests.console.conftest import Run
from tests.mcp_reader.published_account import publish_account
from tests.snapshot.web_folder import web_folder
from tests.ways import PrivateApi, bare_way, behind_private_authority

SECRET = "s3cr3t"  # the password of a proxy, and a token
TOKEN = {"TESTIO_CUSTOMER_API_TOKEN": "a-token-of-a-test"}


@pytest.fixture(autouse=True)
def _bare_environment() -> Iterator[None]:
    with bare_way():
        yield


@pytest.fixture(scope="module")
def private(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateApi]:
    """The demo API behind TLS, signed by an authority that no machine knows."""
    folder = tmp_path_factory.mktemp("authority")
    with serve(demo_account(8, bugs=8)) as api, behind_private_authority(api.base_url, folder) as found:
        yield found


@pytest.fixture
def places(tmp_path: Path) -> dict[str, str]:
    """Places that hold no certificate, by what they are."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "words").write_text("no certificate")
    (tmp_path / "key").write_text("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
    (tmp_path / "nothing").touch()
    kinds = ("missing", "empty", "words", "key", "nothing")
    return {kind: str(tmp_path / kind) for kind in kinds} | {"device": "/dev/zero"}


@pytest.mark.parametrize("task", ["doctor", "refresh"])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HTTPS_PROXY", f"foo://user:{SECRET}@x"),
        ("https_proxy", f"http://user:{SECRET}@[::1"),
        ("HTTPS_PROXY", "http://a..b:3128"),
        ("ALL_PROXY", "socks5://"),
        ("ALL_PROXY", f"socks5://user:{SECRET}@"),
        ("all_proxy", "socks4://127.0.0.1:1080"),
        ("ALL_PROXY", "http://127.0.0.1:many"),
    ],
)
def test_a_proxy_that_cannot_be_used_is_one_line_that_names_its_variable(
    run: Run, task: str, name: str, value: str
) -> None:
    """A traceback that names no variable, with the proxy's password in it, costs an afternoon."""
    code, out, err = run(task, **TOKEN, **{name: value})
    assert code == 1
    assert f"{name} does not name a proxy that can be used." in out + err
    said = [line for line in (out + err).splitlines() if not line.startswith("{")]  # but what is logged
    assert sum("can be used." in line for line in said) == 1
    assert "Traceback" not in out + err
    assert SECRET not in out + err


@pytest.mark.parametrize("task", ["doctor", "refresh"])
@pytest.mark.parametrize("kind", ["missing", "empty", "words", "key", "nothing", "device"])
@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_certificates_that_are_none_are_one_line_that_names_their_variable(
    run: Run, places: dict[str, str], name: str, kind: str, task: str
) -> None:
    """Every request failed as if the network were down, or the program ended in a traceback."""
    code, out, err = run(task, **TOKEN, **{name: places[kind]})
    assert code == 1
    assert f"{name} cannot be used." in out + err
    assert "PEM" in out + err
    assert "Traceback" not in out + err


def test_a_token_file_that_is_missing_is_one_line_that_names_its_variable(run: Run) -> None:
    for task in ("doctor", "refresh"):
        code, out, err = run(task, TESTIO_CUSTOMER_API_TOKEN_FILE="no-such-file")
        assert code == 1
        assert "TESTIO_CUSTOMER_API_TOKEN_FILE is no-such-file, which cannot be read." in out + err


@pytest.mark.parametrize("blank", ["", " ", "\t"])
def test_variables_of_the_way_that_are_blank_are_unset(run: Run, private: PrivateApi, blank: str) -> None:
    """CI writes `X=` for what is not set there, and a blank stopped every start."""
    names = (
        "HTTPS_PROXY",
        "https_proxy",
        "ALL_PROXY",
        "NO_PROXY",
        "no_proxy",
        "SSL_CERT_DIR",
        "SSLKEYLOGFILE",
    )
    blanks = dict.fromkeys(names, blank)
    token = {"TESTIO_CUSTOMER_API_TOKEN": DEMO_TOKEN, "TESTIO_CUSTOMER_API_BASE_URL": private.base_url}
    code, out, _ = run("doctor", **token, **blanks, SSL_CERT_FILE=str(private.authority))
    assert code == 0
    assert "The API answers" in out
    assert not [name for name in names if f"{name} is" in out]
    code, out, _ = run("doctor", **token, **blanks, SSL_CERT_FILE=blank)
    assert code == 1
    assert "private authority (CA)" in out
    assert not Path(" ").exists()


@pytest.mark.parametrize("task", ["doctor", "refresh"])
def test_a_private_authority_is_told_from_a_broken_network_and_works_once_it_is_named(
    run: Run, private: PrivateApi, task: str
) -> None:
    """Behind a company's proxy the start said that the network is down, and nobody knew what to set."""
    api = {"TESTIO_CUSTOMER_API_TOKEN": DEMO_TOKEN, "TESTIO_CUSTOMER_API_BASE_URL": private.base_url}
    code, out, err = run(task, **api)
    assert code == 1
    assert "private authority (CA)" in out + err
    assert "SSL_CERT_FILE" in out + err
    assert "asked again" not in err
    code, out, err = run(task, **api, SSL_CERT_FILE=str(private.authority))
    assert code == 0, err
    assert ("The API answers" if task == "doctor" else "8 tests") in out


def test_a_certificate_for_another_name_is_not_blamed_on_an_authority(run: Run, tmp_path: Path) -> None:
    """Who is sent to look for a PEM file does not see that the address is wrong."""
    with (
        serve(demo_account(8, bugs=8)) as api,
        behind_private_authority(api.base_url, tmp_path, "api.example") as other,
    ):
        code, out, _ = run(
            "doctor",
            TESTIO_CUSTOMER_API_TOKEN=api.token,
            TESTIO_CUSTOMER_API_BASE_URL=other.base_url,
            SSL_CERT_FILE=str(other.authority),
        )
    assert code == 1
    assert "certificate is not valid for '127.0.0.1'" in out
    assert "authority" not in out.split("certificate is not valid")[1].split("\n")[0]


def test_doctor_lists_what_leads_the_way_masked_and_names_a_proxy_that_stops_it(run: Run) -> None:
    """Who did not set the proxy himself looks for the fault in his token."""
    code, out, err = run(
        "doctor",
        **TOKEN,
        HTTPS_PROXY=f"user:{SECRET}@127.0.0.1:9",
        ALL_PROXY=f"socks5://user:{SECRET}/x@127.0.0.1:9",
        NO_PROXY="[::1],10.0.0.0/8,intranet.example",
    )
    assert code == 1
    assert "✓ HTTPS_PROXY is ****@127.0.0.1:9" in out
    assert "✓ ALL_PROXY is socks5://****@127.0.0.1:9" in out
    assert "✓ NO_PROXY is [::1],10.0.0.0/8,intranet.example" in out
    assert "leads through the proxy that HTTPS_PROXY names" in out
    assert (
        "✗ GET /products did not reach api.test.io. It was stopped at the proxy that HTTPS_PROXY names."
        in out
    )
    assert SECRET not in out + err


PLACES = ["s3://bucket/reports", "gs://bucket/reports", "az://container/reports"]


@pytest.mark.parametrize("task", ["push", "pull"])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HTTPS_PROXY", f"foo://user:{SECRET}@x"),
        ("https_proxy", f"http://user:{SECRET}@[::1"),
        ("ALL_PROXY", f"socks5://user:{SECRET}@127.0.0.1:1080"),
        ("SSL_CERT_FILE", "no-such-file"),
        ("SSL_CERT_DIR", "no-such-folder"),
    ],
)
def test_what_bars_the_way_to_an_object_store_is_one_line_that_names_it(
    run: Run, task: str, name: str, value: str
) -> None:
    """A SOCKS proxy or a missing list of authorities read as if the bucket were down."""
    for url in [*PLACES, *(["https://reports.example/snapshots"] if task == "pull" else [])]:
        code, out, err = run(task, url, **{name: value})
        assert code == 1
        assert err.startswith(f"{name} ")
        assert err.count("\n") == 1
        assert SECRET not in out + err


@pytest.mark.slow
def test_a_place_of_snapshots_behind_a_private_authority_is_told_and_read_once_it_is_named(
    run: Run, tmp_path: Path
) -> None:
    """Blank variables made every certificate untrusted, and nobody was told of SSL_CERT_FILE."""
    publish_account(tmp_path / "there", demo_account(8, bugs=8))
    blanks = dict.fromkeys(("SSL_CERT_FILE", "SSL_CERT_DIR", "HTTPS_PROXY", "all_proxy", "NO_PROXY"), " ")
    with (
        web_folder(tmp_path / "there") as web,
        behind_private_authority(web.url, tmp_path) as place,
    ):
        way = {"TESTIO_SNAPSHOT_URL": place.base_url}
        code, _, err = run("pull", place.base_url, **blanks)
        assert code == 1
        assert "certificate is not trusted (UnknownIssuer)" in err
        assert "SSL_CERT_FILE" in err
        _, out, _ = run("doctor", **way)
        assert "✗ https://127.0.0.1/CURRENT could not be read" in out
        assert "SSL_CERT_FILE" in out
        way |= blanks | {"SSL_CERT_FILE": str(place.authority)}
        _, out, _ = run("doctor", **way)
        assert "✓ In the place that TESTIO_SNAPSHOT_URL names, 2" in out
        code, out, _ = run("pull", place.base_url, **way)
        assert code == 0
        assert "published" in out
        code, _, err = run("pull", place.base_url, HTTPS_PROXY=f"http://user:{SECRET}@127.0.0.1:9")
        assert code == 1
        assert "the proxy that HTTPS_PROXY names" in err
        assert SECRET not in err


@pytest.mark.parametrize(
    "url", ["https://[", "https://a..b/v2", "https://" + "a" * 70 + ".io", "https://x:y/"]
)
def test_doctor_says_of_an_address_that_is_none_what_a_refresh_would(run: Run, url: str) -> None:
    """`doctor` itself ended in a traceback over the address that it was asked about."""
    for task in ("doctor", "refresh"):
        code, out, err = run(task, **TOKEN, TESTIO_CUSTOMER_API_BASE_URL=url)
        assert code == 1
        assert "TESTIO_CUSTOMER_API_BASE_URL is not a URL." in out + err
        assert "Traceback" not in out + err
