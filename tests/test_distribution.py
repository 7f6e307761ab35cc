"""What clients and registries are told of the server is what it is. UPDATE_DOCS=1 writes lists and skills."""

import inspect
import json
import os
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from fastmcp import Client
from fastmcp.utilities.mcp_server_config import MCPServerConfig
from mcp_types import TextContent

from config.settings import Settings
from mcp_reader.playbook import playbook
from mcp_reader.prompts import analyze_product_quality, prep_meeting
from mcp_reader.server import create_server
from quality.options import QualityOptions

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
START = ["run", "--no-sync", "--directory", "testio-reports", "mcp"]


def written(name: str) -> Any:
    return json.loads((ROOT / name).read_text(encoding="utf-8"))


def starts(command: str, arguments: list[str]) -> bool:
    """Whether it starts the server without a check of the environment, from any folder."""
    return command == "uv" and [one for one in arguments if one in START] == START


@pytest.mark.parametrize("name", ["manifest.json", "server.json", ".claude-plugin/plugin.json"])
def test_name_version_and_licence_are_those_of_the_project(name: str) -> None:
    found = written(name)
    assert found["version"] == PROJECT["version"]
    assert found["name"].rpartition("/")[2] == PROJECT["name"]
    assert found.get("license", "MIT") == PROJECT["license"]
    assert len(found["description"]) <= 100


async def test_the_bundle_names_every_tool_and_prompt() -> None:
    manifest = written("manifest.json")
    async with Client(create_server(Settings(env_file=None, testio_snapshot_dir=Path("nowhere")))) as client:
        tools = [
            {"name": tool.name, "description": (tool.description or "").split("\n\n")[0].replace("\n", " ")}
            for tool in await client.list_tools()
        ]
        prompts = []
        for prompt in await client.list_prompts():
            content = (await client.get_prompt(prompt.name, {})).messages[0].content
            assert isinstance(content, TextContent)
            prompts.append({"name": prompt.name, "description": prompt.description, "text": content.text})
    if os.environ.get("UPDATE_DOCS"):
        manifest |= {"tools": tools, "prompts": prompts}
        text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
        (ROOT / "manifest.json").write_text(text, encoding="utf-8")
    assert (manifest["tools"], manifest["prompts"]) == (tools, prompts)
    server = manifest["server"]
    assert (ROOT / server["entry_point"]).is_file()
    assert "--no-sync" not in server["mcp_config"]["args"]  # nothing is installed where it is unpacked
    named = set(re.findall(r"\$\{user_config\.(\w+)\}", json.dumps(server)))
    assert named == set(manifest["user_config"])
    assert {name.lower() for name in server["mcp_config"]["env"]} <= set(Settings.model_fields)


def test_the_registry_is_told_settings_that_exist() -> None:
    (package,) = written("server.json")["packages"]
    assert package["identifier"] == PROJECT["name"]
    assert package["identifier"] in PROJECT["scripts"]
    assert package["version"] == PROJECT["version"]
    assert {one["name"].lower() for one in package["environmentVariables"]} <= set(Settings.model_fields)
    assert {one["name"] for one in package["environmentVariables"] if one.get("isSecret")} == {
        "TESTIO_CUSTOMER_API_TOKEN"
    }


async def test_fastmcp_finds_the_server_by_its_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    config = MCPServerConfig.from_file(ROOT / "fastmcp.json")
    source = config.source.model_copy(update={"path": str(ROOT / config.source.path)})
    server = await source.load_server()
    async with Client(server) as client:
        assert "list_products" in {tool.name for tool in await client.list_tools()}


def test_the_plugin_starts_the_server() -> None:
    (server,) = written(".mcp.json")["mcpServers"].values()
    assert starts(server["command"], server["args"])


def test_every_snippet_for_a_client_starts_the_server_without_a_check() -> None:
    text = (ROOT / "docs" / "clients.md").read_text(encoding="utf-8")
    blocks = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", text, re.DOTALL)]
    assert len(blocks) >= 3
    for block in blocks:
        ((server,),) = [list(part.values()) for part in block.values()]
        assert starts(server["command"], server["args"])
    (line,) = re.findall(r"\$ claude mcp add testio -- (.*)", text)
    command, *arguments = line.split()
    assert starts(command, arguments)


def skills() -> dict[str, str]:
    """The text of each skill: the prompts without arguments, and the playbook with the default limits."""
    found = {}
    for module in (analyze_product_quality, prep_meeting):
        function = getattr(module, module.NAME.replace("-", "_"))
        said = (inspect.getdoc(function) or "").split("\n")[0]
        found[module.NAME] = f"---\nname: {module.NAME}\ndescription: {said}\n---\n\n{function()}\n"
    said = "How to read Test IO results: states, verdicts, patterns, and which tool answers which question."
    found["playbook"] = f"---\nname: playbook\ndescription: {said}\n---\n\n{playbook(QualityOptions())}"
    return found


def test_the_skills_of_the_plugin_are_the_prompts_and_the_playbook() -> None:
    for name, text in skills().items():
        path = ROOT / "skills" / name / "SKILL.md"
        if os.environ.get("UPDATE_DOCS"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.read_text(encoding="utf-8") == text
