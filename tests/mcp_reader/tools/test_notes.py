"""The one tool that writes into the context folder is off by default, and writes one file when it is on."""

from pathlib import Path

import pytest

from demo.account.account import demo_account
from tests.mcp_reader.calls import asking
from tests.mcp_reader.published_account import publish_account


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A snapshot folder with a small account; never write into it."""
    root = tmp_path_factory.mktemp("small") / "snapshots"
    publish_account(root, demo_account(32, bugs=64))
    return root


def files_in(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file()]


@pytest.mark.slow
async def test_the_tool_is_not_there_unless_a_setting_asks_for_it(small: Path) -> None:
    async with asking(small) as ask:
        assert "add_note" not in {tool.name for tool in await ask.client.list_tools()}
    async with asking(small, testio_add_note=True) as ask:
        (tool,) = [one for one in await ask.client.list_tools() if one.name == "add_note"]
        assert tool.annotations is not None
        assert tool.annotations.read_only_hint is False
    async with asking(small, testio_add_note=True, disabled_tools=("add_note",)) as ask:
        assert "add_note" not in {tool.name for tool in await ask.client.list_tools()}


@pytest.mark.slow
async def test_a_note_is_written_shown_by_the_summary_and_added_to_by_its_hash(
    small: Path, tmp_path: Path
) -> None:
    async with asking(small, testio_add_note=True, testio_context_dir=tmp_path) as ask:
        added = await ask("add_note", target="product 598", text="Ship in December.", kind="decision")
        assert (added["file"], added["created"]) == ("notes/product/598.md", True)
        (note,) = (await ask("get_product_summary", product_id=598))["team"]["notes"]
        assert (note["text"], note["internal"]) == ("Ship in December.", True)
        refused = await ask.failing("add_note", target="product 598", text="Or in January.")
        assert added["hash"] in refused
        again = await ask(
            "add_note", target="Product/598", text="Or in January.", expected_hash=added["hash"]
        )
        assert again["created"] is False
        (note,) = (await ask("get_product_summary", product_id=598))["team"]["notes"]
        assert "Or in January." in note["text"]
    assert files_in(tmp_path) == ["598.md"]


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("product 7", "Product 7 is not"),
        ("../x 1", "does not name"),
        ("product ../598", "does not name"),
        ("", ""),
    ],
)
async def test_what_is_not_in_the_snapshot_gets_no_note(
    small: Path, tmp_path: Path, target: str, expected: str
) -> None:
    async with asking(small, testio_add_note=True, testio_context_dir=tmp_path / "context") as ask:
        assert expected in await ask.failing("add_note", target=target, text="x")
        assert "kind" in await ask.failing("add_note", target="product 598", text="x", kind="idea")
    assert files_in(tmp_path) == []
