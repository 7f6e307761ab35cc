"""One server for several accounts: each caller reaches its own, and learns nothing of the others."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from base.errors import InvalidInput, Unavailable
from build.site.pages.accounts import write_accounts
from config.keys import add_key
from config.settings import Settings
from demo.account.account import DEMO_NOW, demo_account
from demo.server.exchange import Answer, Asked, Fault, GoOn
from demo.server.server import serve
from mcp_reader.http.app import create_app
from mcp_reader.http.openapi import PREFIX
from mcp_reader.http.refreshing import Refreshing, nothing, refreshed, refreshing_of, renewed
from quality.views.lists.accounts import AccountRow
from snapshot.reader import current_id, open_snapshot
from snapshot.storage.lock import writing
from tests.mcp_reader.calls import settings_of
from tests.mcp_reader.http.conftest import bearer, mcp_headers, rpc
from tests.mcp_reader.http.served_app import client_of

NAMES = ("acme", "globex")
OTHER = "globex"
TOKEN = {"testio_customer_api_token": "made-up"}


def settings(two: Path, folder: Path, **changed: Any) -> list[Settings]:
    return [
        settings_of(
            two / name,
            testio_account=name,
            testio_site_dir=folder / "site" / name,
            testio_keys_file=folder / "keys.json",
            **changed,
        )
        for name in NAMES
    ]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    for name in NAMES:
        (tmp_path / "site" / name / "products" / "1").mkdir(parents=True)
        (tmp_path / "site" / name / "index.html").write_text(f"pages of {name}")
        (tmp_path / "site" / name / "products" / "1" / "index.html").write_text(f"product of {name}")
    (tmp_path / "site" / "index.html").write_text("acme and globex")
    return tmp_path / "site"


@asynccontextmanager
async def serving(two: Path, folder: Path, **changed: Any) -> AsyncIterator[httpx.AsyncClient]:
    own = settings_of(two, testio_site_dir=folder / "site", testio_keys_file=folder / "keys.json", **changed)
    app = await create_app(*settings(two, folder), own=own)
    async with app.lifespan(), await client_of(app) as client:
        yield client


async def test_a_server_answers_for_each_account_by_its_name(two: Path, site: Path) -> None:
    async with serving(two, site.parent, testio_ready_hours=87600) as client:
        for name, count in (("acme", 10), ("globex", 24)):
            answer = await client.get(f"{PREFIX}/list_tests?customer={name}&per_page=200")
            assert len(answer.json()["tests"]) == count
            assert (await client.get(f"/{name}/")).text == f"pages of {name}"
            assert (await client.get(f"/{name}")).headers["location"].endswith(f"/{name}/")
        missing = await client.get(f"{PREFIX}/list_tests")
        assert (missing.status_code, missing.json()["code"]) == (400, "INVALID_INPUT")
        assert "customer" in missing.json()["detail"]
        assert (await client.get("/")).text == "acme and globex"
        assert (await client.get("/nothing/index.html")).status_code == 404
        ready = (await client.get("/readyz")).json()
        assert (ready["accounts"], ready["ready_accounts"]) == (2, 0)
        assert ready["checks"] == {"snapshot": True, "age": True, "index": False}
        assert 'testio_snapshot_age_seconds{account="acme"}' in (await client.get("/metrics")).text


async def test_a_caller_of_one_account_learns_nothing_of_the_other(two: Path, site: Path) -> None:
    """Every list, error, completion, resource and page is as if there were only its own account."""
    _, key = add_key(site.parent / "keys.json", "acme", ("read", "account:acme"))
    async with serving(two, site.parent) as client:
        headers = bearer(key)
        own = await client.get(f"{PREFIX}/list_tests?customer=acme&per_page=200", headers=headers)
        assert len(own.json()["tests"]) == 10
        assert (await client.get("/acme/products/1/", headers=headers)).text == "product of acme"
        for path in ("/globex/", "/globex/products/1/index.html", "/acme/../globex/index.html"):
            assert (await client.get(path, headers=headers)).status_code == 404
        assert (await client.get("/metrics", headers=headers)).status_code == 403
        for path in (
            "/", "/readyz", f"{PREFIX}/openapi.json", f"{PREFIX}/docs", f"{PREFIX}/list_customers",
            f"{PREFIX}/list_tests?customer=globx", f"{PREFIX}/list_tests?customer=initech",
        ):  # fmt: skip
            assert OTHER not in (await client.get(path, headers=headers)).text, path
        refused = await client.get(f"{PREFIX}/list_tests?customer=globex", headers=headers)
        assert refused.json()["title"] == "customer='globex' is not served here."
        assert OTHER not in refused.json()["detail"] + refused.json()["hint"]
        reference = {"type": "ref/resource", "uri": "testio://tests/{test_id}{?customer}"}
        for asked in (
            rpc("tools/list"),
            rpc("resources/read", uri="testio://snapshot/manifest"),
            rpc("resources/read", uri="testio://tests/1"),
            rpc("tools/call", name="list_products", arguments={}),
            rpc("completion/complete", ref=reference, argument={"name": "customer", "value": ""}),
        ):
            answer = await client.post("/mcp", json=asked, headers=mcp_headers(headers))
            assert OTHER not in answer.text, asked


async def test_completions_are_of_the_customer_that_was_typed_before(two: Path, site: Path) -> None:
    reference = {"type": "ref/resource", "uri": "testio://tests/{test_id}{?customer}"}
    argument = {"name": "test_id", "value": ""}
    async with serving(two, site.parent) as client:

        async def offered(**more: Any) -> list[str]:
            asked = rpc("completion/complete", ref=reference, argument=argument, **more)
            answer = await client.post("/mcp", json=asked, headers=mcp_headers({}))
            found: list[str] = answer.json()["result"]["completion"]["values"]
            return found

        assert await offered() == []
        for name in NAMES:
            tests = open_snapshot(two / name).entries("test")
            found = await offered(context={"arguments": {"customer": name}})
            assert sorted(found) == sorted(str(one.id) for one in tests)


async def test_chosen_products_of_several_accounts_need_their_account_named(two: Path, site: Path) -> None:
    _, loose = add_key(site.parent / "keys.json", "loose", ("read", "product:598"))
    _, bound = add_key(site.parent / "keys.json", "bound", ("read", "product:598", "account:acme"))
    async with serving(two, site.parent) as client:
        refused = await client.get(f"{PREFIX}/list_customers", headers=bearer(loose))
        assert (refused.status_code, refused.json()["code"]) == (403, "FORBIDDEN")
        listed = await client.get(f"{PREFIX}/list_customers", headers=bearer(bound))
        assert [(one["customer"], one["products"]) for one in listed.json()["customers"]] == [("acme", 1)]


class _Enough(Exception):
    """The test has seen enough rounds."""


async def rounds(refreshing: Refreshing, codes: dict[str | None, list[int]]) -> dict[Any, list[Any]]:
    """Run until each account has used its exit codes; what was waited and counted."""
    seen: dict[Any, list[Any]] = {"waits": [], "counted": [], "order": []}
    ended = asyncio.Event()

    async def work(account: str | None) -> int:
        seen["order"].append(account)
        code = codes[account].pop(0)
        if not any(codes.values()):
            ended.set()
        return code

    async def pause(seconds: float) -> None:
        seen["waits"].append(seconds)
        await asyncio.sleep(0)
        if ended.is_set():
            await asyncio.Event().wait()

    @asynccontextmanager
    async def nothing(_: Any) -> AsyncIterator[None]:
        yield

    async def renew() -> None:
        seen["order"].append("renewed")

    going = Refreshing(refreshing.roots, refreshing.every, work, pause, renew)
    around = going.around(nothing, lambda account, outcome: seen["counted"].append((account, outcome)))
    async with around(None):
        await ended.wait()
        await asyncio.sleep(0)
    return seen


async def test_an_account_is_refreshed_again_and_later_after_each_failure(tmp_path: Path) -> None:
    """The wait doubles with every failure, up to a bound, and is as before once one succeeds."""
    seen = await rounds(Refreshing({None: tmp_path}, 100.0), {None: [0, 1, 1, 1, 1, 3, 0]})
    assert seen["waits"] == [0, 100, 200, 400, 800, 800, 100, 100]
    assert [outcome for _, outcome in seen["counted"]] == ["complete", *["failed"] * 4, "gaps", "complete"]


async def test_a_failing_account_does_not_keep_the_others_from_being_refreshed(tmp_path: Path) -> None:
    refreshing = Refreshing({"acme": tmp_path / "a", "globex": tmp_path / "g"}, 100.0)
    seen = await rounds(refreshing, {"acme": [1, 1], "globex": [0, 0, 0]})
    assert seen["counted"].count(("globex", "complete")) == 3
    assert seen["counted"].count(("acme", "failed")) == 2
    assert seen["waits"][:2] == [0, 50]


async def test_the_page_over_all_accounts_is_renewed_after_each_refresh_that_did_not_fail(
    tmp_path: Path,
) -> None:
    seen = await rounds(Refreshing({"acme": tmp_path}, 100.0), {"acme": [1, 3, 0]})
    assert seen["order"] == ["acme", "acme", "renewed", "acme", "renewed"]


async def test_the_page_over_all_accounts_is_made_only_where_somebody_made_it_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It names every account, so a refresh does not decide that there is one; one account has none."""
    monkeypatch.chdir(tmp_path)
    assert await renewed(tmp_path) is None
    own = [settings_of(tmp_path / name, testio_account=name, **TOKEN) for name in NAMES]
    assert refreshing_of(own[:1], tmp_path, 3600).renew is nothing
    assert await refreshing_of(own, tmp_path, 3600).renew() is None


