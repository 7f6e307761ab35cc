"""The golden list of tools: what a client is told of each one, kept in `tests/gold/tools`.

`python -m tests.mcp_reader.golden_tools` accepts what is offered now; look at the difference before
committing it.
"""

import asyncio
import json
from pathlib import Path

from mcp_types import Tool

from tests.mcp_reader.calls import asking

GOLD = Path(__file__).parents[1] / "gold" / "tools"
TOLD = {"title", "description", "input_schema", "annotations"}
"""What a model chooses and fills a tool by; the schemas of answers are checked by each answer."""


def described(tools: list[Tool]) -> dict[str, str]:
    """What is told of each tool, as JSON, by the name of its file."""
    return {
        f"{tool.name}.json": json.dumps(
            tool.model_dump(mode="json", include=TOLD, by_alias=True, exclude_none=True),
            indent=2,
            ensure_ascii=False,
            sort_keys=True,
        )
        + "\n"
        for tool in tools
    }


def accepted() -> dict[str, str]:
    """The accepted descriptions by the names of their files."""
    return {path.name: path.read_text(encoding="utf-8") for path in GOLD.glob("*")}


async def offered() -> dict[str, str]:
    """The descriptions of the tools that a server offers now."""
    async with asking(Path("nowhere")) as ask:
        return described(await ask.client.list_tools())


def accept() -> list[str]:
    """Make what is offered now the accepted list; the names of the files that changed."""
    now, before = asyncio.run(offered()), accepted()
    GOLD.mkdir(exist_ok=True)
    for name in before.keys() - now.keys():
        (GOLD / name).unlink()
    for name, text in now.items():
        (GOLD / name).write_text(text, encoding="utf-8")
    return sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))


if __name__ == "__main__":
    for name in accept():
        print(f"tests/gold/tools/{name}")  # noqa: T201 - speaks to a person
