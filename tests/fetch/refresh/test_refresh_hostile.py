"""An API that is hostile or odd costs what is hostile or odd in it, and nothing else."""

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from base.errors import UserError
from demo.account.account import DEMO_NOW, Account, demo_account
from demo.server.exchange import Answer, Asked, Fault, GoOn, Hits
from demo.server.faults import Unauthorized
from demo.server.server import serve
from fetch.redaction.secrets import Secrets
from fetch.refresh.refresh import RefreshRequest, refresh
from fetch.refresh.second_look import SecondLook
from snapshot.format.documents import Document
from snapshot.storage.layout import document_path
from snapshot.store import put
from tests.fetch.clock import DEADLINE, PATIENT, Clock, Unanswered
from tests.fetch.refresh.faulty_refreshes import Changed, Paths, documents, files, options, take

pytestmark = pytest.mark.slow

Json = dict[str, Any]
HALO, CANVAS = 598, 18559


@pytest.fixture(scope="module")
def account() -> Account:
    return demo_account(28)


@dataclass(frozen=True)
class Endless(Fault):
    """A list that brings ever new ids, page after page."""

    path: str
    root: str

    def answer(self, asked: Asked, go_on: GoOn) -> Answer:
        if asked.path != self.path or asked.query["page"] == ["1"]:
            return go_on(asked)
        page, size = (int(asked.query[name][0]) for name in ("page", "per_page"))
        places = range((page - 1) * size, page * size)
        rows = [{"id": 5_000_000 - place, "status": "archived", "name": "x"} for place in places]
        return Answer(200, orjson.dumps({self.root: rows}))


# One thing that nobody foresaw


@pytest.mark.parametrize("error", [OverflowError, RecursionError, MemoryError, TypeError, KeyError])
async def test_an_error_that_nobody_foresaw_costs_one_test(
    account: Account,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: type[Exception],
) -> None:
    """A date parser raised OverflowError over one test: a traceback, and nothing was published."""
    bad = account.test_ids[HALO][2]

    def stumbling(detail: Json) -> str:
        if int(detail["id"]) == bad:
            raise error("s3cret words of somebody")
        return "archived"

    monkeypatch.setattr("fetch.refresh.download.status_of", stumbling)
    result = await take(tmp_path, account)
    assert [(one.kind, one.id) for one in result.problems] == [("test", bad)]
    assert error.__name__ in result.problems[0].reason
    assert len([1 for kind, _ in documents(tmp_path) if kind == "test"]) == len(account.plans) - 1
    noted = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert [record.__dict__["error"] for record in noted] == [error.__name__]
    assert "s3cret words" not in caplog.text + result.problems[0].reason


