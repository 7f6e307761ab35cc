"""What the snapshot lacks is asked from the Customer API, once, and written nowhere."""

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import stamina

from demo.account.account import DEMO_NOW, Account, demo_account, planted_secrets
from demo.server.exchange import Answer, Asked, Fault, GoOn, Hits
from demo.server.faults import Fails
from demo.server.server import DemoServer, serve
from mcp_reader.sources.upstream import Fetched, Upstream
from tests.effort import GUARD
from tests.fetch.clock import Clock, Unanswered
from tests.mcp_reader.calls import Asking, asking
from tests.mcp_reader.published_account import publish_account

HALO, TV = 598, 30417


@pytest.fixture(autouse=True)
def no_waiting() -> Iterator[None]:
    """Failed requests are not tried again."""
    stamina.set_active(False)
    yield
    stamina.set_active(True)


@pytest.fixture(scope="module")
def account() -> Account:
    """A small account, as most tests have a server of their own."""
    return demo_account(40, bugs=200)


@pytest.fixture(scope="module")
def lacking(account: Account) -> int:
    """The test that the snapshot does not have: the largest one of Halo Shop."""
    return max(account.test_ids[HALO], key=lambda test_id: len(account.bugs(test_id)))


@pytest.fixture(scope="module")
def root(account: Account, lacking: int, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A snapshot without one test and without one product."""
    folder = tmp_path_factory.mktemp("lacking") / "snapshots"
    publish_account(folder, account, without_tests={lacking}, without_products={TV})
    return folder


@pytest.fixture
def api(account: Account) -> Iterator[DemoServer]:
    with serve(account, latency=0.02) as server:
        yield server


def reaching(api: DemoServer, **changed: Any) -> dict[str, Any]:
    """The settings that let the server ask the API."""
    return {
        "testio_customer_api_base_url": api.base_url,
        "testio_customer_api_token": api.token,
        **changed,
    }


def files(root: Path) -> dict[str, bytes]:
    """Every file of a snapshot folder but the cache, which is made from the others."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and path.parent.name != "facts"
    }


def asked(api: DemoServer, part: str) -> int:
    return sum(part in f"{path}?{query}" for path, query in api.requests)


@pytest.mark.slow
async def test_an_unknown_test_comes_from_the_upstream_and_stays_out_of_the_snapshot(
    account: Account, root: Path, api: DemoServer, lacking: int, mode: str
) -> None:
    before = files(root)
    async with asking(root, mode, **reaching(api)) as ask:
        answer = await ask("get_test_summary", test_id=lacking)
        assert answer["source"] == "upstream"
        assert answer["data_as_of"] > f"{DEMO_NOW:%Y-%m-%dT%H:%M:%SZ}"
        assert answer["title"] == account.test(lacking)["title"]
        assert answer["product"]["name"] == "Halo Shop"
        assert answer["bugs"]["total"] == len(account.bugs(lacking))
        held = await ask("get_test_summary", test_id=account.test_ids[HALO][0])
        assert held["source"] == "snapshot"
        listed = await ask("list_tests", product_id=HALO)
    assert lacking not in {row["id"] for row in listed["tests"]}
    assert files(root) == before


@dataclass(frozen=True)
class IgnoredFilter(Fault):
    """Bugs of two tests, whichever are asked for."""

    test_ids: tuple[int, int]

    def answer(self, asked: Asked, go_on: GoOn) -> Answer:
        if asked.path == "/bugs":
            asked = replace(asked, query={"filter_test_cycle_ids": [",".join(map(str, self.test_ids))]})
        return go_on(asked)


async def test_an_upstream_that_ignores_the_filter_adds_no_bugs_of_other_tests(
    account: Account, root: Path, lacking: int
) -> None:
    other = next(
        test_id for test_id in account.test_ids[HALO] if test_id != lacking and account.bugs(test_id)
    )
    with serve(account, faults=[IgnoredFilter((lacking, other))]) as api:
        async with asking(root, **reaching(api)) as ask:
            answer = await ask("get_test_summary", test_id=lacking)
    assert answer["source"] == "upstream"
    assert answer["bugs"]["total"] == len(account.bugs(lacking))