def test_an_account_is_due_when_its_snapshot_is_old_enough(two: Path) -> None:
    """Else a server that is started again and again would refresh each time."""
    refreshing = Refreshing({name: two / name for name in NAMES}, 3600.0)
    for minutes, waits in ((0, [3600, 3600]), (50, [600, 600]), (600, [0, 60])):
        now = DEMO_NOW + timedelta(minutes=minutes)
        assert [refreshing.first_wait(name, now) for name in NAMES] == waits


def test_a_refresh_that_cannot_work_is_refused_at_the_start(two: Path) -> None:
    with pytest.raises(InvalidInput, match="exclude each other"):
        refreshing_of([settings_of(two / "acme", testio_snapshot_url="s3://bucket/x")], two, 3600)
    with pytest.raises(Unavailable, match="TESTIO_CUSTOMER_API_TOKEN is not set"):
        refreshing_of([settings_of(two / "acme")], two, 3600)
    with pytest.raises(InvalidInput, match="at least 60"):
        refreshing_of([settings_of(two / "acme")], two, 5)


@dataclass(frozen=True)
class Hanging(Fault):
    """Says that it was asked, and never answers."""

    asked: threading.Event = field(default_factory=threading.Event)

    def answer(self, asked: Asked, go_on: GoOn) -> Answer:
        self.asked.set()
        return replace(go_on(asked), delay=10.0**6)


