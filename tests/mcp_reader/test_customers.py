"""A reader over several customers answers for exactly one of them, and asks which."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastmcp import Client

from mcp_reader.server import create_server
from tests.mcp_reader.calls import Asking, asking, settings_of


@asynccontextmanager
async def serving(two: Path, reports: Path = Path("reports")) -> AsyncIterator[Asking]:
    settings = [
        settings_of(two / name, testio_account=name, testio_customer_name=title)
        for name, title in (("acme", "acme"), ("globex", "Globex Inc."))
    ]
    async with Client(create_server(*settings, reports=reports)) as client:
        schemas = {tool.name: tool.output_schema or {} for tool in await client.list_tools()}
        yield Asking(client, schemas)


async def test_customers_are_listed_and_no_answer_mixes_two(two: Path, tmp_path: Path) -> None:
    async with serving(two, tmp_path / "reports") as ask:
        listed = (await ask("list_customers"))["customers"]
        assert [(row["customer"], row["tests"]) for row in listed] == [("acme", 10), ("globex", 24)]
        found = {
            name: {row["id"] for row in (await ask("list_tests", customer=name, per_page=200))["tests"]}
            for name in ("acme", "globex")
        }
        assert len(found["acme"]) == 10
        assert len(found["globex"]) == 24
        by_title = await ask("list_tests", customer="GLOBEX inc.", per_page=200)
        assert {row["id"] for row in by_title["tests"]} == found["globex"]
        written = await ask("generate_quality_report", customer="globex", output_file="all.md")
    assert (tmp_path / "reports" / "globex" / "all.md").is_file()
    assert "globex" in written["output_file"]


async def test_every_tool_asks_for_the_customer_and_names_them(two: Path) -> None:
    async with serving(two) as ask:
        tools = [tool for tool in await ask.client.list_tools() if tool.name != "list_customers"]
        for tool in tools:
            assert tool.input_schema["properties"]["customer"]["type"] == "string"
            assert "customer" in tool.input_schema["required"]
            said = await ask.failing(tool.name)
            assert "customer is missing" in said, tool.name
            assert "acme, globex" in said
        assert "customer='initech' is not served here" in await ask.failing(
            "list_products", customer="initech"
        )


async def test_a_single_customer_is_compared_when_it_has_a_name(demo_snapshot: Path) -> None:
    async with asking(demo_snapshot, testio_customer_name="Acme") as ask:
        assert await ask("list_products", customer="acme") == await ask("list_products", customer="")
        assert "'globex' is not served here" in await ask.failing("list_products", customer="globex")
        tools = await ask.client.list_tools()
    assert not any("customer" in tool.input_schema["properties"] for tool in tools)
    async with asking(demo_snapshot) as ask:
        (warning,) = (await ask("list_products", customer="acme"))["warnings"]
    assert "was compared with nothing" in warning