@pytest.mark.slow
async def test_however_many_wait_the_upstream_is_asked_once_and_not_again_for_a_while(
    account: Account, root: Path, api: DemoServer, lacking: int
) -> None:
    bug_id = account.bugs(lacking)[0]["id"]
    async with asking(root, **reaching(api)) as ask:
        answers = await asyncio.gather(*(ask("get_test_summary", test_id=lacking) for _ in range(20)))
        assert len({answer["bugs"]["total"] for answer in answers}) == 1
        await asyncio.gather(*(ask("get_bug_summary", bug_id=bug_id) for _ in range(5)))
        await ask("list_bugs", test_ids=lacking)
        await ask("get_test_summary", test_id=lacking, fresh=True)
    assert asked(api, f"/exploratory_tests/{lacking}") == 1
    assert asked(api, "filter_test_cycle_ids") == 1
    assert asked(api, f"/bugs/{bug_id}") == 1
    assert len(api.requests) == 3


async def test_when_the_time_to_live_is_over_it_is_asked_again(
    root: Path, api: DemoServer, lacking: int
) -> None:
    async with asking(root, **reaching(api, cache_ttl_seconds=0)) as ask:
        for _ in range(2):
            assert (await ask("get_test_summary", test_id=lacking))["source"] == "upstream"
    assert asked(api, f"/exploratory_tests/{lacking}") == 2


@dataclass(frozen=True)
class Held(Fault):
    """Says that a request has come, and answers nobody until it may."""

    loop: asyncio.AbstractEventLoop
    came: asyncio.Event
    may: threading.Event

    def answer(self, asked: Asked, go_on: GoOn) -> Answer:
        self.loop.call_soon_threadsafe(self.came.set)
        self.may.wait(GUARD)
        return go_on(asked)


async def test_a_caller_that_gives_up_takes_nothing_from_the_others(
    account: Account, root: Path, lacking: int
) -> None:
    held = Held(asyncio.get_running_loop(), asyncio.Event(), threading.Event())
    with serve(account, faults=[held]) as api:
        async with asking(root, **reaching(api)) as ask:
            hasty = asyncio.ensure_future(ask("get_test_summary", test_id=lacking))
            patient = asyncio.ensure_future(ask("get_test_summary", test_id=lacking))
            await held.came.wait()
            hasty.cancel()
            await asyncio.wait([hasty])
            held.may.set()
            assert (await patient)["source"] == "upstream"
            assert hasty.cancelled()
        assert asked(api, f"/exploratory_tests/{lacking}") == 1


async def test_what_nobody_has_is_said_to_exist_nowhere(root: Path, api: DemoServer, mode: str) -> None:
    async with asking(root, mode, **reaching(api)) as ask:
        for tool, argument, value in (
            ("get_test_summary", "test_id", 999_999),
            ("get_bug_summary", "bug_id", 999_999_999),
            ("get_product_summary", "product_id", 599),
            ("list_tests", "product_id", 599),
            ("list_bugs", "product_ids", 599),
            ("list_bugs", "test_ids", 999_999),
            ("generate_quality_report", "product_ids", 599),
        ):
            text = await ask.failing(tool, **{argument: value})
            assert f" {value} does not exist." in text.splitlines()[0]
            assert "nor the Customer API has it" in text
        assert "598 'Halo Shop'" in await ask.failing("get_product_summary", product_id=599)


