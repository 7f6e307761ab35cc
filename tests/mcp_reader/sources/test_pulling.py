"""A reader without a token answers from what others push."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from demo.account.account import Account, demo_account
from snapshot.reader import current_id
from snapshot.remote import push
from tests.mcp_reader.calls import asking
from tests.mcp_reader.published_account import publish_account

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def account() -> Account:
    return demo_account(36, bugs=150)


@pytest.fixture(scope="module")
def pushed(account: Account, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shared folder that holds a version; copy it before it is changed."""
    folder = tmp_path_factory.mktemp("pushing")
    publish_account(folder / "own", account, at=datetime.now(UTC) - timedelta(days=1))
    push(folder / "own", (folder / "shared").as_uri())
    return folder / "shared"


async def test_a_reader_pulls_before_its_first_answer_and_can_search(
    account: Account, pushed: Path, tmp_path: Path
) -> None:
    async with asking(tmp_path / "here", testio_snapshot_url=pushed.as_uri()) as ask:
        assert len((await ask("list_products"))["products"]) == len(account.products())
        assert (await ask("search", query="checkout"))["pagination"]["total_count"] > 0
    assert current_id(tmp_path / "here") == current_id(pushed)


async def test_a_reader_looks_again_when_its_last_look_is_old(
    account: Account, pushed: Path, tmp_path: Path
) -> None:
    shutil.copytree(pushed, tmp_path / "shared")
    url = (tmp_path / "shared").as_uri()
    async with asking(tmp_path / "here", testio_snapshot_url=url, testio_snapshot_pull_seconds=0) as ask:
        first = (await ask("list_products"))["data_as_of"]
        shutil.copytree(pushed, tmp_path / "own")
        publish_account(tmp_path / "own", account, at=datetime.now(UTC))
        push(tmp_path / "own", url)
        while (newer := (await ask("list_products"))["data_as_of"]) == first:
            pass  # the calls go on while it looks
        assert newer > first


async def test_a_place_that_cannot_be_read_is_named_only_while_nothing_is_here(
    pushed: Path, tmp_path: Path
) -> None:
    url = (tmp_path / "shared").as_uri()
    async with asking(tmp_path / "here", testio_snapshot_url=url, testio_snapshot_pull_seconds=0) as ask:
        text = await ask.failing("list_products")
        assert text.startswith("❌ There is no snapshot yet.")
        assert "TESTIO_SNAPSHOT_URL" in text
        assert str(tmp_path) not in text
        shutil.copytree(pushed, tmp_path / "shared")
        assert (await ask("list_products"))["products"]
        (tmp_path / "shared" / "CURRENT").write_text("nonsense")
        assert (await ask("list_products"))["products"]
