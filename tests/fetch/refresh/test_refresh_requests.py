import asyncio
import json
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from base.errors import InvalidInput
from demo.account.account import DEMO_NOW, Account, advance, demo_account
from demo.server.exchange import Answer, Asked, Fault, GoOn, Hits
from demo.server.faults import Delay, Fails
from demo.server.server import serve
from fetch.api.errors import NotPublished
from fetch.refresh.preview import preview
from fetch.refresh.progress import Silent
from fetch.refresh.refresh import refresh
from fetch.refresh.request import RefreshRequest
from quality.normalise.times import instant
from snapshot.journal import details, journalled
from tests.fetch.clock import DEADLINE, PATIENT, Clock, Unanswered
from tests.fetch.refresh.faulty_refreshes import Paths, documents, files, manifest, options, take, unpublished

HALO, CANVAS, KESTREL, NORTHLIGHT = 598, 18559, 21043, 30417


@pytest.fixture(scope="module")
def account() -> Account:
    return demo_account(28, bugs=60)


# What is asked for


def split(asked: Paths) -> dict[str, int]:
    found = {"pages": 0, "details": 0, "bugs": 0, "features": 0, "others": 0}
    for path, _ in asked:
        match path.strip("/").split("/"):
            case ["products", _, "exploratory_tests"]:
                found["pages"] += 1
            case ["exploratory_tests", _]:
                found["details"] += 1
            case ["bugs"]:
                found["bugs"] += 1
            case ["products", *_, "features"]:
                found["features"] += 1
            case _:
                found["others"] += 1
    return found