async def test_a_bug_and_a_product_come_from_the_upstream_too(
    account: Account, root: Path, api: DemoServer, lacking: int
) -> None:
    raw = account.bugs(lacking)[0]
    async with asking(root, **reaching(api)) as ask:
        bug = await ask("get_bug_summary", bug_id=raw["id"])
        assert (bug["source"], bug["title"]) == ("upstream", raw["title"])
        assert bug["test"]["id"] == lacking
        product = await ask("get_product_summary", product_id=TV)
        assert (product["source"], product["name"]) == ("upstream", "Northlight TV")
        assert "nothing of it is counted" in product["warnings"][0]
        tests = await ask("list_tests", product_id=TV)
        assert {row["id"] for row in tests["tests"]} == set(account.test_ids[TV])
        assert tests["source"] == "upstream"
        assert all("bug_count" not in row for row in tests["tests"])
        bugs = await ask("list_bugs", test_ids=[lacking, account.test_ids[HALO][-1]], per_page=200)
        assert bugs["source"] == "upstream"
        assert {int(one["id"]) for one in account.bugs(lacking)} <= {row["id"] for row in bugs["bugs"]}


async def test_numbers_are_never_made_of_what_the_snapshot_lacks(
    root: Path, api: DemoServer, lacking: int
) -> None:
    async with asking(root, **reaching(api)) as ask:
        for tool, arguments in (
            ("list_bugs", {"product_ids": TV}),
            ("generate_quality_report", {"product_ids": [HALO, TV]}),
            ("generate_quality_report", {"test_ids": lacking}),
        ):
            text = await ask.failing(tool, **arguments)
            assert "is not in the snapshot" in text
            assert "The Customer API has it" in text
            assert "sync_data takes a new one" in text


async def test_a_fresh_copy_is_asked_for_only_when_it_is_old_and_can_change(
    account: Account, root: Path, api: DemoServer
) -> None:
    tests = {test_id: account.test(test_id)["status"] for test_id in account.test_ids[HALO]}
    running = next(test_id for test_id, status in tests.items() if status in {"running", "locked"})
    archived = next(test_id for test_id, status in tests.items() if status == "archived")
    async with asking(root, **reaching(api, cache_ttl_seconds=3600)) as ask:
        assert (await ask("get_test_summary", test_id=running))["source"] == "snapshot"
        assert (await ask("get_test_summary", test_id=archived, fresh=True))["source"] == "snapshot"
        assert not api.requests
        assert (await ask("get_test_summary", test_id=running, fresh=True))["source"] == "upstream"
        product = await ask("get_product_summary", product_id=HALO, fresh="true")
        assert product["source"] == "upstream"
        assert product["bug_count"] > 0
        bug_id = account.bugs(running)[0]["id"]
        assert (await ask("get_bug_summary", bug_id=bug_id, fresh=True))["source"] == "upstream"


async def failing_fresh(ask: Asking, test_id: int) -> str:
    answer = await ask("get_test_summary", test_id=test_id, fresh=True)
    assert answer["source"] == "snapshot"
    warning: str = answer["warnings"][0]
    assert "this is the snapshot's copy of 2026-11-20 06:00 UTC" in warning
    assert warning.endswith("old.")
    return warning


async def test_with_the_upstream_down_the_snapshot_answers_with_its_age(
    account: Account, root: Path, lacking: int
) -> None:
    with serve(account) as gone:
        settings = reaching(gone, cache_ttl_seconds=3600)
    running = next(one for one in account.test_ids[HALO] if account.test(one)["status"] == "running")
    async with asking(root, **settings) as ask:
        assert "could not be reached" in await failing_fresh(ask, running)
        text = await ask.failing("get_test_summary", test_id=lacking)
        assert f"Test {lacking} is not in the snapshot." in text
        assert "could not be reached" in text
        assert "127.0.0.1" not in text
        diagnostics = await ask("get_server_diagnostics")
        assert diagnostics["upstream"]["state"] == "unreachable"