@pytest.mark.slow
async def test_a_refresh_while_serving_is_that_of_the_tasks_and_gives_way_to_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "accounts").mkdir()
    with serve(demo_account(4, bugs=4)) as api:
        (tmp_path / "accounts" / "acme.env").write_text(
            f"TESTIO_CUSTOMER_API_TOKEN={api.token}\nTESTIO_CUSTOMER_API_BASE_URL={api.base_url}\n"
        )
        with writing(tmp_path / "snapshots" / "acme", "another"):
            assert await refreshed("acme") == 1
        assert await refreshed("acme") == 0
        assert current_id(tmp_path / "snapshots" / "acme")
        assert (tmp_path / "site" / "acme" / "index.html").is_file()
    write_accounts(tmp_path / "site", [AccountRow("globex", "Another one")], "Last 90 days")
    monkeypatch.setenv("TESTIO_ACCOUNT", "all")
    assert await renewed(tmp_path / "site") == 0
    assert "acme" in (tmp_path / "site" / "index.html").read_text()
    hanging = Hanging()
    with serve(demo_account(4, bugs=4), faults=[hanging]) as api:
        monkeypatch.setenv("TESTIO_CUSTOMER_API_BASE_URL", api.base_url)
        running = asyncio.create_task(refreshed("acme"))
        await asyncio.to_thread(hanging.asked.wait)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert running.cancelled()
    with writing(tmp_path / "snapshots" / "acme", "the next"):
        assert current_id(tmp_path / "snapshots" / "acme")
