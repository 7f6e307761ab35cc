"""The reader wherever it is started: it answers, and says which folder and which variable are meant."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastmcp import Client
from fastmcp.client.transports import StdioTransport
from mcp.shared.exceptions import MCPError
from pydantic import SecretStr

from demo.account.account import demo_account
from demo.server.server import serve
from tests.mcp_reader.calls import asking, said
from tests.mcp_reader.test_stdio import environment
from tests.ways import bare_way, behind_private_authority

SECRET = "s3cr3t"
TOKEN = "a-token-of-a-test"
MCP = "from tasks import program; program.run(['testio-reports', 'mcp'])"


@pytest.fixture(autouse=True)
def _bare_environment() -> Iterator[None]:
    with bare_way():
        yield


async def answers(
    folder: Path | str, snapshots: Path | str, *calls: tuple[str, dict[str, Any]], **variables: str
) -> list[str]:
    """What a real process says to some calls of tools."""
    transport = StdioTransport(
        sys.executable,
        ["-c", MCP],
        env=environment(Path(snapshots), **variables),
        cwd=str(folder),
        keep_alive=False,
    )
    async with Client(transport) as client:
        return [said(await client.call_tool_mcp(tool, arguments)) for tool, arguments in calls]


@pytest.mark.slow
async def test_a_reader_started_in_the_root_says_where_it_looked() -> None:
    """Clients start servers in `/`: "no snapshot yet" sent people to take one where nobody looked."""
    calls: list[tuple[str, dict[str, Any]]] = [("list_products", {}), ("get_server_diagnostics", {})]
    for text in await answers("/", "no-such-snapshots", *calls):
        assert "'no-such-snapshots' in '/'" in text
        assert "TESTIO_SNAPSHOT_DIR" in text


@pytest.mark.parametrize(
    ("folder", "named"),
    [
        ("nothing", "'nothing' in 'home'"),
        ("empty", "'empty' in 'home'"),
        (".", "'home'"),
        ("deep/er", "'er' in 'deep'"),
        ("/no-such-snapshots", "'no-such-snapshots' in '/'"),
        ("/", "The folder '/' holds"),
    ],
)
async def test_every_answer_without_a_snapshot_names_the_folder_and_the_variable(
    folder: str,
    named: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Tools, diagnostics and resources alike, and never more of the machine's path than two names."""
    (tmp_path / "home" / "empty").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "home")
    async with asking(Path(folder)) as ask:
        texts = [await ask.failing("list_products"), await ask.failing("get_bug_summary", bug_id=1)]
        texts.append((await ask("get_server_diagnostics"))["problem"])
        (content,) = await ask.client.read_resource("testio://snapshot/manifest")
        texts.append(str(getattr(content, "text", "")))
        with pytest.raises(MCPError) as caught:
            await ask.client.read_resource("testio://products/598/report.md")
        texts.append(str(caught.value))
    for text in texts:
        assert named in text
        assert "TESTIO_SNAPSHOT_DIR" in text
        assert str(tmp_path) not in text
    assert "Traceback" not in caplog.text


BARRED = [
    ("HTTPS_PROXY", f"foo://user:{SECRET}@x"),
    ("https_proxy", "http://[::1"),
    ("ALL_PROXY", "socks5://"),
    ("SSL_CERT_FILE", "/no/such/file"),
    ("SSL_CERT_DIR", "/no/such/folder"),
    ("SSLKEYLOGFILE", "/no/such/folder/keys"),
    ("TESTIO_CUSTOMER_API_BASE_URL", "https://[/v2"),
    ("TESTIO_CUSTOMER_API_BASE_URL", "http://api.example/v2"),
    ("TESTIO_CUSTOMER_API_TOKEN_FILE", "/no/such/file"),
]
"""Variables that bar the way to the API."""


@pytest.mark.parametrize(("name", "value"), BARRED)
async def test_a_variable_that_bars_the_way_is_named_and_the_snapshot_still_read(
    name: str, value: str, demo_snapshot: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader that ended over a proxy it did not need gave its client no more than that it failed."""
    monkeypatch.setenv(name, value)
    settings: dict[str, Any] = {} if "TOKEN" in name else {"testio_customer_api_token": SecretStr(TOKEN)}
    async with asking(demo_snapshot, **settings) as ask:
        assert len((await ask("list_products"))["products"]) == 5
        problem = (await ask("get_server_diagnostics"))["upstream"]["problem"]
        text = await ask.failing("get_test_summary", test_id=1)
    for told in (problem, text):
        assert f"{name} cannot be used" in told
        assert SECRET not in told
        assert value not in told
    assert "invoke doctor" in text


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "value"),
    [BARRED[0], BARRED[3], ("NO_PROXY", "[::1],10.0.0.0/8,[")],
)
async def test_a_process_starts_with_variables_that_bar_the_way(
    name: str, value: str, demo_snapshot: Path, tmp_path: Path
) -> None:
    """Libraries read these variables too, some of them when they are loaded."""
    api = {"TESTIO_CUSTOMER_API_TOKEN": TOKEN, "TESTIO_CUSTOMER_API_BASE_URL": "https://127.0.0.1:9/v2"}
    if "PROXY" in name:
        api["TESTIO_CUSTOMER_API_BASE_URL"] = "https://api.invalid/v2"
    products, state = await answers(
        tmp_path,
        demo_snapshot,
        ("list_products", {}),
        ("get_server_diagnostics", {}),
        **api,
        **{"ALL_PROXY": " ", name: value},
    )
    assert "Halo Shop" in products
    assert (f"{name} cannot be used" in state) is ((name, value) in BARRED)


async def test_the_diagnostics_tell_a_private_authority_and_it_works_once_it_is_named(
    demo_snapshot: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The word "unreachable" alone sends people to their network, where nothing is wrong."""
    with serve(demo_account(8, bugs=8)) as api, behind_private_authority(api.base_url, tmp_path) as private:
        chosen: dict[str, Any] = {
            "testio_customer_api_token": SecretStr(api.token),
            "testio_customer_api_base_url": private.base_url,
        }
        async with asking(demo_snapshot, **chosen) as ask:
            state = (await ask("get_server_diagnostics"))["upstream"]
            assert state["state"] == "unreachable"
            assert "private authority (CA)" in state["problem"]
            assert "SSL_CERT_FILE" in state["problem"]
        monkeypatch.setenv("SSL_CERT_FILE", str(private.authority))
        async with asking(demo_snapshot, **chosen) as ask:
            assert (await ask("get_server_diagnostics"))["upstream"]["state"] == "reachable"