async def test_twenty_who_wait_for_an_upstream_that_does_not_answer_are_told_after_one(
    account: Account, root: Path, lacking: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = next(one for one in account.test_ids[HALO] if account.test(one)["status"] == "running")
    clock, never, waiting = Clock(monkeypatch), Unanswered(""), asyncio.Semaphore(0)
    once = Upstream._once

    async def counted(*arguments: Any) -> Fetched:
        waiting.release()
        return await once(*arguments)

    monkeypatch.setattr(Upstream, "_once", counted)
    with serve(account, faults=[never]) as slow:
        async with asking(root, **reaching(slow, http_timeout_seconds=20, cache_ttl_seconds=3600)) as ask:
            many = [
                asyncio.ensure_future(ask.failing("get_test_summary", test_id=lacking)) for _ in range(20)
            ]
            for _ in many:
                await waiting.acquire()
            await never.came.wait()
            clock.put_forward(25)
            told = await asyncio.gather(*many)
            never.came.clear()
            fresh = asyncio.ensure_future(failing_fresh(ask, running))
            await never.came.wait()
            clock.put_forward(25)
            assert "in time" in await fresh
        assert asked(slow, f"/exploratory_tests/{lacking}") == 1
    assert all(f"Test {lacking} is not in the snapshot." in text for text in told)


async def test_a_wrong_token_is_named_by_its_variable_and_never_shown(
    root: Path, api: DemoServer, lacking: int
) -> None:
    token = "wrong-token-0123456789"
    async with asking(root, **reaching(api, testio_customer_api_token=token)) as ask:
        text = await ask.failing("get_test_summary", test_id=lacking)
    assert "TESTIO_CUSTOMER_API_TOKEN" in text
    assert token not in text
    assert "/exploratory_tests" not in text


async def test_settings_that_cannot_be_used_are_a_clear_error(root: Path, lacking: int) -> None:
    changed: dict[str, Any] = {
        "testio_customer_api_base_url": "http://api.example.com",
        "testio_customer_api_token": "x" * 20,
    }
    async with asking(root, **changed) as ask:
        text = await ask.failing("get_test_summary", test_id=lacking)
    assert "invoke doctor" in text
    assert "example.com" not in text


@pytest.mark.slow
async def test_no_credential_of_the_upstream_reaches_an_answer(
    account: Account, root: Path, api: DemoServer, lacking: int
) -> None:
    secrets = planted_secrets(account)
    assert secrets
    async with asking(root, **reaching(api)) as ask:
        answers = [
            await ask("get_test_summary", test_id=lacking),
            await ask("list_tests", product_id=TV),
            await ask("get_product_summary", product_id=TV),
            *[await ask("get_bug_summary", bug_id=raw["id"]) for raw in account.bugs(lacking)],
        ]
    for secret in {*secrets, api.token}:
        assert secret not in str(answers)


async def test_diagnostics_measure_the_upstream(root: Path, api: DemoServer) -> None:
    async with asking(root, **reaching(api)) as ask:
        answer = await ask("get_server_diagnostics")
    assert answer["upstream"]["state"] == "reachable"
    assert answer["upstream"]["latency_ms"] >= 20
    assert len(api.requests) == 1


async def test_what_the_upstream_says_is_judged_at_its_own_time(root: Path, account: Account) -> None:
    running = next(
        test_id
        for test_id in account.test_ids[HALO]
        if account.plans[test_id].status(account.now) == "running" and account.bugs(test_id)
    )
    later = replace(account, now=account.now + timedelta(days=12))
    with serve(later) as api:
        async with asking(root, **reaching(api, cache_ttl_seconds=0)) as ask:
            answer = await ask("get_test_summary", test_id=running, fresh=True)
    assert answer["source"] == "upstream"
    assert "so far" not in " ".join(answer.get("notes", []))
    assert answer["health"]["level"]


async def test_an_upstream_without_reject_reasons_is_reachable(root: Path, account: Account) -> None:
    with serve(account, faults=[Fails(404, Hits(path="reject_reasons"))]) as api:
        async with asking(root, **reaching(api)) as ask:
            answer = await ask("get_server_diagnostics")
    assert answer["upstream"]["state"] == "reachable"


async def test_the_id_of_a_bug_is_no_test_and_the_tool_for_it_is_named(
    root: Path, account: Account, lacking: int
) -> None:
    bug = next(raw["id"] for test in account.test_ids[HALO] if test != lacking for raw in account.bugs(test))
    async with asking(root) as ask:
        text = await ask.failing("get_test_summary", test_id=bug)
    assert f"{bug} is a bug: get_bug_summary(bug_id={bug})." in text
    assert "Closest" not in text
