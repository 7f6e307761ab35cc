"""Answers stay within bounds at any size that is asked for, say what they leave out, and hold up nobody."""

import asyncio
import os
import shutil
import threading
from pathlib import Path
from typing import Any

import anyio.to_thread
import pytest
from rapidfuzz import process

from base.bounds import MESSAGE_DEPTH
from build.facts import likeness
from demo.account.account import demo_account
from mcp_reader.text import MOST_LETTERS
from snapshot.reader import open_snapshot
from snapshot.storage.layout import document_path
from tests.build.search.test_tampered_index import nobody
from tests.effort import GUARD
from tests.mcp_reader.calls import Asking, asking, said
from tests.mcp_reader.published_account import publish_account
from tests.snapshot.documents import a_test, product, publish_version, raw_bug

MILLION = 1_000_000
TITLES = {
    4001: "Basket broken on the second page of the shop",
    4002: "Basket broken on the second page of the shop" + "x" * MILLION,
    4003: "Basket broken " * (MILLION // 14),
    4004: "Basket broken on the second " + "a\u0301\u0327" * (MILLION // 3),
}
"""An ordinary title beside three of a million letters."""


@pytest.mark.slow
async def test_other_calls_are_answered_while_a_bug_beside_titles_of_a_million_letters_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tester with a long title held up every other question for two minutes."""
    bugs = [raw_bug(number, title=title) for number, title in TITLES.items()]
    publish_version(tmp_path, [product(), a_test(1, bugs=bugs)])
    at_work, go_on, compared = threading.Event(), threading.Event(), list[int]()

    def extract(title: str, titles: list[str], **options: Any) -> Any:
        compared.extend(map(len, (title, *titles)))
        at_work.set()
        assert go_on.wait(GUARD)
        return process.extract(title, titles, **options)

    async with asking(tmp_path) as ask:
        await ask("list_products")  # the version is open
        monkeypatch.setattr(likeness, "process", type("Held", (), {"extract": staticmethod(extract)}))
        held = [asyncio.ensure_future(ask("get_bug_summary", bug_id=number)) for number in TITLES]
        assert await anyio.to_thread.run_sync(at_work.wait, GUARD), [
            one.result() for one in held if one.done()
        ]
        answers = [await ask("list_products"), await ask("list_bugs"), await ask("list_tests")]
        answers.append(await ask("get_server_diagnostics"))
        assert not any(one.done() for one in held)
        go_on.set()
        answers += await asyncio.gather(*held)
    assert max(compared) <= likeness.COMPARED_LETTERS
    assert max(len(str(answer)) for answer in answers) < 10_000


@pytest.mark.slow
@pytest.mark.parametrize(
    ("tool", "field", "arguments"),
    [
        ("list_products", "products", {}),
        ("list_tests", "tests", {}),
        ("list_features", "features", {}),
        ("list_users", "users", {"days": 3650}),
        ("list_bugs", "bugs", {"fields": "steps,actual_result,expected_result,devices"}),
        ("list_bugs", "bugs", {}),
    ],
)
async def test_a_page_of_200_is_bounded_and_the_rest_is_where_it_says(
    tool: str, field: str, arguments: dict[str, Any], medium_snapshot: Path
) -> None:
    """One answer of 660 kB filled the window of the model, which then knew nothing else."""
    async with asking(medium_snapshot) as ask:
        seen: list[str] = []
        offset, total = 0, 1
        for _ in range(8):
            answer = await ask(tool, per_page=200, offset=offset, **arguments)
            text = len(str(answer))
            assert text <= 1.2 * MOST_LETTERS, (tool, text)
            rows, place = answer.get(field, []), answer["pagination"]
            seen += [
                str(row.get("id") or [row.get("name"), row.get("username"), row.get("user_ids")])
                for row in rows
            ]
            total = place["total_count"]
            assert place["has_more"] is (offset + len(rows) < total)
            assert place["end_index"] == offset + len(rows) - 1
            if len(rows) < min(200, total - offset):
                assert f"offset={offset + len(rows)}" in " ".join(answer["warnings"])
            offset += len(rows)
            if not place["has_more"]:
                break
        assert len(set(seen)) == len(seen) == min(offset, total)


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments", [{}, {"start_date": "all"}, {"start_date": "all", "compare": "previous_period"}]
)
async def test_a_report_in_markdown_is_bounded_and_says_where_all_of_it_is(
    arguments: dict[str, Any], medium_snapshot: Path, tmp_path: Path
) -> None:
    async with asking(medium_snapshot, reports=tmp_path) as ask:
        answer = await ask("generate_quality_report", format="markdown", **arguments)
        text = answer["markdown"]
        assert len(text) <= MOST_LETTERS
        if "left out" in text or "more" in text:
            assert "output_file" in text + " ".join(answer.get("warnings", ()))


DEEPEST = MESSAGE_DEPTH - 3
"""Lists that may stand in each other in an argument: the message, its parameters and arguments are three."""


@pytest.mark.parametrize("innermost", ["", "598", '{"a":1}'])
@pytest.mark.parametrize(
    ("tool", "argument"),
    [
        ("list_tests", "product_ids"),
        ("list_bugs", "severity"),
        ("query_metrics", "filters"),
        ("query_metrics", "metrics"),
        ("get_bug_summary", "bug_id"),
        ("list_products", "search"),
        ("search", "query"),
        ("list_products", "sessionId"),
        ("list_products", "customer"),
    ],
)
async def test_a_list_just_below_the_limit_that_reaches_a_tool_is_answered(
    ask: Asking, tool: str, argument: str, innermost: str
) -> None:
    """A client waited for ever for the answer to what no recursion could follow."""
    value: Any = innermost
    for level in range(DEEPEST):
        value = [value] if level % 2 else {"a": value}
    result = await ask.client.call_tool_mcp(tool, {argument: value})
    text = said(result)
    assert len(text) < 6_000
    assert not result.is_error or text.startswith("❌")
    assert "failed unexpectedly" not in text


CALLS: list[tuple[str, dict[str, Any]]] = [
    ("list_products", {}),
    ("list_tests", {"product_ids": 598}),
    ("list_bugs", {}),
    ("generate_quality_report", {"start_date": "all"}),
    ("query_metrics", {"metrics": "bug_count"}),
    ("get_server_diagnostics", {"include_events": True}),
    ("get_problematic_tests", {}),
    ("search", {"query": "checkout"}),
]


@pytest.mark.slow
@pytest.mark.parametrize("damaged", [False, True])
@pytest.mark.parametrize("cache", ["cache", "no/such/place"])
async def test_a_reader_over_a_read_only_folder_answers_and_writes_nothing_beside_it(
    damaged: bool, cache: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A snapshot on a share that may only be read, and cut in one place, ended the reader in a traceback."""
    was = os.geteuid()
    with nobody() as folder:
        root = folder / "snapshots"
        publish_account(root, small := demo_account(12, bugs=24))
        test_id = small.test_ids[598][0]
        entry = open_snapshot(root).entry("test", test_id)
        assert entry is not None
        if damaged:
            path = document_path(root, entry.sha256)
            path.write_bytes(path.read_bytes()[:-9])
        shutil.copytree(root, folder / "warm")
        async with asking(folder / "warm", reports=folder / "reports") as ask:  # everything is loaded by now
            expected = [said(await ask.client.call_tool_mcp(*call)) for call in CALLS]
        (folder / "cache").mkdir(mode=0o777)
        (folder / "cache").chmod(0o777)
        monkeypatch.setenv("XDG_CACHE_HOME", str(folder / cache))
        for path in (root, *root.rglob("*")):
            path.chmod(0o555 if path.is_dir() else 0o444)
        before = {path.relative_to(root): path.stat().st_mtime_ns for path in root.rglob("*")}
        async with asking(root, reports=folder / "reports") as ask:  # which opens nothing yet
            if os.geteuid() == 0:
                os.seteuid(65534)
            found = [said(await ask.client.call_tool_mcp(*call)) for call in CALLS]
            os.seteuid(was)
        assert {path.relative_to(root): path.stat().st_mtime_ns for path in root.rglob("*")} == before
    for (tool, _), text, wanted in zip(CALLS, found, expected, strict=True):
        assert "failed unexpectedly" not in text, tool
        assert str(folder) not in text
        if tool in {"list_products", "list_tests", "list_bugs", "query_metrics"}:
            assert text == wanted, tool
    if damaged:
        assert f"Test {test_id}" in found[1]
