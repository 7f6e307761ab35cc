"""What a refresh takes up from the one before: broken lists, left-out products, moved tests, journals."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from base.errors import InvalidInput
from build.facts.load import load_facts
from demo.account.account import DEMO_NOW, Account, advance, demo_account
from demo.server.exchange import Fault, Hits
from demo.server.faults import BrokenTest, Fails, Unauthorized
from demo.server.server import serve
from fetch.api.errors import Unauthorized as TokenRefused
from fetch.refresh import download
from fetch.refresh.known import Key
from fetch.refresh.problems import clear, retry
from fetch.refresh.refresh import refresh
from fetch.refresh.request import RefreshRequest
from quality.views.freshness import freshness
from snapshot.format.kinds import Kind
from snapshot.journal import details, journalled
from snapshot.reader import open_snapshot
from snapshot.storage.layout import journal_path
from tests.fetch.clock import DEADLINE, PATIENT, Clock, Unanswered
from tests.fetch.refresh.faulty_refreshes import Paths, documents, files, manifest, options, take
from tests.mcp_reader.calls import asking

pytestmark = pytest.mark.slow  # the decisions are tested one by one in test_plan.py and test_gaps.py
HALO, CANVAS, KESTREL, NORTHLIGHT, ORCHARD = 598, 18559, 21043, 30417, 45120
LATER = 12


@dataclass(frozen=True)
class Unlisted(Fault):
    """A test that its product's list does not show any more."""

    test_id: int

    def listing(self, product_id: int, test_ids: Sequence[int], reads: int) -> Sequence[int]:
        """Leave the test out."""
        del product_id, reads
        return [one for one in test_ids if one != self.test_id]


@pytest.fixture(scope="module")
def account() -> Account:
    return demo_account(28, bugs=60)


def held(root: Path) -> set[int]:
    return {number for kind, number in documents(root) if kind == "test"}


@pytest.mark.parametrize("cleared", [False, True])
async def test_a_list_that_broke_off_is_read_to_its_end_by_the_next_refresh(
    tmp_path: Path, *, cleared: bool
) -> None:
    account = demo_account(300)
    second = Hits(rf"/products/{HALO}/exploratory_tests\?page=2&", times=None)
    first = await take(tmp_path, account, faults=[Fails(404, second)])
    assert [(one.kind, one.product_id, one.position) for one in first.problems] == [("tests", HALO, None)]
    assert len(held(tmp_path)) < 300
    if cleared:
        clear(tmp_path, lambda _: True, now=DEMO_NOW + timedelta(minutes=1))
        assert manifest(tmp_path).problems == ()
    assert (await take(tmp_path, account)).complete
    assert held(tmp_path) == set(account.plans)


async def test_tests_that_were_left_out_by_their_date_are_fetched_when_they_are_wanted(
    tmp_path: Path,
) -> None:
    account = demo_account(300)
    since = DEMO_NOW - timedelta(days=200)
    await take(tmp_path, account, since=since)
    assert len(held(tmp_path)) < 200
    assert set(manifest(tmp_path).since.values()) == {since}
    said = freshness(load_facts(open_snapshot(tmp_path)), (HALO,)).text
    assert said.endswith("Tests that ended before 4 May 2026 (UTC) are left out.")
    async with asking(tmp_path) as ask:
        assert said[-54:] in (await ask("list_tests", product_id=HALO))["warnings"]
    await take(tmp_path, account, since=DEMO_NOW - timedelta(days=400))
    assert 200 < len(held(tmp_path)) < 300
    assert (await take(tmp_path, account)).complete
    assert held(tmp_path) == set(account.plans)
    assert manifest(tmp_path).since == {}


async def test_a_retry_with_a_date_leaves_a_note_of_what_it_leaves_out(tmp_path: Path) -> None:
    account = demo_account(300)
    second = Hits(rf"/products/{HALO}/exploratory_tests\?page=2&", times=None)
    await take(tmp_path, account, faults=[Fails(404, second)])
    since = DEMO_NOW - timedelta(days=30)
    with serve(account) as server:
        await retry(tmp_path, options(server), RefreshRequest(since=since), now=DEMO_NOW)
    assert manifest(tmp_path).since == {HALO: since}
    assert (await take(tmp_path, account)).complete
    assert held(tmp_path) == set(account.plans)


async def test_a_broken_test_just_below_what_is_read_stays_recorded(tmp_path: Path) -> None:
    account = demo_account(300)
    broken = account.test_ids[HALO][100]
    await take(tmp_path, account, faults=[BrokenTest(broken)])
    for faults in ([BrokenTest(broken)], []):
        again = await take(tmp_path, account, faults=faults)
        assert [(one.kind, one.position) for one in again.problems] == [("tests", 100)]
    with serve(account) as server:
        mended = await retry(tmp_path, options(server), now=DEMO_NOW)
    assert mended is not None
    assert mended.complete
    assert held(tmp_path) == set(account.plans)