async def test_one_bug_that_cannot_be_used_costs_its_test_and_no_batch(
    account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fetch.redaction.fields.OBJECT_WORK", 5000)
    bad = next(test_id for test_id in account.test_ids[CANVAS] if account.bugs(test_id))

    def change(body: Json) -> None:
        for bug in body["bugs"]:
            if int(bug["test"]["id"]) == bad:
                bug["steps"] = [""] * 6000

    result = await take(tmp_path, account, faults=[Changed(change, Hits(r"^/bugs\?", times=None))])
    assert [(one.kind, one.id) for one in result.problems] == [("bugs", bad)]
    assert len([1 for kind, _ in documents(tmp_path) if kind == "test"]) == len(account.plans) - 1


async def test_objects_with_ever_new_names_cost_their_test(
    account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """95,000 objects, each with a field of another name: the refresh ended nine seconds past its deadline."""
    monkeypatch.setattr("fetch.redaction.credentials.OBJECT_WORK", 5000)
    bad = account.test_ids[CANVAS][1]

    def change(body: Json) -> None:
        body["exploratory_test"]["more"] = [{f"k{number}": 1} for number in range(600)]

    faults = [Changed(change, Hits(rf"^/exploratory_tests/{bad}\b", times=None))]
    result = await take(tmp_path, account, faults=faults)
    assert [(one.kind, one.id) for one in result.problems] == [("test", bad)]


@pytest.mark.parametrize(("place", "kind"), [("features", "features"), ("reject_reasons", "reject_reasons")])
async def test_an_error_over_another_list_costs_that_list(
    account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, kind: str
) -> None:
    async def stumbling(*_: Any) -> Any:
        raise OverflowError

    monkeypatch.setattr(f"fetch.api.endpoints.{place}", stumbling)
    result = await take(tmp_path, account)
    assert {one.kind for one in result.problems} == {kind}
    assert len([1 for kind, _ in documents(tmp_path) if kind == "test"]) == len(account.plans)


# Without end


async def test_a_list_of_tests_without_end_is_a_gap_and_its_tests_are_there(
    account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ever new ids, a page at a time: the deadline came, and nothing of what was fetched was published."""
    monkeypatch.setattr("fetch.api.endpoints.LIST_REQUESTS", 3)
    endless = Endless(f"/products/{HALO}/exploratory_tests", "exploratory_tests")
    result = await take(tmp_path, account, faults=[endless])
    assert result.exit_code == 3
    assert ("tests", None, HALO) in {(one.kind, one.id, one.product_id) for one in result.problems}
    assert {number for kind, number in documents(tmp_path) if kind == "test"} == set(account.plans)


async def test_lists_get_half_of_a_deadline_and_tests_the_rest(
    account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, never = Clock(monkeypatch), Unanswered(rf"^/products/{HALO}/exploratory_tests\?page=2")
    with serve(account, faults=[never]) as server:
        client, request = options(server, timeout=PATIENT), RefreshRequest(deadline=DEADLINE)
        job = asyncio.create_task(refresh(tmp_path, client, request, now=DEMO_NOW))
        await never.came.wait()
        clock.put_forward(0.6 * DEADLINE)
        result = await job
    reasons = {(one.kind, one.product_id): one.reason for one in result.problems}
    assert "not read to its end before the deadline" in reasons["tests", HALO]
    there = {number for kind, number in documents(tmp_path) if kind == "test"}
    assert there >= set(account.test_ids[HALO])


async def test_a_list_of_products_without_end_is_a_gap_until_it_has_an_end_again(
    account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fetch.api.endpoints.LIST_REQUESTS", 3)
    result = await take(tmp_path, account, faults=[Endless("/products", "products")])
    found = {(one.kind, one.id) for one in result.problems}
    assert ("product", None) in found
    assert {number for kind, number in documents(tmp_path) if kind == "test"} == set(account.plans)
    monkeypatch.undo()
    result = await take(tmp_path, account, day=0.1)
    assert ("product", None) not in {(one.kind, one.id) for one in result.problems}


async def test_a_product_with_more_sections_than_any_costs_its_features(
    account: Account, tmp_path: Path
) -> None:
    """20,000 sections, each with a request: no test was reached before the deadline."""
    asked: Paths = []

    def change(body: Json) -> None:
        body["products"][0]["sections"] = [{"id": number, "name": "x"} for number in range(1, 20_001)]

    faults = [Changed(change, Hits(r"^/products\?", times=None))]
    result = await take(tmp_path, account, faults=faults, asked=asked)
    assert [(one.kind, one.id) for one in result.problems] == [("features", HALO)]
    assert {number for kind, number in documents(tmp_path) if kind == "test"} == set(account.plans)
    assert not [path for path, _ in asked if path.startswith(f"/products/{HALO}/sections")]


# Large


async def test_large_tests_are_fetched_one_at_a_time_and_are_the_same(
    account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await take(tmp_path / "usual", account)
    monkeypatch.setattr("fetch.refresh.download.LARGE_BYTES", 1000)
    asked: Paths = []
    result = await take(tmp_path / "large", account, asked=asked)
    assert result.exit_code == 0
    assert documents(tmp_path / "large") == documents(tmp_path / "usual")
    batches = [query for path, query in asked if path == "/bugs"]
    assert all("%2C" not in query and "," not in query for query in batches if query)


async def test_tests_that_do_not_fit_into_memory_while_they_wait_are_fetched_twice(
    account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change(body: Json) -> None:
        for row in body["exploratory_tests"]:
            del row["test_environment"]

    monkeypatch.setattr("fetch.refresh.download.WAITING_BYTES", 50_000)
    asked: Paths = []
    faults = [Changed(change, Hits(r"/products/\d+/exploratory_tests", times=None))]
    result = await take(tmp_path, account, faults=faults, asked=asked)
    assert result.exit_code == 0
    details = [path for path, _ in asked if path.startswith("/exploratory_tests/")]
    assert len(account.plans) < len(details) < 2 * len(account.plans)


# What was stored already


def test_what_there_was_no_time_to_look_through_is_withdrawn(tmp_path: Path) -> None:
    """Past its deadline a refresh publishes nothing that may hold a password which it knows."""
    entry = put(tmp_path, Document("product", 7, DEMO_NOW, {"id": 7, "name": "x"}), product_id=7)
    look = SecondLook(tmp_path, Secrets("tok-123456"))
    look.withdraw(entry)
    look.finish()
    assert files(tmp_path) == []


async def test_a_large_document_is_looked_through_with_breaks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A minute over a document of 30 MB: the deadline came and went."""
    bugs = [{"id": number, "title": f"Blue-Heron-42 {number}", "steps": ["x" * 90]} for number in range(4000)]
    data = {"test": {"id": 7, "title": "x"}, "bugs": bugs}
    entry = put(tmp_path, Document("test", 7, DEMO_NOW, data), product_id=7)
    secrets = Secrets("tok-123456")
    secrets.learn({"test_environment": {"password": "Blue-Heron-42"}})
    monkeypatch.setattr("fetch.redaction.in_turns._SLICE", 0.0)
    look = SecondLook(tmp_path, secrets)
    job = asyncio.create_task(look.look(entry))
    for _ in range(3):
        await asyncio.sleep(0)
    job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await job
    assert look.replaced == {}
    await look.look(entry)
    (kept,) = look.replaced.values()
    assert b"Heron" not in document_path(tmp_path, kept.sha256).read_bytes()
    assert b"3999" in document_path(tmp_path, kept.sha256).read_bytes()


async def test_what_an_interrupted_refresh_kept_loses_what_the_next_one_learns(tmp_path: Path) -> None:
    later = "Blue-Heron-42"
    account = replace(
        demo_account(28),
        change=lambda kind, value: value | {"goal_text": f"See {later}"} if kind == "test" else value,
    )
    for after in (16, 20, 24):
        with suppress(UserError):
            await take(tmp_path, account, faults=[Unauthorized(after)])
    assert [path for path, raw in files(tmp_path) if later.encode() in raw]

    def change(body: Json) -> None:
        for row in body["exploratory_tests"]:
            row["test_environment"]["password"] = later

    faults = [Changed(change, Hits(r"/products/\d+/exploratory_tests", times=None))]
    result = await take(tmp_path, account, faults=faults)
    assert result.exit_code == 0
    assert not [path for path, raw in files(tmp_path) if later.encode() in raw]
