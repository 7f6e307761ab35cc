"""An equal call over the same version gets the same answer without counting again."""

import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastmcp.tools import ToolResult
from mcp_types import TextContent

from demo.account.account import DEMO_NOW, demo_account
from mcp_reader.remembering import COUNTING
from mcp_reader.sources.remembered import Remembered
from mcp_reader.tools import TOOLS, analytics, report
from tests.mcp_reader.calls import Asking, asking
from tests.mcp_reader.published_account import publish_account

PIVOT = {"metrics": "bug_count", "dimensions": "severity"}


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The pivots and reports that are really made."""
    made: list[str] = []
    for module, name in ((analytics, "query"), (report, "report_view")):
        make = getattr(module, name)

        def noted(*arguments: Any, _make: Any = make, _name: str = name, **named: Any) -> Any:
            made.append(_name)
            return _make(*arguments, **named)

        monkeypatch.setattr(module, name, noted)
    return made


def an_answer(letters: int) -> ToolResult:
    return ToolResult(content=[TextContent(type="text", text="x" * letters)], structured_content={})


async def test_an_equal_call_is_answered_from_what_was_counted_before(
    ask: Asking, counted: list[str]
) -> None:
    first = await ask("query_metrics", **PIVOT, limit=7)
    again = await ask("query_metrics", limit=7, **PIVOT)
    assert again == first
    assert counted == ["query"]
    other = await ask("query_metrics", **PIVOT, limit=1)
    assert len(other["rows"]) == 1
    assert counted == ["query", "query"]


async def test_what_the_caller_should_be_told_of_its_arguments_is_told_each_time(ask: Asking) -> None:
    plain = await ask("query_metrics", **PIVOT, limit=6)
    warned = await ask("query_metrics", **PIVOT, limit=6, sessionId="1")
    assert any("sessionId" in warning for warning in warned["warnings"])
    assert await ask("query_metrics", **PIVOT, limit=6) == plain


@pytest.mark.slow
async def test_another_version_is_counted_anew(
    demo_snapshot: Path, tmp_path: Path, counted: list[str]
) -> None:
    root = tmp_path / "snapshots"
    shutil.copytree(demo_snapshot, root)
    async with asking(root) as ask:
        before = await ask("query_metrics", **PIVOT)
        publish_account(root, demo_account(36, bugs=150), at=DEMO_NOW + timedelta(days=1))
        after = await ask("query_metrics", **PIVOT)
    assert counted == ["query", "query"]
    assert after["data_as_of"] != before["data_as_of"]
    assert after["totals"] != before["totals"]


async def test_a_report_into_a_file_is_written_each_time(
    demo_snapshot: Path, tmp_path: Path, counted: list[str]
) -> None:
    async with asking(demo_snapshot, reports=tmp_path) as ask:
        for _ in range(2):
            await ask("generate_quality_report", output_file="all.json")
            (tmp_path / "all.json").unlink()
    assert counted == ["report_view", "report_view"]


def test_only_known_tools_are_remembered() -> None:
    assert {tool.__name__ for tool in TOOLS} >= COUNTING


def test_the_oldest_answers_go_when_there_are_too_many_letters() -> None:
    kept = Remembered(most=100)
    for name in (b"a", b"b"):
        kept.put(name, an_answer(50))
    assert kept.get(b"a") is not None
    kept.put(b"c", an_answer(50))
    assert kept.get(b"b") is None
    assert kept.get(b"a") is not None
    kept.put(b"d", an_answer(101))
    assert kept.get(b"d") is None
    kept.put(b"a", an_answer(60))
    kept.put(b"a", an_answer(60))
    assert kept.get(b"a") is not None
