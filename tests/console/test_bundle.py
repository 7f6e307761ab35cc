"""The bundle for Claude Desktop holds what it needs, is checked, and starts where it is unpacked."""

import asyncio
import io
import json
import os
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastmcp import Client
from fastmcp.client.transports import StdioTransport
from invoke.context import Context

from base.errors import InvalidInput, Unavailable
from config import scrubbing
from config.scrubbing import hide
from console.bundle import BundleManifest, offered, pack, see_offer, unpack, write
from console.dev_tasks import bundle
from mcp_reader.tools import TOOLS
from snapshot.errors import Refused

ROOT = Path(__file__).parents[2]
PNG = b"\x89PNG\r\n\x1a\n"
PROJECT = """
[project]
name = "testio-reports"
version = "0.1.0"
[tool.hatch.build.targets.wheel]
only-include = ["room"]
"""
TOKEN = "a-token-that-is-known-to-be-one"  # pragma: allowlist secret


def manifest_of(checkout: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((checkout / "manifest.json").read_text())
    return found


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a small checkout with the manifest of this one."""
    files = {
        "pyproject.toml": PROJECT.encode(),
        "manifest.json": (ROOT / "manifest.json").read_bytes(),
        "tasks.py": b"",
        "docs/icon.png": PNG,
        "docs/page.md": b"not in it",
        "room/module.py": b"WHAT = 1\n",
        "room/__pycache__/module.cpython-311.pyc": b"\0",
        "room/.env": b"TESTIO_CUSTOMER_API_TOKEN=1\n",
        "other/module.py": b"",
        ".env": b"",
    }
    for name, content in files.items():
        (tmp_path / "checkout" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "checkout" / name).write_bytes(content)
    return tmp_path / "checkout"


def test_a_bundle_holds_the_rooms_and_what_its_manifest_names_and_its_bytes_are_always_the_same(
    checkout: Path,
) -> None:
    packed = pack(checkout)
    names = zipfile.ZipFile(io.BytesIO(packed)).namelist()
    assert names == ["docs/icon.png", "manifest.json", "pyproject.toml", "room/module.py", "tasks.py"]
    for path in checkout.rglob("*"):
        os.utime(path, (0, 0))
        path.chmod(0o700)
    assert pack(checkout) == packed


def test_a_bundle_that_is_right_is_unpacked(checkout: Path, tmp_path: Path) -> None:
    manifest = unpack(pack(checkout), tmp_path / "unpacked", checkout)
    assert (tmp_path / "unpacked" / manifest.server.entry_point).is_file()


def without(*names: str) -> Callable[[Path], None]:
    def spoil(checkout: Path) -> None:
        for name in names:
            (checkout / name).unlink()

    return spoil


def holding(name: str, content: str) -> Callable[[Path], None]:
    def spoil(checkout: Path) -> None:
        (checkout / name).write_text(content, encoding="utf-8")

    return spoil


def saying(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    def spoil(checkout: Path) -> None:
        found = manifest_of(checkout)
        change(found)
        (checkout / "manifest.json").write_text(json.dumps(found))

    return spoil


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (saying(lambda found: found.update(version="0.2.0")), "version: it is 0.1.0 in pyproject.toml"),
        (saying(lambda found: found.update(colour="blue")), "colour: Extra inputs are not permitted"),
        (saying(lambda found: found["tools"][0].pop("name")), "tools.0.name: Field required"),
        (saying(lambda found: found["server"].update(type="ruby")), "server.type"),
        (without("tasks.py", "docs/icon.png"), "docs/icon.png is named, and not in the bundle; tasks.py is"),
        (holding("manifest.json", "{"), "all of it: Invalid JSON"),
        (holding("manifest.json", "[]"), "all of it: Input should be an object"),
        (holding("docs/icon.png", "<svg/>"), "docs/icon.png is no PNG picture"),
        (saying(lambda found: found["server"]["mcp_config"]["args"].pop(6)), "user_config.folder is used or"),
        (saying(lambda found: found["user_config"]["token"].pop("default")), "its place holder reaches"),
        (saying(lambda found: found["user_config"]["token"].update(sensitive=False)), "is a secret, which"),
        (
            saying(lambda found: found["server"]["mcp_config"]["env"].update(TESTIO_COLOUR="blue")),
            "TESTIO_COLOUR is no setting",
        ),
        (holding("room/module.py", "PLACE = '/home/ada/reports'"), "room/module.py names a folder of this"),
        (holding("room/module.py", f"IT = {TOKEN!r}"), "room/module.py holds a token"),
    ],
)
def test_what_is_wrong_with_a_bundle_is_said(
    checkout: Path, tmp_path: Path, spoil: Callable[[Path], None], said: str
) -> None:
    hide(TOKEN)
    spoil(checkout)
    with pytest.raises(InvalidInput) as caught:
        unpack(pack(checkout), tmp_path / "unpacked", checkout)
    assert said in caught.value.what


def test_a_tool_that_only_one_of_manifest_and_server_has_is_named() -> None:
    manifest = BundleManifest.model_validate_json((ROOT / "manifest.json").read_bytes())
    listed = {
        "tools": {one.name for one in manifest.tools},
        "prompts": {one.name for one in manifest.prompts},
    }
    see_offer(manifest, listed)
    with pytest.raises(InvalidInput, match="tools: manifest and server differ in list_bugs, list_flaws"):
        see_offer(manifest, listed | {"tools": listed["tools"] - {"list_bugs"} | {"list_flaws"}})


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("uv-of-nobody", "uv-of-nobody is not installed"),
        (sys.executable, "does not start. Connection closed."),
    ],
)
def test_a_server_that_cannot_be_started_is_one_clear_error(checkout: Path, command: str, said: str) -> None:
    manifest = BundleManifest.model_validate_json((ROOT / "manifest.json").read_bytes())
    manifest.server.mcp_config.command = command
    manifest.server.mcp_config.args = ["-c", "pass"]
    with pytest.raises(Unavailable, match=said):
        offered(manifest, checkout)


def test_only_an_older_bundle_is_replaced(checkout: Path, tmp_path: Path) -> None:
    place = tmp_path / "reports.mcpb"
    for _ in range(2):
        write(place, pack(checkout))
    place.write_bytes(b"my thesis")
    with pytest.raises(Refused, match="is another file"):
        write(place, pack(checkout))
    assert place.read_bytes() == b"my thesis"


@pytest.mark.slow
def test_the_task_makes_a_bundle_whose_server_answers_from_the_chosen_folder(
    demo_snapshot: Path,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(scrubbing, "_secrets", set())  # the demo server's token is in its code
    monkeypatch.setenv("UV_PROJECT_ENVIRONMENT", str(tmp_path / "of others"))
    place, unpacked, folder = tmp_path / "reports.mcpb", tmp_path / "unpacked", tmp_path / "folder"
    bundle(Context(), output=str(place))
    assert f"It starts, and offers 2 prompts, {len(TOOLS)} tools." in capfd.readouterr().out
    assert not (tmp_path / "of others").exists()
    start = unpack(place.read_bytes(), unpacked, ROOT).server.mcp_config
    folder.mkdir()
    (folder / ".env").write_text(f"TESTIO_SNAPSHOT_DIR={demo_snapshot}\n", encoding="utf-8")
    values = {"${__dirname}": str(unpacked), "${user_config.folder}": str(folder)}
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TESTIO", "VIRTUAL"))}
    kept |= {"UV_PROJECT_ENVIRONMENT": sys.prefix, "UV_NO_SYNC": "1"}  # libraries are installed once
    transport = StdioTransport(
        start.command,
        [values.get(one, one) for one in start.args],
        env=kept | dict.fromkeys(start.env, ""),
        keep_alive=False,
    )

    async def products() -> Any:
        async with Client(transport) as client:
            return (await client.call_tool("list_products", {})).structured_content

    assert len(asyncio.run(products())["products"]) == 5
