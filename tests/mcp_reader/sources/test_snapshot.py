"""The server follows the published snapshot, and says clearly what is wrong with it."""

import asyncio
import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from build.facts.load import load_facts
from build.search.index import update_index
from demo.account.account import DEMO_NOW, Account, demo_account
from mcp_reader.sources import snapshot
from snapshot.reader import open_snapshot
from snapshot.storage.layout import current_path, document_path, manifest_path
from tests.mcp_reader.calls import asking
from tests.mcp_reader.published_account import publish_account

HALO, TV = 598, 30417
LATER = DEMO_NOW + timedelta(days=1)


@pytest.fixture(scope="module")
def account() -> Account:
    """A small account, as each test changes a snapshot of its own."""
    return demo_account(36, bugs=150)


@pytest.fixture(scope="module")
def published(account: Account, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("published") / "snapshots"
    publish_account(folder, account)
    return folder


@pytest.fixture
def root(published: Path, tmp_path: Path) -> Path:
    """A snapshot folder that a test may change."""
    folder = tmp_path / "snapshots"
    shutil.copytree(published, folder)
    return folder


@pytest.mark.slow
async def test_without_a_snapshot_every_tool_says_how_to_take_one(
    account: Account, tmp_path: Path, mode: str
) -> None:
    root = tmp_path / "snapshots"
    async with asking(root, mode) as ask:
        text = await ask.failing("list_products")
        assert text.startswith("❌ There is no snapshot yet.")
        assert "`invoke refresh build`" in text
        assert "`invoke demo`" in text
        assert "sync_data takes one" in text
        assert str(tmp_path) not in text
        diagnostics = await ask("get_server_diagnostics")
        assert "There is no snapshot yet." in diagnostics["problem"]
        publish_account(root, account)
        assert len((await ask("list_products"))["products"]) == 5


@pytest.mark.slow
async def test_a_new_snapshot_is_picked_up_by_the_next_call(account: Account, root: Path, mode: str) -> None:
    async with asking(root, mode) as ask:
        before = await ask("list_products")
        version = publish_account(root, account, at=LATER, without_products={TV})
        after = await ask("list_products")
        diagnostics = await ask("get_server_diagnostics", include_events=True)
    assert (len(before["products"]), len(after["products"])) == (5, 4)
    assert before["data_as_of"] < after["data_as_of"] == "2026-11-21T06:00:00Z"
    assert diagnostics["snapshot"]["id"] == version
    assert len(diagnostics["events"]) == 2


@pytest.mark.slow
async def test_a_call_in_progress_finishes_on_the_snapshot_that_it_began_with(
    account: Account, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, went_on = asyncio.Event(), asyncio.Event()
    edition_of = snapshot.Library.edition

    async def slow(self: snapshot.Library) -> snapshot.Edition:
        edition = await edition_of(self)
        if edition.facts.as_of == DEMO_NOW:
            began.set()
            await went_on.wait()
        return edition

    monkeypatch.setattr(snapshot.Library, "edition", slow)
    async with asking(root) as ask:
        call = asyncio.ensure_future(ask("list_products"))
        await began.wait()
        publish_account(root, account, at=LATER, without_products={TV})
        assert len((await ask("list_products"))["products"]) == 4
        went_on.set()
        assert len((await call)["products"]) == 5


async def test_a_snapshot_of_a_newer_format_is_refused_by_its_number(root: Path) -> None:
    version = open_snapshot(root).id
    path = manifest_path(root, version)
    path.write_text(path.read_text(encoding="utf-8").replace('"format": 1', '"format": 7'), encoding="utf-8")
    async with asking(root) as ask:
        text = await ask.failing("list_products")
        assert "snapshot format 7" in text
        assert version in text
        assert "format 7" in (await ask("get_server_diagnostics"))["problem"]


@pytest.mark.parametrize("content", ["", "garbage", "20261120T060000Z-000000\n"])
async def test_a_damaged_folder_is_a_clear_error_without_its_path(root: Path, content: str) -> None:
    current_path(root).write_text(content, encoding="utf-8")
    async with asking(root) as ask:
        text = await ask.failing("list_products")
    assert str(root) not in text
    assert "invoke" in text


async def test_of_a_damaged_document_the_product_is_named_and_the_rest_goes_on(
    account: Account, root: Path
) -> None:
    snapshot = open_snapshot(root)
    test_id = account.test_ids[HALO][5]
    entry = snapshot.entry("test", test_id)
    assert entry is not None
    path = document_path(root, entry.sha256)
    path.write_bytes(path.read_bytes()[:200])
    async with asking(root) as ask:
        listed = await ask("list_tests", product_id=HALO)
        assert test_id not in {row["id"] for row in listed["tests"]}
        warning = listed["warnings"][0]
        assert f"Test {test_id} of Halo Shop" in warning
        assert "not counted" in warning
        assert str(root) not in warning
        assert "warnings" not in await ask("list_tests", product_id=TV)
        state = await ask("get_server_diagnostics")
        assert (state["snapshot"]["gaps"], state["gaps"]) == (1, [warning])
        counted = await ask("query_metrics", metrics="bug_count", filters={"product": TV})
        assert warning not in counted.get("warnings", ())
        counted = await ask("query_metrics", metrics="bug_count", filters={"product": HALO})
        assert warning in counted["warnings"]
        text = await ask.failing("get_test_summary", test_id=test_id)
        assert "It is a gap of the snapshot" in text
        report = await ask("generate_quality_report", product_ids=HALO, start_date="all")
        assert any(str(test_id) in warning for warning in report["warnings"])


async def test_many_gaps_are_counted_and_not_all_told(account: Account, root: Path) -> None:
    snapshot = open_snapshot(root)
    for test_id in account.test_ids[HALO][:10]:
        entry = snapshot.entry("test", test_id)
        assert entry is not None
        document_path(root, entry.sha256).unlink()
    async with asking(root) as ask:
        answer = await ask("list_products")
    assert len(answer["warnings"]) == 4
    assert answer["warnings"][-1].startswith("7 more gaps")
    assert len(json.dumps(answer)) < 4000


@pytest.mark.slow
async def test_an_index_of_an_older_snapshot_is_used_and_said_to_be_old(account: Account, root: Path) -> None:
    update_index(load_facts(open_snapshot(root)), root / "index")
    async with asking(root) as ask:
        assert "warnings" not in await ask("search", query="checkout", limit=3)
        publish_account(root, account, at=LATER)
        old = await ask("search", query="checkout")
        assert old["hits"]
        assert "The search index is of snapshot" in old["warnings"][0]
        assert (await ask("get_server_diagnostics"))["index"]["state"] == "behind"
        update_index(load_facts(open_snapshot(root)), root / "index")
        assert "warnings" not in await ask("search", query="checkout", limit=3)