async def test_products_that_were_not_asked_for_are_said_to_be_older(
    account: Account, tmp_path: Path
) -> None:
    await take(tmp_path, account)
    await take(tmp_path, account, day=LATER, only=(NORTHLIGHT,))
    assert manifest(tmp_path).refreshed == dict.fromkeys((HALO, CANVAS, KESTREL, ORCHARD), DEMO_NOW)
    facts = load_facts(open_snapshot(tmp_path))
    (text,) = freshness(facts, (HALO,)).gap_texts
    assert text == (
        "Halo Shop: counted from the copy of 20 Nov 2026 (UTC)."
        " It was last refreshed at 2026-11-20 06:00 UTC, not with the others."
    )
    assert freshness(facts, (NORTHLIGHT,)).gap_texts == ()
    await take(tmp_path, account, day=LATER + 1, only=(HALO,))
    assert manifest(tmp_path).refreshed == {
        CANVAS: DEMO_NOW, KESTREL: DEMO_NOW, NORTHLIGHT: DEMO_NOW + timedelta(days=LATER), ORCHARD: DEMO_NOW,
    }  # fmt: skip
    await take(tmp_path, account, day=LATER + 2)
    assert manifest(tmp_path).refreshed == {}


async def test_a_product_that_failed_is_older_and_a_retry_fetches_what_has_changed(
    account: Account, tmp_path: Path
) -> None:
    await take(tmp_path, account)
    unlisted = replace(advance(account, LATER), change=without(HALO))
    fails = Fails(500, Hits(rf"^/products/{HALO}(\?|$)", times=None))
    when = DEMO_NOW + timedelta(days=LATER)
    with serve(unlisted, faults=[fails]) as server:
        failed = await refresh(tmp_path, options(server), now=when)
    assert [(one.kind, one.id, one.stale) for one in failed.problems] == [("product", HALO, True)]
    assert manifest(tmp_path).refreshed == {HALO: DEMO_NOW}
    with serve(advance(account, LATER)) as server:
        mended = await retry(tmp_path, options(server), now=when)
    assert mended is not None
    assert mended.complete
    assert manifest(tmp_path).refreshed == {}
    await take(tmp_path / "anew", account, day=LATER)
    assert documents(tmp_path).items() >= documents(tmp_path / "anew").items()


def moves(test_id: int) -> Any:
    """A change of the account after which a test names another product as its own."""
    return lambda kind, value: (
        {**value, "product": {**value["product"], "id": NORTHLIGHT}}
        if kind == "test" and int(value["id"]) == test_id and isinstance(value.get("product"), dict)
        else value
    )


def without(product_id: int) -> Any:
    """A change of the account after which the list of products does not name one."""
    return lambda kind, value: (
        {**value, "id": None} if kind == "product" and value["id"] == product_id else value
    )


async def test_a_retry_of_a_product_without_problems_publishes_nothing(
    account: Account, tmp_path: Path
) -> None:
    await take(tmp_path, account, faults=[Fails(500, Hits(rf"products/{CANVAS}/.*features", times=None))])
    before = files(tmp_path)
    with serve(account) as server:
        done = await retry(tmp_path, options(server), RefreshRequest(only=(NORTHLIGHT,)), now=DEMO_NOW)
        assert server.requests == []
    assert done is None
    assert files(tmp_path) == before


@pytest.mark.parametrize("only", [(HALO,), (NORTHLIGHT, HALO)])
async def test_products_that_are_not_kept_cannot_be_refreshed(
    account: Account, tmp_path: Path, only: tuple[int, ...]
) -> None:
    with pytest.raises(InvalidInput, match=f"names {HALO}"):
        await take(tmp_path, account, product_ids=(NORTHLIGHT,), only=only)
    assert not (tmp_path / "versions").exists()


async def test_a_product_that_was_never_had_stays_a_problem_while_others_are_refreshed(
    account: Account, tmp_path: Path
) -> None:
    fails = Fails(500, Hits(rf"^/products/{CANVAS}(\?|$)", times=None))
    kept = (HALO, CANVAS)
    with serve(replace(account, change=without(CANVAS)), faults=[fails]) as server:
        await refresh(tmp_path, options(server), RefreshRequest(product_ids=kept), now=DEMO_NOW)
    result = await take(tmp_path, account, product_ids=kept, only=(HALO,))
    assert [(one.kind, one.id) for one in result.problems] == [("product", CANVAS)]


async def test_reject_reasons_alone_can_be_retried(account: Account, tmp_path: Path) -> None:
    failed = await take(tmp_path, account, faults=[Fails(503, Hits("reject_reasons", times=None))])
    assert [one.kind for one in failed.problems] == ["reject_reasons"]
    with serve(account) as server:
        mended = await retry(tmp_path, options(server), now=DEMO_NOW)
        asked = [path for path, _ in server.requests if path.startswith(("/exploratory_tests", "/bugs?"))]
    assert mended is not None
    assert (mended.complete, asked) == (True, [])