@pytest.mark.slow
async def test_a_nightly_refresh_of_700_tests_asks_little_more_than_it_must(tmp_path: Path) -> None:
    account = demo_account(700)
    full, warm = Paths(), Paths()
    await take(tmp_path, account, asked=full)
    before = {entry.id: entry.sha256 for entry in manifest(tmp_path).entries if entry.kind == "test"}
    result = await take(tmp_path, account, day=1, asked=warm)
    later = advance(account, 1)
    open_tests = {
        test_id
        for test_id, plan in account.plans.items()
        if plan.status(DEMO_NOW) not in {"archived", "cancelled"}
    }
    needed = len(open_tests | (set(later.plans) - set(account.plans)))
    floor = 5 + needed + -(-needed // 15) + 8 + 5
    assert split(warm) == {
        "pages": 5,
        "details": needed,
        "bugs": -(-needed // 15),
        "features": 8,
        "others": 5,
    }
    assert len(warm) <= 1.1 * floor
    assert len(warm) <= 0.15 * len(full)
    unchanged = {
        test_id
        for test_id in account.plans
        if account.test(test_id) == later.test(test_id) and account.bugs(test_id) == later.bugs(test_id)
    }
    after = {entry.id: entry.sha256 for entry in manifest(tmp_path).entries if entry.kind == "test"}
    assert {test_id for test_id in after if after[test_id] == before.get(test_id)} == unchanged
    assert result.statistics.documents_written == len(set(later.plans) - unchanged)


def at_rest(account: Account) -> Account:
    """The account as if every test were archived."""

    def change(kind: str, value: Any) -> Any:
        return {**value, "status": "archived"} if kind == "test" else value

    return replace(account, change=change)


@pytest.mark.slow
async def test_a_day_on_which_nothing_is_mutable_takes_four_requests_a_product(tmp_path: Path) -> None:
    account = at_rest(demo_account(300))
    await take(tmp_path, account)
    asked: Paths = []
    with serve(account) as server:
        result = await refresh(tmp_path, options(server), now=DEMO_NOW + timedelta(days=1))
        asked += server.requests
    assert len(asked) <= 4 * 5
    assert result.statistics.documents_written == 0


@pytest.mark.slow
async def test_two_refreshes_in_a_row_ask_for_features_once(account: Account, tmp_path: Path) -> None:
    await take(tmp_path, account)
    asked: Paths = []
    await take(tmp_path, account, asked=asked)
    assert split(asked)["features"] == 0


@pytest.mark.slow
async def test_a_preview_counts_the_requests_and_changes_nothing(account: Account, tmp_path: Path) -> None:
    asked: Paths = []
    with serve(account) as server:
        shown_first = await preview(tmp_path / "none", options(server), now=DEMO_NOW)
    assert not (tmp_path / "none").exists()
    await take(tmp_path / "real", account, asked=asked)
    assert shown_first.requests == len(asked)
    assert shown_first.counts["tests, new"] == len(account.plans)
    before = files(tmp_path / "real")
    later, warm = DEMO_NOW + timedelta(days=1), Paths()
    with serve(advance(account, 1)) as server:
        shown_next = await preview(tmp_path / "real", options(server), now=later)
    assert files(tmp_path / "real") == before
    await take(tmp_path / "real", account, day=1, asked=warm)
    assert shown_next.requests == len(warm)


# Parts of the account


@pytest.mark.slow
async def test_only_the_given_products_are_refreshed_and_the_others_are_taken_over(
    account: Account, tmp_path: Path
) -> None:
    first = await take(tmp_path, account)
    before = {(one.kind, one.id): one for one in manifest(tmp_path).entries}
    asked: Paths = []
    result = await take(tmp_path, account, day=1, only=(KESTREL,), asked=asked)
    assert {path.split("/")[2] for path, _ in asked if path.startswith("/products/")} == {str(KESTREL)}
    assert result.complete
    for entry in manifest(tmp_path).entries:
        if entry.product_id not in {KESTREL, None}:
            assert entry == before[entry.kind, entry.id]
    assert result.counts["products"] == first.counts["products"]


@pytest.mark.slow
async def test_a_version_holds_only_the_products_that_are_wanted(account: Account, tmp_path: Path) -> None:
    await take(tmp_path, account)
    result = await take(tmp_path, account, product_ids=(KESTREL, NORTHLIGHT))
    assert result.counts["products"] == 2
    assert {entry.product_id for entry in manifest(tmp_path).entries} == {KESTREL, NORTHLIGHT, None}


async def test_a_product_that_does_not_exist_is_a_problem_and_none_that_does_is_an_error(
    account: Account, tmp_path: Path
) -> None:
    result = await take(tmp_path, account, product_ids=(KESTREL, 999))
    assert [(one.kind, one.id, one.status) for one in result.problems] == [("product", 999, 404)]
    assert (await take(tmp_path, account, product_ids=(KESTREL,))).complete
    with pytest.raises(InvalidInput, match="no product 998, 999"):
        await take(tmp_path / "other", account, product_ids=(999, 998))


@pytest.mark.slow
async def test_a_product_that_is_gone_takes_its_documents_with_it(account: Account, tmp_path: Path) -> None:
    await take(tmp_path, account)
    gone = [
        Fails(404, Hits(rf"^/products/{NORTHLIGHT}", times=None)),
        _WithoutProduct(NORTHLIGHT),
    ]
    result = await take(tmp_path, account, day=1, faults=gone)
    assert result.complete
    assert result.counts["products"] == 4
    states = {entry.state for entry in manifest(tmp_path).entries if entry.product_id == NORTHLIGHT}
    assert states == {"gone"}


@dataclass(frozen=True)
class _WithoutProduct(Fault):
    """The list of products lacks one."""

    product_id: int

    def answer(self, asked: Asked, go_on: GoOn) -> Answer:
        answer = go_on(asked)
        if asked.path != "/products":
            return answer
        rows = [row for row in json.loads(answer.body)["products"] if row["id"] != self.product_id]
        return replace(answer, body=json.dumps({"products": rows}).encode())


@pytest.mark.slow
async def test_a_product_that_is_only_missing_from_the_list_is_refreshed_all_the_same(
    account: Account, tmp_path: Path
) -> None:
    await take(tmp_path, account)
    result = await take(tmp_path, account, day=1, faults=[_WithoutProduct(HALO)])
    assert result.complete
    assert result.counts["products"] == 5


@pytest.mark.slow
async def test_tests_that_ended_before_a_date_are_not_fetched_and_known_ones_stay(
    account: Account, tmp_path: Path
) -> None:
    since = DEMO_NOW - timedelta(days=100)
    ends = {test_id: instant(account.row(test_id)["end_at"]) for test_id in account.plans}
    old = {test_id for test_id, end in ends.items() if end and end < since}
    assert old
    result = await take(tmp_path, account, since=since)
    assert {number for kind, number in documents(tmp_path) if kind == "test"} == set(account.plans) - old
    assert result.complete
    await take(tmp_path, account)
    everything = documents(tmp_path)
    asked: Paths = []
    await take(tmp_path, account, since=since, full=True, asked=asked)
    assert documents(tmp_path) == everything
    assert split(asked)["details"] == len(account.plans) - len(old)


# Stopping


@pytest.mark.slow
async def test_a_deadline_publishes_what_is_complete_and_names_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account, progress, clock = demo_account(80, bugs=120), _Watching(30), Clock(monkeypatch)
    never = Unanswered(rf"^/exploratory_tests/{account.test_ids[HALO][0]}\b")
    with serve(account, faults=[never]) as server:
        client, request = options(server, timeout=PATIENT), RefreshRequest(deadline=DEADLINE)
        job = asyncio.create_task(refresh(tmp_path, client, request, now=DEMO_NOW, progress=progress))
        await progress.reached.wait()
        asked_in_time = len(server.requests)
        clock.put_forward()
        result = await job
        assert len(server.requests) - asked_in_time <= client.concurrency  # those that were under way
    assert result.exit_code == 3
    there = {number for kind, number in documents(tmp_path) if kind == "test"}
    assert there
    named = {problem.id for problem in result.problems if problem.kind == "test"}
    assert there | named == set(account.plans)
    assert not there & named
    assert "deadline" in result.problems[0].reason
    asked: Paths = []
    assert (await take(tmp_path, account, asked=asked)).complete
    assert split(asked)["details"] <= len(named)
    assert not {f"/exploratory_tests/{number}" for number in there} & {path for path, _ in asked}


@pytest.mark.slow
async def test_a_deadline_while_lists_are_read_loses_nothing_that_was_known(
    account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await take(tmp_path, account)
    before = documents(tmp_path)
    clock, never = Clock(monkeypatch), Unanswered(rf"^/products/{HALO}/exploratory")
    with serve(advance(account, 1), faults=[never]) as server:
        client, request = options(server, timeout=PATIENT), RefreshRequest(deadline=DEADLINE)
        tomorrow = DEMO_NOW + timedelta(days=1)
        job = asyncio.create_task(refresh(tmp_path, client, request, now=tomorrow))
        await never.came.wait()
        clock.put_forward()
        result = await job
    assert result.exit_code == 3
    assert ("tests", HALO) in {(one.kind, one.product_id) for one in result.problems}
    assert documents(tmp_path).keys() >= before.keys()


async def test_a_deadline_before_anything_is_known_publishes_nothing(
    account: Account, tmp_path: Path
) -> None:
    with pytest.raises(NotPublished, match="deadline"):
        await take(tmp_path, account, faults=[Unanswered("")], deadline=0.2)
    assert unpublished(tmp_path)


@dataclass
class _Watching(Silent):
    """Notes what was said, and when so many tests were done."""

    enough: int
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    done: int = 0
    said: list[str] = field(default_factory=list)

    def advance(self, name: str, steps: int = 1) -> None:
        self.done += steps if name == "tests" else 0
        if self.done >= self.enough:
            self.reached.set()

    def say(self, text: str) -> None:
        self.said.append(text)


@pytest.mark.slow
async def test_a_refresh_that_is_stopped_says_what_it_kept_and_the_next_one_goes_on(tmp_path: Path) -> None:
    account, progress = demo_account(80, bugs=120), _Watching(30)
    never = Delay(600, Hits(rf"^/bugs\?.*{account.test_ids[HALO][0]}", times=None))
    with serve(account, latency=0.01, faults=[never]) as server:
        job = asyncio.create_task(refresh(tmp_path, options(server), now=DEMO_NOW, progress=progress))
        await progress.reached.wait()
        job.cancel()
        with pytest.raises(asyncio.CancelledError):
            await job
    kept = {entry.id for entry in journalled(tmp_path) if entry.kind == "test"}
    assert len(kept) >= 30
    assert unpublished(tmp_path)
    (said,) = progress.said
    assert said.startswith(f"Stopped. {len(journalled(tmp_path))} documents are kept;")
    without_bugs = details(tmp_path, DEMO_NOW - timedelta(hours=1), kept).keys()
    assert account.test_ids[HALO][0] in without_bugs
    assert not kept & without_bugs
    with serve(account) as server:
        expected = await preview(tmp_path, options(server), now=DEMO_NOW)
    asked: Paths = []
    assert (await take(tmp_path, account, asked=asked)).complete
    assert split(asked)["details"] == len(account.plans) - len(kept | without_bugs)
    assert len(asked) == expected.requests