async def test_tests_that_never_answer_hold_up_no_others_until_the_deadline(
    account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "PATIENCE", 0.1)
    await take(tmp_path / "whole", account)
    hanging = account.test_ids[HALO][0]
    others = documents(tmp_path / "whole").keys() - {("test", hanging)}
    stored, all_stored = set[Key](), asyncio.Event()
    real = download.Download.store

    def noted(self: download.Download, kind: Kind, number: int, *arguments: Any, **more: Any) -> None:
        real(self, kind, number, *arguments, **more)
        stored.add((kind, number))
        if stored == others:
            all_stored.set()

    monkeypatch.setattr(download.Download, "store", noted)
    clock = Clock(monkeypatch)
    with serve(account, faults=[Unanswered(rf"^/exploratory_tests/{hanging}\b")]) as server:
        client, request = options(server, timeout=PATIENT), RefreshRequest(deadline=DEADLINE)
        job = asyncio.create_task(refresh(tmp_path, client, request, now=DEMO_NOW))
        await all_stored.wait()
        clock.put_forward()
        result = await job
    assert {one.id for one in result.problems} == {hanging}
    assert held(tmp_path) == account.plans.keys() - {hanging}


async def test_a_test_that_moved_to_a_product_that_the_version_lacks_is_gone(
    account: Account, tmp_path: Path
) -> None:
    await take(tmp_path, account, only=(HALO,))
    moving = account.test_ids[HALO][4]
    moved = replace(account, change=moves(moving))
    result = await take(tmp_path, moved, faults=[Unlisted(moving)], only=(HALO,))
    assert result.complete
    assert moving not in held(tmp_path)


async def test_a_test_that_moved_to_a_product_that_is_not_kept_is_gone(
    account: Account, tmp_path: Path
) -> None:
    kept = (HALO, CANVAS)
    await take(tmp_path, account, product_ids=kept)
    moving = account.test_ids[HALO][4]
    moved = replace(account, change=moves(moving))
    for root in (tmp_path, tmp_path / "anew"):
        await take(root, moved, faults=[Unlisted(moving)], product_ids=kept)
    assert moving not in held(tmp_path)
    assert held(tmp_path) == held(tmp_path / "anew")


async def test_a_gone_product_that_is_asked_for_stays_gone(account: Account, tmp_path: Path) -> None:
    await take(tmp_path, account)
    unlisted = replace(account, change=without(NORTHLIGHT))
    missing = Fails(404, Hits(rf"^/products/{NORTHLIGHT}(\?|$)", times=None))
    with serve(unlisted, faults=[missing]) as server:
        for only in (None, (NORTHLIGHT, HALO)):
            result = await refresh(tmp_path, options(server), RefreshRequest(only=only), now=DEMO_NOW)
            assert result.counts["products"] == 4
    assert not [one for one in load_facts(open_snapshot(tmp_path)).gaps if one.state == "stale"]


async def test_what_a_killed_refresh_stored_of_other_products_outlives_a_refresh_of_one(
    tmp_path: Path,
) -> None:
    account = demo_account(100, bugs=100)
    with pytest.raises(TokenRefused):
        await take(tmp_path, account, faults=[Unauthorized(after=90)])
    noted = {entry.id for entry in journalled(tmp_path) if entry.kind == "test"}
    noted |= details(tmp_path, DEMO_NOW - timedelta(hours=1), noted).keys()
    assert len(noted) > 30
    await take(tmp_path, account, only=(NORTHLIGHT,))
    asked: Paths = []
    assert (await take(tmp_path, account, asked=asked)).complete
    assert not {f"/exploratory_tests/{one}" for one in noted} & {path for path, _ in asked}
    assert not journalled(tmp_path)


async def test_what_an_interrupted_refresh_of_another_api_stored_is_left_alone(
    account: Account, tmp_path: Path
) -> None:
    with pytest.raises(TokenRefused):
        await take(tmp_path, account, faults=[Unauthorized(after=20)])
    journal = journal_path(tmp_path)
    journal.write_bytes(journal.read_bytes().replace(b"127.0.0.1", b"api.test.io"))
    before = files(tmp_path)
    with pytest.raises(InvalidInput, match=r"api\.test\.io"):
        await take(tmp_path, account)
    assert [one for one in files(tmp_path) if one[0].name != "lock"] == [
        one for one in before if one[0].name != "lock"
    ]


async def test_what_could_not_be_had_before_is_not_tried_as_often_again(
    account: Account, tmp_path: Path
) -> None:
    broken = BrokenTest(account.test_ids[HALO][4])
    first = await take(tmp_path, account, faults=[broken])
    asked: Paths = []
    again = await take(tmp_path, account, faults=[broken], day=1, asked=asked)
    assert [(one.tries, one.position) for one in again.problems] == [(2, 4)]
    assert first.statistics.retries > 2 * again.statistics.retries
    assert max(Counter(asked).values()) == 2


async def test_places_that_only_seemed_to_be_broken_are_forgotten_with_the_end_of_the_list(
    account: Account, tmp_path: Path
) -> None:
    path = f"/products/{HALO}/exploratory_tests"
    later_pages = Fails(500, Hits(rf"^{path}\?page=[2-9]", times=None))
    broken = BrokenTest(account.test_ids[HALO][4])
    await take(tmp_path, account)
    failed = await take(tmp_path, account, faults=[later_pages, broken])
    assert max(one.position or 0 for one in failed.problems) > len(account.test_ids[HALO])
    assert (await take(tmp_path, account)).complete
